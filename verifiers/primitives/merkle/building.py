"""Making proofs from stored complete subtrees (RFC 9162 §2.1.3.1 and §2.1.4.1)."""

from __future__ import annotations

from collections.abc import Callable

from verifiers.errors import MalformedError
from verifiers.primitives.merkle.hashing import SIZE_MAX, check_position, fold

NodeSource = Callable[[int, int], bytes]


def inclusion_proof(index: int, tree_size: int, node: NodeSource) -> list[bytes]:
    """Return the inclusion proof of one leaf, its sibling first.

    Args:
        index: of the leaf, 0-based.
        tree_size: leaves in the tree that the proof is for.
        node: called as node(level, index) for complete subtrees only, O(log² tree_size) times at most.

    Raises:
        MalformedError: tree_position.

    Source: RFC 9162 §2.1.3.1.
    """
    check_position(index, tree_size)
    low, high = 0, tree_size
    proof = []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(_range_root(middle, high, node))
            high = middle
        else:
            proof.append(_range_root(low, middle, node))
            low = middle
    return proof[::-1]


def consistency_proof(first_size: int, second_size: int, node: NodeSource) -> list[bytes]:
    """Return the proof that the tree of first_size is a prefix of the tree of second_size.

    Args:
        first_size, second_size: leaves, first at most second.
        node: as in `inclusion_proof`.

    Returns:
        Empty when the sizes are equal or the first tree is empty.

    Raises:
        MalformedError: tree_position.

    Source: RFC 9162 §2.1.4.1.
    """
    if not 0 <= first_size <= second_size <= SIZE_MAX:
        raise MalformedError("tree_position", "the two tree sizes are not in order")
    if first_size in (0, second_size):
        return []
    low, high, known = 0, second_size, True
    proof = []
    while high != first_size:
        middle = low + _split(high - low)
        if first_size <= middle:
            proof.append(_range_root(middle, high, node))
            high = middle
        else:
            proof.append(_range_root(low, middle, node))
            low, known = middle, False
    if not known:
        proof.append(_range_root(low, high, node))
    return proof[::-1]


def tree_root(tree_size: int, node: NodeSource) -> bytes:
    """Return the root of a tree from its stored complete subtrees; node as in `inclusion_proof`."""
    return _range_root(0, tree_size, node)


def _split(size: int) -> int:
    """Return the largest power of two below size (size at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def _range_root(low: int, high: int, node: NodeSource) -> bytes:
    """Return the root over leaves [low, high), low aligned as the RFC's recursion leaves it."""
    hashes = []
    while low < high:
        level = (high - low).bit_length() - 1
        hashes.append(node(level, low >> level))
        low += 1 << level
    return fold(hashes)
