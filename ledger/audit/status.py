"""Places in status lists: each belongs to a credential, was leased, and has its partner.

A list's places are leased in the order of a secret permutation: an eight-round Feistel network over the next even
number of bits, walked until it lands inside the list; round t adds HMAC-SHA256(seed, t || right half as 8 bytes),
its first 8 bytes, to the left half. The audit walks it backwards: a place that is taken must lead to a number
below the count of what was leased. A credential with a place has one for revocation and one for suspension.

Not here: what the lists publish; that the credential names these places stands in its sealed body.
Source: Bitstring Status List 1.0; docs/formats.md, "Status lists".
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, and_, select

from ledger.audit.faults import Fault, id_text, is_count, is_hash, malformed
from ledger.audit.opening import all_rows, raw, raw_columns, rows
from ledger.audit.references import CREDENTIAL, ORGANISATION, without_stream
from ledger.store import tables

PURPOSES = ["revocation", "suspension"]
_ROUNDS = 8


def status_faults(connection: Connection) -> Iterator[Fault]:
    """Return what is wrong with lists and places."""
    yield from _lists(connection)
    for _, places in groupby(_places(connection), key=lambda row: row.stream):
        taken = list(places)  # of one credential
        for place in taken:
            yield from _place_faults(place)
        if sorted(str(place.purpose) for place in taken) != PURPOSES:
            yield Fault("status_index", _place_name(taken[0]), "pair_broken", f"{len(taken)} places of 2")


def _lists(connection: Connection) -> Iterator[Fault]:
    table = tables.status_allocation
    column = table.c
    before: tuple[object, object] = (None, None)
    number = 0
    for row in all_rows(connection, table, [column.organisation, column.purpose, column.number]):
        number = number + 1 if (row.organisation, row.purpose) == before else 0
        before = row.organisation, row.purpose
        if row.number != number:
            yield Fault(table.name, _list_name(row), "number_gap", f"list {number} is not there")
        yield from malformed(
            table,
            _list_name(row),
            list=id_text(row.list) is not None,
            purpose=row.purpose in PURPOSES,
            size=is_count(row.size) and row.size > 0,
            seed=is_hash(row.seed),
            leased=is_count(row.leased) and is_count(row.size) and row.leased <= row.size,
        )
        number = row.number if is_count(row.number) else number
    for row in without_stream(connection, table, "organisation", ORGANISATION):
        yield Fault(table.name, _list_name(row), "stream_missing")


def _places(connection: Connection) -> Iterator[Any]:
    """Return every place with its list and the first event of its credential, credential by credential."""
    place, allocation, event = tables.status_index, tables.status_allocation, tables.event
    query = (
        select(
            *raw_columns(place),
            *(
                raw(allocation.c[name]).label(name)
                for name in ("organisation", "purpose", "size", "seed", "leased")
            ),
            raw(event.c.type).label("type"),
            raw(event.c.issuer).label("issuer"),
        )
        .join_from(place, allocation, allocation.c.list == place.c.list, isouter=True)
        .join(event, and_(event.c.stream == place.c.stream, event.c.version == 1), isouter=True)
        .order_by(place.c.stream, place.c.list, place.c.index)
    )
    return rows(connection, query)


def _place_faults(place: Any) -> Iterator[Fault]:
    name = _place_name(place)
    if place.type != CREDENTIAL:
        yield Fault("status_index", name, "stream_missing")
    if place.organisation is None:
        yield Fault("status_index", name, "list_missing")
        return
    if place.type == CREDENTIAL and place.issuer != place.organisation:
        yield Fault("status_index", name, "list_of_another")
    if not is_count(place.size) or not is_count(place.leased) or not is_hash(place.seed):
        return  # said of the list
    if not is_count(place.index) or place.index >= place.size:
        yield Fault("status_index", name, "column_malformed", "index")
    elif lease_number(place.index, seed=place.seed, size=place.size) >= place.leased:
        yield Fault("status_index", name, "index_not_leased")


def lease_number(index: int, *, seed: bytes, size: int) -> int:
    """Return which lease of a list was the place `index`: the permutation walked backwards."""
    half = (max(size - 1, 1).bit_length() + 1) // 2
    mask = (1 << half) - 1
    value = index
    while True:
        left, right = value >> half, value & mask
        for turn in reversed(range(_ROUNDS)):
            digest = hmac.digest(seed, bytes([turn]) + left.to_bytes(8, "big"), "sha256")
            left, right = right ^ (int.from_bytes(digest[:8], "big") & mask), left
        value = left << half | right
        if value < size:
            return value


def _place_name(row: Any) -> str:
    index = row.index if is_count(row.index) else "without number"
    return f"list {id_text(row.list) or 'without id'}, index {index}"


def _list_name(row: Any) -> str:
    return f"list {id_text(row.list) or 'without id'}"
