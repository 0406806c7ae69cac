"""The one connection that writes events, for each database: transactions, bulk inserts, and what errors mean.

Not here: what is written (`ledger.store.appender`), batches and retries (`ledger.store.writer`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection

from ledger.errors import UnavailableError
from ledger.store.engine import is_sqlite
from ledger.store.statements import Statements

COPY_EVENTS_MIN = 4
"""From this many events on, COPY (half the work for both sides) beats a pipeline (fewer round trips)."""


class WriteConnection(ABC):
    """A connection that is opened when first needed and thrown away when it may be broken.

    Used by one thread at a time; which thread may change.
    """

    def __init__(self, engine: Engine, statements: Statements) -> None:
        self._engine = engine
        self._sql = statements
        self._driver: Any = engine.dialect.loaded_dbapi
        self._pooled: PoolProxiedConnection | None = None
        self._connection: Any = None  # the driver's, behind it

    @contextmanager
    def transaction(self, *, events: int) -> Iterator[Any]:
        """Give a cursor whose work is durably committed when the block ends, and undone when it raises.

        The same as `begin`, `commit` and `undo`, which the hottest path uses by itself.
        """
        cursor = self.begin(events=events)
        try:
            yield cursor
            self.commit()
        except BaseException as error:
            self.undo(error)
            raise

    def begin(self, *, events: int) -> Any:
        """Begin a transaction and return its cursor.

        Args:
            events: how many will be inserted; 0 for a transaction of single steps, whose errors must be
                raised by the step that made them.
        """
        connection = self._connection
        if connection is None:
            self._pooled = self._engine.raw_connection()
            connection = self._connection = self._pooled.driver_connection
            self._prepare(connection)
        try:
            return self._begin(connection, events)
        except BaseException as error:
            self.undo(error)
            raise

    def commit(self) -> None:
        """Commit; durable on return."""
        self._commit(self._connection)

    def undo(self, error: BaseException) -> None:
        """Undo what was done since `begin`, because of an error; the connection can be used again."""
        connection = self._connection
        if isinstance(error, Exception) and not self.is_transient(error):
            self._end(connection, error)
            connection.rollback()
            return
        # Whatever state it is in, a new connection has none. Closing alone would not do: a statement that
        # somebody still refers to keeps SQLite's lock.
        with suppress(self._driver.Error):
            self._end(connection, error)
            connection.rollback()
        self.discard()

    @abstractmethod
    def _begin(self, connection: Any, events: int) -> Any: ...

    @abstractmethod
    def _commit(self, connection: Any) -> None: ...

    @abstractmethod
    def _end(self, connection: Any, error: BaseException) -> None:
        """Leave what a failed transaction was in, before it is undone."""

    @abstractmethod
    def swap_head(self, cursor: Any, values: tuple[Any, ...]) -> bool:
        """Run `Statements.swap_head` and return whether it found its row."""

    @abstractmethod
    def insert_events(self, cursor: Any, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows of `Statements.event_row`."""

    def is_conflict(self, error: BaseException) -> bool:
        """Return whether a unique key refused a row."""
        return isinstance(error, self._driver.IntegrityError)

    def is_transient(self, error: BaseException) -> bool:
        """Return whether the same transaction may succeed later: connection lost, lock not given."""
        return isinstance(error, self._driver.OperationalError | self._driver.InterfaceError)

    def is_foreign(self, error: BaseException) -> bool:
        """Return whether the error is the driver's, and so needs a name of ours."""
        return isinstance(error, self._driver.Error)

    def verdict(self, error: BaseException) -> UnavailableError | None:
        """Return what to say at once when the storage itself fails, None when trying again makes sense.

        Source: THREATS F3 (after a failed fsync nothing may be believed) and F4 (disk full).
        """
        name = str(getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or "")
        if name in ("SQLITE_FULL", "53100"):
            return UnavailableError("store_full", "there is no room left in the database")
        if name.startswith(("SQLITE_IOERR", "SQLITE_CORRUPT", "58")):
            return UnavailableError("store_failed", "the storage under the database failed")
        return None

    def discard(self) -> None:
        """Give up the connection; the next transaction opens another."""
        if self._pooled is not None:
            pooled, self._pooled, self._connection = self._pooled, None, None
            pooled.invalidate()

    @abstractmethod
    def _prepare(self, connection: Any) -> None:
        """Set up a new connection."""


class SQLiteWriteConnection(WriteConnection):
    """SQLite: the write lock is taken at BEGIN, so there is nobody to wait for later."""

    _cursor: Any = None

    def _begin(self, connection: Any, events: int) -> Any:
        self._cursor.execute("BEGIN IMMEDIATE")
        return self._cursor

    def _commit(self, connection: Any) -> None:
        self._cursor.execute("COMMIT")  # prepared once; the driver's commit() prepares it every time

    def _end(self, connection: Any, error: BaseException) -> None:
        pass  # nothing but the transaction itself

    def swap_head(self, cursor: Any, values: tuple[Any, ...]) -> bool:
        """Run `Statements.swap_head` and return whether it found its row."""
        cursor.execute(self._sql.swap_head, values)
        return bool(cursor.rowcount)

    def insert_events(self, cursor: Any, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows of `Statements.event_row`."""
        cursor.executemany(self._sql.insert_event, rows)

    def _prepare(self, connection: Any) -> None:
        self._cursor = connection.cursor()


class PostgresWriteConnection(WriteConnection):
    """PostgreSQL by psycopg: few events travel in one pipeline (two round trips), many by COPY."""

    _pipeline: Any | None = None

    def _begin(self, connection: Any, events: int) -> Any:
        # The driver sends BEGIN by itself, with the first statement.
        if 0 < events < COPY_EVENTS_MIN:
            pipeline = connection.pipeline()
            pipeline.__enter__()
            self._pipeline = pipeline
        return connection.cursor()

    def _commit(self, connection: Any) -> None:
        connection.commit()
        if self._pipeline is not None:
            pipeline, self._pipeline = self._pipeline, None
            pipeline.__exit__(None, None, None)

    def _end(self, connection: Any, error: BaseException) -> None:
        if self._pipeline is not None:
            pipeline, self._pipeline = self._pipeline, None
            # The first error is the one that counts; what the pipeline says about it is an echo.
            with suppress(self._driver.Error):
                pipeline.__exit__(type(error), error, error.__traceback__)

    def swap_head(self, cursor: Any, values: tuple[Any, ...]) -> bool:
        """Run `Statements.swap_head` and return whether it found its row."""
        cursor.execute(self._sql.swap_head + " RETURNING size", values)  # a pipeline counts no rows
        return cursor.fetchone() is not None

    def insert_events(self, cursor: Any, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows of `Statements.event_row`."""
        if len(rows) < COPY_EVENTS_MIN:
            cursor.executemany(self._sql.insert_event, rows)
            return
        with cursor.copy(self._sql.copy_events) as copy:
            copy.set_types(self._sql.event_types)
            for row in rows:
                copy.write_row(row)

    def _prepare(self, connection: Any) -> None:
        connection.execute(self._sql.bound_waiting)
        connection.commit()


def write_connection(engine: Engine, statements: Statements) -> WriteConnection:
    """Return the write connection that goes with an engine; nothing is opened yet."""
    kind = SQLiteWriteConnection if is_sqlite(engine) else PostgresWriteConnection
    return kind(engine, statements)
