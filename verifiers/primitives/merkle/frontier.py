"""The right edge of a tree: all that must be remembered to append to it and to know its root."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from verifiers.errors import MalformedError
from verifiers.primitives.merkle.hashing import HASH_BYTES, SIZE_MAX, check_hashes, fold, node_hash


@dataclass(frozen=True, slots=True)
class Frontier:
    """What must be remembered of a tree to append to it: its maximal complete subtrees.

    Args:
        size: leaves in the tree.
        hashes: one 32-byte hash for each one-bit of size, the largest subtree first.

    Raises:
        MalformedError: tree_position, frontier_length, hash_length.
    """

    size: int
    hashes: tuple[bytes, ...]

    EMPTY: ClassVar[Frontier]

    def __post_init__(self) -> None:
        """A frontier whose hashes do not fit its size cannot exist."""
        if not 0 <= self.size <= SIZE_MAX:
            raise MalformedError("tree_position", "the size of the frontier is out of range")
        if len(self.hashes) != self.size.bit_count():
            raise MalformedError("frontier_length", "the frontier does not have one hash for each subtree")
        check_hashes(self.hashes)

    def append(self, leaf_hash: bytes) -> Frontier:
        """Return the frontier with one more leaf; leaf_hash: 32 bytes from `leaf_hash`."""
        return self.extend((leaf_hash,))

    def extend(self, leaf_hashes: Iterable[bytes]) -> Frontier:
        """Return the frontier with more leaves, in their order."""
        size, hashes = self.size, list(self.hashes)
        for new in leaf_hashes:
            carry, lower = new, size
            while lower & 1:
                carry, lower = node_hash(hashes.pop(), carry), lower >> 1
            hashes.append(carry)
            size += 1
        return Frontier(size, tuple(hashes))

    def root(self) -> bytes:
        """Return the root hash, 32 bytes. Source: RFC 9162 §2.1.1."""
        return fold(self.hashes)

    def dump(self) -> bytes:
        """Return the hashes one after another, largest subtree first; `parse` reads them back."""
        return b"".join(self.hashes)

    @classmethod
    def parse(cls, size: int, data: bytes) -> Frontier:
        """Read what `dump` wrote.

        Raises:
            MalformedError: tree_position, frontier_length, hash_length.
        """
        return cls(size, tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)))


Frontier.EMPTY = Frontier(0, ())
