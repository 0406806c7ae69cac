"""The order of an audit, over one snapshot, in constant memory.

    1. the head row, the signed head        read, so that the tree is remembered at their sizes
    2. every event, by position             row against itself; signature; leaf; every tile it completes
    3. head, tiles, signed head             against the derived tree
    4. versions of streams, event ids       by the tables' keys
    5. rows that name events and streams
    6. on SQLite, the file's own structure

Where a position is missing the tree cannot be derived further; rows are still checked one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from ledger.audit.checkpoints import SignedHeads
from ledger.audit.events import entry_of, row_faults, stored_events
from ledger.audit.faults import Fault, at_position
from ledger.audit.head import StoredHead, tile_fault, unexpected_tiles
from ledger.audit.idempotency import request_faults
from ledger.audit.opening import HeadFile
from ledger.audit.order import order_faults, repeated_ids
from ledger.audit.places import place_faults
from ledger.audit.references import reference_faults
from ledger.audit.signatures import Signatures
from ledger.audit.status import status_faults
from ledger.audit.tree import Tree
from verifiers.primitives.keys import PublicKey

Tell = Callable[[str, int, int | None], None]
"""Told now and then: the step, how much of it is done, of how much (None: not known)."""

TOLD_EVERY = 500
_STORAGE_LINES_MAX = 20


@dataclass(frozen=True, slots=True)
class Trust:
    """What an audit believes beforehand: the log's key and name, and where its signed head is kept.

    Args:
        log_key: Ed25519.
        origin: name of the log.
        file: of a ledger on SQLite; None on PostgreSQL, where it is a row.
    """

    log_key: PublicKey
    origin: str
    file: HeadFile | None = None


class Audit:
    """One audit of one snapshot; `events` and `root` say afterwards what was derived.

    Args:
        connection: a reading transaction over the whole ledger.
        trust: what is believed.
        tell: of the progress.
        processes: that may be started to check signatures beside the rest; 0: none.
    """

    def __init__(
        self,
        connection: Connection,
        trust: Trust,
        *,
        tell: Tell = lambda *_: None,
        processes: int = 0,
    ) -> None:
        self._connection, self._trust, self._tell = connection, trust, tell
        self._processes = processes
        self._tree = Tree()
        self._missing = False
        self.events = 0

    @property
    def root(self) -> bytes:
        """The root that was derived from the events, as far as no position is missing."""
        self._tree.watch(self._tree.size)
        return self._tree.heads[self._tree.size].root

    def faults(self) -> Iterator[Fault]:
        """Return everything that is not as it must be, as it is found.

        Raises:
            DBAPIError: the database cannot be read; `snapshot` translates it.
        """
        connection, trust = self._connection, self._trust
        head = StoredHead(connection)
        signed = SignedHeads(connection, file=trust.file, log_key=trust.log_key, origin=trust.origin)
        for size in signed.sizes | ({head.size} if head.size is not None else set()):
            self._tree.watch(size)
        yield from self._event_faults(head.size)
        yield from self._end_faults(head.size)
        yield from head.faults(None if head.size is None else self._tree.heads.get(head.size), self.events)
        yield from signed.faults(self._tree.heads, self._tree.size, broken=self._missing)
        size = self._tree.size if not self._missing else head.size or self.events
        steps = (
            ("tiles", unexpected_tiles(connection, size)),
            ("streams", order_faults(connection)),
            ("event ids", repeated_ids(connection)),
            ("requests", request_faults(connection)),
            ("references", reference_faults(connection, size)),
            ("status lists", status_faults(connection)),
            ("places", place_faults(connection)),
            ("storage", _storage_faults(connection)),
        )
        for number, (name, found) in enumerate(steps):
            self._tell(name, number, len(steps))
            yield from found
        self._tell("done", len(steps), len(steps))

    def _event_faults(self, expected: int | None) -> Iterator[Fault]:
        due = 0
        log_key = self._trust.log_key.multikey
        with Signatures(self._trust.log_key, processes=self._processes) as signatures:
            for row in stored_events(self._connection):
                if self.events % TOLD_EVERY == 0:
                    self._tell("events", self.events, expected)
                self.events += 1
                yield from row_faults(row, log_key)
                if isinstance(row.header, bytes) and isinstance(row.signature, bytes):
                    yield from signatures.add(row.position, row.header, row.signature)
                yield from self._place_faults(row, due)
                due = max(due, row.position + 1) if isinstance(row.position, int) else due
            yield from signatures.rest()
        self._tell("events", self.events, self.events)

    def _place_faults(self, row: Any, due: int) -> Iterator[Fault]:
        """Put the row's entry into the tree at its position, when that is the next; due: the next."""
        if not isinstance(row.position, int) or row.position < 0:
            yield at_position("without number", "column_malformed", "position")
        elif row.position < due:
            yield at_position(row.position, "position_repeated")
        elif row.position > due:
            yield _gap(due, row.position - 1)
            self._missing = True
        elif not self._missing:
            for tile in self._tree.add(entry_of(row)):
                if (fault := tile_fault(self._connection, tile)) is not None:
                    yield fault

    def _end_faults(self, expected: int | None) -> Iterator[Fault]:
        """Return faults of the last tiles, and of a log that ends before or after its head says."""
        if self._missing:
            return
        for tile in self._tree.unfinished():
            if (fault := tile_fault(self._connection, tile)) is not None:
                yield fault
        if expected is not None and self._tree.size < expected:
            yield _gap(self._tree.size, expected - 1)
        elif expected is not None and self._tree.size > expected:
            yield Fault("event", _span(expected, self._tree.size - 1), "event_beyond_head")


def _storage_faults(connection: Connection) -> Iterator[Fault]:
    """Return what SQLite finds in its own file: an index that misses a row, a page that is none."""
    if connection.dialect.name != "sqlite":
        return
    for (line,) in connection.exec_driver_sql(f"PRAGMA integrity_check({_STORAGE_LINES_MAX})"):
        if line != "ok":
            yield Fault("database", "its file", "storage_damaged", str(line).partition("\n")[0])


def _gap(first: int, last: int) -> Fault:
    return Fault("event", _span(first, last), "position_missing")


def _span(first: int, last: int) -> str:
    return f"position {first}" if first == last else f"positions {first} to {last}"
