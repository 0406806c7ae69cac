"""What a witness remembers: through crashes, crowds and failing disks, and however much strangers send."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.errors import LedgerError
from ledger.oversight.memory import Memory
from ledger.oversight.witness import (
    Witness,
    origin_hash,
    parse_request,
)
from tests.faults.operator import (
    ORIGIN,
    Clock,
    MemoryStore,
    ask,
    request,
    with_lines,
    without,
)
from tests.ledger.oversight.test_witness import KEYS, OPERATOR, ROWS, Scene
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint


@pytest.fixture
def scene() -> Scene:
    """A witness with both kinds of key, and a log."""
    return Scene()


class _CrashError(BaseException):
    """The machine stops here."""


class CrashingStore(MemoryStore):
    """A disk that the machine leaves before or after the note is on it."""

    def __init__(self, notes: dict[str, str], *, persist: bool) -> None:
        super().__init__()
        self.notes, self._persist = notes, persist

    def replace(self, origin: str, note: str) -> None:
        """Stop."""
        if self._persist:
            super().replace(origin, note)
        raise _CrashError


@pytest.mark.parametrize("persist", [False, True])
def test_a_crash_never_frees_the_witness_from_what_it_said(scene: Scene, persist: bool) -> None:
    scene.cosign(9, 0)
    crashing = CrashingStore(scene.store.notes, persist=persist)
    witness = Witness(KEYS, {ORIGIN: [OPERATOR.key]}, crashing, scene.clock)
    with pytest.raises(_CrashError):  # so no cosignature left the house
        witness.add_checkpoint(ask(ROWS, OPERATOR.head(ROWS, 20), 9))
    # After the restart it holds one of the two heads, and no fork of either gets its word.
    held = 20 if persist else 9
    fork = without(ROWS, {3: b"other"})
    scene.refuses("proof_wrong", ask(fork, OPERATOR.head(fork, 30), held))
    if persist:
        assert scene.refuses("old_size_conflict", ask(ROWS, OPERATOR.head(ROWS, 20), 9)).got == "20"
    scene.cosign(20, held)


def test_a_crowd_of_threads_and_objects_makes_one_history(tmp_path: Path) -> None:
    """Forks and honest heads race for the same old size: of each round one side wins, and only one."""
    clock = Clock()
    witnesses = [Witness(KEYS[:1], {ORIGIN: [OPERATOR.key]}, Memory(tmp_path), clock) for _ in range(4)]
    trees = [ROWS, without(ROWS, {3: b"other"})]
    cosigned: list[Checkpoint] = []
    failures: list[str] = []
    start = threading.Barrier(len(witnesses))

    def compete(number: int) -> None:
        rows = trees[number % 2]
        start.wait()
        old = 0
        for size in range(4 + number, 120, 7):
            head = OPERATOR.head(rows, size)
            for _ in range(3):
                try:
                    lines = witnesses[number].add_checkpoint(ask(rows, head, old))
                except LedgerError as error:
                    if error.code == "old_size_conflict":
                        old = min(int(error.got or ""), size)
                        continue
                    failures.append(error.code)
                    break
                cosigned.append(with_lines(head, lines))
                break

    threads = [threading.Thread(target=compete, args=(number,)) for number in range(len(witnesses))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sides = {next(side for side in (0, 1) if trees[side].root(head.size) == head.root) for head in cosigned}
    assert len(cosigned) >= 2
    assert len(sides) == 1, "two histories were cosigned"
    assert set(failures) <= {"proof_wrong", "root_conflict", "old_size_too_large"}
    assert failures


def test_evidence_and_heads_outlive_the_process(tmp_path: Path) -> None:
    def open_again() -> Witness:
        return Witness(KEYS, {ORIGIN: [OPERATOR.key]}, Memory(tmp_path), Clock())

    open_again().add_checkpoint(ask(ROWS, OPERATOR.head(ROWS, 9), 0))
    fork = ask(ROWS, OPERATOR.head(without(ROWS, {3: b"other"}), 9), 9)
    for attempt in (open_again, open_again):
        with pytest.raises(LedgerError) as refused:
            attempt().add_checkpoint(fork)
        assert refused.value.code == "root_conflict"
    kept = list((tmp_path / origin_hash(ORIGIN) / "evidence").iterdir())
    assert [path.read_bytes() for path in kept] == [fork]


def test_strangers_cannot_use_up_the_room_for_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.oversight.memory.EVIDENCE_MAX", 3)
    witness = Witness(KEYS, {ORIGIN: [OPERATOR.key]}, Memory(tmp_path), Clock())
    witness.add_checkpoint(ask(ROWS, OPERATOR.head(ROWS, 9), 0))
    junk = [
        request(OPERATOR.head(ROWS, size), 9, [bytes([number]) * 32])
        for size in range(9, 15)
        for number in range(5)
    ]
    fork = ask(ROWS, OPERATOR.head(without(ROWS, {3: b"other"}), 9), 9)
    for body, code in (*((body, "proof_wrong") for body in junk), (fork, "root_conflict")):
        with pytest.raises(LedgerError) as refused:
            witness.add_checkpoint(body)
        assert refused.value.code == code
    kept = [path.read_bytes() for path in (tmp_path / origin_hash(ORIGIN) / "evidence").iterdir()]
    assert fork in kept
    # A head that was cosigned says nothing against its log, and each other one is kept once.
    assert {parse_request(body)[2].size for body in kept} == {9, 10, 11, 12}
    assert len(kept) == 4


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_a_disk_that_fails_gives_no_cosignature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    witness = Witness(KEYS, {ORIGIN: [OPERATOR.key]}, Memory(tmp_path), Clock())
    witness.add_checkpoint(ask(ROWS, OPERATOR.head(ROWS, 9), 0))

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "no space left")

    targets: dict[str, Callable[[], None]] = {
        "open": lambda: monkeypatch.setattr("ledger.oversight.memory.os.open", fail),
        "fsync": lambda: monkeypatch.setattr("ledger.oversight.memory.os.fsync", fail),
        "replace": lambda: monkeypatch.setattr("pathlib.Path.replace", fail),
    }
    targets[step]()
    with pytest.raises(LedgerError) as refused:
        witness.add_checkpoint(ask(ROWS, OPERATOR.head(ROWS, 20), 9))
    assert refused.value.code == "memory_unavailable"
    monkeypatch.undo()
    assert checkpoints.parse(witness.latest(origin_hash(ORIGIN))).size == 9
    witness.add_checkpoint(ask(ROWS, OPERATOR.head(ROWS, 20), 9))
