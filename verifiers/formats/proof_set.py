"""Several proofs on one document: which there are, and what a chained proof was made over.

A set is unordered: each proof signs the document without any proof. A proof with `previousProof` signs
the document together with the proofs it names, so removing or changing one of those breaks it.

Not here: one proof's arithmetic (`data_integrity`), which proofs count (`verifiers.verify`).
Source: VC Data Integrity 1.0 §2.1.1, §2.1.2, §4.3; THREATS A12.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verifiers.errors import InvalidError, MalformedError
from verifiers.primitives import jcs
from verifiers.primitives.strict_json import JSON

PROOFS_MAX = 16


def detach(document: Mapping[str, JSON]) -> tuple[dict[str, JSON], tuple[JSON, ...]]:
    """Return the document without `proof`, and its proofs in the order of the text.

    Raises:
        MalformedError: proof_missing, proof_too_many.
        InvalidError: proof_duplicate, two proofs are the same or have the same id.
    """
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    value = document.get("proof")
    proofs = tuple(value) if isinstance(value, list) else () if value is None else (value,)
    if not proofs:
        raise MalformedError("proof_missing", "the document has no proof")
    if len(proofs) > PROOFS_MAX:
        raise MalformedError(
            "proof_too_many", "the document has too many proofs", expected=f"at most {PROOFS_MAX}"
        )
    spellings = [jcs.canonicalise(proof) for proof in proofs]
    ids = [proof["id"] for proof in proofs if isinstance(proof, dict) and isinstance(proof.get("id"), str)]
    if len(set(spellings)) != len(spellings) or len({*map(str, ids)}) != len(ids):
        raise InvalidError("proof_duplicate", "the document has the same proof, or the same proof id, twice")
    return unsecured, proofs


def covered(proofs: Sequence[JSON], position: int) -> tuple[JSON, ...]:
    """Return the proofs that the proof at this position was made over, those of `previousProof`.

    Args:
        proofs: all proofs of the document, from `detach`.
        position: 0-based place in `proofs`.

    Returns:
        The directly named proofs, in the order in which they are named; empty for a proof of a set.

    Raises:
        InvalidError: proof_previous_missing, a named proof is not there;
            proof_previous_cycle, the proof depends on itself.
    """
    by_id = {
        str(proof["id"]): index
        for index, proof in enumerate(proofs)
        if isinstance(proof, dict) and "id" in proof
    }
    direct = _named(proofs[position], by_id)
    # Walk everything behind it: a dangling or circular link anywhere below makes the chain meaningless.
    visited: set[int] = set()
    waiting = list(direct)
    while waiting:
        index = waiting.pop()
        if index == position:
            raise InvalidError(
                "proof_previous_cycle", "a proof was made over itself, by way of previousProof"
            )
        if index not in visited:
            visited.add(index)
            waiting.extend(_named(proofs[index], by_id))
    return tuple(proofs[index] for index in direct)


def over(document: Mapping[str, JSON], previous: Sequence[JSON]) -> dict[str, JSON]:
    """Return what a chained proof signs: the unsecured document with the proofs it covers."""
    return {**document, "proof": list(previous)} if previous else dict(document)


def _named(proof: JSON, by_id: Mapping[str, int]) -> list[int]:
    value = proof.get("previousProof") if isinstance(proof, dict) else None
    names = value if isinstance(value, list) else [] if value is None else [value]
    indexes = [by_id.get(name) if isinstance(name, str) else None for name in names]
    found = [index for index in indexes if index is not None]
    if len(found) != len(indexes):
        raise InvalidError("proof_previous_missing", "a proof was made over another proof that is not there")
    return found
