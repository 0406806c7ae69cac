"""One transaction for a batch of requests: lock the head, insert, move the head, commit.

    1. move the head from where we left it: size, frontier, root. That locks its row until the commit, so
       commit order = position order, without gaps. When another process was here meanwhile, no row
       matches: lock it, read it, and begin from there
    2. events at size, size + 1, …; the expected version is the primary key (stream, version)
    3. idempotency rows, row changes, tiles
    4. commit; only now may anyone be answered

If we stop before 4, nothing is there; after it, everything is, and `found` tells it from the event ids.
Plain DB-API with SQL made once: the mapping layer would cost more here than the inserts.

Not here: the connection (`ledger.store.write_connection`), who waits for whom (`ledger.store.writer`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from ledger.errors import ConflictError, CorruptError
from ledger.store import tiles
from ledger.store.conflicts import VersionConflictError
from ledger.store.events import Head, RowChange, SealedEvent
from ledger.store.idempotency import KEY_USED, IdempotencyRecord, pack_ids
from ledger.store.statements import Statements
from ledger.store.write_connection import write_connection
from verifiers.formats.tile import TILE_WIDTH
from verifiers.primitives.merkle import EMPTY_ROOT, Frontier, leaf_hash


@dataclass(frozen=True, slots=True)
class Append:
    """One request: what stands or falls together."""

    events: Sequence[SealedEvent]
    idempotency: IdempotencyRecord | None = None
    rows: Sequence[RowChange] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    """The head before and after a batch, the tiles of level 0 it completes, and what then fills none."""

    before: Head
    after: Head
    tiles: Sequence[bytes]
    partial: bytes


class Appender:
    """Stores batches over one connection; used by one thread at a time.

    Errors of the database driver are raised as they are (`connection` reads them); after any error nothing
    of the batch is stored, unless the connection was lost during the commit.
    """

    def __init__(self, engine: Engine) -> None:
        self._sql = Statements(engine)
        self.connection = write_connection(engine, self._sql)
        # What we know of the tree from our own last commit; believed only while the head agrees.
        self._head = Head(0, EMPTY_ROOT, Frontier.EMPTY)
        self._partial = b""

    def append(self, batch: Sequence[Append]) -> list[list[int]]:
        """Store a batch and return the positions of each request's events; all or nothing.

        Durable on return. Concurrent appenders are ordered by the head row.

        Raises:
            ConflictError: of a row change that matched nothing; every other conflict is the driver's.
            CorruptError: head_changed, the head is not the one of our last commit, nor a later one.
        """
        events = [event for request in batch for event in request.events]
        step = self._grow(events)
        connection = self.connection
        cursor = connection.begin(events=len(events))
        try:
            if not self._swap_head(cursor, step):
                self._lock_head(cursor)
                step = self._grow(events)
                self._move_head(cursor, step)
            self._insert_events(cursor, step, events)
            records = [request.idempotency for request in batch if request.idempotency is not None]
            if records:
                cursor.executemany(self._sql.insert_idempotency, [self._idempotency_row(r) for r in records])
            for request in batch:
                for row in request.rows:
                    self._change(cursor, row)
            if step.tiles:
                self._write_tiles(cursor, step)
            connection.commit()
        except BaseException as error:
            connection.undo(error)
            raise
        self._head, self._partial = step.after, step.partial
        return _places(step.before.size, batch)

    def append_alone(self, request: Append) -> list[int]:
        """Store one request, step by step, so that each conflict has its name.

        When all its events are stored already (an acknowledgement was lost), their positions are returned
        and nothing is added.

        Raises:
            VersionConflictError: version_conflict.
            ConflictError: idempotency_key_used, or the code of a row change.
            CorruptError: head_changed.
        """
        with self.connection.transaction(events=0) as cursor:
            self._lock_head(cursor)
            step = self._grow(request.events)
            if (stored := self._stored(cursor, request)) is not None:
                return stored
            with self._naming(VersionConflictError()):
                self._insert_events(cursor, step, request.events)
            if request.idempotency is not None:
                with self._naming(ConflictError(KEY_USED, "the idempotency key was used before")):
                    cursor.execute(self._sql.insert_idempotency, self._idempotency_row(request.idempotency))
            for row in request.rows:
                with self._naming(_row_conflict(row)):
                    self._change(cursor, row)
            self._write_tiles(cursor, step)
            self._move_head(cursor, step)
        self._head, self._partial = step.after, step.partial
        return _places(step.before.size, [request])[0]

    def found(self, request: Append) -> list[int] | None:
        """Return the positions of a request that is stored already, None when it is not.

        Waits for the head row first: a commit whose answer we lost may still be under way.
        """
        with self.connection.transaction(events=0) as cursor:
            self._lock_head(cursor)
            return self._stored(cursor, request)

    # Steps, in their order.

    def _grow(self, events: Sequence[SealedEvent]) -> _Step:
        leaves = [leaf_hash(event.entry) for event in events]
        frontier = self._head.frontier.extend(leaves)
        after = Head(frontier.size, frontier.root(), frontier)
        complete, partial = tiles.fill(self._partial, leaves)
        return _Step(self._head, after, complete, partial)

    def _swap_head(self, cursor: Any, step: _Step) -> bool:
        before, after = step.before, step.after
        values = (after.size, after.frontier.dump(), after.root, self._sql.log, before.size, before.root)
        return self.connection.swap_head(cursor, values)

    def _lock_head(self, cursor: Any) -> None:
        cursor.execute(self._sql.lock_head, (self._sql.log,))
        row = cursor.fetchone()
        if row is None:
            raise CorruptError("head_changed", "the head of the log is missing")
        size, frontier, root = row
        if (size, root) == (self._head.size, self._head.root):
            return
        head = Head(size, root, Frontier.parse(size, frontier))
        if size <= self._head.size or head.frontier.root() != root:
            raise CorruptError(
                "head_changed",
                "the head of the log is not where this process left it",
                expected=f"more than {self._head.size}",
                got=str(size),
            )
        # Another process was here: its leaves at the right edge must be read again.
        cursor.execute(self._sql.entries, (head.size - head.size % TILE_WIDTH, head.size))
        self._partial = b"".join(leaf_hash(row[0]) for row in cursor.fetchall())
        self._head = head

    def _move_head(self, cursor: Any, step: _Step) -> None:
        after = step.after
        cursor.execute(self._sql.update_head, (after.size, after.frontier.dump(), after.root, self._sql.log))

    def _insert_events(self, cursor: Any, step: _Step, events: Sequence[SealedEvent]) -> None:
        event_row, size = self._sql.event_row, step.before.size
        rows = [event_row(event, size + at) for at, event in enumerate(events)]
        self.connection.insert_events(cursor, rows)

    def _write_tiles(self, cursor: Any, step: _Step) -> None:
        first = step.before.size // TILE_WIDTH
        grown = tiles.grow(first, step.tiles, lambda *at: self._read_tile(cursor, *at))
        for (level, index), hashes in grown.items():
            cursor.execute(self._sql.upsert_tile, (level, index, hashes))

    def _read_tile(self, cursor: Any, level: int, index: int) -> bytes:
        cursor.execute(self._sql.tile, (level, index))
        row = cursor.fetchone()
        return b"" if row is None else bytes(row[0])

    def _stored(self, cursor: Any, request: Append) -> list[int] | None:
        positions = []
        for event in request.events:
            cursor.execute(self._sql.position_of, (self._sql.bind(event.event_id),))
            row = cursor.fetchone()
            if row is None or bytes(row[1]) != event.entry:
                return None
            positions.append(int(row[0]))
        return positions or None

    def _idempotency_row(self, record: IdempotencyRecord) -> tuple[Any, ...]:
        bind = self._sql.bind
        return bind(record.organisation), record.key, record.request_mac, pack_ids(record.event_ids)

    def _change(self, cursor: Any, row: RowChange) -> None:
        statement, values = self._sql.change(row)
        cursor.execute(statement, values)
        if cursor.rowcount != 1:
            raise _row_conflict(row)

    @contextmanager
    def _naming(self, conflict: ConflictError) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if not self.connection.is_conflict(error):
                raise
            raise conflict from error


def _row_conflict(row: RowChange) -> ConflictError:
    return ConflictError(row.conflict_code, f"a row of {row.table.name} does not allow the change")


def _places(size: int, batch: Sequence[Append]) -> list[list[int]]:
    """Return the positions of each request's events, in order from `size` on."""
    places = []
    for request in batch:
        places.append(list(range(size, size + len(request.events))))
        size += len(request.events)
    return places
