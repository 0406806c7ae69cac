"""The order of events inside their streams, and ids that must be one event's only.

The tables' own keys promise most of this; whoever can change rows can drop keys.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from ledger.audit.faults import Fault, at_position, id_text
from ledger.audit.opening import raw, rows
from ledger.store import tables


def order_faults(connection: Connection) -> Iterator[Fault]:
    """Return where versions of a stream are not 1, 2, 3, … in the order of positions."""
    event = tables.event.c
    query = select(raw(event.stream), raw(event.version), raw(event.position))
    stream: object = None
    version = position = 0
    for row in rows(connection, query.order_by(event.stream, event.version)):
        if row[0] != stream:
            stream, version, position = row[0], 0, -1
        if row[1] != version + 1:
            yield at_position(row[2], "version_gap", f"version {version + 1} of its stream is not there")
        if not isinstance(row[1], int) or not isinstance(row[2], int):
            continue
        if row[2] <= position:
            yield at_position(row[2], "version_order", f"comes before version {version} of its stream")
        version, position = row[1], row[2]


def repeated_ids(connection: Connection) -> Iterator[Fault]:
    """Return the event ids that more than one event has."""
    event = tables.event.c
    query = select(raw(event.event_id), func.count(), func.max(event.position)).group_by(event.event_id)
    for row in rows(connection, query.having(func.count() > 1)):
        yield at_position(row[2], "event_id_repeated", f"{row[1]} events are called {id_text(row[0])}")
