"""Checking proofs that strangers made: inclusion and consistency (RFC 9162 §2.1.3.2 and §2.1.4.2)."""

from __future__ import annotations

from collections.abc import Sequence

from verifiers.errors import MalformedError
from verifiers.primitives.merkle.hashing import (
    EMPTY_ROOT,
    SIZE_MAX,
    check_hashes,
    check_position,
    node_hash,
    require_equal,
)


def root_from_inclusion(*, index: int, tree_size: int, leaf_hash: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion proof implies.

    Args:
        index: of the leaf, 0-based, below tree_size.
        tree_size: leaves in the tree.
        leaf_hash: 32 bytes, from `leaf_hash`.
        proof: 32-byte hashes, the leaf's sibling first.

    Returns:
        32 bytes; compare them with a trusted root, or use `verify_inclusion`.

    Raises:
        MalformedError: tree_position, hash_length, proof_length.

    Source: RFC 9162 §2.1.3.2.
    """
    check_position(index, tree_size)
    check_hashes([leaf_hash, *proof])
    # Steps of RFC 9162 §2.1.3.2: fn is the path of the leaf, sn the path of the last leaf.
    fn, sn, root = index, tree_size - 1, leaf_hash
    for sibling in proof:
        if sn == 0:
            raise MalformedError("proof_length", "the inclusion proof has too many hashes for this tree size")
        if fn & 1 or fn == sn:
            root = node_hash(sibling, root)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node_hash(root, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise MalformedError("proof_length", "the inclusion proof has too few hashes for this tree size")
    return root


def verify_inclusion(
    *, index: int, tree_size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Return only when the leaf stands at this index of the tree with this root.

    Args: as `root_from_inclusion`; root: 32 bytes from a checkpoint the caller trusts.

    Raises:
        MalformedError: tree_position, hash_length, proof_length.
        InvalidError: root_mismatch.

    Source: RFC 9162 §2.1.3.2.
    """
    check_hashes([root])
    computed = root_from_inclusion(index=index, tree_size=tree_size, leaf_hash=leaf_hash, proof=proof)
    require_equal(computed, root, "the inclusion proof leads to another root")


def verify_consistency(
    *, first_size: int, second_size: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> None:
    """Return only when the first tree is a prefix of the second.

    Args:
        first_size, second_size: leaves in each tree, first at most second.
        first_root, second_root: 32 bytes each.
        proof: 32-byte hashes; empty when the sizes are equal or the first tree is empty.

    Raises:
        MalformedError: tree_position, hash_length, proof_length.
        InvalidError: root_mismatch.

    Source: RFC 9162 §2.1.4.2.
    """
    if not 0 <= first_size <= second_size <= SIZE_MAX:
        raise MalformedError("tree_position", "the two tree sizes are not in order")
    check_hashes([first_root, second_root, *proof])
    if first_size == 0:
        require_equal(EMPTY_ROOT, first_root, "an empty tree has another root")
    if first_size == second_size:
        require_equal(first_root, second_root, "two trees of one size have different roots")
    if first_size in (0, second_size):
        if proof:
            raise MalformedError("proof_length", "the consistency proof must be empty for these sizes")
        return
    path = list(proof) if first_size & (first_size - 1) else [first_root, *proof]
    if not path:
        raise MalformedError("proof_length", "the consistency proof has too few hashes for these sizes")
    fn, sn = first_size - 1, second_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for hash_ in path[1:]:
        if sn == 0:
            raise MalformedError("proof_length", "the consistency proof has too many hashes for these sizes")
        if fn & 1 or fn == sn:
            first, second = node_hash(hash_, first), node_hash(hash_, second)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, hash_)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise MalformedError("proof_length", "the consistency proof has too few hashes for these sizes")
    require_equal(first, first_root, "the consistency proof leads to another first root")
    require_equal(second, second_root, "the consistency proof leads to another second root")
