"""Fresh databases for benchmarks, and the peers: the recorders of the `eventsourcing` library itself.

The peers get the same durability as ours (SQLite: WAL with synchronous=FULL; PostgreSQL: the same server)
and the configuration their documentation gives them, with as many connections as serve them best.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

from eventsourcing.persistence import ApplicationRecorder
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteDatastore,
)
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine

from ledger.store.engine import make_engine, migrate
from ledger.store.recorder import LedgerRecorder
from tests import postgres

Kind = Literal["PostgreSQL", "SQLite"]
KINDS: tuple[Kind, ...] = ("PostgreSQL", "SQLite")
PEER_CONNECTIONS = 16

_numbers = itertools.count()


@contextmanager
def workshop() -> Iterator[Path]:
    """Give a folder for the databases of one benchmark; it goes with everything in it."""
    with tempfile.TemporaryDirectory(prefix="leerspoor-bench-") as folder:
        yield Path(folder)


@contextmanager
def ledger_engine(kind: Kind, folder: Path) -> Iterator[Engine]:
    """Give an engine on a fresh, migrated ledger database."""
    with ExitStack() as stack:
        engine = make_engine(address(kind, folder, stack))
        stack.callback(engine.dispose)
        migrate(engine)
        yield engine


@contextmanager
def ours(kind: Kind, folder: Path) -> Iterator[ApplicationRecorder]:
    """Give our recorder on a fresh database."""
    with ledger_engine(kind, folder) as engine:
        recorder = LedgerRecorder(engine)
        yield recorder
        recorder.close()


@contextmanager
def theirs(kind: Kind, folder: Path) -> Iterator[ApplicationRecorder]:
    """Give the library's recorder on a fresh database."""
    with ExitStack() as stack:
        url = address(kind, folder, stack)
        yield _their_sqlite(url, stack) if kind == "SQLite" else _their_postgresql(url, stack)


def address(kind: Kind, folder: Path, stack: ExitStack) -> str:
    """Return the URL of a fresh database, which lives as long as the stack."""
    name = f"bench_{next(_numbers)}"
    if kind == "SQLite":
        return f"sqlite:///{folder / name}.sqlite"
    server = stack.enter_context(postgres.server(folder / "postgres"))
    return stack.enter_context(postgres.database(server, name))


class _FullySynchronousPool(SQLiteConnectionPool):
    """The library's pool, with the one pragma that makes its commits survive power loss, as ours do."""

    def _create_connection(self) -> SQLiteConnection:
        connection = super()._create_connection()
        connection.cursor().execute("PRAGMA synchronous=FULL")
        return connection


def _their_sqlite(url: str, stack: ExitStack) -> ApplicationRecorder:
    path = url.removeprefix("sqlite:///")
    datastore = SQLiteDatastore(path, lock_timeout=60, pool_timeout=60)
    datastore.pool = _FullySynchronousPool(db_name=path, lock_timeout=60, pool_timeout=60)
    stack.callback(datastore.close)
    recorder = SQLiteApplicationRecorder(datastore)
    recorder.create_table()
    return recorder


def _their_postgresql(url: str, stack: ExitStack) -> ApplicationRecorder:
    from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

    parts = conninfo_to_dict(url)
    datastore = PostgresDatastore(
        dbname=str(parts["dbname"]),
        host=str(parts["host"]),
        port="5432",
        user=str(parts["user"]),
        password="",
        pool_size=PEER_CONNECTIONS,
        connect_timeout=60,
    )
    stack.callback(datastore.close)
    recorder = PostgresApplicationRecorder(datastore)
    recorder.create_table()
    return recorder
