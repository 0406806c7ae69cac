"""Proof sets and chains: what is there, what is covered, and what makes a chain meaningless."""

from __future__ import annotations

from typing import Any

import pytest

from tests.verifiers.world import JCS, OTHER, credential, proof
from verifiers.errors import InvalidError, MalformedError
from verifiers.formats import proof_set

DOCUMENT = credential()
ONE, TWO = proof(DOCUMENT), proof(DOCUMENT, suite=JCS)


def node(name: str, *previous: str) -> dict[str, Any]:
    return {"id": name, "previousProof": list(previous)} if previous else {"id": name}


def test_detach_reads_one_and_many() -> None:
    assert proof_set.detach({**DOCUMENT, "proof": ONE}) == (DOCUMENT, (ONE,))
    assert proof_set.detach({**DOCUMENT, "proof": [ONE, TWO]}) == (DOCUMENT, (ONE, TWO))


@pytest.mark.parametrize("value", [None, []])
def test_no_proof_is_a_finding(value: Any) -> None:
    document = DOCUMENT if value is None else {**DOCUMENT, "proof": value}
    with pytest.raises(MalformedError) as caught:
        proof_set.detach(document)
    assert caught.value.code == "proof_missing"


def test_too_many_proofs_are_refused_unread() -> None:
    with pytest.raises(MalformedError) as caught:
        proof_set.detach({**DOCUMENT, "proof": [{"n": number} for number in range(17)]})
    assert caught.value.code == "proof_too_many"


@pytest.mark.parametrize(
    "proofs",
    [
        [ONE, ONE],
        [ONE, dict(reversed(ONE.items()))],
        [ONE | {"id": "urn:x:1"}, TWO | {"id": "urn:x:1"}],
    ],
)
def test_the_same_proof_twice_is_refused(proofs: list[Any]) -> None:
    with pytest.raises(InvalidError) as caught:
        proof_set.detach({**DOCUMENT, "proof": proofs})
    assert caught.value.code == "proof_duplicate"


def test_only_direct_links_are_covered() -> None:
    proofs = [node("a"), node("b", "a"), node("c", "b"), proof(DOCUMENT, OTHER)]
    assert proof_set.covered(proofs, 0) == ()
    assert proof_set.covered(proofs, 2) == (proofs[1],)
    assert proof_set.covered(proofs, 3) == ()
    assert proof_set.covered([*proofs, {"previousProof": "a"}], 4) == (proofs[0],)


@pytest.mark.parametrize(
    ("proofs", "position", "code"),
    [
        ([node("a", "nowhere")], 0, "proof_previous_missing"),
        ([node("a", "b"), node("b", "nowhere")], 0, "proof_previous_missing"),
        ([{"id": "a", "previousProof": 5}], 0, "proof_previous_missing"),
        ([node("a", "a")], 0, "proof_previous_cycle"),
        ([node("a", "b"), node("b", "a")], 0, "proof_previous_cycle"),
        ([node("a", "b"), node("b", "c"), node("c", "a")], 1, "proof_previous_cycle"),
    ],
)
def test_a_broken_chain_is_invalid(proofs: list[Any], position: int, code: str) -> None:
    with pytest.raises(InvalidError) as caught:
        proof_set.covered(proofs, position)
    assert caught.value.code == code


def test_a_proof_above_a_circle_that_it_is_not_part_of_ends() -> None:
    proofs = [node("a", "b"), node("b", "c"), node("c", "b")]
    assert proof_set.covered(proofs, 0) == (proofs[1],)  # the circle is b's and c's own finding
