"""The head row and the tile rows against the tree that was derived from the events.

Source: RFC 9162 §2.1; C2SP tlog-tiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from ledger.audit.faults import Fault, is_count, is_hash, malformed
from ledger.audit.opening import all_rows, raw
from ledger.audit.tree import Head, Tile, Tree, has_tile
from ledger.store import tables

_HASH_BYTES = 32


class StoredHead:
    """The one row of `log_head`, read before the events.

    Args:
        connection: over the snapshot.
    """

    def __init__(self, connection: Connection) -> None:
        self._rows = list(all_rows(connection, tables.log_head, [tables.log_head.c.log]))
        self._row: Any = next((row for row in self._rows if row.log == tables.LOG), None)
        self._derived: Head | None = None  # None: the events do not reach so far

    @property
    def size(self) -> int | None:
        """How many events it says there are; None when it says nothing."""
        return self._row.size if self._row is not None and is_count(self._row.size) else None

    def reached(self, tree: Tree) -> None:
        """Look at the tree, when it has the size that the row says."""
        if tree.size == self.size:
            self._derived = tree.head

    def faults(self, events: int) -> Iterator[Fault]:
        """Return what is wrong with the row; events: rows of events."""
        derived, name = self._derived, f"log {tables.LOG}"
        for row in self._rows:
            if row is not self._row:
                yield Fault("log_head", "another row", "log_unknown")
        row = self._row
        if row is None:
            yield Fault("log_head", name, "head_missing")
            return
        yield from malformed(
            tables.log_head,
            name,
            size=is_count(row.size),
            root=is_hash(row.root),
            frontier=isinstance(row.frontier, bytes),
        )
        if is_count(row.size) and row.size != events:
            yield Fault("log_head", name, "size_mismatch", f"says {row.size}, there are {events} events")
        if derived is None:
            return
        if is_hash(row.root) and row.root != derived.root:
            yield Fault("log_head", name, "root_mismatch", f"size {derived.size}")
        if isinstance(row.frontier, bytes) and row.frontier != b"".join(derived.subtrees):
            yield Fault("log_head", name, "frontier_mismatch", _where(derived, row.frontier))


def tile_fault(connection: Connection, tile: Tile) -> Iterator[Fault]:
    """Return what is wrong with the row of a tile that the events make."""
    column, name = tables.tile.c, _name(tile.level, tile.index)
    place = (column.level == tile.level, column.index == tile.index)
    stored = connection.execute(select(raw(column.hashes)).where(*place)).scalar_one_or_none()
    if stored is None:
        yield Fault("tile", name, "tile_missing")
    elif not isinstance(stored, bytes):
        yield Fault("tile", name, "column_malformed", "hashes")
    elif stored != tile.hashes:
        yield Fault("tile", name, "tile_mismatch", _first_difference(tile.hashes, stored))


def unexpected_tiles(connection: Connection, size: int) -> Iterator[Fault]:
    """Return the tile rows that a tree of this size does not have."""
    column = tables.tile.c
    query = select(raw(column.level), raw(column.index)).order_by(column.level, column.index)
    for level, index in connection.execute(query.execution_options(yield_per=1_000)):
        if type(level) is not int or type(index) is not int or not has_tile(size, level, index):
            yield Fault("tile", _name(level, index), "tile_unexpected", f"the log has {size} events")


def _where(derived: Head, stored: bytes) -> str:
    """Return which events the first wrong hash of a frontier covers."""
    if len(stored) != _HASH_BYTES * len(derived.subtrees):
        return f"{len(stored)} bytes for {len(derived.subtrees)} hashes"
    bits = [bit for bit in reversed(range(derived.size.bit_length())) if derived.size >> bit & 1]
    start = 0
    for number, bit in enumerate(bits):
        if stored[number * _HASH_BYTES :][:_HASH_BYTES] != derived.subtrees[number]:
            return f"positions {start} to {start + (1 << bit) - 1}"
        start += 1 << bit
    return "equal"


def _first_difference(expected: bytes, stored: bytes) -> str:
    if len(expected) != len(stored):
        return f"{len(stored)} bytes, expected {len(expected)}"
    at = next(at for at in range(0, len(expected), _HASH_BYTES) if expected[at:][:32] != stored[at:][:32])
    return f"hash {at // _HASH_BYTES} of {len(expected) // _HASH_BYTES}"


def _name(level: object, index: object) -> str:
    return f"level {level}, index {index}" if is_count(level) and is_count(index) else "another row"
