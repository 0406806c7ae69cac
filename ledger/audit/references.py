"""Rows beside the log that name streams: shares' tokens, public keys, access tokens, projections.

Each names a stream that begins with the right event, and there are as many as the events call for.

Not here: places in status lists (`status`), idempotency rows (`idempotency`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, func, or_, select

from ledger.audit.faults import Fault, id_text, is_count, is_hash, malformed
from ledger.audit.opening import all_rows, raw, raw_columns, rows
from ledger.store import tables
from verifiers.errors import VerifierError
from verifiers.primitives.keys import parse_multikey

ORGANISATION = "organisation-registered.v1"
LEARNER = "learner-enrolled.v1"
SHARE = "share-granted.v1"
CREDENTIAL = "credential-issued.v1"
OPERATOR = "00000000-0000-0000-0000-000000000000"
"""Who owns the operator's tokens and its requests; it is no stream."""
_KEY_EVENTS = (ORGANISATION, "organisation-key-added.v1")
_TOKEN_EVENTS = ("organisation-token-issued.v1",)


def reference_faults(connection: Connection, size: int) -> Iterator[Fault]:
    """Return what is wrong with the rows of these tables; size: events of the log."""
    yield from _share_tokens(connection)
    yield from _public_keys(connection)
    yield from _tokens(connection)
    for row in all_rows(connection, tables.projection, [tables.projection.c.name]):
        if not is_count(row.position) or row.position > size:
            yield Fault("projection", "a row", "position_beyond_log", f"the log has {size} events")


def without_stream(connection: Connection, table: Table, column: str, *types: str) -> Iterator[Any]:
    """Return the rows whose column names no stream that begins with an event of one of these types."""
    first = tables.event.alias("first")
    begins = (first.c.stream == table.c[column], first.c.version == 1, first.c.type.in_(types))
    return rows(connection, select(*raw_columns(table)).where(~exists().where(*begins)))


def _share_tokens(connection: Connection) -> Iterator[Fault]:
    table = tables.share_token
    for row in all_rows(connection, table, [table.c.share]):
        name = _named("share", row.share)
        yield from malformed(
            table, name, token_hash=is_hash(row.token_hash), share=id_text(row.share) is not None
        )
    for row in without_stream(connection, table, "share", SHARE):
        yield Fault(table.name, _named("share", row.share), "stream_missing")
    # The links of an erased person are gone (`erasure`).
    living = tables.event.c.subject.not_in(select(tables.erasure.c.learner))
    yield from counted(connection, table, "share", (SHARE,), living)


def _public_keys(connection: Connection) -> Iterator[Fault]:
    table = tables.public_key
    for row in all_rows(connection, table, [table.c.multikey]):
        yield from malformed(table, _key_name(row), multikey=_is_key(row.multikey))
    for row in without_stream(connection, table, "organisation", ORGANISATION):
        yield Fault(table.name, _key_name(row), "stream_missing")
    yield from counted(connection, table, "organisation", _KEY_EVENTS)


def _tokens(connection: Connection) -> Iterator[Fault]:
    table = tables.token
    for row in all_rows(connection, table, [table.c.token_hash]):
        yield from malformed(
            table,
            _named("token", row.id),
            token_hash=is_hash(row.token_hash),
            id=id_text(row.id) is not None,
            role=row.role in ("operator", "organisation", "learner"),
            owner=row.role != "operator" or id_text(row.owner) == OPERATOR,
            created_at=is_count(row.created_at),
            expires_at=row.expires_at is None or is_count(row.expires_at),
            revoked_at=row.revoked_at is None or is_count(row.revoked_at),
        )
    first, token = tables.event.alias("first"), table.c
    begins = or_(
        and_(token.role == "organisation", first.c.type == ORGANISATION),
        and_(token.role == "learner", first.c.type == LEARNER),
    )
    owner = exists().where(first.c.stream == token.owner, first.c.version == 1, begins)
    for row in rows(connection, select(*raw_columns(table)).where(token.role != "operator", ~owner)):
        yield Fault(table.name, _named("token", row.id), "stream_missing")
    yield from counted(connection, table, "owner", _TOKEN_EVENTS, role="organisation")
    yield from counted(connection, table, "owner", (LEARNER,), role="learner")


def counted(
    connection: Connection,
    table: Table,
    owner: str,
    types: Sequence[str],
    *but: ColumnElement[bool],
    **where: str,
) -> Iterator[Fault]:
    """Return the streams that do not have one row of the table for each of their events of these types.

    Args:
        but: conditions on further events.
        where: columns of the rows that count.
    """
    event, column = tables.event.c, table.c[owner]
    called_for = (
        select(event.stream, func.count().label("events"), func.min(event.position).label("position"))
        .where(event.type.in_(types), *but)
        .group_by(event.stream)
        .subquery()
    )
    conditions = [table.c[name] == value for name, value in where.items()]
    there = select(column, func.count().label("rows")).where(*conditions).group_by(column).subquery()
    count = func.coalesce(there.c.rows, 0)
    query = (
        select(raw(called_for.c.position), raw(called_for.c.events), count)
        .join_from(called_for, there, there.c[owner] == called_for.c.stream, isouter=True)
        .where(count != called_for.c.events)
    )
    for position, events, found in rows(connection, query):
        detail = f"{found} rows for {events} events"
        yield Fault(table.name, f"rows of event position {position}", "row_count", detail)


def _is_key(multikey: object) -> bool:
    try:
        return isinstance(multikey, str) and parse_multikey(multikey).multikey == multikey
    except VerifierError:
        return False


def _key_name(row: Any) -> str:
    """Return a key's own text, unless it is none: then it could be anything."""
    return row.multikey if _is_key(row.multikey) else _named("organisation", row.organisation)


def _named(kind: str, value: object) -> str:
    return f"{kind} {id_text(value) or 'without id'}"
