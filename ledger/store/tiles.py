"""How hash tiles grow: 256 hashes of one level in a row, written in the transaction of the events.

A tile of level 0 is written once, when its 256 leaves are there (until then the leaves stand in the
`event` table); a tile of a higher level is rewritten when a tile below it is complete, so every 256
events at most. Tile (level, index) holds the roots of the complete subtrees of 256**level leaves,
numbers [index * 256, …). Source: C2SP tlog-tiles, "Merkle Tree".

Not here: reading tiles for proofs (`ledger.log.tiles`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from verifiers.formats.tile import TILE_BYTES, TILE_WIDTH
from verifiers.primitives.merkle import HASH_BYTES, node_hash

Tiles = dict[tuple[int, int], bytes]
"""Tiles by (level, index): 32-byte hashes one after another."""


def fill(partial: bytes, leaf_hashes: Iterable[bytes]) -> tuple[list[bytes], bytes]:
    """Return the tiles of level 0 that leaves complete, and the leaf hashes that fill none yet.

    Args:
        partial: leaf hashes of the incomplete tile at the end of the log, joined.
        leaf_hashes: what is added, in order.
    """
    leaves = partial + b"".join(leaf_hashes)
    whole = len(leaves) - len(leaves) % TILE_BYTES
    return [leaves[at : at + TILE_BYTES] for at in range(0, whole, TILE_BYTES)], leaves[whole:]


def grow(first: int, complete: Iterable[bytes], read: Callable[[int, int], bytes]) -> Tiles:
    """Return the tiles to insert or replace when tiles of level 0 become complete.

    Args:
        first: index of the first of them.
        complete: their hashes, in order, from `fill`.
        read: (level, index) -> what the store has of that tile of level 1 or more, b"" for nothing.
    """
    grown: Tiles = {}
    for index, hashes in enumerate(complete, start=first):
        grown[0, index] = hashes
        _raise_root(grown, 0, index, hashes, read)
    return grown


def tile_root(hashes: bytes) -> bytes:
    """Return the root of a complete tile: the hash its parent tile holds for it."""
    nodes = [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
    if len(nodes) != TILE_WIDTH:
        raise ValueError("only a complete tile has a root")
    while len(nodes) > 1:
        nodes = [node_hash(nodes[at], nodes[at + 1]) for at in range(0, len(nodes), 2)]
    return nodes[0]


def _raise_root(
    grown: Tiles, level: int, index: int, hashes: bytes, read: Callable[[int, int], bytes]
) -> None:
    """Put the root of a complete tile into its parent, and so on upwards."""
    parent = (level + 1, index // TILE_WIDTH)
    before = grown[parent] if parent in grown else read(*parent)
    if len(before) != index % TILE_WIDTH * HASH_BYTES:
        raise ValueError("a parent tile does not have the width that its children give it")
    grown[parent] = before + tile_root(hashes)
    if len(grown[parent]) == TILE_BYTES:
        _raise_root(grown, *parent, grown[parent], read)
