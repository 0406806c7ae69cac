"""Opening a stored ledger for an audit: one snapshot, read only; nothing is made, migrated or locked.

A ledger may be served meanwhile: SQLite's WAL and PostgreSQL's REPEATABLE READ give the audit one moment.
The signed head in a file is read before that moment, so that it can only be older than the events.

Not here: what is checked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    Connection,
    Engine,
    NullPool,
    Select,
    Table,
    create_engine,
    event,
    inspect,
    make_url,
    select,
)
from sqlalchemy import types as sql_types
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.sql.elements import ColumnElement, TypeCoerce
from sqlalchemy.sql.expression import type_coerce

from ledger.errors import UnavailableError
from ledger.store import tables
from verifiers.errors import VerifierError
from verifiers.formats.checkpoint import CHECKPOINT_BYTES_MAX
from verifiers.primitives.keys import PublicKey, parse_multikey

PAGE_ROWS = 1_000
"""Rows in memory at a time."""
_WAIT_SECONDS_MAX = 10


@dataclass(frozen=True, slots=True)
class HeadFile:
    """A signed head that stands alone: how faults call it ("file ledger.sqlite.head"), and its text.

    Args:
        note: None: there is no such file.
    """

    row: str
    note: bytes | None


@contextmanager
def snapshot(url: str, *, table: str = tables.event.name) -> Iterator[Connection]:
    """Give one reading transaction over a stored ledger, or over its vault.

    Args:
        table: that is in every such database.

    Raises:
        UnavailableError: ledger_missing, there is no ledger; database_unavailable, it cannot be opened;
            database_unreadable, it cannot be read to the end.
    """
    engine = _engine(_parsed(url))
    try:
        try:
            connection = engine.connect()
        except (DBAPIError, OSError) as error:
            raise UnavailableError("database_unavailable", "the database cannot be opened") from error
        with connection:
            try:
                if not inspect(connection).has_table(table):
                    raise _missing()
                yield connection
            except DBAPIError as error:
                message = "the database cannot be read to the end"
                raise UnavailableError("database_unreadable", message) from error
    finally:
        engine.dispose()


def head_file(url: str) -> HeadFile | None:
    """Return the file beside an SQLite database that holds the last signed head; None on PostgreSQL.

    Read it before the snapshot is taken. Raises UnavailableError: ledger_missing; second_place_unavailable.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    if not Path(parsed.database or "").is_file():
        raise _missing()
    path = Path(f"{parsed.database}.head")
    row = f"file {path.name}"
    try:
        with path.open("rb") as file:
            return HeadFile(row, file.read(CHECKPOINT_BYTES_MAX + 1))
    except FileNotFoundError:
        return HeadFile(row, None)
    except OSError as error:
        raise UnavailableError("second_place_unavailable", "the signed head cannot be read") from error


def log_key_of(folder: Path) -> PublicKey:
    """Return the public key of the log: the folder's one key file is called after it, and stays closed.

    Raises:
        UnavailableError: log_key_unknown.
    """
    names = [path.stem for path in folder.glob("z*.key")]
    try:
        if len(names) == 1:
            return parse_multikey(names[0])
    except VerifierError:
        pass
    raise UnavailableError(
        "log_key_unknown", "there is not one log key in the folder", expected="1 key", got=str(len(names))
    )


def raw(column: ColumnElement[Any]) -> TypeCoerce[Any]:
    """Return a column as the driver gives it: a conversion could fail on what somebody put there."""
    return type_coerce(column, sql_types.NullType())


def raw_columns(table: Table) -> list[ColumnElement[Any]]:
    """Return all columns of a table, raw, under their names."""
    return [raw(column).label(column.name) for column in table.columns]


def rows(connection: Connection, statement: Select[Any]) -> Iterator[Any]:
    """Return the rows of a query one by one, without holding more than a page of them."""
    return iter(connection.execute(statement.execution_options(yield_per=PAGE_ROWS)))


def all_rows(connection: Connection, table: Table, order_by: Sequence[ColumnElement[Any]]) -> Iterator[Any]:
    """Return all rows of a table, raw, in an order."""
    return rows(connection, select(*raw_columns(table)).order_by(*order_by))


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UnavailableError("database_unavailable", "the address of the database is none") from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise UnavailableError("database_unavailable", "the database is neither SQLite nor PostgreSQL")
    return parsed


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            poolclass=NullPool,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )
    path = Path(url.database or "")
    if not path.is_file():
        raise _missing()

    def connect() -> sqlite3.Connection:
        address = f"file:{quote(str(path.resolve()))}?mode=ro"
        connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=_WAIT_SECONDS_MAX)
        # Text that is no UTF-8 must be told apart from other text, and not stop the audit.
        connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")  # the driver would take a new moment for every query

    return engine


def _missing() -> UnavailableError:
    return UnavailableError("ledger_missing", "there is no ledger here")
