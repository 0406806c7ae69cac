"""What somebody with every right may do to rows: flip a bit, delete, insert, swap, truncate.

`sample` makes a seeded sample; each mutation says which faults would name it. Every column of every table stands
either in `FLIPS`, with the codes that a changed bit in it may have, or in `UNBOUND`, with the reason why nobody can
tell; a test compares both with the tables.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, delete, insert, select, update

from ledger.store import tables
from tests.conftest import Kind

EVENT, HEAD, TILE, SIGNED = tables.event, tables.log_head, tables.tile, tables.signed_head
PUBLISHED, ERASURE, LISTS = tables.checkpoint, tables.erasure, tables.status_publication
REQUEST, KEY, TOKEN, SHARE = tables.idempotency, tables.public_key, tables.token, tables.share_token
LIST, PLACE = tables.status_allocation, tables.status_index

_NOTE = {
    "checkpoint_malformed", "checkpoint_signature", "checkpoint_not_signed", "cosignature_invalid",
    "cosignature_malformed", "cosignature_missing", "cosigner_unknown", "column_mismatch",
}  # fmt: skip
_LIST = {"column_malformed", "stream_missing", "publication_mismatch", "document_mismatch"}

FLIPS: dict[Table, dict[str, set[str]]] = {
    EVENT: {
        "stream": {"column_mismatch"},
        "version": {"column_mismatch"},
        "type": {"column_mismatch"},
        "subject": {"column_mismatch"},
        "issuer": {"column_mismatch"},
        "recorded_at": {"column_mismatch"},
        "entry": {"entry_mismatch"},
        "header": {"signature_invalid"},
        "signature": {"signature_invalid"},
        "body": {"body_mismatch"},
    },
    HEAD: {
        "log": {"head_missing"},
        "size": {"size_mismatch"},
        "frontier": {"frontier_mismatch"},
        "root": {"root_mismatch"},
    },
    TILE: {"level": {"tile_missing"}, "index": {"tile_missing"}, "hashes": {"tile_mismatch"}},
    PUBLISHED: {
        "size": {"column_mismatch", "checkpoint_missing"},
        "previous": {"checkpoint_missing"},
        "root": {"root_mismatch"},
        "note": _NOTE,
        "published_at": {"column_mismatch"},
        "quorum_at": {"column_mismatch"},
        "renewed": _NOTE | {"time_went_back"},
    },
    ERASURE: {
        "learner": {"stream_missing"},
        "reason": {"column_mismatch"},
        "asked_by": {"column_mismatch"},
        "certificate": {"certificate_invalid"},
    },
    REQUEST: {"organisation": {"owner_mismatch"}, "event_ids": {"event_missing"}},
    KEY: {"organisation": {"stream_missing"}},
    TOKEN: {"owner": {"stream_missing", "column_malformed"}, "role": {"column_malformed"}},
    SHARE: {"share": {"stream_missing"}},
    LIST: {
        "organisation": {"stream_missing"},
        "purpose": {"column_malformed"},
        "number": {"number_gap"},
        "seed": {"index_not_leased"},
        "list": {"list_missing"},
        "size": {"column_malformed"},
    },
    PLACE: {
        "list": {"list_missing"},
        "index": {"index_not_leased", "column_malformed"},
        "stream": {"stream_missing"},
    },
    LISTS: dict.fromkeys(
        ("organisation", "slot", "purpose", "number", "stream", "size", "body", "jwt"), _LIST
    ),
}
"""By column, the codes of which one at least names a flipped bit in it."""
SIGNED_FLIPS = {
    "log": {"checkpoint_missing"},
    "size": {"column_mismatch"},
    "root": {"column_mismatch"},
    "note": _NOTE,
}
NAMED_ELSEWHERE: dict[tuple[Table, str], Table] = {
    (LIST, "seed"): PLACE,
    (LIST, "list"): PLACE,
}
"""Columns that are known by what depends on them."""
UNBOUND: dict[str, set[tuple[Table, str]]] = {
    "random names that nothing in the log repeats": {
        (EVENT, "event_id"), (TOKEN, "id"), (TOKEN, "token_hash"), (SHARE, "token_hash"),
    },
    "marks that only who sent the request could make again": {(REQUEST, "key"), (REQUEST, "request_mac")},
    "said by sealed bodies only, which no audit opens": {
        (KEY, "multikey"), (TOKEN, "scopes"), (TOKEN, "label"), (TOKEN, "created_at"), (TOKEN, "expires_at"),
        (TOKEN, "revoked_at"),
    },
    "a lease that nobody used cannot be told from none": {(LIST, "leased")},
    "in use for the second place of PostgreSQL only (`SIGNED_FLIPS`)": {
        (SIGNED, name) for name in SIGNED_FLIPS
    },
    "each position is one of `swapped_positions` and `moved`": {(EVENT, "position")},
    "nothing is projected yet": {(tables.projection, "name"), (tables.projection, "position")},
}  # fmt: skip
DELETIONS = {
    EVENT: {"position_missing"},
    HEAD: {"head_missing"},
    TILE: {"tile_missing"},
    PUBLISHED: {"checkpoint_missing"},
    ERASURE: {"row_count"},
    KEY: {"row_count"},
    TOKEN: {"row_count"},
    SHARE: {"row_count"},
    LIST: {"list_missing"},
    PLACE: {"pair_broken"},
    LISTS: {"publication_mismatch", "row_count"},
}


@dataclass(frozen=True)
class Mutation:
    """One change and what must be said of it.

    Args:
        name: for people.
        change: does it.
        tables: of which a fault must name one.
        codes: of which the fault must have one.
        row: that the fault must name; "" for any.
    """

    name: str
    change: Callable[[Connection], object]
    tables: set[str]
    codes: set[str]
    row: str = ""


def sample(connection: Connection, kind: Kind, seed: int, number: int) -> Iterator[Mutation]:
    """Return that many seeded mutations of the rows of a ledger, after one of each kind."""
    chance = random.Random(seed)
    flips = {**FLIPS, **({SIGNED: SIGNED_FLIPS} if kind == "postgresql" else {})}
    deletions = {**DELETIONS, **({SIGNED: {"checkpoint_missing"}} if kind == "postgresql" else {})}
    columns = [(table, column) for table, found in flips.items() for column in found]
    kinds: list[Callable[[], Mutation]] = []
    for table, column in columns:
        kinds.append(lambda t=table, c=column: flipped(connection, chance, t, c, flips[t][c]))  # type: ignore[misc]
    for table, codes in deletions.items():
        kinds.append(lambda t=table, c=codes: deleted(connection, chance, t, c))  # type: ignore[misc]
    kinds += [
        lambda: moved(connection, chance),
        lambda: swapped_positions(connection, chance),
        lambda: swapped_contents(connection, chance),
        lambda: inserted(connection, chance),
        lambda: truncated(connection, chance),
    ]
    yield from (make() for make in kinds)
    yield from (chance.choice(kinds)() for _ in range(number - len(kinds)))


def flipped(
    connection: Connection, chance: random.Random, table: Table, column: str, codes: set[str]
) -> Mutation:
    """Return a mutation of one bit of a column of some row."""
    condition: ColumnElement[bool] = table.c[column].is_not(None)
    if (table, column) in NAMED_ELSEWHERE:
        condition = and_(condition, table.c.list.in_(select(PLACE.c.list)))
    row = _some_row(connection, chance, table, condition)
    value = getattr(row, column)
    other = _flipped(value, chance)
    where = f"position {row.position}" if table is EVENT else ""
    named = {table.name, NAMED_ELSEWHERE.get((table, column), table).name}
    return Mutation(
        f"{table.name}.{column} of {_shown(table, row)}: {value!r:.60} to {other!r:.60}",
        lambda connection: connection.execute(update(table).where(_is(table, row)).values({column: other})),
        named,
        codes,
        where,
    )


def deleted(connection: Connection, chance: random.Random, table: Table, codes: set[str]) -> Mutation:
    """Return the deletion of some row."""
    condition = table.c.role != "operator" if table is TOKEN else None
    if table is LIST:
        condition = LIST.c.list.in_(select(PLACE.c.list))
    row = _some_row(connection, chance, table, condition)
    named = {"status_index"} if table is LIST else {table.name} | ({"event"} if table is LISTS else set())
    where = f"position {row.position}" if table is EVENT else ""
    return Mutation(
        f"delete {table.name} {_shown(table, row)}",
        lambda connection: connection.execute(delete(table).where(_is(table, row))),
        named,
        codes,
        where,
    )


def moved(connection: Connection, chance: random.Random) -> Mutation:
    """Return the move of an event to a position far behind the end."""
    row = _some_row(connection, chance, EVENT)
    change = update(EVENT).where(_is(EVENT, row)).values(position=row.position + 10**6)
    return Mutation(
        f"move event {row.position}",
        lambda connection: connection.execute(change),
        {"event"},
        {"position_missing"},
        f"position {row.position}",
    )


def swapped_positions(connection: Connection, chance: random.Random) -> Mutation:
    """Return the exchange of two events' positions; only the tree knows."""
    first, second = chance.sample(_rows(connection, EVENT), 2)

    def change(connection: Connection) -> None:
        for row, position in ((first, -1), (second, first.position), (first, second.position)):
            connection.execute(update(EVENT).where(_is(EVENT, row)).values(position=position))

    whole = min(first.position, second.position) < 256
    return Mutation(
        f"swap positions {first.position} and {second.position}",
        change,
        {"tile" if whole else "log_head"},
        {"tile_mismatch"} if whole else {"root_mismatch"},
    )


