"""Reading connections, and rows made into events. Foreign errors are translated here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ledger.errors import UnavailableError
from ledger.store.engine import writing
from ledger.store.events import RecordedEvent, SealedEvent


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection for one short reading transaction.

    Raises:
        UnavailableError: store_unavailable.
    """
    try:
        with engine.connect() as connection:
            yield connection
    except (DBAPIError, PoolTimeoutError) as error:
        raise UnavailableError("store_unavailable", "the database cannot be read") from error


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Give a connection for one writing transaction beside the events: leases, bookkeeping.

    Committed durably when the block ends, undone when it raises. On SQLite it waits for the writer of
    events, so keep it short. Unique keys raise SQLAlchemy's IntegrityError as it is.

    Raises:
        UnavailableError: store_unavailable.
    """
    try:
        with writing(engine).begin() as connection:
            yield connection
    except IntegrityError:
        raise
    except (DBAPIError, PoolTimeoutError) as error:
        raise UnavailableError("store_unavailable", "the database cannot be written") from error


def sealed(row: Any) -> SealedEvent:
    """Return the event of a row of all columns of `tables.event`."""
    return SealedEvent(
        originator_id=row.stream,
        originator_version=row.version,
        topic=row.type,
        state=row.body or b"",
        header=row.header,
        signature=row.signature,
        body=row.body,
        subject=row.subject,
        issuer=row.issuer,
        event_id=row.event_id,
        entry=row.entry,
        recorded_at=datetime.fromtimestamp(row.recorded_at, UTC),
    )


def recorded(position: int, event: SealedEvent) -> RecordedEvent:
    """Return an event with its place."""
    return RecordedEvent(position, event)
