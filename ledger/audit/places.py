"""Places in status lists: each belongs to a credential, was leased, and has its partner.

A list's places are leased in the order of a secret permutation: an eight-round Feistel network over the next even
number of bits, walked until it lands inside the list; round t adds HMAC-SHA256(seed, t || right half as 8 bytes),
its first 8 bytes, to the left half. The audit walks it backwards: a place that is taken must lead to a number
below the count of what was leased. A credential with a place has one for revocation and one for suspension.

Not here: the lists themselves and what they publish (`status`); that the credential names these places stands in
its sealed body.
Source: Bitstring Status List 1.0; docs/formats.md, "Status lists".
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from ledger.audit.faults import Fault, id_text, is_count, is_hash
from ledger.audit.opening import raw, raw_columns, rows
from ledger.audit.references import CREDENTIAL
from ledger.store import tables

PURPOSES = ("revocation", "suspension")
LIST_SIZE = 131_072
"""Places in every list, the least that the specification allows."""
_ROUNDS = 8


def place_faults(connection: Connection) -> Iterator[Fault]:
    """Return what is wrong with the places, table by table and list by list."""
    yield from _strays(connection)
    yield from _broken_pairs(connection)
    yield from _not_leased(connection)


def _strays(connection: Connection) -> Iterator[Fault]:
    """Return the places of no credential, in no list, or in a list of another than the credential's issuer."""
    place, allocation, event = tables.status_index, tables.status_allocation, tables.event
    is_credential = func.coalesce(event.c.type == CREDENTIAL, False)
    is_foreign = and_(is_credential, func.coalesce(event.c.issuer != allocation.c.organisation, True))
    query = (
        select(
            *raw_columns(place),
            is_credential.label("is_credential"),
            allocation.c.list.is_not(None).label("has_list"),
        )
        .join_from(place, allocation, allocation.c.list == place.c.list, isouter=True)
        .join(event, and_(event.c.stream == place.c.stream, event.c.version == 1), isouter=True)
        .where(or_(~is_credential, allocation.c.list.is_(None), is_foreign))
    )
    for row in rows(connection, query):
        name = _name(row.list, row.index)
        if not row.is_credential:
            yield Fault(place.name, name, "stream_missing")
        if not row.has_list:
            yield Fault(place.name, name, "list_missing")
        elif row.is_credential:
            yield Fault(place.name, name, "list_of_another")


def _broken_pairs(connection: Connection) -> Iterator[Fault]:
    """Return the credentials that do not have exactly one place for each purpose."""
    place, allocation = tables.status_index, tables.status_allocation
    whole = and_(
        func.count() == len(PURPOSES),
        *(func.count().filter(allocation.c.purpose == purpose) == 1 for purpose in PURPOSES),
    )
    broken = (
        select(place.c.stream, func.count().label("places"))
        .join_from(place, allocation, allocation.c.list == place.c.list, isouter=True)
        .group_by(place.c.stream)
        .having(~whole)
        .subquery()
    )
    query = (
        select(raw(place.c.stream), raw(place.c.list), raw(place.c.index), broken.c.places)
        .join_from(broken, place, place.c.stream == broken.c.stream)
        .order_by(place.c.stream, place.c.list, place.c.index)
    )
    for _, (first, *_others) in groupby(rows(connection, query), key=lambda row: row[0]):
        yield Fault(place.name, _name(first[1], first[2]), "pair_broken", f"{first[3]} places of 2")


def _not_leased(connection: Connection) -> Iterator[Fault]:
    """Return the places that are no number inside their list, or that nobody leased."""
    place, allocation = tables.status_index, tables.status_allocation
    query = (
        select(*(raw(column) for column in (place.c.list, place.c.index)))
        .add_columns(*(raw(allocation.c[name]).label(name) for name in ("size", "seed", "leased")))
        .join_from(place, allocation, allocation.c.list == place.c.list)
        .order_by(place.c.list, place.c.index)
    )
    for list_, places in groupby(rows(connection, query), key=lambda row: row[0]):
        leases: Leases | None = None
        for _, index, size, seed, leased in places:
            if not is_count(size) or not is_count(leased) or not is_hash(seed):
                continue  # said of the list
            leases = leases or Leases(seed, size)
            if not is_count(index) or index >= size:
                yield Fault(place.name, _name(list_, index), "column_malformed", "index")
            elif leases.number(index) >= leased:
                yield Fault(place.name, _name(list_, index), "index_not_leased")


class Leases:
    """The order in which the places of one list are leased.

    The halves have few bits, so a round has few values; each is computed once.

    Args:
        seed: 32 secret bytes.
        size: places of the list.
    """

    def __init__(self, seed: bytes, size: int) -> None:
        self._size = size
        self._half = half = (max(size - 1, 1).bit_length() + 1) // 2
        self._mask = mask = (1 << half) - 1

        @cache
        def added(turn: int, right: int) -> int:
            digest = hmac.digest(seed, bytes([turn]) + right.to_bytes(8, "big"), "sha256")
            return int.from_bytes(digest[:8], "big") & mask

        self._added = added

    def number(self, index: int) -> int:
        """Return which lease was the place `index`: the permutation walked backwards."""
        value = index
        while True:
            left, right = value >> self._half, value & self._mask
            for turn in reversed(range(_ROUNDS)):
                left, right = right ^ self._added(turn, left), left
            value = left << self._half | right
            if value < self._size:
                return value


def _name(list_: Any, index: object) -> str:
    return f"list {id_text(list_) or 'without id'}, index {index if is_count(index) else 'without number'}"
