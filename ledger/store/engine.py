"""Opening a database: engines whose every commit is durable, and migrations.

SQLite runs in WAL with synchronous=FULL and secure_delete=ON; a PostgreSQL that may lose a commit it
has acknowledged is refused. Source: DESIGN section 4 "Store", THREATS F1 to F3.

Not here: the one connection that writes events (`ledger.store.appender`).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError

from ledger.errors import UnavailableError
from ledger.store.replication import require_synchronous

BUSY_MILLISECONDS_MAX = 10_000
CONNECTIONS_MAX = 40  # below PostgreSQL's default of 100, so that two processes fit


SQLITE_WAL_PAGES = 8_192
"""32 MiB of journal between checkpoints, so that a page of an index that changes often is copied once."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": None, "data_sync_retry": "off"}
_SYNCHRONOUS_COMMIT = ("on", "remote_write", "remote_apply")

WRITES = "leerspoor_writes"
"""Execution option of a connection: its transactions will write, so SQLite takes the write lock at BEGIN."""


def make_engine(url: str, *, allow_asynchronous: bool = False) -> Engine:
    """Return an engine whose commits survive a crash of process, machine and power.

    Args:
        url: SQLAlchemy URL, "sqlite:///file" or "postgresql://…" (psycopg 3 is used for it). The folder
            of an SQLite file is made when missing, for the owner only.
        allow_asynchronous: somebody accepts that a failover to a replica loses acknowledged commits.

    Raises:
        UnavailableError: database_not_durable, its settings could lose acknowledged commits;
            replicas_asynchronous, its replicas may miss them; database_unavailable, it does not answer.
        ValueError: another kind of database, or an SQLite that lives in memory.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _make_sqlite(parsed.render_as_string(hide_password=False), parsed.database)
    if backend == "postgresql":
        return _make_postgresql(
            parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False),
            allow_asynchronous,
        )
    raise ValueError("the database is neither SQLite nor PostgreSQL")


def writing(engine: Engine) -> Engine:
    """Return the same engine for transactions that write (SQLite: BEGIN IMMEDIATE, so no lock upgrades)."""
    return engine.execution_options(**{WRITES: True})


def migrate(engine: Engine, chain: Literal["ledger", "vault"] = "ledger") -> None:
    """Bring the database to the newest shape; does nothing when it is there already.

    Args:
        chain: whose tables; each chain has its own version table and its own folder of steps.

    One process at a time runs it on PostgreSQL: the steps are transactional, so a loser of the race fails
    and finds everything done when it is started again.
    """
    config = Config()
    config.set_main_option("path_separator", "os")
    for option, folder in (("script_location", _MIGRATIONS), ("version_locations", _MIGRATIONS / chain)):
        config.set_main_option(option, str(folder).replace("%", "%%"))
    with writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        config.attributes["version_table"] = f"schema_version_{chain}"
        command.upgrade(config, "head")


def is_sqlite(engine: Engine | Connection) -> bool:
    """Return whether the database is SQLite; otherwise it is PostgreSQL."""
    return engine.dialect.name == "sqlite"


def sqlite_path(engine: Engine) -> Path:
    """Return the file of an SQLite engine."""
    return Path(str(engine.url.database))


def _make_sqlite(url: str, database: str | None) -> Engine:
    if not database or ":memory:" in database or "mode=memory" in database:
        raise ValueError("an SQLite database in memory cannot keep a promise")
    Path(database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(
        url,
        # The driver must not begin transactions on its own: the hooks below do.
        connect_args={
            "isolation_level": None,
            "timeout": BUSY_MILLISECONDS_MAX / 1000,
            "check_same_thread": False,  # the pool gives a connection to one thread at a time
        },
        pool_size=16,
        max_overflow=CONNECTIONS_MAX - 16,
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=ON",
            "foreign_keys=ON",
            "cell_size_check=ON",
            "cache_size=-16384",  # KiB: the inner pages of a large ledger
            f"wal_autocheckpoint={SQLITE_WAL_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _make_postgresql(url: str, allow_asynchronous: bool) -> Engine:
    engine = create_engine(url, pool_size=16, max_overflow=CONNECTIONS_MAX - 16)
    try:
        with engine.connect() as connection:
            _require_durable(connection)
            if not allow_asynchronous:
                require_synchronous(connection)
    except DBAPIError as error:
        engine.dispose()
        raise UnavailableError("database_unavailable", "the database does not answer") from error
    except UnavailableError:
        engine.dispose()
        raise
    return engine


def _require_durable(connection: Connection) -> None:
    for name, required in _DURABLE.items():
        got = str(connection.execute(text(f"SHOW {name}")).scalar_one())
        allowed = _SYNCHRONOUS_COMMIT if required is None else (required,)
        if got not in allowed:
            raise UnavailableError(
                "database_not_durable",
                f"the setting {name} of the database could lose acknowledged commits",
                expected=" or ".join(allowed),
                got=got,
            )
