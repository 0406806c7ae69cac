"""The tree of RFC 9162 over entries, built leaf by leaf, with its hash tiles and its heads on the way.

Written from the specifications and apart from `verifiers.primitives.merkle` and `ledger.store.tiles`, so that
one mistake cannot be in both. Memory: one tile and one hash a level.

Source: RFC 9162 §2.1.1; C2SP tlog-tiles, "Merkle Tree" (256 hashes a tile, one tile level for eight tree levels).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

_TILE_HASHES = 256
_TILE_LEVELS = 8


@dataclass(frozen=True, slots=True)
class Head:
    """A tree of some size: its root, and the roots of its complete subtrees, the largest first."""

    size: int
    root: bytes
    subtrees: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """Hashes of one level side by side: complete, or the last of its level."""

    level: int
    index: int
    hashes: bytes


class Tree:
    """Grows by `add`."""

    def __init__(self) -> None:
        self.size = 0
        # By tree level: the complete subtree that waits for its right sibling. Stale where size has a 0 bit.
        self._waiting: list[bytes] = []
        self._tiles: list[bytearray] = []  # by tile level, the hashes of the last tile

    @property
    def head(self) -> Head:
        """The tree as it is now."""
        subtrees = [self._waiting[level] for level in range(len(self._waiting)) if self.size >> level & 1]
        root = subtrees[0] if subtrees else hashlib.sha256(b"").digest()
        for larger in subtrees[1:]:
            root = hashlib.sha256(b"\x01" + larger + root).digest()
        return Head(self.size, root, tuple(reversed(subtrees)))

    def add(self, entry: bytes) -> list[Tile]:
        """Put an entry at the end; return the tiles that it completes."""
        hash_, index, level = hashlib.sha256(b"\x00" + entry).digest(), self.size, 0
        completed = []
        while True:
            if level % _TILE_LEVELS == 0 and (tile := self._grow(level // _TILE_LEVELS, index, hash_)):
                completed.append(tile)
            if level == len(self._waiting):
                self._waiting.append(b"")
            if index & 1 == 0:
                self._waiting[level] = hash_
                break
            hash_ = hashlib.sha256(b"\x01" + self._waiting[level] + hash_).digest()
            index, level = index >> 1, level + 1
        self.size += 1
        return completed

    def unfinished(self) -> Iterator[Tile]:
        """Return the last tile of each level that is there and not complete."""
        for level, hashes in enumerate(self._tiles):
            if hashes:
                yield Tile(level, self.size >> (_TILE_LEVELS * (level + 1)), bytes(hashes))

    def _grow(self, level: int, index: int, hash_: bytes) -> Tile | None:
        if level == len(self._tiles):
            self._tiles.append(bytearray())
        hashes = self._tiles[level]
        hashes += hash_
        if index % _TILE_HASHES != _TILE_HASHES - 1:
            return None
        self._tiles[level] = bytearray()
        return Tile(level, index // _TILE_HASHES, bytes(hashes))


def has_tile(size: int, level: int, index: int) -> bool:
    """Return whether a tree of this size has a stored tile there: of leaves only whole ones, above any."""
    if level < 0 or index < 0:
        return False
    hashes = size >> (_TILE_LEVELS * level)  # complete subtrees of that level
    return index < hashes // _TILE_HASHES if level == 0 else index * _TILE_HASHES < hashes
