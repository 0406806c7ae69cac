"""One run of the publisher, and what it does about witnesses that are slow, silent, wrong or know better."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from ledger.errors import ConflictError, CorruptError, NotFoundError, UnavailableError
from ledger.log.publication import PERIOD_SECONDS, RENEWAL, RETRY, WITNESS_SECONDS
from tests.ledger.log.conftest import MakeLog
from tests.ledger.log.world import ByHand, Clock, FakeWitness, Log
from tests.ledger.sealed import NOW
from verifiers.formats import receipt as receipts
from verifiers.formats.checkpoint import Checkpoint
from verifiers.formats.cosignature import verify_cosignature
from verifiers.formats.tile import TilePath


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def witnesses(clock: Clock) -> list[FakeWitness]:
    return [FakeWitness(name, clock) for name in ("w1", "w2", "w3")]


def names(checkpoint: Checkpoint | None) -> set[str]:
    assert checkpoint is not None
    return {line.name for line in checkpoint.signatures}


def leaning_on(log: Log, position: int) -> Checkpoint:
    return receipts.parse(log.receipts.receipt(log.recorder.at_position(position))).checkpoint


def test_a_commit_is_published_within_a_second_of_waiting() -> None:
    """A run begins at most PERIOD after a commit and waits at most WITNESS: the rest is work."""
    assert PERIOD_SECONDS + WITNESS_SECONDS < 1


def test_what_is_committed_is_published(make_log: MakeLog) -> None:
    log = make_log()
    for size in (0, 1, 300):
        if size:
            log.append(size - log.recorder.head().size)
        published = log.publisher.publish()
        assert (published.size, published.root) == (size, log.recorder.head().root)
        assert log.publisher.publish() == published
        for key in log.cosigner.keys:
            assert verify_cosignature(published, key) == NOW


def test_a_restart_publishes_what_a_crash_left(make_log: MakeLog) -> None:
    log = make_log()
    log.append(3)
    log.heads.latest()  # signed, and then the process died
    again = make_log(clock=log.clock)
    assert again.published.latest() is None
    again.publisher.prepare()
    latest = again.published.latest()
    assert latest is not None
    assert latest.size == 3


def test_tiles_are_there_once_they_are_published(make_log: MakeLog) -> None:
    log = make_log()
    log.publisher.publish()
    log.append(257)
    beyond = TilePath(0, 0, 1)
    with pytest.raises(NotFoundError) as caught:
        log.publisher.content(beyond)
    assert caught.value.code == "tile_not_published"
    # Another process publishes; this one sees it.
    make_log(clock=log.clock).publisher.publish()
    assert len(log.publisher.content(beyond)) == 32
    assert len(log.publisher.content(TilePath("entries", 1, 1))) == 34
    assert log.publisher.content(TilePath(1, 0, 1)) == log.tiles.node(8, 0)
    for missing in (
        TilePath(0, 1, 2),
        TilePath(0, 1),
        TilePath(1, 0, 2),
        TilePath(2, 0, 1),
        TilePath(63, 0, 1),
    ):
        with pytest.raises(NotFoundError) as caught:
            log.publisher.content(missing)
        assert caught.value.code == "tile_not_published"


def test_receipts_gain_the_published_checkpoint_and_keep_the_earliest(make_log: MakeLog) -> None:
    log = make_log()
    log.append(2)
    fresh = leaning_on(log, 0)
    assert names(fresh) == {"example.org/leerspoor", "example.org/leerspoor/cosigner"}
    assert len(fresh.signatures) == 2
    first = log.publisher.publish()
    assert leaning_on(log, 0) == first
    log.append(2)
    log.clock.move(seconds=1)
    second = log.publisher.publish()
    assert [leaning_on(log, position).size for position in range(4)] == [2, 2, 4, 4]
    assert leaning_on(log, 3) == second


def test_witnesses_cosign_what_is_published(
    make_log: MakeLog, clock: Clock, witnesses: list[FakeWitness]
) -> None:
    log = make_log(clock=clock, witnesses=witnesses)
    log.append(1)
    published = log.publisher.publish()
    assert {"w1", "w2"} <= names(published)
    assert log.published.quorum_met(published)
    log.append(1)
    assert {"w1", "w2"} <= names(log.publisher.publish())
    assert witnesses[0].asked == [(0, 1), (1, 2)]
    assert {"w1", "w2"} <= names(leaning_on(log, 0))


def test_who_answers_late_is_added(make_log: MakeLog, clock: Clock, witnesses: list[FakeWitness]) -> None:
    executor = ByHand(at_once=False)
    log = make_log(clock=clock, witnesses=witnesses, executor=executor)
    log.append(1)
    published = log.publisher.publish(witness_seconds=0)
    assert not names(published) & {"w1", "w2", "w3"}
    assert leaning_on(log, 0) == published
    log.append(1)
    log.publisher.publish(witness_seconds=0)  # nobody is asked twice at a time
    executor.work()
    log.publisher.publish(witness_seconds=0)
    assert {"w1", "w2", "w3"} <= names(leaning_on(log, 0))
    assert leaning_on(log, 0).size == 1
    assert leaning_on(log, 1).size == 2
    assert witnesses[0].asked == [(0, 1)]


def test_a_witness_that_fails_keeps_nobody_waiting(
    make_log: MakeLog, clock: Clock, witnesses: list[FakeWitness]
) -> None:
    log = make_log(clock=clock, witnesses=witnesses)
    for witness in witnesses:
        witness.error = UnavailableError("witness_unreachable", "planned")
    log.append(1)
    with capture_logs() as lines:
        published = log.publisher.publish()
    assert published.size == 1
    assert not log.published.quorum_met(published)
    assert {(line["event"], line["code"]) for line in lines} == {("witness_failed", "witness_unreachable")}
    # They are asked again, but not with every run.
    witnesses[0].error = witnesses[1].error = None
    log.publisher.publish()
    assert len(witnesses[0].asked) == 1
    clock.move(seconds=RETRY.total_seconds())
    log.publisher.publish()
    latest = log.published.latest()
    assert latest is not None
    assert log.published.quorum_met(latest)
    assert {"w1", "w2"} <= names(leaning_on(log, 0))


def test_one_silent_witness_of_three_is_no_loss(
    make_log: MakeLog, clock: Clock, witnesses: list[FakeWitness]
) -> None:
    log = make_log(clock=clock, witnesses=witnesses)
    witnesses[2].error = ConflictError("witness_conflict", "planned")
    log.append(1)
    assert log.published.quorum_met(log.publisher.publish())


def test_a_witness_that_knows_more_than_we_do_stops_a_start(
    make_log: MakeLog, clock: Clock, witnesses: list[FakeWitness]
) -> None:
    """All our own memory was restored from a backup, the second place too: only a witness remembers."""
    log = make_log(clock=clock, witnesses=witnesses)
    log.append(1)
    witnesses[1].error = ConflictError("witness_ahead", "planned", got="7")
    for attempt in (log.publisher.publish, log.heads.latest, log.publisher.publish):
        with pytest.raises(CorruptError) as caught:
            attempt()
        assert caught.value.code == "head_went_back"
        assert caught.value.expected == "at least 7"


def test_a_witness_that_claims_more_later_on_does_not(
    make_log: MakeLog, clock: Clock, witnesses: list[FakeWitness]
) -> None:
    """It has cosigned since we started, so our own memory reaches further back than its claim."""
    log = make_log(clock=clock, witnesses=witnesses)
    log.append(1)
    log.publisher.publish()
    log.publisher.publish()
    witnesses[1].error = ConflictError("witness_ahead", "planned", got="7")
    log.append(1)
    assert log.publisher.publish().size == 2


def test_a_log_at_rest_shows_that_it_lives(
    make_log: MakeLog, clock: Clock, witnesses: list[FakeWitness]
) -> None:
    log = make_log(clock=clock, witnesses=witnesses)
    log.append(1)
    first = log.publisher.publish()
    clock.now = NOW + RENEWAL - timedelta(seconds=1)
    assert log.publisher.publish().signatures[:2] == first.signatures[:2]
    clock.now = NOW + RENEWAL
    renewed = log.publisher.publish()
    assert (renewed.size, renewed.root) == (first.size, first.root)
    for key in (*log.cosigner.keys, witnesses[0].key, witnesses[1].key):
        assert verify_cosignature(renewed, key) == NOW + RENEWAL
        assert verify_cosignature(leaning_on(log, 0), key) == NOW
    assert log.publisher.publish() == renewed
    log.append(1)
    assert log.publisher.publish().size == 2


def test_the_thread_publishes_and_ends(make_log: MakeLog) -> None:
    log = make_log()
    log.append(1)
    log.publisher.start()
    latest = log.published.latest()
    assert latest is not None
    assert latest.size == 1
    log.append(1)
    log.publisher.close()  # runs once more
    latest = log.published.latest()
    assert latest is not None
    assert latest.size == 2
    log.publisher.close()


def test_a_start_hears_every_witness_although_nothing_is_new(
    make_log: MakeLog, clock: Clock, witnesses: list[FakeWitness]
) -> None:
    log = make_log(clock=clock, witnesses=witnesses)
    log.append(1)
    log.publisher.publish()  # the row of a restored backup: published, with its quorum
    log.close()
    again = make_log(clock=clock, witnesses=witnesses)
    for witness in witnesses:
        witness.asked.clear()
        witness.error = ConflictError("witness_ahead", "planned", got="7")
    with pytest.raises(CorruptError) as caught:
        again.publisher.start()
    assert caught.value.code == "head_went_back"
    assert sum(len(witness.asked) for witness in witnesses) > 0


def test_what_is_in_the_way_is_said_once(make_log: MakeLog) -> None:
    log = make_log()
    log.heads.refuse(CorruptError("head_went_back", "planned"))
    with capture_logs() as lines:
        for _ in range(3):
            log.publisher.attempt("publication")
        log.heads.refuse(None)
        log.publisher.attempt("publication")
    assert [(line["event"], line.get("code")) for line in lines] == [
        ("publication_stopped", "head_went_back"),
        ("publication_goes_on", None),
    ]