def swapped_contents(connection: Connection, chance: random.Random) -> Mutation:
    """Return the exchange of what two events say, and of what they are called by."""
    first, second = chance.sample(_rows(connection, EVENT, EVENT.c.body.is_not(None)), 2)
    columns, code = chance.choice(
        [
            (("body",), "body_mismatch"),
            (("header", "signature", "entry"), "column_mismatch"),
            (("entry",), "entry_mismatch"),
        ]
    )

    def change(connection: Connection) -> None:
        for row, other in ((first, second), (second, first)):
            values = {column: getattr(other, column) for column in columns}
            connection.execute(update(EVENT).where(_is(EVENT, row)).values(values))

    name = f"swap {columns} of {first.position} and {second.position}"
    return Mutation(name, change, {"event"}, {code}, f"position {second.position}")


def inserted(connection: Connection, chance: random.Random) -> Mutation:
    """Return a row more: a copy of one that is there, under another key, as close as the table allows."""
    choices: list[tuple[Table, dict[str, Any], set[str]]] = [
        (EVENT, {"stream": UUID(int=7), "event_id": UUID(int=7), "position": 10**6}, {"column_mismatch"}),
        (HEAD, {"log": "another"}, {"log_unknown"}),
        (TILE, {"level": 5}, {"tile_unexpected"}),
        (TILE, {"index": 9}, {"tile_unexpected"}),
        (PUBLISHED, {"size": 99}, {"column_mismatch", "checkpoint_missing"}),
        (ERASURE, {"learner": UUID(int=7)}, {"stream_missing"}),
        (REQUEST, {"key": bytes(32)}, {"event_named_twice"}),
        (TOKEN, {"token_hash": bytes(32), "id": UUID(int=7)}, {"row_count"}),
        (SHARE, {"token_hash": bytes(32), "share": UUID(int=7)}, {"stream_missing"}),
        (LIST, {"number": 7, "list": UUID(int=7)}, {"number_gap"}),
        (PLACE, {"index": 131_071}, {"index_not_leased", "pair_broken"}),
        (LISTS, {"slot": 7}, {"document_mismatch"}),
    ]
    table, other, codes = chance.choice(choices)
    condition = table.c.role != "operator" if table is TOKEN else None
    row = _some_row(connection, chance, table, condition)
    return Mutation(
        f"insert into {table.name} a copy of {_shown(table, row)}",
        lambda connection: copied(connection, table, row, **other),
        {table.name},
        codes,
    )


