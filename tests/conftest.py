"""Fixtures that every floor may use: a fresh ledger database, on SQLite and on PostgreSQL.

A test that asks for `database` runs twice. PostgreSQL runs once for the whole test run (all xdist workers
share it) with one database for each worker, emptied before each test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, text

from ledger.store import tables
from ledger.store.engine import make_engine, migrate
from tests import postgres

# How long one example takes says something about the machine and nothing about the code.
settings.register_profile("leerspoor", deadline=None)
settings.load_profile("leerspoor")

Kind = Literal["sqlite", "postgresql"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each worker begin with some of the long tests: one that is begun last, all others wait for."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.get_closest_marker("long")]
    others = [item for item in items if not item.get_closest_marker("long")]
    part = -(-len(others) // workers)
    items[:] = [
        item
        for worker in range(workers)
        for item in (*long[worker::workers], *others[worker * part : (worker + 1) * part])
    ]


@dataclass(frozen=True)
class Database:
    """A migrated, empty ledger database, and the power to do what the ledger itself never may."""

    kind: Kind
    url: str
    engine: Engine
    admin_url: str

    def tamper(self, *statements: str) -> None:
        """Run statements as somebody who owns the machine: guards of the tables do not count."""
        engine = create_engine(self.admin_url)
        with engine.begin() as connection:
            if self.kind == "sqlite":
                guards = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
                for name in guards.scalars().all():
                    connection.execute(text(f"DROP TRIGGER {name}"))
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def postgres_server(run_folder: Path) -> Iterator[str]:
    """URL of this run's PostgreSQL, without a database."""
    with postgres.server(run_folder / "postgres") as url:
        yield url


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str, worker_id: str) -> Iterator[tuple[str, str]]:
    """URLs of this worker's migrated PostgreSQL database: the ledger's, and one that may do everything."""
    name = f"ledger_{worker_id}"
    with postgres.database(postgres_server, name) as url:
        engine = make_engine(url)
        migrate(engine)
        engine.dispose()
        admin = postgres.as_user(postgres_server, postgres.ADMIN, name)
        yield url, admin.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A migrated, empty SQLite database as bytes: copying it is faster than migrating again."""
    path = tmp_path_factory.mktemp("template") / "ledger.sqlite"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path.read_bytes()


@pytest.fixture
def sqlite_database(sqlite_template: bytes, tmp_path: Path) -> Iterator[Database]:
    """A fresh ledger database on SQLite, at tmp_path / "ledger.sqlite"."""
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(sqlite_template)
    url = f"sqlite:///{path}"
    engine = make_engine(url)
    yield Database("sqlite", url, engine, url)
    engine.dispose()


@pytest.fixture
def postgresql_database(postgres_database: tuple[str, str]) -> Iterator[Database]:
    """A fresh ledger database on PostgreSQL."""
    url, admin_url = postgres_database
    engine = make_engine(url)
    database = Database("postgresql", url, engine, admin_url)
    names = ", ".join(table.name for table in tables.metadata.sorted_tables if table.name != "log_head")
    database.tamper(
        f"TRUNCATE {names}",
        f"UPDATE log_head SET size = 0, frontier = '', root = sha256('') WHERE log = '{tables.LOG}'",
    )
    yield database
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A fresh ledger database; the test runs once for each kind."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found
