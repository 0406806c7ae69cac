"""What a monitor does besides catching lies (`test_lies`): what it reads, remembers, and hands on."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.errors import UnavailableError
from ledger.oversight.findings import CODES, Finding, proves_fork
from ledger.oversight.memory import EVIDENCE_MAX, Memory, thin
from ledger.oversight.monitor import FILE_FAULTS_MAX, FILES_LOST_MAX, Look, Rules, Watch, look
from ledger.oversight.promises import Sighting
from ledger.oversight.witness import origin_hash
from tests.faults.operator import ORIGIN, START, Operator, Rows, Served, entry, without
from verifiers.errors import MalformedError
from verifiers.primitives.merkle import Frontier, consistency_proof

OPERATOR = Operator()
ROWS = Rows(entry(number) for number in range(900))
RULES = Rules(OPERATOR.key)


def _served(size: int, rows: Rows = ROWS) -> Served:
    return OPERATOR.serve(rows, OPERATOR.head(rows, size))


def _look(served: Served, seen: int | None = None, rules: Rules = RULES, **parts: object) -> Look:
    note = None if seen is None else OPERATOR.head(ROWS, seen).dump()
    return look(replace(Watch(served, note), **parts), rules, at=START)  # type: ignore[arg-type]


def _codes(found: Look) -> set[str]:
    return {one.code for one in found.findings}


def test_the_first_look_reads_everything_and_the_next_only_what_is_new() -> None:
    first = _served(700)
    found = _look(first)
    assert (found.findings, found.size, found.files) == ((), 700, 3 + 3 + 1)
    assert found.head == OPERATOR.head(ROWS, 700).dump()
    later = _served(900)
    assert _look(later, 700).files == 2 + 2 + 1
    assert "tile/entries/000" not in later.reads
    again = _served(900)
    assert _look(again, 900).files == 0
    assert not any("entries" in name for name in again.reads)


def test_everything_can_be_read_again() -> None:
    served = _served(900)
    served.changed["tile/entries/001"] = b"gone wrong long ago"
    assert _look(served, 900).findings == ()
    found = _look(served, 900, replace(RULES, everything=True))
    assert [(one.code, one.place) for one in found.findings] == [("entry_wrong", "tile/entries/001")]
    assert found.head is None, "it is reported again the next time"


def test_every_file_that_is_wrong_is_named_once() -> None:
    served = _served(900)
    served.changed |= {"tile/entries/000": b"", "tile/entries/002": None, "tile/entries/003.p/132": b"x"}
    assert [(one.code, one.place) for one in _look(served).findings] == [
        ("entry_wrong", "tile/entries/003.p/132"),
        ("entry_missing", "tile/entries/002"),
        ("entry_wrong", "tile/entries/000"),
    ]


def test_a_wrong_tile_does_not_fill_the_page() -> None:
    class Rotten(Served):
        def read(self, name: str, *, bytes_max: int) -> bytes | None:
            return b"" if name.startswith("tile/entries") else super().read(name, bytes_max=bytes_max)

    rows = Rows(entry(number) for number in range((FILE_FAULTS_MAX + 5) * 256))
    found = look(Watch(Rotten(rows, OPERATOR.head(rows).dump().encode())), RULES, at=START)
    assert len(found.findings) == FILE_FAULTS_MAX


def test_a_log_that_is_not_there_is_no_lie() -> None:
    with pytest.raises(UnavailableError) as refused:
        _look(Served(ROWS, None))
    assert refused.value.code == "checkpoint_missing"


@pytest.mark.parametrize("note", [b"", b"nonsense", Operator(1).head(ROWS, 5).dump().encode()])
def test_a_head_that_is_not_the_logs_is_wrong(note: bytes) -> None:
    assert _codes(_look(Served(ROWS, note))) == {"checkpoint_wrong"}


def test_an_old_head_is_told_apart_from_another_log() -> None:
    """A stale cache serves an old head beside the new tiles; who rolled back and rewrote is a liar."""
    assert _codes(_look(Served(ROWS, OPERATOR.head(ROWS, 500).dump().encode()), 700)) == {"went_back"}
    other = OPERATOR.head(without(ROWS, {3: b"other"}), 500)
    found = _look(Served(ROWS, other.dump().encode()), 700)
    assert _codes(found) == {"went_back", "fork"}
    assert all(
        proves_fork(one.dump(at=START, key=OPERATOR.key), OPERATOR.key)
        for one in found.findings
        if one.code == "fork"
    )


@pytest.mark.parametrize("first", [1, 2, 255, 256, 257, 699])
def test_evidence_of_a_fork_convinces_whoever_has_the_key(first: int) -> None:
    other = without(ROWS, {0: b"other"})
    found = _look(_served(700, other), first)
    (fork,) = found.findings
    assert (fork.code, found.head) == ("fork", None)
    data = fork.dump(at=START, key=OPERATOR.key)
    assert proves_fork(data, OPERATOR.key)
    assert not proves_fork(data, Operator(1).key)


def test_what_is_no_fork_convinces_nobody() -> None:
    small, large = OPERATOR.head(ROWS, 300), OPERATOR.head(ROWS, 700)
    root = ROWS.root(300)
    proof = tuple(consistency_proof(300, 700, ROWS.node))
    honest = [
        Finding("fork", notes=(small.dump(), large.dump()), root=root, proof=proof),
        Finding("fork", notes=(small.dump(), large.dump()), root=bytes(32), proof=proof),
        Finding("fork", notes=(small.dump(), large.dump())),
        Finding("fork", notes=(small.dump(), small.dump())),
        Finding("fork", notes=(small.dump(),)),
        Finding("fork", notes=(small.dump(), "nonsense")),
        Finding("fork", notes=(small.dump(), Operator(1).head(without(ROWS, {0: b""}), 300).dump())),
    ]
    for number, finding in enumerate(honest):
        assert not proves_fork(finding.dump(at=START, key=OPERATOR.key), OPERATOR.key), number


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: text.replace("leerspoor-finding.v1", "other.v1"),
        lambda text: text.replace('"proof":[', '"proof":["!!",'),
        lambda text: text.replace('"checkpoints":[', '"checkpoints":7,"x":['),
        lambda text: "[]",
    ],
)
def test_a_finding_that_cannot_be_read_is_malformed(change: Callable[[str], str]) -> None:
    data = Finding("fork", notes=("a", "b"), proof=(bytes(32),)).dump(at=START, key=OPERATOR.key)
    with pytest.raises(MalformedError) as refused:
        proves_fork(change(data.decode()).encode(), OPERATOR.key)
    assert refused.value.code == "finding_malformed"


def test_a_finding_says_all_it_knows() -> None:
    told = json.loads(Finding("went_back", detail="7 to 3", notes=("n",)).dump(at=START, key=OPERATOR.key))
    assert told["message"] == CODES["went_back"]
    assert (told["at"], told["log"], told["detail"]) == (
        "2026-11-24T10:00:00Z",
        OPERATOR.key.dump(),
        "7 to 3",
    )


# Receipts that keep their promise, and files that are none.


def test_promises_that_were_kept_give_no_finding() -> None:
    moment = START - timedelta(minutes=5)
    opening, promised = OPERATOR.opening(1, moment)
    rows = Rows([*ROWS.entries[:300], promised, *ROWS.entries[300:]])
    held = {
        "old head": OPERATOR.receipt(rows, 300, head=OPERATOR.head(rows, 301), opening=opening),
        "new head": OPERATOR.receipt(rows, 300, opening=opening),
        "no opening": OPERATOR.receipt(rows, 17),
        "of another log": Operator(1).receipt(rows, 3),
        "no receipt": b"a shopping list",
    }
    sightings = [Sighting(moment - timedelta(minutes=1), 300), Sighting(moment + timedelta(minutes=1), 301)]
    found = look(Watch(OPERATOR.serve(rows), receipts=held, sightings=sightings), RULES, at=START)
    assert found.findings == ()


@pytest.mark.parametrize(("seconds", "codes"), [(59, set()), (61, {"receipt_missing"})])
def test_a_promise_has_a_minute_to_come_true(seconds: int, codes: set[str]) -> None:
    opening, promised = OPERATOR.opening(1, START - timedelta(seconds=seconds))
    private = Rows([*ROWS.entries[:300], promised])
    held = {"r": OPERATOR.receipt(private, 300, opening=opening)}
    assert _codes(_look(_served(300), receipts=held)) == codes


def test_every_entry_that_was_left_out_is_named_within_its_deadline() -> None:
    """One in a thousand is dropped after its receipt was given: each is named, and no other."""
    dropped = {number for number in range(3_000) if number % 1_000 == 577}
    moment = START - timedelta(hours=1)
    openings = {number: OPERATOR.opening(number, moment) for number in range(3_000) if number % 50 == 27}
    entries = [openings[number][1] if number in openings else entry(number) for number in range(3_000)]
    published = Rows(one for number, one in enumerate(entries) if number not in dropped)
    held = {}
    for number, (opening, promised) in openings.items():
        index = number - sum(1 for one in dropped if one < number)
        # Its holder was shown a tree with the entry in its place; of a dropped one, nobody else was.
        tree = Rows([*published.entries[:index], promised]) if number in dropped else published
        held[str(number)] = OPERATOR.receipt(
            tree, index, head=OPERATOR.head(tree, index + 1), opening=opening
        )
    found = look(Watch(OPERATOR.serve(published), receipts=held), RULES, at=START)
    assert [(one.code, one.place) for one in found.findings] == [
        ("receipt_missing", str(number)) for number in sorted(dropped)
    ]


# Memory.


def test_memory_outlives_the_process(tmp_path: Path) -> None:
    assert Memory(tmp_path).load(ORIGIN) is None
    assert Memory(tmp_path).sightings(ORIGIN) == []
    Memory(tmp_path).replace(ORIGIN, "note")
    Memory(tmp_path).add_sighting(ORIGIN, Sighting(START, 7))
    assert Memory(tmp_path).load(ORIGIN) == "note"
    assert Memory(tmp_path).sightings(ORIGIN) == [Sighting(START, 7)]


@pytest.mark.parametrize("text", ["nonsense\n", "2026-11-24T10:00:00Z 07\n", "2026-02-30T10:00:00Z 7\n"])
def test_a_spoiled_memory_is_not_believed(tmp_path: Path, text: str) -> None:
    Memory(tmp_path).add_sighting(ORIGIN, Sighting(START, 7))
    (tmp_path / origin_hash(ORIGIN) / "sightings").write_text(text)
    with pytest.raises(UnavailableError) as refused:
        Memory(tmp_path).sightings(ORIGIN)
    assert refused.value.code == "memory_malformed"


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "below")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: memory.replace(ORIGIN, "note"),
        lambda: memory.keep_evidence(ORIGIN, b"x", "fork-x.json"),
        lambda: memory.add_sighting(ORIGIN, Sighting(START, 7)),
        lambda: ExitStack().enter_context(memory.lock(ORIGIN)),
        lambda: memory.load(ORIGIN),
    )
    for attempt in attempts:
        with pytest.raises(UnavailableError) as refused:
            attempt()
        assert refused.value.code == "memory_unavailable"


def test_evidence_is_bounded(tmp_path: Path) -> None:
    folder = tmp_path / origin_hash(ORIGIN) / "evidence"
    folder.mkdir(parents=True)
    for number in range(EVIDENCE_MAX - 1):
        (folder / f"tile_wrong-{number:x}.json").touch()
    memory = Memory(tmp_path)
    for number in range(3):
        memory.keep_evidence(ORIGIN, b"x", f"tile_wrong-x{number}.json")
    assert sum(1 for _ in folder.iterdir()) == EVIDENCE_MAX
    # Whoever can spoil tiles on their way cannot make us forget that the log lies.
    memory.keep_evidence(ORIGIN, b"x", "fork-0.json")
    assert (folder / "fork-0.json").read_bytes() == b"x"


def test_looks_are_thinned_out_and_still_bound_every_moment_by_an_hour() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    looks = [Sighting(start + timedelta(minutes=number), number // 3) for number in range(10 * 24 * 60)]
    kept = thin(looks)
    assert len(kept) < 10 * 24 + 24 * 60 // 3 + 30
    assert kept[-1] == looks[-1]
    assert thin(kept) == kept
    for index in range(0, looks[-1].size, 97):
        bound = max(one.at for one in looks if one.size <= index)
        still = max((one.at for one in kept if one.size <= index), default=start)
        assert timedelta(0) <= bound - still <= timedelta(hours=1, minutes=3)


def test_a_head_that_promises_more_than_any_memory_holds_is_a_lie_like_another() -> None:
    hashes = bytes(range(64)) * 32
    tops = [hashes[start : start + 32] for start in range(0, len(hashes), 32)]
    root = Frontier.EMPTY.extend(tops).root()
    note = OPERATOR.lie(1 << 62, root).dump().encode()
    served = Served(ROWS, note, {"tile/7/000.p/64": hashes})
    for name in (f"tile/{level}/{index:03}" for level in range(7) for index in range(4)):
        served.changed[name] = None
    found = look(Watch(served), RULES, at=START)
    assert _codes(found) == {"tile_missing"}
    assert (found.head, found.files) == (None, 1)
    assert len(served.reads) < 10 * FILES_LOST_MAX
