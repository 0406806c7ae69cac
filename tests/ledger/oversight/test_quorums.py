"""How many witnesses must lie before a log can show two heads that both have their quorum: exactly that many."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pytest

from ledger.errors import LedgerError
from ledger.oversight.witness import Witness
from tests.faults.operator import (
    ORIGIN,
    Clock,
    MemoryStore,
    Operator,
    Rows,
    ask,
    cosigner,
    entry,
    with_lines,
    without,
)
from verifiers.formats.checkpoint import Checkpoint, NoteSignature
from verifiers.formats.witness_policy import Group, WitnessPolicy, colluders, evaluate
from verifiers.formats.witness_policy import Witness as Named

OPERATOR = Operator()
ROWS = Rows(entry(number) for number in range(12))
FORK = without(ROWS, {2: b"other"})
NAMES = [f"w{number}" for number in range(5)]
KEYS = {name: cosigner(f"{name}.example") for name in NAMES}


def _policy(count: int, threshold: int) -> WitnessPolicy:
    members = tuple(NAMES[:count])
    return WitnessPolicy(
        (OPERATOR.key,),
        {name: Named(name, KEYS[name].key) for name in members},
        {"all": Group("all", threshold, members)},
        "all",
    )


class Colluder:
    """A witness that signs whatever it is asked."""

    def __init__(self, name: str) -> None:
        self._name = name

    def add_checkpoint(self, body: bytes) -> bytes:
        """Forget everything, then cosign."""
        fresh = Witness([KEYS[self._name]], {ORIGIN: [OPERATOR.key]}, MemoryStore(), Clock())
        _, _, note = body.partition(b"\n\n")
        return fresh.add_checkpoint(b"old 0\n\n" + note)


def _witnesses(count: int, colluding: int) -> dict[str, Witness | Colluder]:
    return {
        name: Colluder(name)
        if number < colluding
        else Witness([KEYS[name]], {ORIGIN: [OPERATOR.key]}, MemoryStore(), Clock())
        for number, name in enumerate(NAMES[:count])
    }


def _gather(witnesses: dict[str, Witness | Colluder], names: Sequence[str], rows: Rows) -> Checkpoint:
    """Return a head with the word of every witness that gives it."""
    head = OPERATOR.head(rows)
    lines: list[NoteSignature] = []
    for name in names:
        for old in (0, rows.size):  # the first time, and again
            try:
                answered = witnesses[name].add_checkpoint(ask(rows, head, old))
            except LedgerError:
                continue
            lines += with_lines(head, answered).signatures[1:]
            break
    return Checkpoint(head.origin, head.size, head.root, (*head.signatures, *lines))


def _both_have_quorum(policy: WitnessPolicy, count: int, colluding: int, first: Sequence[str]) -> bool:
    """Return whether two heads meet the policy, when the operator shows one to `first` and then both to all."""
    witnesses = _witnesses(count, colluding)
    _gather(witnesses, first, ROWS)
    _gather(witnesses, [name for name in NAMES[:count] if name not in first], FORK)
    heads = (_gather(witnesses, NAMES[:count], ROWS), _gather(witnesses, NAMES[:count], FORK))
    return all(evaluate(policy, head).met for head in heads)


@pytest.mark.parametrize(
    ("count", "threshold"), [(count, k) for count in range(1, 5) for k in range(1, count + 1)]
)
def test_the_bound_holds_exactly(count: int, threshold: int) -> None:
    policy = _policy(count, threshold)
    bound = colluders(policy)
    for colluding in range(count + 1):
        honest = NAMES[colluding:count]
        splits = itertools.chain.from_iterable(
            itertools.combinations(honest, size) for size in range(len(honest) + 1)
        )
        broken = any(_both_have_quorum(policy, count, colluding, split) for split in splits)
        assert broken == (colluding >= bound), f"{colluding} of {count}, {threshold} needed"


def test_no_random_fork_gets_a_second_quorum() -> None:
    """Four of five, fewer colluding than the bound: whatever the operator shows to whom, and in which order."""
    rng = random.Random(20261124)
    policy = _policy(5, 4)
    assert colluders(policy) == 3
    for number in range(150):
        colluding = rng.choice((0, 1, 2))
        honest = NAMES[colluding:]
        assert not _both_have_quorum(policy, 5, colluding, rng.sample(honest, rng.randint(0, len(honest)))), (
            number
        )


@pytest.mark.parametrize("silent", range(4))
def test_with_silent_or_forging_witnesses_a_quorum_stands_exactly_as_long_as_enough_are_left(
    silent: int,
) -> None:
    policy = _policy(4, 3)
    witnesses = _witnesses(4, 0)
    for dead in itertools.combinations(NAMES[:4], silent):
        fresh = {name: one for name, one in _witnesses(4, 0).items() if name not in dead}
        head = _gather(fresh, list(fresh), ROWS)
        assert evaluate(policy, head).met == (4 - silent >= 3)
        # A forger answers with its line under another head: named, and not counted.
        forged = [
            line
            for name in dead
            for line in _gather(witnesses | {name: Colluder(name)}, [name], FORK).signatures[1:]
        ]
        both = Checkpoint(head.origin, head.size, head.root, (*head.signatures, *forged))
        quorum = evaluate(policy, both)
        assert quorum.met == (4 - silent >= 3)
        assert set(quorum.invalid) == set(dead)
        assert set(quorum.counted) == set(fresh)
