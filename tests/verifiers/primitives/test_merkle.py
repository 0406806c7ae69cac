"""Merkle trees against RFC 6962 vectors, a slow and obvious oracle, and every corruption of a proof."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verifiers.primitives.support import read_json, refusal
from verifiers.primitives import merkle

VECTORS = read_json("merkle", "rfc6962", "vectors.json")
LEAVES = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]
SOME = hashlib.sha256(b"some hash").digest()
REFUSALS = {"tree_position", "proof_length", "hash_length", "root_mismatch"}


# --- the oracle: RFC 9162 §2.1 word by word, recursive, on lists of entries ------------------------------


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(entries: list[bytes]) -> bytes:
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    k = split(len(entries))
    return hashlib.sha256(b"\1" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: list[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: list[bytes], known: bool) -> list[bytes]:
    if m == len(entries):
        return [] if known else [mth(entries)]
    k = split(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], known), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


ENTRIES = [hashlib.sha256(bytes([n])).digest() for n in range(70)]


class Nodes:
    """Complete subtrees only, as a tile table holds them; asking for another one is a failure."""

    def __init__(self, entries: list[bytes]) -> None:
        self.entries = entries

    def __call__(self, level: int, index: int) -> bytes:
        start, end = index << level, (index + 1) << level
        assert end <= len(self.entries), "asked for an incomplete subtree"
        return mth(self.entries[start:end])


# --- vectors -------------------------------------------------------------------------------------------


def test_roots_of_the_vectors() -> None:
    assert merkle.EMPTY_ROOT.hex() == VECTORS["empty_root"]
    assert merkle.Frontier.EMPTY.root() == merkle.EMPTY_ROOT
    frontier = merkle.Frontier.EMPTY
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        frontier = frontier.append(leaf)
        assert frontier.root() == root


@pytest.mark.parametrize("vector", VECTORS["inclusion"])
def test_inclusion_vectors(vector: dict[str, Any]) -> None:
    index, size = vector["index"], vector["tree_size"]
    proof = [bytes.fromhex(hash_) for hash_ in vector["proof"]]
    args = {
        "index": index,
        "tree_size": size,
        "leaf_hash": LEAVES[index],
        "proof": proof,
        "root": ROOTS[size - 1],
    }
    merkle.verify_inclusion(**args)
    for what, changed in inclusion_corruptions(args):
        assert refusal(merkle.verify_inclusion, **changed) in REFUSALS, what


@pytest.mark.parametrize("vector", VECTORS["consistency"])
def test_consistency_vectors(vector: dict[str, Any]) -> None:
    first, second = vector["first_size"], vector["second_size"]
    proof = [bytes.fromhex(hash_) for hash_ in vector["proof"]]
    args = {
        "first_size": first,
        "second_size": second,
        "first_root": ROOTS[first - 1],
        "second_root": ROOTS[second - 1],
        "proof": proof,
    }
    merkle.verify_consistency(**args)
    if proof:
        for what, changed in consistency_corruptions(args):
            assert refusal(merkle.verify_consistency, **changed) in REFUSALS, what


# --- the corruptions of transparency-dev/merkle's proof/verify_test.go ----------------------------------


def proof_corruptions(proof: list[bytes], *roots: bytes) -> Iterator[tuple[str, list[bytes]]]:
    yield "trailing garbage", [*proof, b""]
    yield "preceding garbage", [b"", *proof]
    for root in roots:
        yield "trailing root", [*proof, root]
        yield "preceding root", [root, *proof]
    for at in range(len(proof)):
        for bit in range(0, 256, 37):
            flipped = bytearray(proof[at])
            flipped[bit // 8] ^= 1 << (bit % 8)
            yield f"bit {bit} of hash {at}", [*proof[:at], bytes(flipped), *proof[at + 1 :]]
        yield f"hash {at} removed", [*proof[:at], *proof[at + 1 :]]
        yield f"hash {at} inserted", [*proof[:at], SOME, *proof[at:]]
        yield f"hash {at} too short", [*proof[:at], proof[at][:-1], *proof[at + 1 :]]
        if at and proof[at] != proof[at - 1]:
            yield f"hash {at} swapped", [*proof[: at - 1], proof[at], proof[at - 1], *proof[at + 1 :]]


def inclusion_corruptions(args: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    index, size = args["index"], args["tree_size"]
    for other in {index - 1, index + 1, index ^ 2, size, -1, 2**63} - {index}:
        yield f"index {other}", args | {"index": other}
    for other in {size * 2, size // 2, 0, 2**63} - {size}:
        yield f"size {other}", args | {"tree_size": other}
    yield "wrong leaf", args | {"leaf_hash": b"WrongLeaf"}
    yield "other leaf", args | {"leaf_hash": SOME}
    yield "empty root", args | {"root": merkle.EMPTY_ROOT}
    yield "random root", args | {"root": SOME}
    yield "no root", args | {"root": b""}
    for what, proof in proof_corruptions(args["proof"], args["root"]):
        yield what, args | {"proof": proof}


def consistency_corruptions(args: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    first, second = args["first_size"], args["second_size"]
    for other in {first - 1, first + 1, first ^ 2, second + 1, -1} - {first}:
        yield f"first size {other}", args | {"first_size": other}
    for other in {second * 2, second // 2, first - 1, 2**63} - {second}:
        yield f"second size {other}", args | {"second_size": other}
    yield "wrong first root", args | {"first_root": SOME}
    yield "short first root", args | {"first_root": b"WrongRoot"}
    yield "wrong second root", args | {"second_root": SOME}
    yield "swapped roots", args | {"first_root": args["second_root"], "second_root": args["first_root"]}
    yield "empty proof", args | {"proof": []}
    for what, proof in proof_corruptions(args["proof"], args["first_root"], args["second_root"]):
        yield what, args | {"proof": proof}


# --- against the oracle -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 31, 32, 33, 64, 70])
def test_every_proof_of_a_tree_is_the_oracle_s(size: int) -> None:
    entries = ENTRIES[:size]
    nodes = Nodes(entries)
    root = mth(entries)
    assert merkle.tree_root(size, nodes) == root
    for index in range(size):
        proof = merkle.inclusion_proof(index, size, nodes)
        assert proof == path(index, entries)
        merkle.verify_inclusion(
            index=index, tree_size=size, leaf_hash=merkle.leaf_hash(entries[index]), proof=proof, root=root
        )
    for first in range(size + 1):
        proof = merkle.consistency_proof(first, size, nodes)
        assert proof == (subproof(first, entries, True) if first else [])
        merkle.verify_consistency(
            first_size=first, second_size=size, first_root=mth(entries[:first]), second_root=root, proof=proof
        )


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_corrupted_proofs_of_any_tree_are_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size))
    entries = ENTRIES[:size]
    nodes = Nodes(entries)
    inclusion: dict[str, Any] = {
        "index": index,
        "tree_size": size,
        "leaf_hash": merkle.leaf_hash(entries[index]),
        "proof": merkle.inclusion_proof(index, size, nodes),
        "root": mth(entries),
    }
    for what, changed in inclusion_corruptions(inclusion):
        # A path fixes the tree's shape only up to sizes with the same splits: another size that gives the
        # same path is not a forgery, as a checkpoint signs size and root together.
        if what.startswith("size") and refusal(merkle.verify_inclusion, **changed) is None:
            assert len(path(index, [b""] * changed["tree_size"])) == len(inclusion["proof"])
            continue
        assert refusal(merkle.verify_inclusion, **changed) in REFUSALS, what
    consistency: dict[str, Any] = {
        "first_size": first,
        "second_size": size,
        "first_root": mth(entries[:first]),
        "second_root": mth(entries),
        "proof": merkle.consistency_proof(first, size, nodes),
    }
    if consistency["proof"]:
        for what, changed in consistency_corruptions(consistency):
            if "size" in what and refusal(merkle.verify_consistency, **changed) is None:
                assert what == "first size 0" or len(
                    subproof(changed["first_size"], [b""] * changed["second_size"], True)
                ) == len(changed["proof"])
                continue
            assert refusal(merkle.verify_consistency, **changed) in REFUSALS, what


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=50), st.integers(0, 50))
def test_a_frontier_grows_in_any_steps_to_the_oracle_s_root(entries: list[bytes], cut: int) -> None:
    hashes = [merkle.leaf_hash(entry) for entry in entries]
    frontier = merkle.Frontier.EMPTY.extend(hashes[:cut])
    frontier = merkle.Frontier.parse(frontier.size, frontier.dump())
    frontier = frontier.extend(hashes[cut:])
    assert frontier.size == len(entries)
    assert frontier.root() == mth(entries)


# --- shapes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "data", "code"),
    [
        (1, b"", "frontier_length"),
        (0, SOME, "frontier_length"),
        (3, SOME, "frontier_length"),
        (1, SOME[:-1], "hash_length"),
        (2, SOME + b"\0", "frontier_length"),
        (3, SOME + SOME[:-1], "hash_length"),
        (-1, b"", "tree_position"),
        (2**63, SOME, "tree_position"),
    ],
)
def test_a_frontier_that_does_not_fit_its_size_cannot_exist(size: int, data: bytes, code: str) -> None:
    assert refusal(merkle.Frontier.parse, size, data) == code


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (5, 3), (0, 2**63)])
def test_positions_outside_the_tree_are_refused(index: int, size: int) -> None:
    nodes = Nodes(ENTRIES)
    assert refusal(merkle.inclusion_proof, index, size, nodes) == "tree_position"
    code = refusal(
        merkle.verify_inclusion, index=index, tree_size=size, leaf_hash=SOME, proof=[], root=merkle.EMPTY_ROOT
    )
    assert code == "tree_position"


@pytest.mark.parametrize(
    ("first", "second", "first_root", "second_root", "proof", "code"),
    [
        (0, 0, merkle.EMPTY_ROOT, merkle.EMPTY_ROOT, [], None),
        (0, 5, merkle.EMPTY_ROOT, SOME, [], None),
        (3, 3, SOME, SOME, [], None),
        (0, 0, merkle.EMPTY_ROOT, SOME, [], "root_mismatch"),
        (0, 5, SOME, SOME, [], "root_mismatch"),
        (3, 3, SOME, ROOTS[2], [], "root_mismatch"),
        (3, 3, SOME, SOME, [SOME], "proof_length"),
        (0, 5, merkle.EMPTY_ROOT, SOME, [SOME], "proof_length"),
        (1, 2, SOME, SOME, [], "proof_length"),
        (2, 1, SOME, SOME, [], "tree_position"),
        (1, 0, SOME, SOME, [], "tree_position"),
    ],
)
def test_consistency_of_the_smallest_trees(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: list[bytes], code: str | None
) -> None:
    got = refusal(
        merkle.verify_consistency,
        first_size=first,
        second_size=second,
        first_root=first_root,
        second_root=second_root,
        proof=proof,
    )
    assert got == code


def test_consistency_proof_positions() -> None:
    nodes = Nodes(ENTRIES)
    assert refusal(merkle.consistency_proof, 3, 2, nodes) == "tree_position"
    assert refusal(merkle.consistency_proof, -1, 2, nodes) == "tree_position"


def test_a_proof_reads_few_nodes() -> None:
    asked: list[tuple[int, int]] = []

    def node(level: int, index: int) -> bytes:
        asked.append((level, index))
        return SOME

    merkle.inclusion_proof(123_456_789, 987_654_321, node)
    merkle.consistency_proof(123_456_789, 987_654_321, node)
    assert len(asked) < 2 * 2 * 30
    assert all((index + 1) << level <= 987_654_321 for level, index in asked)
