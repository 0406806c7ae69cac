"""What a policy says without being wrong, and what is unwise about it."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings

from tests.verifiers.formats.test_witness_policy import (
    LOG,
    PQ,
    SIGNERS,
    WITNESSES,
    holds,
    lines,
    policies,
)
from tests.verifiers.witnesses import WitnessSigner
from tests.verifiers.world import ISSUER
from verifiers.formats import witness_policy
from verifiers.formats.witness_policy import Witness, WitnessPolicy


def codes(text: str) -> set[tuple[str, str, int | None]]:
    """Return code, severity and line of every finding."""
    return {(one.code, one.severity, one.line) for one in witness_policy.lint(witness_policy.parse(text))}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([*WITNESSES[:3], "group g 2 w0 w1 w2", "quorum g"], {("quorum_of_one", "warning", 5)}),
        ([*WITNESSES[:4], "group g 3 w0 w1 w2 w3", "quorum g"], set()),
        ([*WITNESSES[:4], "group g 2 w0 w1 w2 w3", "quorum g"], {("quorum_splits", "error", 6)}),
        (["quorum none"], {("quorum_none", "warning", 1)}),
        (
            [*WITNESSES[:2], "group g all w0", "quorum w0"],
            {
                ("quorum_of_one", "warning", 4),
                ("witness_unused", "warning", 2),
                ("group_unused", "warning", 3),
            },
        ),
        (
            [
                f"log {LOG.dump()}",
                f"witness own {SIGNERS[0].key.dump()}",
                *WITNESSES[1:3],
                "group g all own w1 w2",
                "quorum g",
            ],
            set(),
        ),
        (
            [
                *WITNESSES[:2],
                f"witness w0-pq {PQ.key.dump()}",
                "group w any w0 w0-pq",
                "group g all w w1",
                "quorum g",
            ],
            set(),
        ),
        (
            [*WITNESSES[:2], f"witness w0-pq {PQ.key.dump()}", "group g all w0 w0-pq w1", "quorum g"],
            {("witness_counts_twice", "warning", 3)},
        ),
    ],
)
def test_what_is_unwise_is_said(rows: list[str], expected: set[tuple[str, str, int | None]]) -> None:
    assert codes(lines(*rows)) == expected


def test_a_log_is_no_witness_to_itself() -> None:
    own = witness_policy.Witness("own", type(SIGNERS[0].key)("log.example/w", "Ed25519", ISSUER.key.raw))
    text = lines(f"log {LOG.dump()}", f"witness own {own.key.dump()}", "quorum own")
    assert ("witness_is_log", "error", 2) in codes(text)


def test_a_quorum_that_no_checkpoint_has_room_for_is_refused() -> None:
    many = [WitnessSigner(f"w{number}.example") for number in range(32)]
    rows = [f"witness w{number} {signer.key.dump()}" for number, signer in enumerate(many)]
    names = " ".join(f"w{number}" for number in range(32))
    assert codes(lines(*rows, f"group g 32 {names}", "quorum g")) == {("quorum_unreachable", "error", 34)}
    assert codes(lines(*rows, f"group g 31 {names}", "quorum g")) == set()


def parties_by_brute_force(text: str, names: list[str]) -> int:
    """The oracle: the fewest common witnesses of any two sets that both meet the quorum."""
    sets = [
        frozenset(chosen)
        for size in range(len(names) + 1)
        for chosen in combinations(names, size)
        if holds(text, frozenset(chosen))
    ]
    return min(len(one & other) for one in sets for other in sets)


@settings(max_examples=120, deadline=None)
@given(text=policies(leaves_max=6))
def test_who_can_split_a_quorum_is_what_brute_force_finds(text: str) -> None:
    policy = witness_policy.parse(text)
    expected = parties_by_brute_force(text, list(policy.witnesses))
    assert witness_policy.colluders(policy) == expected
    found = {one.code for one in witness_policy.lint(policy)}
    assert ("quorum_splits" in found) == (expected == 0)
    assert ("quorum_of_one" in found) == (expected == 1)


def test_a_policy_that_was_not_read_from_a_file_has_no_lines() -> None:
    policy = WitnessPolicy((), {"w": Witness("w", SIGNERS[0].key)}, {}, "w")
    assert [one.line for one in witness_policy.lint(policy)] == [None]
