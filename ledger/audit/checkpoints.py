"""Signed heads that stand apart from the events: each must be a prefix of the tree.

The last signed head is in its second place (beside SQLite a file, else a row of `signed_head` or a key of etcd);
others are checkpoints that somebody outside kept, and an export's. Source: C2SP tlog-checkpoint; THREATS E4, M3, M9.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from ledger.audit.faults import Fault
from ledger.audit.notes import Note, Signers
from ledger.audit.opening import HeadFile, all_rows
from ledger.audit.tree import Tree
from ledger.store import tables
from verifiers.formats.checkpoint import Checkpoint

_TABLE = tables.signed_head.name
_ROW = f"log {tables.LOG}"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a signed head stands: table and row of its faults, and what it says."""

    table: str
    row: str
    note: Note


class SignedHeads:
    """Signed heads, read before the events and compared with the tree when it has their sizes.

    Args:
        signers: who signs notes.
    """

    def __init__(self, signers: Signers) -> None:
        self._signers = signers
        self._faults: list[Fault] = []
        self._places: list[_Place] = []
        self._met: list[_Place] = []

    @property
    def sizes(self) -> set[int]:
        """The sizes at which to look at the tree."""
        return {place.note.checkpoint.size for place in self._places if place.note.checkpoint is not None}

    @property
    def notes(self) -> list[Note]:
        """What could be read."""
        return [place.note for place in self._places]

    def put_file(self, file: HeadFile, *, table: str = _TABLE) -> None:
        """Look at a head in a file, or where else one stands alone; table: that its faults name."""
        self._put(table, file.row, file.note)

    def put_rows(self, connection: Connection, *, elsewhere: bool) -> None:
        """Look at the rows of `signed_head`; elsewhere: the second place is another, so none may be there."""
        stored = list(all_rows(connection, tables.signed_head, [tables.signed_head.c.log]))
        if elsewhere and connection.dialect.name == "sqlite":
            self._faults += [Fault(_TABLE, "a row beside the file", "row_unexpected") for _ in stored]
            return
        row = next((row for row in stored if row.log == tables.LOG), None)
        self._faults += [
            Fault(_TABLE, "another row", "row_unexpected") for other in stored if other is not row
        ]
        checkpoint = self._put(_TABLE, _ROW, None if row is None else row.note)
        for name in ("size", "root") if checkpoint is not None else ():
            if getattr(row, name) != getattr(checkpoint, name):
                self._faults.append(Fault(_TABLE, _ROW, "column_mismatch", name))

    def reached(self, tree: Tree, newest: int) -> Iterator[Fault]:
        """Return what is wrong with heads of the tree's present size; newest: latest moment of its events."""
        for place in self._places:
            note = place.note
            if note.checkpoint is None or note.checkpoint.size != tree.size:
                continue
            self._met.append(place)
            if note.checkpoint.root != tree.head.root:
                yield Fault(place.table, place.row, "checkpoint_not_prefix", f"size {tree.size}")
            if note.stamped is not None and note.stamped.timestamp() < newest:
                yield Fault(place.table, place.row, "recorded_after_cosignature")

    def rest(self, reached: int, *, broken: bool) -> Iterator[Fault]:
        """Return everything else that is wrong.

        Args:
            reached: how many events are in the tree.
            broken: whether an event is missing before the end of the log, so that nothing could be derived
                from there on.
        """
        yield from self._faults
        for place in self._places:
            if place not in self._met and place.note.checkpoint is not None and not broken:
                detail = f"signed at {place.note.checkpoint.size}, the log has {reached}"
                yield Fault(place.table, place.row, "checkpoint_beyond_log", detail)

    def _put(self, table: str, row: str, text: object) -> Checkpoint | None:
        if text is None:
            self._faults.append(Fault(table, row, "checkpoint_missing"))
            return None
        note = self._signers.read(text)
        self._faults += [Fault(table, row, *said) for said in note.faults]
        self._places.append(_Place(table, row, note))
        return note.checkpoint
