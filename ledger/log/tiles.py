"""Reading the tree back from hash tiles: any complete subtree, at the price of one row for eight levels.

Tile (level, index) of the table holds 256 roots of subtrees of 256**level leaves; what lies between is
hashed here. The incomplete tile at the end of level 0 is not in the table: its leaves come from the
events. Everything here is immutable once stored, so it is cached without a time limit.

Not here: how tiles grow (`ledger.store.tiles`), where they are published (`ledger.log.export`).
Source: C2SP tlog-tiles, "Merkle Tree"; RFC 9162 §2.1.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache

from sqlalchemy import select

from ledger.errors import CorruptError
from ledger.store import tables
from ledger.store.reading import reading
from ledger.store.recorder import LedgerRecorder
from verifiers.formats.tile import ENTRIES, TILE_HEIGHT, TILE_WIDTH, TilePath, encode_entries
from verifiers.primitives.merkle import HASH_BYTES, leaf_hash, node_hash

TILES_CACHED_MAX = 512  # 8 KiB each
NODES_CACHED_MAX = 65_536


class TileReader:
    """A `verifiers.primitives.merkle.NodeSource` over the stored log. Thread-safe.

    Args:
        recorder: its entries and tiles are read, each tile once.
    """

    def __init__(self, recorder: LedgerRecorder) -> None:
        self._recorder = recorder
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._lock = threading.Lock()
        self._inner: Callable[[int, int], bytes] = lru_cache(maxsize=NODES_CACHED_MAX)(self._hash_inner)

    def node(self, level: int, index: int) -> bytes:
        """Return the root of the complete subtree of 2**level leaves at an index of its level.

        Raises:
            CorruptError: tile_missing, the log does not hold such a subtree.
            UnavailableError: store_unavailable.
        """
        if level % TILE_HEIGHT:
            return self._inner(level, index)
        offset = index % TILE_WIDTH
        hashes = self._tile(level // TILE_HEIGHT, index // TILE_WIDTH, offset + 1)
        return hashes[offset * HASH_BYTES : (offset + 1) * HASH_BYTES]

    def contents(self, path: TilePath) -> bytes:
        """Return the bytes of a tile or bundle, complete or its first part. Raises as `node`."""
        if path.level != ENTRIES:
            return self._tile(path.height, path.index, path.width)[: path.width * HASH_BYTES]
        entries = self._recorder.entries(path.first, path.first + path.width)
        if len(entries) < path.width:
            raise _missing(f"{path.width} entries from {path.first}", len(entries))
        return encode_entries(entries)

    def _hash_inner(self, level: int, index: int) -> bytes:
        return node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))

    def _tile(self, level: int, index: int, width: int) -> bytes:
        """Return a tile of at least `width` hashes."""
        known = self._tiles.get((level, index), b"")
        if len(known) < width * HASH_BYTES:
            found = self._read(level, index)
            if len(found) < width * HASH_BYTES and level == 0:
                found = known + self._read_leaves(index, len(known) // HASH_BYTES)
            if len(found) < width * HASH_BYTES:
                raise _missing(f"{width} hashes at level {level}, index {index}", len(found) // HASH_BYTES)
            known = found
            self._remember(level, index, found)
        return known

    def _read(self, level: int, index: int) -> bytes:
        tile = tables.tile.c
        statement = select(tile.hashes).where(tile.level == level, tile.index == index)
        with reading(self._recorder.engine) as connection:
            return connection.execute(statement).scalar_one_or_none() or b""

    def _read_leaves(self, index: int, have: int) -> bytes:
        first = index * TILE_WIDTH
        entries = self._recorder.entries(first + have, first + TILE_WIDTH)
        return b"".join(leaf_hash(entry) for entry in entries)

    def _remember(self, level: int, index: int, hashes: bytes) -> None:
        with self._lock:
            if len(self._tiles) >= TILES_CACHED_MAX and (level, index) not in self._tiles:
                del self._tiles[next(iter(self._tiles))]
            # Two readers may cross; the wider reading stays.
            if len(hashes) > len(self._tiles.get((level, index), b"")):
                self._tiles[level, index] = hashes


def _missing(expected: str, got: int) -> CorruptError:
    return CorruptError(
        "tile_missing", "the log does not hold what its size promises", expected=expected, got=str(got)
    )
