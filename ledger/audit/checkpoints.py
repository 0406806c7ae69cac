"""The last signed head, in its second place: signed by the log's key, and a prefix of the tree.

On SQLite it is a file beside the database, on PostgreSQL the row of `signed_head`.
Source: C2SP tlog-checkpoint and signed-note; THREATS E4, M3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from ledger.audit.faults import Fault
from ledger.audit.opening import HeadFile, all_rows
from ledger.audit.tree import Head
from ledger.store import tables
from verifiers.errors import MalformedError, VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint, VerifierKey
from verifiers.primitives.keys import PublicKey

_TABLE = tables.signed_head.name
_ROW = f"log {tables.LOG}"


@dataclass(frozen=True, slots=True)
class _Place:
    """One place where a signed head stands, or should: `values` are the row's, None of a file."""

    row: str
    note: object
    values: Any = None


class SignedHeads:
    """Every signed head that the ledger keeps, read before the events.

    Args:
        connection: over the snapshot.
        file: the second place of a ledger on SQLite, None on PostgreSQL.
        log_key, origin: who must have signed, under which name.
    """

    def __init__(
        self, connection: Connection, *, file: HeadFile | None, log_key: PublicKey, origin: str
    ) -> None:
        stored = list(all_rows(connection, tables.signed_head, [tables.signed_head.c.log]))
        self._log_key, self._origin = log_key, origin
        self._faults: list[Fault] = []
        self._read: list[tuple[str, Checkpoint]] = []
        if file is not None:
            self._open(_Place(f"file {file.name}", file.note))
            self._faults += [_fault("a row beside the file", "row_unexpected") for _ in stored]
            return
        row = next((row for row in stored if row.log == tables.LOG), None)
        self._faults += [_fault("another row", "row_unexpected") for other in stored if other is not row]
        self._open(_Place(_ROW, None if row is None else row.note, row))

    @property
    def sizes(self) -> set[int]:
        """The sizes whose heads must be derived."""
        return {checkpoint.size for _, checkpoint in self._read}

    def faults(self, derived: dict[int, Head], reached: int, *, broken: bool) -> Iterator[Fault]:
        """Return what is wrong.

        Args:
            derived: heads of the derived tree by size.
            reached: how many events are in it.
            broken: whether an event is missing before the end of the log, so that nothing could be derived
                from there on.
        """
        yield from self._faults
        for row, checkpoint in self._read:
            head = derived.get(checkpoint.size)
            if head is None and not broken:
                detail = f"signed at {checkpoint.size}, the log has {reached}"
                yield _fault(row, "checkpoint_beyond_log", detail)
            elif head is not None and head.root != checkpoint.root:
                yield _fault(row, "checkpoint_not_prefix", f"size {checkpoint.size}")

    def _open(self, place: _Place) -> None:
        if place.note is None:
            self._faults.append(_fault(place.row, "checkpoint_missing"))
            return
        try:
            if not isinstance(place.note, str | bytes):
                raise MalformedError("checkpoint_malformed", "the signed head is no text")
            checkpoint = checkpoints.parse(place.note)
            checkpoints.verify(checkpoint, VerifierKey(checkpoint.origin, self._log_key))
        except MalformedError as error:
            self._faults.append(_fault(place.row, "checkpoint_malformed", error.code))
            return
        except VerifierError as error:
            self._faults.append(_fault(place.row, error.code))
            return
        self._read.append((place.row, checkpoint))
        if checkpoint.origin != self._origin:
            self._faults.append(_fault(place.row, "checkpoint_origin", "not the log's name in the settings"))
        for name in ("size", "root"):
            if place.values is not None and getattr(place.values, name) != getattr(checkpoint, name):
                self._faults.append(_fault(place.row, "column_mismatch", name))


def _fault(row: str, code: str, detail: str = "") -> Fault:
    return Fault(_TABLE, row, code, detail)
