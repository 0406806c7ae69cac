"""The contract of the recorder, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent

from ledger.errors import ConflictError, NotFoundError, UnavailableError
from ledger.store import tables
from ledger.store.conflicts import VersionConflictError
from ledger.store.events import RowInsert, RowUpdate, SealedEvent
from ledger.store.idempotency import IdempotencyRecord
from ledger.store.reading import reading
from ledger.store.recorder import LedgerRecorder
from tests.ledger.sealed import sealed_event
from verifiers.primitives.merkle import EMPTY_ROOT, Frontier, leaf_hash


def stream_of(count: int, stream: UUID | None = None) -> list[SealedEvent]:
    stream = stream or uuid4()
    return [sealed_event(stream=stream, version=version) for version in range(1, count + 1)]


def root_over(events: list[SealedEvent]) -> bytes:
    return Frontier.EMPTY.extend(leaf_hash(event.entry) for event in events).root()


FIRST = b"1" * 32  # the MAC of a client's key


def record(events: list[SealedEvent], organisation: UUID, key: bytes) -> IdempotencyRecord:
    return IdempotencyRecord(organisation, key, bytes(32), tuple(event.event_id for event in events))


def test_an_empty_ledger_has_the_empty_tree(recorder: LedgerRecorder) -> None:
    head = recorder.head()
    assert (head.size, head.root) == (0, EMPTY_ROOT)
    assert recorder.max_notification_id() is None
    assert recorder.select_events(uuid4()) == []
    assert recorder.select_notifications(None, 10) == []
    assert recorder.entries(0, 10) == []


def test_what_is_stored_is_read_back_equal_in_every_field(recorder: LedgerRecorder) -> None:
    event = sealed_event(subject=uuid4(), issuer=uuid4(), body=b"\x00\xff" * 3_000)
    assert recorder.insert_events([event]) == [1]
    (found,) = recorder.select_stream(event.stream)
    assert found.sealed == event
    assert (found.position, found.notification_id) == (0, 1)
    assert recorder.at_position(0) == found
    assert recorder.entries(0, 1) == [event.entry]
    assert recorder.by_event_ids([event.event_id, uuid4()]) == [found]


def test_positions_are_gapless_and_the_head_is_the_tree_over_all(recorder: LedgerRecorder) -> None:
    events = [*stream_of(3), *stream_of(2)]
    assert recorder.insert_events(events[:3]) == [1, 2, 3]
    assert recorder.insert_events(events[3:]) == [4, 5]
    head = recorder.head()
    assert (head.size, head.root) == (5, root_over(events))
    assert head.frontier.root() == head.root
    assert recorder.entries(1, 4) == [event.entry for event in events[1:4]]


def test_select_events_bounds_order_and_limit(recorder: LedgerRecorder) -> None:
    events = stream_of(5)
    recorder.insert_events(events)
    stream = events[0].stream

    def versions(**bounds: int | bool | None) -> list[int]:
        found = recorder.select_events(stream, **bounds)  # type: ignore[arg-type]
        return [event.version for event in found]

    assert versions() == [1, 2, 3, 4, 5]
    assert versions(gt=2) == [3, 4, 5]
    assert versions(lte=2) == [1, 2]
    assert versions(gt=1, lte=4) == [2, 3, 4]
    assert versions(desc=True, limit=2) == [5, 4]
    assert versions(limit=1) == [1]


def test_select_notifications_bounds_and_topics(recorder: LedgerRecorder) -> None:
    events = stream_of(4)
    other = sealed_event(type_="credential-revoked.v1")
    recorder.insert_events([*events, other])

    def ids(
        start: int | None,
        limit: int = 10,
        stop: int | None = None,
        *,
        topics: tuple[str, ...] = (),
        inc: bool = True,
    ) -> list[int]:
        found = recorder.select_notifications(start, limit, stop, topics, inclusive_of_start=inc)
        return [notification.id for notification in found]

    assert ids(None) == [1, 2, 3, 4, 5]
    assert ids(2) == [2, 3, 4, 5]
    assert ids(2, inc=False) == [3, 4, 5]
    assert ids(2, stop=3) == [2, 3]
    assert ids(1, limit=2) == [1, 2]
    assert ids(None, topics=("credential-revoked.v1",)) == [5]
    (notification,) = recorder.select_notifications(5, 1)
    assert (notification.originator_id, notification.topic, notification.state) == (
        other.stream,
        other.type,
        other.body,
    )
    assert recorder.max_notification_id() == 5


def test_subject_and_issuer_are_read_in_ledger_order(recorder: LedgerRecorder) -> None:
    subject, issuer = uuid4(), uuid4()
    mine = [sealed_event(subject=subject, issuer=issuer) for _ in range(3)]
    revoked = sealed_event(subject=subject, type_="credential-revoked.v1")
    for event in (mine[0], sealed_event(subject=uuid4()), mine[1], revoked, mine[2]):
        recorder.insert_events([event])
    assert [found.position for found in recorder.select_subject(subject)] == [0, 2, 3, 4]
    assert [
        found.sealed for found in recorder.select_subject(subject, types=["credential-issued.v1"])
    ] == mine
    assert [found.position for found in recorder.select_subject(subject, lte_position=2)] == [0, 2]
    assert [found.position for found in recorder.select_subject(subject, gt_position=2, limit=1)] == [3]
    assert [found.sealed for found in recorder.select_issuer(issuer)] == mine
    assert recorder.select_issuer(subject) == []


def test_the_same_version_again_is_a_conflict_of_both_worlds(recorder: LedgerRecorder) -> None:
    events = stream_of(1)
    recorder.insert_events(events)
    with pytest.raises(VersionConflictError) as caught:
        recorder.insert_events(stream_of(1, events[0].stream))
    assert caught.value.code == "version_conflict"
    assert isinstance(caught.value, IntegrityError)
    assert recorder.head().size == 1


def test_a_request_stands_or_falls_as_one(recorder: LedgerRecorder) -> None:
    events = stream_of(2)
    recorder.insert_events(events[:1])
    fresh = sealed_event()
    with pytest.raises(VersionConflictError):
        recorder.insert_events([fresh, sealed_event(stream=events[0].stream, version=1)])
    assert recorder.select_events(fresh.stream) == []
    assert recorder.head().root == root_over(events[:1])


def test_an_event_id_sent_again_is_answered_with_its_positions(recorder: LedgerRecorder) -> None:
    events = stream_of(2)
    assert recorder.insert_events(events) == [1, 2]
    assert recorder.insert_events(events) == [1, 2]
    assert recorder.head().size == 2


def test_an_event_id_of_another_event_is_a_conflict(recorder: LedgerRecorder) -> None:
    event = sealed_event()
    recorder.insert_events([event])
    with pytest.raises(ConflictError) as caught:
        recorder.insert_events([sealed_event(event_id=event.event_id)])
    assert caught.value.code == "version_conflict"


def test_an_idempotency_key_is_used_once(recorder: LedgerRecorder) -> None:
    organisation = uuid4()
    events = stream_of(2)
    kept = record(events, organisation, FIRST)
    recorder.insert_events(events, idempotency=kept)
    assert recorder.find_idempotency(organisation, FIRST) == kept
    assert recorder.find_idempotency(uuid4(), FIRST) is None
    again = stream_of(1)
    with pytest.raises(ConflictError) as caught:
        recorder.insert_events(again, idempotency=record(again, organisation, FIRST))
    assert caught.value.code == "idempotency_key_used"
    assert recorder.head().size == 2
    recorder.insert_events(again, idempotency=record(again, uuid4(), FIRST))
    assert recorder.head().size == 3


def test_rows_are_stored_with_the_events_or_not_at_all(recorder: LedgerRecorder) -> None:
    list_, first, second = uuid4(), sealed_event(), sealed_event()

    def row(event: SealedEvent) -> RowInsert:
        values = {"list": list_, "index": 7, "stream": event.stream}
        return RowInsert(tables.status_index, values, "status_index_taken")

    recorder.insert_events([first], rows=[row(first)])
    with pytest.raises(ConflictError) as caught:
        recorder.insert_events([second], rows=[row(second)])
    assert caught.value.code == "status_index_taken"
    assert recorder.select_events(second.stream) == []
    with reading(recorder.engine) as connection:
        assert connection.execute(tables.status_index.select()).all() == [(list_, 7, first.stream)]


def test_a_row_is_changed_once_only(recorder: LedgerRecorder) -> None:
    token, hash_ = uuid4(), bytes(32)
    values = {
        "token_hash": hash_, "id": token, "owner": uuid4(), "role": "organisation", "scopes": "",
        "label": "", "created_at": 1, "expires_at": None, "revoked_at": None,
    }  # fmt: skip
    recorder.insert_events([sealed_event()], rows=[RowInsert(tables.token, values)])
    revoke = RowUpdate(tables.token, {"id": token, "revoked_at": None}, {"revoked_at": 2}, "already_revoked")
    recorder.insert_events([sealed_event()], rows=[revoke])
    with pytest.raises(ConflictError) as caught:
        recorder.insert_events([sealed_event()], rows=[revoke])
    assert caught.value.code == "already_revoked"
    assert recorder.head().size == 2


def test_nothing_to_store_is_nothing(recorder: LedgerRecorder) -> None:
    assert recorder.insert_events([]) == []
    with pytest.raises(ValueError, match="together with events"):
        recorder.insert_events([], rows=[RowInsert(tables.projection, {"name": "x", "position": 0})])
    with pytest.raises(TypeError, match="sealed"):
        recorder.insert_events([StoredEvent(uuid4(), 1, "a.v1", b"")])
    with pytest.raises(ValueError, match="names exactly"):
        recorder.insert_events(stream_of(1), idempotency=record(stream_of(1), uuid4(), FIRST))


def test_an_unknown_position_is_said_to_be_unknown(recorder: LedgerRecorder) -> None:
    with pytest.raises(NotFoundError) as caught:
        recorder.at_position(0)
    assert caught.value.code == "position_unknown"


def test_after_close_nothing_is_accepted(recorder: LedgerRecorder) -> None:
    recorder.close()
    with pytest.raises(UnavailableError) as caught:
        recorder.insert_events(stream_of(1))
    assert caught.value.code == "store_closed"


def test_sixty_four_at_once_are_all_there_in_one_order(recorder: LedgerRecorder) -> None:
    events = [sealed_event() for _ in range(640)]
    with ThreadPoolExecutor(64) as pool:
        ids = list(pool.map(lambda event: recorder.insert_events([event])[0], events))
    assert sorted(ids) == list(range(1, 641))
    ordered = [event for _, event in sorted(zip(ids, events, strict=True), key=lambda pair: pair[0])]
    assert recorder.head().root == root_over(ordered)
    assert recorder.entries(0, 640) == [event.entry for event in ordered]


def test_of_many_who_want_one_version_one_gets_it(recorder: LedgerRecorder) -> None:
    stream = uuid4()
    outcomes: list[str] = []
    start = threading.Barrier(16)

    def attempt() -> None:
        start.wait()
        try:
            recorder.insert_events([sealed_event(stream=stream)])
        except VersionConflictError:
            outcomes.append("conflict")
        else:
            outcomes.append("stored")

    threads = [threading.Thread(target=attempt) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 15 + ["stored"]
    assert recorder.head().size == 1


def test_a_subscription_follows_and_ends(recorder: LedgerRecorder) -> None:
    recorder.insert_events(stream_of(3))
    seen: list[int] = []
    with recorder.subscribe(gt=1) as subscription:
        for notification in subscription:
            seen.append(notification.id)
            if notification.id == 3:
                recorder.insert_events(stream_of(2))
            if notification.id == 5:
                subscription.stop()
    assert seen == [2, 3, 4, 5]


def test_a_waiting_subscription_ends_when_it_is_stopped(recorder: LedgerRecorder) -> None:
    subscription = recorder.subscribe()
    thread = threading.Thread(target=lambda: list(subscription))
    with subscription:
        thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_a_subscription_by_topic_sees_only_that(recorder: LedgerRecorder) -> None:
    recorder.insert_events([sealed_event(), sealed_event(type_="learner-enrolled.v1"), sealed_event()])
    with recorder.subscribe(topics=["learner-enrolled.v1"]) as subscription:
        assert next(subscription).id == 2


def test_a_version_that_no_column_holds_is_behind_everything(recorder: LedgerRecorder) -> None:
    """Anybody may ask for what stands behind any number that JSON can hold."""
    assert recorder.select_stream(UUID(int=7), gt=2**53 - 1) == []
    assert recorder.select_stream(UUID(int=7), lte=2**53 - 1) == []
