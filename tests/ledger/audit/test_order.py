"""What the tables' own keys promise, and whoever may drop keys can break: order, ids, and heads that follow in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, select, text, update

from ledger.store import tables
from tests.ledger.audit.stored import Stored

EVENT, PUBLISHED = tables.event, tables.checkpoint


def named(stored: Stored, change: Callable[[Connection], object]) -> set[tuple[str, str, str]]:
    """Return table, row and code of every fault."""
    return {(fault.table, fault.row, fault.code) for fault in stored.faults(change)}


def one(connection: Connection, *conditions: Any) -> Any:
    """Return the last event of which that is true."""
    query = select(EVENT).where(*conditions).order_by(EVENT.c.position.desc()).limit(1)
    return connection.execute(query).one()


def published(connection: Connection) -> Sequence[Any]:
    """Return the published heads, the last first."""
    return connection.execute(select(PUBLISHED).order_by(PUBLISHED.c.size.desc())).all()


def test_a_version_that_is_left_out_is_named(stored: Stored) -> None:
    def change(connection: Connection) -> None:
        where = (EVENT.c.stream == last.stream, EVENT.c.version == last.version)
        connection.execute(update(EVENT).where(*where).values(version=last.version + 1))

    with stored.changed() as connection:
        last = one(connection, EVENT.c.type == "credential-read.v1")
    assert ("event", f"position {last.position}", "version_gap") in named(stored, change)


@pytest.mark.parametrize(
    ("column", "code"), [("event_id", "event_id_repeated"), ("position", "position_repeated")]
)
def test_without_their_keys_repeated_values_are_named(
    postgresql_stored: Stored, column: str, code: str
) -> None:
    def change(connection: Connection) -> None:
        connection.execute(text(f"ALTER TABLE event DROP CONSTRAINT event_{column}"))
        connection.execute(
            update(EVENT).where(EVENT.c.position == 9).values({column: getattr(other, column)})
        )

    with postgresql_stored.changed() as connection:
        other = one(connection, EVENT.c.position == 12)
    assert ("event", "position 12", code) in named(postgresql_stored, change)


def test_a_tombstone_has_the_one_header_that_everybody_can_tell(stored: Stored) -> None:
    """Its commitment is to nothing; another one would hide something in it."""

    def change(connection: Connection) -> None:
        at = tombstone.header.index(b'"commitment":"') + len(b'"commitment":"')
        header = tombstone.header[:at] + b"A" * 43 + tombstone.header[at + 43 :]
        connection.execute(update(EVENT).where(EVENT.c.position == tombstone.position).values(header=header))

    with stored.changed() as connection:
        tombstone = one(connection, EVENT.c.type == "learner-erased.v1")
    assert ("event", f"position {tombstone.position}", "header_mismatch") in named(stored, change)


def test_a_head_that_was_published_before_the_one_before_it_is_named(stored: Stored) -> None:
    def change(connection: Connection) -> None:
        last, before, *_ = published(connection)
        where = PUBLISHED.c.size == last.size
        connection.execute(update(PUBLISHED).where(where).values(published_at=before.published_at - 1))
        names.append(f"size {last.size}")

    names: list[str] = []
    found = named(stored, change)
    assert ("checkpoint", names[0], "time_went_back") in found


def test_a_head_that_was_renewed_before_it_was_published_is_named(stored: Stored) -> None:
    def change(connection: Connection) -> None:
        (row,) = (row for row in published(connection) if row.renewed is not None)
        values = {"note": row.renewed, "renewed": row.note}
        connection.execute(update(PUBLISHED).where(PUBLISHED.c.size == row.size).values(values))
        names.append(f"size {row.size}")

    names: list[str] = []
    found = named(stored, change)
    assert ("checkpoint", names[0], "time_went_back") in found


def test_an_event_that_is_later_than_a_head_over_it_is_named(stored: Stored) -> None:
    """All the heads over it, those in the second place too."""

    def change(connection: Connection) -> None:
        connection.execute(update(EVENT).where(EVENT.c.position == 0).values(recorded_at=2**33))

    with stored.changed() as connection:
        sizes = {f"size {row.size}" for row in published(connection) if row.size}
    found = named(stored, change)
    late = {(table, row) for table, row, code in found if code == "recorded_after_cosignature"}
    assert {row for table, row in late if table == "checkpoint"} == sizes
    assert {table for table, _ in late} == {"checkpoint", "signed_head"}
