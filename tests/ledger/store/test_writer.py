"""Group commit and its failures: alone, together, once and twice in a row, on both databases."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import uuid4

import pytest

from ledger.errors import LedgerError, UnavailableError
from ledger.store import tables
from ledger.store.appender import Append, Appender
from ledger.store.events import RowInsert, SealedEvent
from ledger.store.recorder import LedgerRecorder
from ledger.store.writer import RETRY_SECONDS, Writer
from tests.conftest import Database
from tests.ledger.sealed import sealed_event
from tests.ledger.store.faults import Fault, FaultyAppender
from verifiers.primitives.merkle import Frontier, leaf_hash

Make = Callable[[Sequence[Fault]], tuple[LedgerRecorder, FaultyAppender]]
FAULTS: tuple[Fault, ...] = ("fine", "down", "lost", "unreported")


@pytest.fixture
def make(database: Database) -> Iterator[Make]:
    made: list[LedgerRecorder] = []

    def make(plan: Sequence[Fault]) -> tuple[LedgerRecorder, FaultyAppender]:
        appender = FaultyAppender(database.engine, plan)
        recorder = LedgerRecorder(database.engine, writer=Writer(appender, sleep=lambda _: None))
        made.append(recorder)
        return recorder, appender

    yield make
    for recorder in made:
        recorder.close()


def submit_behind_a_gate(
    recorder: LedgerRecorder, appender: FaultyAppender, requests: Sequence[Sequence[SealedEvent]]
) -> list[Future[list[int]]]:
    """Bring requests while the writer waits in its first transaction, so that they share the next one."""
    pool = ThreadPoolExecutor(len(requests) + 1)
    pool.submit(recorder.insert_events, [sealed_event()])
    assert appender.begun.wait(timeout=30)
    arrived = threading.Barrier(len(requests) + 1)

    def bring(events: Sequence[SealedEvent]) -> list[int]:
        arrived.wait()
        return recorder.insert_events(events)

    futures = [pool.submit(bring, events) for events in requests]
    arrived.wait()
    while recorder.waiting < len(requests):
        threading.Event().wait(0.001)
    appender.go.set()
    pool.shutdown(wait=True)
    return futures


@pytest.mark.parametrize("faults", list(itertools.product(FAULTS, repeat=2)), ids="-".join)
def test_any_two_faults_in_a_row_store_everything_once(make: Make, faults: tuple[Fault, Fault]) -> None:
    recorder, _ = make(faults)
    events = [sealed_event(), sealed_event()]
    assert recorder.insert_events(events) == [1, 2]
    assert recorder.head().size == 2
    assert recorder.head().root == Frontier.EMPTY.extend(leaf_hash(e.entry) for e in events).root()
    assert recorder.insert_events([sealed_event()]) == [3]


@pytest.mark.parametrize("faults", list(itertools.product(FAULTS, repeat=2)), ids="-".join)
def test_any_two_faults_under_a_batch_store_everyone_once(make: Make, faults: tuple[Fault, Fault]) -> None:
    recorder, appender = make(["wait", *faults])
    requests = [[sealed_event(), sealed_event()] for _ in range(5)]
    futures = submit_behind_a_gate(recorder, appender, requests)
    answered = sorted(itertools.chain.from_iterable(future.result() for future in futures))
    assert answered == list(range(2, 12))
    for request, future in zip(requests, futures, strict=True):
        found = recorder.select_stream(request[0].stream) + recorder.select_stream(request[1].stream)
        assert [event.notification_id for event in found] == future.result()
    assert recorder.head().size == 11


def test_a_batch_is_one_transaction(make: Make) -> None:
    recorder, appender = make(["wait"])
    submit_behind_a_gate(recorder, appender, [[sealed_event()] for _ in range(20)])
    assert appender.transactions == 2
    assert recorder.head().size == 21


def test_one_bad_request_fails_alone(make: Make) -> None:
    recorder, appender = make(["wait"])
    good = [[sealed_event()] for _ in range(4)]
    twice = sealed_event()
    same_version = sealed_event(stream=twice.stream)
    futures = submit_behind_a_gate(recorder, appender, [*good, [twice], [same_version]])
    assert all(future.result() for future in futures[:4])
    failed = [future for future in futures if isinstance(future.exception(), LedgerError)]
    assert len(failed) == 1
    error = failed[0].exception()
    assert isinstance(error, LedgerError)
    assert error.code == "version_conflict"
    assert recorder.head().size == 6


def test_a_fault_while_a_bad_batch_is_taken_apart_loses_nothing(make: Make) -> None:
    recorder, appender = make(["wait", "fine", "unreported", "lost", "down"])
    twice = sealed_event()
    requests = [[twice], [sealed_event(stream=twice.stream)], [sealed_event()]]
    futures = submit_behind_a_gate(recorder, appender, requests)
    outcomes = [future.exception() for future in futures]
    assert [type(outcome).__name__ for outcome in outcomes].count("VersionConflictError") == 1
    assert recorder.head().size == 3


def test_a_database_that_stays_away_leaves_the_outcome_unknown(make: Make) -> None:
    recorder, appender = make(["down"] * (1 + len(RETRY_SECONDS)))
    with pytest.raises(UnavailableError) as caught:
        recorder.insert_events([sealed_event()])
    assert caught.value.code == "outcome_unknown"
    assert appender.plan == []
    assert recorder.insert_events([sealed_event()]) == [1]


def test_what_was_unreported_for_ever_is_found_when_it_is_sent_again(make: Make) -> None:
    recorder, _ = make(["unreported", *["down"] * len(RETRY_SECONDS)])  # type: ignore[list-item]
    event = sealed_event()
    with pytest.raises(UnavailableError):
        recorder.insert_events([event])
    assert recorder.insert_events([event]) == [1]
    assert recorder.head().size == 1


def test_a_killed_connection_is_replaced(postgresql_database: Database) -> None:
    recorder = LedgerRecorder(postgresql_database.engine)
    recorder.insert_events([sealed_event()])
    postgresql_database.tamper(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert recorder.insert_events([sealed_event()]) == [2]
    recorder.close()


def test_two_writers_take_turns_without_gaps(postgresql_database: Database) -> None:
    """Two processes are two writers: each has its own connection and its own memory of the head."""
    recorders = [LedgerRecorder(postgresql_database.engine) for _ in range(2)]
    with ThreadPoolExecutor(32) as pool:
        calls = [
            pool.submit(recorders[number % 2].insert_events, [sealed_event(), sealed_event()])
            for number in range(400)
        ]
        ids = [call.result() for call in calls]
    assert sorted(itertools.chain.from_iterable(ids)) == list(range(1, 801))
    assert all(second == first + 1 for first, second in ids)
    entries = recorders[0].entries(0, 800)
    head = recorders[1].head()
    assert head.root == Frontier.EMPTY.extend(map(leaf_hash, entries)).root()
    for recorder in recorders:
        recorder.close()


def test_a_second_writer_on_sqlite_waits_and_goes_on(sqlite_database: Database) -> None:
    first, second = Appender(sqlite_database.engine), Appender(sqlite_database.engine)
    places = [appender.append([Append([sealed_event()])]) for appender in (first, second, second, first)]
    assert places == [[[0]], [[1]], [[2]], [[3]]]
    for appender in (first, second):
        appender.connection.discard()


def test_a_full_queue_refuses(database: Database) -> None:
    appender = FaultyAppender(database.engine, ["wait"])
    recorder = LedgerRecorder(database.engine, writer=Writer(appender, queue_max=2))
    with ThreadPoolExecutor(4) as pool:
        pool.submit(recorder.insert_events, [sealed_event()])
        assert appender.begun.wait(timeout=30)
        waiting = [pool.submit(recorder.insert_events, [sealed_event()]) for _ in range(2)]
        while recorder.waiting < 2:
            threading.Event().wait(0.001)
        with pytest.raises(UnavailableError) as caught:
            recorder.insert_events([sealed_event()])
        appender.go.set()
        assert sorted(future.result()[0] for future in waiting) == [2, 3]
    assert caught.value.code == "store_busy"
    recorder.close()


def test_close_stores_what_waits(database: Database) -> None:
    appender = FaultyAppender(database.engine, ["wait"])
    recorder = LedgerRecorder(database.engine, writer=Writer(appender))
    with ThreadPoolExecutor(4) as pool:
        pool.submit(recorder.insert_events, [sealed_event()])
        assert appender.begun.wait(timeout=30)
        waiting = [pool.submit(recorder.insert_events, [sealed_event()]) for _ in range(2)]
        while recorder.waiting < 2:
            threading.Event().wait(0.001)
        closing = pool.submit(recorder.close)
        appender.go.set()
        closing.result()
        assert sorted(future.result()[0] for future in waiting) == [2, 3]


def test_a_disk_error_stops_the_writer_for_good(sqlite_database: Database) -> None:
    class DiskError(sqlite_database.engine.dialect.loaded_dbapi.OperationalError):  # type: ignore[misc, name-defined]
        sqlite_errorname = "SQLITE_IOERR_FSYNC"

    appender = FaultyAppender(sqlite_database.engine, ["down"])
    appender._driver = type("Driver", (), {"OperationalError": DiskError})
    recorder = LedgerRecorder(sqlite_database.engine, writer=Writer(appender))
    for _ in range(2):
        with pytest.raises(UnavailableError) as caught:
            recorder.insert_events([sealed_event()])
        assert caught.value.code == "store_failed"
    assert appender.transactions == 1
    recorder.close()


def test_a_full_disk_is_said_at_once_and_heals(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    appender = Appender(sqlite_database.engine)
    recorder = LedgerRecorder(sqlite_database.engine, writer=Writer(appender))
    recorder.insert_events([sealed_event()])
    raw = appender.connection._connection
    raw.execute(f"PRAGMA max_page_count={pages + 20}")
    with pytest.raises(UnavailableError) as caught:
        recorder.insert_events([sealed_event(body=bytes(400_000))])
    assert caught.value.code == "store_full"
    # The connection with the limit is gone, as if room had been made: nobody has to lend a hand.
    assert recorder.insert_events([sealed_event()]) == [2]
    recorder.close()


def test_what_the_database_refuses_is_named(recorder: LedgerRecorder) -> None:
    bad = RowInsert(tables.projection, {"name": None, "position": 0})
    with pytest.raises(LedgerError) as caught:
        recorder.insert_events([sealed_event()], rows=[bad])
    assert caught.value.code == "already_exists"
    with pytest.raises(KeyError):
        recorder.insert_events([sealed_event()], rows=[RowInsert(tables.projection, {"no_such": uuid4()})])
    assert recorder.head().size == 0
