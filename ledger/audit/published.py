"""The checkpoints that were published: one row a size, each a prefix of the tree, each naming the one before it.

The rows are read beside the events, so that the tree has a row's size when the row is looked at. Signatures are
checked by the crew.

    published_at   the moment of the operator's last cosignature, never before the row before it
    stamp          the operator's first one: not before any event that the head covers
    quorum_at      the moment of one of the note's cosignatures; whose they had to be, the policy of that day said
    renewed        the same head, cosigned again later

Source: C2SP tlog-checkpoint and tlog-cosignature; THREATS M3, M9 and F12.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from ledger.audit.crew import Crew
from ledger.audit.faults import Fault, is_count, is_hash, malformed
from ledger.audit.notes import Note, Signers
from ledger.audit.opening import all_rows
from ledger.audit.tree import Tree
from ledger.store import tables
from verifiers.formats.checkpoint import Checkpoint

_TABLE = tables.checkpoint
_TIME_BYTES = 8
LATE = timedelta(minutes=1)
"""A head that was signed so long ago must be published."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row, and the latest moment of an event that its head covers; both in whole seconds."""

    size: int
    root: object
    note: object
    renewed: object
    published_at: object
    quorum_at: object
    newest: int


class PublishedHeads:
    """The rows of `checkpoint`, in the order of their sizes.

    Args:
        connection: over the snapshot.
        signers: who signs notes.
        crew: checks the notes.
    """

    def __init__(self, connection: Connection, signers: Signers, crew: Crew) -> None:
        self._rows = all_rows(connection, _TABLE, [_TABLE.c.size])
        self._check, self._crew = PublishedNotes(signers), crew
        self._row: Any = next(self._rows, None)
        self._size: int | None = None
        self._published_at = 0

    @property
    def next(self) -> int:
        """The size of the row that is looked at next; -1 for none."""
        return self._row.size if self._row is not None and is_count(self._row.size) else -1

    @property
    def last(self) -> int:
        """The largest size that was looked at; -1 for none."""
        return -1 if self._size is None else self._size

    def reached(self, tree: Tree, newest: int) -> Iterator[Fault]:
        """Return what is wrong with rows of the tree's present size; newest: latest moment of its events."""
        while self.next == tree.size:
            if is_hash(self._row.root) and self._row.root != tree.head.root:
                yield _fault(tree.size, "root_mismatch")
            yield from self._look(newest)

    def rest(self, reached: int, *, broken: bool) -> Iterator[Fault]:
        """Return what is wrong with the rows behind the end of the tree.

        Args:
            reached: how many events are in it.
            broken: whether an event is missing before the end of the log, so that nothing could be derived
                from there on.
        """
        while self._row is not None:
            if not is_count(self._row.size):
                yield Fault(_TABLE.name, "another row", "column_malformed", "size")
                self._row = next(self._rows, None)
                continue
            if not broken:
                detail = f"published at {self._row.size}, the log has {reached}"
                yield _fault(self._row.size, "checkpoint_beyond_log", detail)
            yield from self._look(0)

    def late(self, signed: Sequence[Note], now: datetime) -> Iterator[Fault]:
        """Return the signed heads that should be published by now."""
        for note in signed:
            if note.checkpoint is None or note.stamped is None or now - note.stamped < LATE:
                continue
            if note.checkpoint.size > self.last:
                yield _fault(note.checkpoint.size, "checkpoint_missing", "it was signed long ago")

    def _look(self, newest: int) -> Iterator[Fault]:
        row = self._row
        yield from malformed(
            _TABLE,
            _name(row.size),
            root=is_hash(row.root),
            published_at=is_count(row.published_at),
            quorum_at=row.quorum_at is None or is_count(row.quorum_at),
        )
        if row.previous != self._size:
            yield _fault(row.size, "checkpoint_missing", f"the one before it, of size {row.previous}")
        if is_count(row.published_at):
            if row.published_at < self._published_at:
                yield _fault(row.size, "time_went_back", "published_at")
            self._published_at = row.published_at
        self._size = row.size
        thing = Row(row.size, row.root, row.note, row.renewed, row.published_at, row.quorum_at, newest=newest)
        yield from self._crew.give(self._check, thing)
        self._row = next(self._rows, None)


@dataclass(frozen=True, slots=True)
class PublishedNotes:
    """Checks the notes of rows; a `Check` of the crew."""

    signers: Signers

    def __call__(self, batch: Sequence[Row]) -> list[Fault]:
        """Return what is wrong with the notes."""
        return [fault for row in batch for fault in self._row_faults(row)]

    def _row_faults(self, row: Row) -> Iterator[Fault]:
        note = self.signers.read(row.note)
        yield from (_fault(row.size, *said) for said in note.faults)
        if note.checkpoint is None:
            return
        yield from _differences(row, note.checkpoint)
        yield from self._missing(row, note)
        if note.published is not None and row.published_at != round(note.published.timestamp()):
            yield _fault(row.size, "column_mismatch", "published_at")
        if row.quorum_at is not None and row.quorum_at not in _times(note.checkpoint):
            yield _fault(row.size, "column_mismatch", "quorum_at")
        if note.stamped is not None and note.stamped.timestamp() < row.newest:
            yield _fault(row.size, "recorded_after_cosignature")
        if row.renewed is not None:
            yield from self._renewed(row, note)

    def _renewed(self, row: Row, note: Note) -> Iterator[Fault]:
        renewed = self.signers.read(row.renewed)
        yield from (_fault(row.size, code, f"renewed {detail}".rstrip()) for code, detail in renewed.faults)
        if renewed.checkpoint is None:
            return
        yield from _differences(row, renewed.checkpoint)
        yield from self._missing(row, renewed)
        if renewed.published and note.published and renewed.published < note.published:
            yield _fault(row.size, "time_went_back", "renewed")

    def _missing(self, row: Row, note: Note) -> Iterator[Fault]:
        """Return the kinds of keys with which the operator did not cosign: nothing is published without."""
        for kind in sorted({key.kind for key in self.signers.operator} - note.kinds):
            yield _fault(row.size, "cosignature_missing", kind)


def _differences(row: Row, checkpoint: Checkpoint) -> Iterator[Fault]:
    for name in ("size", "root"):
        if getattr(row, name) != getattr(checkpoint, name):
            yield _fault(row.size, "column_mismatch", name)


def _times(checkpoint: Checkpoint) -> set[int]:
    """Return what the lines of a note say as a time, those of unknown cosigners too."""
    return {int.from_bytes(line.signature[:_TIME_BYTES], "big") for line in checkpoint.signatures}


def _fault(size: int, code: str, detail: str = "") -> Fault:
    return Fault(_TABLE.name, _name(size), code, detail)


def _name(size: object) -> str:
    return f"size {size}"
