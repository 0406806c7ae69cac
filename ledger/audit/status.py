"""Status lists: each organisation's are numbered from 0 without gaps, well-formed, and published as they are.

Not here: the places in them (`places`), what was published (`publications`).
Source: Bitstring Status List 1.0; docs/formats.md, "Status lists".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from ledger.audit.faults import Fault, id_text, is_count, is_hash, malformed
from ledger.audit.opening import all_rows
from ledger.audit.places import LIST_SIZE, PURPOSES
from ledger.audit.publications import publication_faults
from ledger.audit.references import ORGANISATION, without_stream
from ledger.store import tables


def status_faults(connection: Connection) -> Iterator[Fault]:
    """Return what is wrong with the lists."""
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
            size=row.size == LIST_SIZE,
            seed=is_hash(row.seed),
            leased=is_count(row.leased) and is_count(row.size) and row.leased <= row.size,
        )
        number = row.number if is_count(row.number) else number
    for row in without_stream(connection, table, "organisation", ORGANISATION):
        yield Fault(table.name, _list_name(row), "stream_missing")
    yield from publication_faults(connection)


def _list_name(row: Any) -> str:
    return f"list {id_text(row.list) or 'without id'}"
