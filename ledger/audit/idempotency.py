"""Idempotency rows: each names events that exist, of the one whose key it is, and no other row names them.

Rows are named by the events they hold: of the client's key only a MAC is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from ledger.audit.faults import Fault, id_text, is_hash, malformed
from ledger.audit.opening import all_rows, raw, rows
from ledger.audit.references import OPERATOR
from ledger.store import tables

_ID_BYTES = 16
_ROWS_TOGETHER = 200

Parties = dict[str, tuple[str | None, str | None]]
"""Issuer and subject by event id."""


def request_faults(connection: Connection) -> Iterator[Fault]:
    """Return what is wrong with the idempotency rows."""
    table = tables.idempotency
    stored = all_rows(connection, table, [table.c.organisation, table.c.key])
    while some := list(islice(stored, _ROWS_TOGETHER)):
        named = [_ids(row) for row in some]
        parties = _parties(connection, list(chain.from_iterable(named)))
        for row, ids in zip(some, named, strict=True):
            yield from _row_faults(row, ids, parties)
    query = select(raw(table.c.event_ids).label("event_ids"), func.count()).group_by(table.c.event_ids)
    for row in rows(connection, query.having(func.count() > 1)):
        yield Fault(table.name, _name(_ids(row)), "event_named_twice", f"{row[1]} rows")


def _row_faults(row: Any, ids: Sequence[UUID], parties: Parties) -> Iterator[Fault]:
    name, owner = _name(ids), id_text(row.organisation)
    yield from malformed(
        tables.idempotency,
        name,
        organisation=owner is not None,
        key=is_hash(row.key),
        request_mac=is_hash(row.request_mac),
        event_ids=bool(ids),
    )
    missing = [id_ for id_ in ids if str(id_) not in parties]
    if missing:
        yield Fault("idempotency", name, "event_missing", str(missing[0]))
    elif owner != OPERATOR and not all(owner in parties[str(id_)] for id_ in ids):
        yield Fault("idempotency", name, "owner_mismatch")


def _parties(connection: Connection, ids: Sequence[UUID]) -> Parties:
    event = tables.event.c
    found: Parties = {}
    for start in range(0, len(ids), _ROWS_TOGETHER):
        some = ids[start : start + _ROWS_TOGETHER]
        query = select(raw(event.event_id), raw(event.issuer), raw(event.subject))
        for id_, issuer, subject in connection.execute(query.where(event.event_id.in_(some))):
            found[str(id_text(id_))] = id_text(issuer), id_text(subject)
    return found


def _ids(row: Any) -> list[UUID]:
    """Return the ids a row names; none when its bytes are none."""
    data = row.event_ids
    if not isinstance(data, bytes) or len(data) % _ID_BYTES:
        return []
    return [UUID(bytes=data[at : at + _ID_BYTES]) for at in range(0, len(data), _ID_BYTES)]


def _name(ids: Sequence[UUID]) -> str:
    if not ids:
        return "a row without events"
    more = "" if len(ids) == 1 else f" and {len(ids) - 1} more"
    return f"of event {ids[0]}{more}"
