"""The events in the order of their positions: each row by itself, and the tree at every size that somebody signed.

Where a position is missing the tree cannot be derived further; rows are still checked one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from ledger.audit.checkpoints import SignedHeads
from ledger.audit.crew import Crew
from ledger.audit.events import entry_of, row_faults, stored_events
from ledger.audit.export import Export
from ledger.audit.faults import Fault, at_position
from ledger.audit.head import StoredHead, tile_fault
from ledger.audit.published import PublishedHeads
from ledger.audit.signatures import HeaderSignatures
from ledger.audit.tree import Tree
from verifiers.primitives.keys import PublicKey

Tell = Callable[[str, int, int | None], None]
"""Told now and then: the step, how much of it is done, of how much (None: not known)."""

TOLD_EVERY = 500


@dataclass(frozen=True, slots=True)
class Claims:
    """What is said about the tree somewhere else than in the events.

    Args:
        head: the row that the writer goes on from.
        signed: heads that stand apart.
        published: the rows of published heads.
        export: a copy of the log; None: there is none to look at.
    """

    head: StoredHead
    signed: SignedHeads
    published: PublishedHeads
    export: Export | None

    @property
    def sizes(self) -> set[int]:
        """The sizes at which to look at the tree, besides those of published heads."""
        return self.signed.sizes | ({self.head.size} if self.head.size is not None else set())


class Walk:
    """One pass over the events; afterwards `tree`, `events` and `broken` say how far it came.

    Args:
        connection: over the snapshot.
        log_key: Ed25519.
        claims: compared with the tree on the way.
        crew: checks signatures.
        tell: of the progress.
    """

    def __init__(
        self, connection: Connection, log_key: PublicKey, claims: Claims, *, crew: Crew, tell: Tell
    ) -> None:
        self._connection, self._claims, self._crew, self._tell = connection, claims, crew, tell
        self._log_key, self._signatures = log_key.multikey, HeaderSignatures(log_key.raw)
        self._sizes = claims.sizes
        self._newest = 0  # the latest moment of an event in the tree
        self._due = 0  # the next position
        self.tree = Tree()
        self.events = 0
        self.broken = False

    def faults(self) -> Iterator[Fault]:
        """Return what is wrong with the events, and with whatever was to be what they make."""
        expected = self._claims.head.size
        yield from self._look()
        for row in stored_events(self._connection):
            if self.events % TOLD_EVERY == 0:
                self._tell("events", self.events, expected)
            self.events += 1
            yield from row_faults(row, self._log_key)
            if isinstance(row.header, bytes) and isinstance(row.signature, bytes):
                yield from self._crew.give(self._signatures, (row.position, row.header, row.signature))
            yield from self._put(row)
        self._tell("events", self.events, self.events)
        yield from self._end(expected)

    def _put(self, row: Any) -> Iterator[Fault]:
        """Put the row's entry into the tree at its position, when that is the next."""
        if not isinstance(row.position, int) or row.position < 0:
            yield at_position("without number", "column_malformed", "position")
        elif row.position < self._due:
            yield at_position(row.position, "position_repeated")
        else:
            if row.position > self._due:
                yield _gap(self._due, row.position - 1)
                self.broken = True
            self._due = row.position + 1
            if not self.broken:
                yield from self._grow(row)

    def _grow(self, row: Any) -> Iterator[Fault]:
        entry = entry_of(row)
        completed = self.tree.add(entry)
        if isinstance(row.recorded_at, int):
            self._newest = max(self._newest, row.recorded_at)
        for tile in completed:
            yield from tile_fault(self._connection, tile)
        if self._claims.export is not None:
            yield from self._claims.export.added(entry, completed)
        if self.tree.size in self._sizes or self.tree.size == self._claims.published.next:
            yield from self._look()

    def _look(self) -> Iterator[Fault]:
        """Compare the tree with everything that is said of its size."""
        self._claims.head.reached(self.tree)
        yield from self._claims.signed.reached(self.tree, self._newest)
        yield from self._claims.published.reached(self.tree, self._newest)
        if self._claims.export is not None and self._claims.export.size == self.tree.size:
            yield from self._claims.export.reached(self.tree)

    def _end(self, expected: int | None) -> Iterator[Fault]:
        """Return faults of the last tiles, and of a log that ends before or after its head says."""
        if self.broken:
            return
        for tile in self.tree.unfinished():
            if tile.level > 0:  # the last leaves are in no row yet
                yield from tile_fault(self._connection, tile)
        if self._claims.export is not None:
            yield from self._claims.export.rest(self.tree)
        if expected is not None and self.tree.size < expected:
            yield _gap(self.tree.size, expected - 1)
        elif expected is not None and self.tree.size > expected:
            yield Fault("event", _span(expected, self.tree.size - 1), "event_beyond_head")


def _gap(first: int, last: int) -> Fault:
    return Fault("event", _span(first, last), "position_missing")


def _span(first: int, last: int) -> str:
    return f"position {first}" if first == last else f"positions {first} to {last}"