def truncated(connection: Connection, chance: random.Random) -> Mutation:
    """Return the loss of the end of some table's rows, perhaps all of them."""
    table, column, named, codes = chance.choice(
        [
            (EVENT, "position", "log_head", {"size_mismatch"}),
            (EVENT, "position", "checkpoint", {"checkpoint_beyond_log"}),
            (TILE, "index", "tile", {"tile_missing"}),
            (PUBLISHED, "size", "checkpoint", {"checkpoint_missing"}),
            (PLACE, "index", "status_index", {"pair_broken"}),
            (SHARE, "token_hash", "share_token", {"row_count"}),
            (KEY, "multikey", "public_key", {"row_count"}),
        ]
    )
    values = sorted(getattr(row, column) for row in _rows(connection, table))
    start = 0 if table is TILE else chance.choice(values[1:] if table is PLACE else values)
    return Mutation(
        f"truncate {table.name} from {start!r:.30}",
        lambda connection: connection.execute(delete(table).where(table.c[column] >= start)),
        {named},
        codes,
    )


def copied(connection: Connection, table: Table, row: Row[Any], **other: object) -> None:
    """Insert a copy of a row, other in some columns."""
    connection.execute(insert(table).values({**row._mapping, **other}))


def some_row(connection: Connection, table: Table) -> Row[Any]:
    """Return the first row of a table by its key."""
    return _rows(connection, table)[0]


def _rows(connection: Connection, table: Table, *conditions: Any) -> Sequence[Row[Any]]:
    order = [*table.primary_key.columns] if table is not EVENT else [EVENT.c.position]
    return connection.execute(select(table).where(*conditions).order_by(*order)).all()


def _some_row(connection: Connection, chance: random.Random, table: Table, condition: Any = None) -> Row[Any]:
    return chance.choice(_rows(connection, table, *([] if condition is None else [condition])))


def _is(table: Table, row: Row[Any]) -> Any:
    return and_(*(column == getattr(row, column.name) for column in table.primary_key.columns))


def _shown(table: Table, row: Row[Any]) -> str:
    return (
        str(row.position)
        if table is EVENT
        else str([getattr(row, c.name) for c in table.primary_key.columns])
    )


def _flipped(value: Any, chance: random.Random) -> Any:
    if isinstance(value, UUID):
        return UUID(int=value.int ^ 1 << chance.randrange(128))
    if isinstance(value, int):
        return value ^ 1 << chance.randrange(10, 20)  # high enough to collide with no other row's key
    data = bytearray(value if isinstance(value, bytes) else value.encode())
    at = chance.randrange(len(data))
    if isinstance(value, bytes):
        data[at] ^= 1 << chance.randrange(8)
        return bytes(data)
    while data[at] >= 0x80:  # the letters of these texts are ASCII, but for the dash of a note
        at = chance.randrange(len(data))
    data[at] ^= 1
    return data.decode()
