"""How hash tiles grow: 256 hashes of one level in a row, written in the transaction of the events.

A tile of level 0 is written once, when its 256 leaves are there (until then the leaves stand in the
`event` table); a tile of a higher level is rewritten when a tile below it is complete, so every 256
events at most. Tile (level, index) holds the roots of the complete subtrees of 256**level leaves,
numbers [index * 256, …). Source: C2SP tlog-tiles, "Merkle Tree".

Not here: reading tiles for proofs (`ledger.log.tiles`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from verifiers.primitives.merkle import HASH_BYTES, node_hash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILE_BYTES = TILE_WIDTH * HASH_BYTES

Tiles = dict[tuple[int, int], bytes]
"""Tiles by (level, index): 32-byte hashes one after another."""


def grow(size: int, partial: bytes, leaf_hashes: Iterable[bytes], read: Callable[[int, int], bytes]) -> Tiles:
    """Return the tiles to write when leaves are added, and the rest that fills no tile yet.

    Args:
        size: leaves before.
        partial: leaf hashes of the incomplete tile at the end, `size % 256` of them, joined.
        leaf_hashes: what is added, in order.
        read: (level, index) -> what the store has of that tile of level 1 or more, b"" for nothing.

    Returns:
        Tiles to insert or replace; the incomplete tile of level 0, at index `new size // 256`, is among
        them for the caller to remember, and shall not be written.
    """
    index = size // TILE_WIDTH
    leaves = partial + b"".join(leaf_hashes)
    grown: Tiles = {}
    while len(leaves) >= TILE_BYTES:
        complete, leaves = leaves[:TILE_BYTES], leaves[TILE_BYTES:]
        grown[0, index] = complete
        _raise_root(grown, 0, index, complete, read)
        index += 1
    grown[0, index] = leaves
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
