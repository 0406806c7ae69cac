"""The one door to the events: what the `eventsourcing` library asks of a recorder, and what we ask beside it.

Writing goes through the writer's queue; reading goes straight to the database, each call in its own short
transaction, so a read sees everything whose commit was answered before it began.

Not here: sealing and opening (`ledger.store.mapper`), signed heads (`ledger.log`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent
from sqlalchemy import ColumnElement, Engine, bindparam, select

from ledger.errors import CorruptError, NotFoundError
from ledger.store import idempotency, tables
from ledger.store.appender import Append, Appender
from ledger.store.events import Head, RecordedEvent, RowChange, SealedEvent
from ledger.store.idempotency import IdempotencyRecord
from ledger.store.reading import reading, recorded, sealed
from ledger.store.subscription import POLL_SECONDS, PollingSubscription
from ledger.store.writer import Writer
from verifiers.primitives.merkle import Frontier

VERSION_MAX = 2**31 - 1  # of the column, whatever a reader asks for

_event = tables.event.c
_log_head = tables.log_head.c

# Read for every signed head, so made once.
_HEAD = select(_log_head.size, _log_head.frontier, _log_head.root).where(_log_head.log == tables.LOG)
_SIGNED_HEADERS = (
    select(_event.header, _event.signature, _event.entry)
    .where(_event.position >= bindparam("start"), _event.position < bindparam("end"))
    .order_by(_event.position)
)


class LedgerRecorder(ApplicationRecorder):
    """Events in streams and in one gapless sequence, on SQLite or PostgreSQL.

    Durability: `insert_events` returns after a durable commit. Order: a request's events stand together;
    if one call returned before another began, its positions are smaller. Concurrency: all methods are
    thread-safe; several processes may append on PostgreSQL, one on SQLite.

    Args:
        engine: from `make_engine`, migrated.
        writer: for tests that need one of their own; None makes one.

    Every method raises UnavailableError (store_unavailable) when the database cannot be read.
    """

    def __init__(self, engine: Engine, *, writer: Writer | None = None) -> None:
        self.engine = engine
        self._writer = writer or Writer(Appender(engine))

    @property
    def waiting(self) -> int:
        """How many requests wait to be stored: the pressure on the store."""
        return self._writer.waiting

    def close(self) -> None:
        """Store what waits and end the writing thread; the engine stays open, it is the caller's."""
        self._writer.close()

    # Writing

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        idempotency: IdempotencyRecord | None = None,
        rows: Sequence[RowChange] = (),
        **_: Any,
    ) -> list[int]:
        """Store events, their idempotency record and row changes together, and wait for the commit.

        Args:
            stored_events: `SealedEvent`s only.
            idempotency: written in the same transaction; its event_ids are those of the events.
            rows: further changes of the same transaction.

        Returns:
            Notification ids: positions + 1. An event id stored before with the same entry is an answer
            that was lost: its positions are returned and nothing is added.

        Raises:
            VersionConflictError: version_conflict (an `eventsourcing` IntegrityError too).
            ConflictError: idempotency_key_used, or the conflict_code of a row.
            UnavailableError: store_busy, store_closed, store_full, store_failed, store_refused,
                outcome_unknown.
        """
        events = []
        for event in stored_events:
            if not isinstance(event, SealedEvent):
                raise TypeError("only sealed events can be stored")
            events.append(event)
        if not events:
            if idempotency is not None or rows:
                raise ValueError("rows are stored together with events only")
            return []
        if idempotency is not None and idempotency.event_ids != tuple(event.event_id for event in events):
            raise ValueError("an idempotency record names exactly the events it is stored with")
        return [position + 1 for position in self._writer.write(Append(events, idempotency, rows))]

    # Reading one stream

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[SealedEvent]:
        """Return events of one stream in the order of their versions, with versions in (gt, lte]."""
        return [
            event.sealed
            for event in self.select_stream(_uuid(originator_id), gt=gt, lte=lte, desc=desc, limit=limit)
        ]

    def select_stream(
        self,
        stream: UUID,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[RecordedEvent]:
        """Return the same as `select_events`, with positions."""
        where = [_event.stream == stream]
        # PostgreSQL refuses to compare with a number that the column could not hold.
        where += [] if gt is None else [_event.version > min(gt, VERSION_MAX)]
        where += [] if lte is None else [_event.version <= min(lte, VERSION_MAX)]
        return self._select(where, _event.version.desc() if desc else _event.version, limit)

    # Reading the whole sequence

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        """Return events of the sequence by notification id; `state` is the sealed body."""
        where: list[ColumnElement[bool]] = []
        if start is not None:
            where.append(_event.position >= (start - 1 if inclusive_of_start else start))
        where += [] if stop is None else [_event.position <= stop - 1]
        where += [_event.type.in_(topics)] if topics else []
        return [
            Notification(
                id=event.notification_id,
                originator_id=event.sealed.originator_id,
                originator_version=event.sealed.originator_version,
                topic=event.sealed.topic,
                state=event.sealed.state,
            )
            for event in self._select(where, _event.position, limit)
        ]

    def max_notification_id(self) -> int | None:
        """Return the last notification id, None when nothing is stored."""
        return self.head().size or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> PollingSubscription:
        """Return an iterator over events behind `gt`, that goes on as events are stored.

        It polls (no LISTEN/NOTIFY), misses nothing because positions become visible in order, and ends
        when it is stopped or its `with` block is left.
        """
        return PollingSubscription(self, gt, topics, poll_seconds=POLL_SECONDS)

    def head(self) -> Head:
        """Return the tree over everything stored; unsigned, see `ledger.log.heads`.

        Raises:
            CorruptError: head_changed, the row is missing.
        """
        with reading(self.engine) as connection:
            row = connection.execute(_HEAD).one_or_none()
        if row is None:
            raise CorruptError("head_changed", "the head of the log is missing")
        return Head(row.size, row.root, Frontier.parse(row.size, row.frontier))

    def at_position(self, position: int) -> RecordedEvent:
        """Return the event at a 0-based position.

        Raises:
            NotFoundError: position_unknown.
        """
        found = self._select([_event.position == position], None, None)
        if not found:
            raise NotFoundError("position_unknown", "there is no event at this position")
        return found[0]

    def entries(self, start: int, end: int) -> list[bytes]:
        """Return the 32-byte entries of positions [start, end), fewer when the log is shorter."""
        statement = (
            select(_event.entry)
            .where(_event.position >= start, _event.position < end)
            .order_by(_event.position)
        )
        with reading(self.engine) as connection:
            return list(connection.execute(statement).scalars())

    def signed_headers(self, start: int, end: int) -> list[tuple[bytes, bytes, bytes]]:
        """Return (header, signature, entry) of positions [start, end), fewer when the log is shorter."""
        with reading(self.engine) as connection:
            rows = connection.execute(_SIGNED_HEADERS, {"start": start, "end": end})
            return [(row.header, row.signature, row.entry) for row in rows]

    def select_positions(self, start: int, end: int) -> list[RecordedEvent]:
        """Return the events of positions [start, end), fewer when the log is shorter."""
        return self._select([_event.position >= start, _event.position < end], _event.position, None)

    # Reading by who it is about

    def select_subject(
        self,
        subject: UUID,
        *,
        types: Sequence[str] | None = None,
        gt_position: int | None = None,
        lte_position: int | None = None,
        limit: int | None = None,
    ) -> list[RecordedEvent]:
        """Return a person's events in the order of the ledger; cost does not grow with the ledger."""
        return self._select_owner(_event.subject == subject, types, gt_position, lte_position, limit)

    def select_issuer(
        self,
        issuer: UUID,
        *,
        types: Sequence[str] | None = None,
        gt_position: int | None = None,
        lte_position: int | None = None,
        limit: int | None = None,
    ) -> list[RecordedEvent]:
        """Return an organisation's events in the order of the ledger."""
        return self._select_owner(_event.issuer == issuer, types, gt_position, lte_position, limit)

    def by_event_ids(self, event_ids: Sequence[UUID]) -> list[RecordedEvent]:
        """Return the events with these ids, in the order of the ledger; unknown ids are left out."""
        return self._select([_event.event_id.in_(event_ids)], _event.position, None)

    def find_idempotency(self, organisation: UUID, key: bytes) -> IdempotencyRecord | None:
        """Return the record of this organisation and key, if it was ever used."""
        with reading(self.engine) as connection:
            return idempotency.find(connection, organisation, key)

    def _select_owner(
        self,
        owner: ColumnElement[bool],
        types: Sequence[str] | None,
        gt_position: int | None,
        lte_position: int | None,
        limit: int | None,
    ) -> list[RecordedEvent]:
        where = [owner]
        where += [] if types is None else [_event.type.in_(types)]
        where += [] if gt_position is None else [_event.position > gt_position]
        where += [] if lte_position is None else [_event.position <= lte_position]
        return self._select(where, _event.position, limit)

    def _select(
        self, where: Sequence[ColumnElement[bool]], order: ColumnElement[Any] | None, limit: int | None
    ) -> list[RecordedEvent]:
        statement = select(*tables.event.c).where(*where).order_by(order).limit(limit)
        with reading(self.engine) as connection:
            return [recorded(row.position, sealed(row)) for row in connection.execute(statement)]


def _uuid(originator_id: UUID | str) -> UUID:
    return originator_id if isinstance(originator_id, UUID) else UUID(originator_id)
