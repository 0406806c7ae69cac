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

    @contextmanager
    def transaction(self, *, events: int) -> Iterator[Any]:
        """Give a cursor whose work is durably committed when the block ends, and undone when it raises.

        Args:
            events: how many will be inserted; 0 for a transaction of single steps, whose errors must be
                raised by the step that made them.
        """
        connection = self._connection()
        try:
            yield self._begin(connection, events)
            self._commit(connection)
        except BaseException as error:
            self._end(connection, error)
            if not isinstance(error, Exception) or self.is_transient(error):
                # Whatever state it is in, a new connection has none. Closing alone would not do: a
                # statement that somebody still refers to keeps SQLite's lock.
                with suppress(self._driver.Error):
                    connection.rollback()
                self.discard()
            else:
                connection.rollback()
            raise

    @abstractmethod
    def _begin(self, connection: Any, events: int) -> Any:
        """Begin a transaction and return its cursor."""

    @abstractmethod
    def _commit(self, connection: Any) -> None:
        """Commit, durably."""

    @abstractmethod
    def _end(self, connection: Any, error: BaseException) -> None:
        """Leave what a failed transaction was in, before it is undone."""

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
            pooled, self._pooled = self._pooled, None
            pooled.invalidate()

    def _connection(self) -> Any:
        if self._pooled is None:
            self._pooled = self._engine.raw_connection()
            self._prepare(self._pooled.driver_connection)
        return self._pooled.driver_connection

    @abstractmethod
    def _prepare(self, connection: Any) -> None:
        """Set up a new connection."""


class SQLiteWriteConnection(WriteConnection):
    """SQLite: the write lock is taken at BEGIN, so there is nobody to wait for later."""

    def _begin(self, connection: Any, events: int) -> Any:
        cursor = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        return cursor

    def _commit(self, connection: Any) -> None:
        connection.commit()

    def _end(self, connection: Any, error: BaseException) -> None:
        pass

    def insert_events(self, cursor: Any, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows of `Statements.event_row`."""
        cursor.executemany(self._sql.insert_event, rows)

    def _prepare(self, connection: Any) -> None:
        pass  # the pragmas of `make_engine` are enough


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
