"""What goes into the store and what comes out: sealed events, and events with their position.

A `SealedEvent` is a `StoredEvent` of `eventsourcing`, so the library hands it through unchanged from
mapper to recorder; a `RecordedEvent` adds the place the log gave it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from sqlalchemy import Table

from verifiers.primitives.merkle import Frontier


@dataclass(frozen=True)
class SealedEvent(StoredEvent):
    """One event as it is stored; `topic` is its type and `state` its sealed body.

    Args:
        header: canonical bytes of `verifiers.formats.header.Header`; everything else repeats it, for queries.
        signature: 64 bytes, the ledger's, over header.
        body: nonce || ciphertext; None once the body is deleted. `state` is the same, b"" for None.
        subject: pseudonym of the person, or None.
        issuer: the organisation, or None.
        event_id: random; tells a lost acknowledgement from a conflict.
        entry: 32 bytes, SHA-256(header || signature).
        recorded_at: aware UTC, whole seconds, as in header.
    """

    header: bytes
    signature: bytes
    body: bytes | None
    subject: UUID | None
    issuer: UUID | None
    event_id: UUID
    entry: bytes
    recorded_at: datetime

    @property
    def stream(self) -> UUID:
        """The aggregate, as the UUID it always is."""
        if not isinstance(self.originator_id, UUID):
            raise TypeError("the stream of an event is not a UUID")
        return self.originator_id

    @property
    def version(self) -> int:
        """Place in the stream, 1-based."""
        return self.originator_version

    @property
    def type(self) -> str:
        """The stored type, for example "credential-issued.v1"."""
        return self.topic


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A sealed event with its place in the ledger: 0-based, gapless, and the index of its leaf in the log."""

    position: int
    sealed: SealedEvent

    @property
    def notification_id(self) -> int:
        """The library's name for the place, which counts from 1."""
        return self.position + 1


@dataclass(frozen=True, slots=True)
class Head:
    """The tree over all events of the ledger at one moment; not signed: see `ledger.log.heads`."""

    size: int
    root: bytes
    frontier: Frontier


@dataclass(frozen=True, slots=True)
class RowInsert:
    """One more row for the transaction that records a request's events.

    Args:
        table: of `ledger.store.tables`.
        values: by column name.
        conflict_code: code of the ConflictError when a unique key of the table already has these values;
            that request fails alone.
    """

    table: Table
    values: Mapping[str, Any]
    conflict_code: str = "already_exists"


@dataclass(frozen=True, slots=True)
class RowUpdate:
    """A change of rows for the transaction that records a request's events.

    Args:
        table: of `ledger.store.tables`; never `event`, whose rows do not change.
        where: by column name, all equal; None means null.
        values: by column name.
        conflict_code: code of the ConflictError when no row matches; that request fails alone.
    """

    table: Table
    where: Mapping[str, Any]
    values: Mapping[str, Any]
    conflict_code: str = "state_changed"


RowChange = RowInsert | RowUpdate
