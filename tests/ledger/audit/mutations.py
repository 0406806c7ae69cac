"""What somebody with every right may do to rows: flip a bit, delete, insert, swap, truncate.

`sample` makes a seeded sample; each mutation says which faults would name it. What nothing public is bound to
is not in it: see `ledger.audit`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Table, and_, delete, insert, select, update

from ledger.store import tables
from tests.conftest import Kind

EVENT, HEAD, TILE, SIGNED = tables.event, tables.log_head, tables.tile, tables.signed_head
REQUEST, KEY, TOKEN, SHARE = tables.idempotency, tables.public_key, tables.token, tables.share_token
LIST, PLACE = tables.status_allocation, tables.status_index

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
    REQUEST: {"organisation": {"owner_mismatch"}, "event_ids": {"event_missing"}},
    KEY: {"organisation": {"stream_missing"}},
    TOKEN: {"owner": {"stream_missing", "column_malformed"}, "role": {"column_malformed"}},
    SHARE: {"share": {"stream_missing"}},
    LIST: {
        "organisation": {"stream_missing"},
        "purpose": {"column_malformed"},
        "number": {"number_gap"},
        "seed": {"index_not_leased"},
    },
    PLACE: {
        "list": {"list_missing"},
        "index": {"index_not_leased", "column_malformed"},
        "stream": {"stream_missing"},
    },
}
"""By column, the codes of which one at least names a flipped bit in it."""
SIGNED_FLIPS = {
    "log": {"checkpoint_missing"},
    "size": {"column_mismatch"},
    "root": {"column_mismatch"},
    "note": {
        "checkpoint_malformed",
        "checkpoint_signature",
        "checkpoint_not_signed",
        "cosignature_invalid",
        "column_mismatch",
    },
}
DELETIONS = {
    EVENT: {"position_missing"},
    HEAD: {"head_missing"},
    TILE: {"tile_missing"},
    KEY: {"row_count"},
    TOKEN: {"row_count"},
    SHARE: {"row_count"},
    LIST: {"list_missing"},
    PLACE: {"pair_broken"},
}


@dataclass(frozen=True)
class Mutation:
    """One change and what must be said of it.

    Args:
        name: for people.
        change: does it.
        table: that a fault must name.
        codes: of which the fault must have one.
        row: that the fault must name; "" for any.
    """

    name: str
    change: Callable[[Connection], object]
    table: str
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
        lambda: truncated(connection, chance),
    ]
    yield from (make() for make in kinds)
    yield from (chance.choice(kinds)() for _ in range(number - len(kinds)))


def flipped(
    connection: Connection, chance: random.Random, table: Table, column: str, codes: set[str]
) -> Mutation:
    """Return a mutation of one bit of a column of some row."""
    row = _some_row(connection, chance, table, table.c[column].is_not(None))
    value = getattr(row, column)
    other = _flipped(value, chance)
    where = f"position {row.position}" if table is EVENT else ""
    return Mutation(
        f"{table.name}.{column} of {_shown(table, row)}: {value!r:.60} to {other!r:.60}",
        lambda connection: connection.execute(update(table).where(_is(table, row)).values({column: other})),
        PLACE.name if column == "seed" else table.name,  # a seed is known by the places it gives
        codes,
        where,
    )


def deleted(connection: Connection, chance: random.Random, table: Table, codes: set[str]) -> Mutation:
    """Return the deletion of some row."""
    condition = table.c.role != "operator" if table is TOKEN else None
    row = _some_row(connection, chance, table, condition)
    if table is LIST:
        condition = LIST.c.list.in_(select(PLACE.c.list))
        row = _some_row(connection, chance, table, condition)
    named = "status_index" if table is LIST else table.name
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
        "event",
        {"position_missing"},
        f"position {row.position}",
    )


def swapped_positions(connection: Connection, chance: random.Random) -> Mutation:
    """Return the exchange of two events' positions; only the tree knows."""
    first, second = chance.sample(_rows(connection, EVENT), 2)

    def change(connection: Connection) -> None:
        for row, position in ((first, -1), (second, first.position), (first, second.position)):
            connection.execute(update(EVENT).where(_is(EVENT, row)).values(position=position))

    whole = min(first.position, second.position) < 512
    return Mutation(
        f"swap positions {first.position} and {second.position}",
        change,
        "tile" if whole else "log_head",
        {"tile_mismatch"} if whole else {"root_mismatch"},
    )


def swapped_contents(connection: Connection, chance: random.Random) -> Mutation:
    """Return the exchange of what two events say, and of what they are called by."""
    first, second = chance.sample(_rows(connection, EVENT), 2)
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
    return Mutation(name, change, "event", {code}, f"position {second.position}")


def truncated(connection: Connection, chance: random.Random) -> Mutation:
    """Return the loss of the end of some table's rows, perhaps all of them."""
    table, column, named, codes = chance.choice(
        [
            (EVENT, "position", "log_head", {"size_mismatch"}),
            (EVENT, "position", "signed_head", {"checkpoint_beyond_log"}),
            (TILE, "index", "tile", {"tile_missing"}),
            (PLACE, "index", "status_index", {"pair_broken"}),
            (SHARE, "token_hash", "share_token", {"row_count"}),
            (KEY, "multikey", "public_key", {"row_count"}),
        ]
    )
    values = sorted(getattr(row, column) for row in _rows(connection, table))
    start = chance.choice(values[1:] if table is PLACE else values)
    if table is TILE:
        start = chance.choice([0, 1])
    return Mutation(
        f"truncate {table.name} from {start!r:.30}",
        lambda connection: connection.execute(delete(table).where(table.c[column] >= start)),
        named,
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
