"""The SQL of the write path, made once from the tables, in the style of the driver.

Names come from `ledger.store.tables` only; every value is a parameter.
"""
# ruff: noqa: S608 - names of our own tables, see above

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Table

from ledger.store import tables
from ledger.store.engine import BUSY_MILLISECONDS_MAX, is_sqlite
from ledger.store.events import RowChange, RowInsert, SealedEvent

_HEAD = ("size", "frontier", "root")


class Statements:
    """Statement texts with positional parameters, and how values are bound to them."""

    def __init__(self, engine: Engine) -> None:
        sqlite = is_sqlite(engine)
        self._mark = "?" if sqlite else "%s"
        self._quote = engine.dialect.identifier_preparer.quote
        self._sqlite = sqlite
        self.log = tables.LOG
        mark = self._mark
        head, event, tile = tables.log_head.name, tables.event.name, tables.tile.name
        lock = "" if sqlite else " FOR UPDATE"  # SQLite: BEGIN IMMEDIATE has locked everything
        self.bound_waiting = f"SET lock_timeout = {BUSY_MILLISECONDS_MAX}"
        self.lock_head = f"SELECT {', '.join(_HEAD)} FROM {head} WHERE log = {mark}{lock}"
        self.update_head = f"UPDATE {head} SET {self._equal(_HEAD, ', ')} WHERE log = {mark}"
        self.swap_head = f"{self.update_head} AND {self._equal(('size', 'root'), ' AND ')}"
        self.insert_event = self._insert(tables.event)
        columns = ", ".join(self._quote(column.name) for column in tables.event.columns)
        self.copy_events = f"COPY {event} ({columns}) FROM STDIN (FORMAT BINARY)"
        self.event_types = [
            column.type.compile(dialect=engine.dialect).lower() for column in tables.event.columns
        ]
        self.insert_idempotency = self._insert(tables.idempotency)
        self.entries = (
            f"SELECT entry FROM {event} WHERE position >= {mark} AND position < {mark} ORDER BY position"
        )
        self.position_of = f"SELECT position, entry FROM {event} WHERE event_id = {mark}"
        where = self._equal(("level", "index"), " AND ")
        self.tile = f"SELECT hashes FROM {tile} WHERE {where}"
        self.upsert_tile = (
            self._insert(tables.tile)
            + f" ON CONFLICT (level, {self._quote('index')}) DO UPDATE SET hashes = excluded.hashes"
        )

    def bind(self, value: Any) -> Any:
        """Return a value as the driver takes it."""
        return value.bytes if self._sqlite and isinstance(value, UUID) else value

    def event_row(self, event: SealedEvent, position: int) -> tuple[Any, ...]:
        """Return one event's values in the order of its table's columns."""
        stream: Any = event.originator_id
        event_id: Any = event.event_id
        subject: Any = event.subject
        issuer: Any = event.issuer
        if self._sqlite:
            stream, event_id = stream.bytes, event_id.bytes
            subject = None if subject is None else subject.bytes
            issuer = None if issuer is None else issuer.bytes
        return (
            stream,
            event.originator_version,
            position,
            event_id,
            event.topic,
            subject,
            issuer,
            int(event.recorded_at.timestamp()),
            event.entry,
            event.header,
            event.signature,
            event.body,
        )

    def change(self, row: RowChange) -> tuple[str, list[Any]]:
        """Return statement and values of a row change."""
        table = self._quote(row.table.name)
        columns = [self._quote(row.table.c[name].name) for name in row.values]
        values = [self.bind(value) for value in row.values.values()]
        if isinstance(row, RowInsert):
            marks = ", ".join([self._mark] * len(columns))
            return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values
        where = []
        for name, value in row.where.items():
            column = self._quote(row.table.c[name].name)
            where.append(f"{column} IS NULL" if value is None else f"{column} = {self._mark}")
            values += [] if value is None else [self.bind(value)]
        changes = ", ".join(f"{column} = {self._mark}" for column in columns)
        return f"UPDATE {table} SET {changes} WHERE {' AND '.join(where)}", values

    def _insert(self, table: Table) -> str:
        columns = [self._quote(column.name) for column in table.columns]
        marks = ", ".join([self._mark] * len(columns))
        return f"INSERT INTO {self._quote(table.name)} ({', '.join(columns)}) VALUES ({marks})"

    def _equal(self, columns: tuple[str, ...], joined_by: str) -> str:
        return joined_by.join(f"{self._quote(column)} = {self._mark}" for column in columns)
