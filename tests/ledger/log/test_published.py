"""Published checkpoints: rows that only go forward, and only gain cosignatures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger.errors import CorruptError
from ledger.log.published import merged
from ledger.store import tables
from tests.conftest import Database
from tests.ledger.log.conftest import MakeLog
from tests.ledger.log.world import Clock, FakeWitness, Log
from tests.ledger.sealed import NOW
from verifiers.formats.checkpoint import SIGNATURES_MAX, Checkpoint, NoteSignature
from verifiers.formats.cosignature import cosign, verify_cosignature


def rows(log: Log) -> list[tuple[int, int | None, int, int | None]]:
    row = tables.checkpoint.c
    statement = select(row.size, row.previous, row.published_at, row.quorum_at).order_by(row.size)
    with log.recorder.engine.connect() as connection:
        return [tuple(found) for found in connection.execute(statement)]


def cosigned(checkpoint: Checkpoint, witness: FakeWitness, at: datetime) -> NoteSignature:
    return cosign(checkpoint, witness.key, at=at, signer=witness.private.sign)


def test_nothing_is_published_at_first(make_log: MakeLog) -> None:
    log = make_log()
    assert (log.published.size, log.published.latest(), log.published.covering(0)) == (-1, None, None)


def test_the_largest_is_the_latest(make_log: MakeLog) -> None:
    log = make_log()
    heads = []
    for second in range(3):
        heads.append(log.heads.latest())
        assert log.published.put(heads[-1], at=NOW + timedelta(seconds=second))
        assert log.published.latest() == heads[-1]
        log.append(1)
    assert not log.published.put(heads[0], at=NOW + timedelta(seconds=9))
    assert not log.published.put(heads[2], at=NOW + timedelta(seconds=9))
    assert log.published.latest() == heads[2]
    start = int(NOW.timestamp())
    assert rows(log) == [(0, None, start, None), (1, 0, start + 1, None), (2, 1, start + 2, None)]


def test_a_receipt_leans_on_the_earliest_that_witnesses_saw(make_log: MakeLog) -> None:
    clock = Clock()
    witnesses = [FakeWitness(name, clock) for name in ("w1", "w2", "w3")]
    log = make_log(clock=clock, witnesses=witnesses)
    heads = []
    for _ in range(4):
        log.append(1)
        heads.append(log.heads.latest())
        log.published.put(heads[-1], at=NOW)
    assert log.published.covering(1) == heads[0]
    # One of two is not enough; then the third head is the first with a quorum, for all before it too.
    log.published.add(2, [cosigned(heads[1], witnesses[0], NOW)])
    assert log.published.covering(1) == heads[0]
    times = [NOW + timedelta(seconds=5), NOW + timedelta(seconds=2)]
    lines = [cosigned(heads[2], witness, at) for witness, at in zip(witnesses, times, strict=False)]
    for line in lines:
        log.published.add(3, [line])
    for size in (1, 2, 3):
        found = log.published.covering(size)
        assert found is not None
        assert found.signatures == (*heads[2].signatures, *lines)
    assert rows(log)[2][3] == int(times[0].timestamp())
    assert log.published.covering(4) == heads[3]
    assert log.published.covering(5) is None


def test_the_first_cosignature_of_a_key_stays(make_log: MakeLog) -> None:
    clock = Clock()
    witness = FakeWitness("w1", clock)
    log = make_log(clock=clock, witnesses=[witness])
    head = log.heads.latest()
    log.published.put(head, at=NOW)
    first, second = (cosigned(head, witness, NOW + timedelta(hours=hour)) for hour in (1, 2))
    log.published.add(0, [first])
    log.published.add(0, [second])
    for found in (log.published.latest(), log.published.covering(0)):
        assert found is not None
        assert verify_cosignature(found, witness.key) == NOW + timedelta(hours=1)
    # A renewal is for who looks whether the log lives; receipts keep the earlier moment.
    log.published.renew(0, [second])
    log.published.add(0, [cosigned(head, witness, NOW + timedelta(hours=3))])
    latest, covering = log.published.latest(), log.published.covering(0)
    assert latest is not None
    assert covering is not None
    assert verify_cosignature(latest, witness.key) == NOW + timedelta(hours=3)
    assert verify_cosignature(covering, witness.key) == NOW + timedelta(hours=1)
    assert len(latest.signatures) == len(covering.signatures)


def test_cosignatures_for_a_size_that_nobody_published_are_dropped(make_log: MakeLog) -> None:
    log = make_log()
    head = log.heads.latest()
    log.published.add(7, head.signatures)
    assert rows(log) == []


def test_a_note_takes_as_many_signatures_as_may_stand_in_one(sqlite_log: MakeLog) -> None:
    head = sqlite_log().heads.latest()
    lines = [NoteSignature(f"w{number}", b"1234", b"x") for number in range(2 * SIGNATURES_MAX)]
    full = merged(head, lines)
    assert len(full.signatures) == SIGNATURES_MAX
    assert full.signatures[: len(head.signatures)] == head.signatures
    assert merged(full, lines) == full


@pytest.mark.parametrize("change", ["note = 'x'", "note = replace(note, 'example.org', 'example.net')"])
def test_a_row_that_is_not_what_we_signed_is_not_handed_out(
    database: Database, make_log: MakeLog, change: str
) -> None:
    log = make_log()
    log.publisher.publish()
    database.tamper(f"UPDATE checkpoint SET {change}")
    again = make_log(clock=log.clock)
    for ask in (again.published.latest, lambda: log.published.covering(0)):
        with pytest.raises(CorruptError) as caught:
            ask()
        assert caught.value.code == "checkpoint_corrupt"


def test_a_publication_is_never_dated_before_the_one_before_it(make_log: MakeLog) -> None:
    """A head may wait between its signature and its publication, while another clock is a little behind."""
    log = make_log()
    log.append(1)
    log.heads.latest()
    log.clock.move(seconds=4)
    log.publisher.publish()
    log.clock.move(seconds=-3)
    log.append(1)
    published = log.publisher.publish()
    late = NOW + timedelta(seconds=4)
    assert [row[2] for row in rows(log)] == [int(late.timestamp())] * 2
    _, ml_dsa = log.cosigner.keys
    assert verify_cosignature(published, ml_dsa) == late


def test_many_processes_publish_into_one_order(postgresql_database: Database, tmp_path: Path) -> None:
    logs = [Log(postgresql_database, tmp_path) for _ in range(8)]

    def work(number: int) -> None:
        log = logs[number % 8]
        log.append(1)
        log.publisher.publish()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(60)))
    found = rows(logs[0])
    assert found[-1][0] == 60
    assert [row[1] for row in found] == [None, *(row[0] for row in found[:-1])]
    assert sorted(row[2] for row in found) == [row[2] for row in found]
    for log in logs:
        assert log.publisher.publish().size == 60
        log.close()
