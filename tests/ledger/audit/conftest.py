"""One ledger a kind of database for all these tests: changes to it are undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests import postgres
from tests.ledger.audit.stored import Stored, store
from verifiers.worker import Pool


@pytest.fixture(scope="session")
def sqlite_stored(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    """A ledger at rest on SQLite."""
    folder = tmp_path_factory.mktemp("audited") / "data"
    url = f"sqlite:///{folder / 'ledger.sqlite'}"
    with Pool(1, warm=("verifiers",)) as pool:
        return store("sqlite", folder, pool, url, url)


@pytest.fixture(scope="session")
def postgresql_stored(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: str, worker_id: str
) -> Iterator[Stored]:
    """A ledger at rest on PostgreSQL."""
    name = f"audited_{worker_id}"
    with ExitStack() as after:
        url = after.enter_context(postgres.database(postgres_server, name))
        pool = after.enter_context(Pool(1, warm=("verifiers",)))
        admin = postgres.as_user(postgres_server, postgres.ADMIN, name)
        admin_url = admin.replace("postgresql://", "postgresql+psycopg://")
        yield store("postgresql", tmp_path_factory.mktemp("audited") / "data", pool, url, admin_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def stored(request: pytest.FixtureRequest) -> Stored:
    """A ledger at rest; the test runs once for each kind of database."""
    found: Stored = request.getfixturevalue(f"{request.param}_stored")
    return found
