"""PostgreSQL with replicas: refused when they may miss a commit; nothing is signed that they may not have."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import psycopg
import pytest
from sqlalchemy import create_engine, text

from ledger.errors import UnavailableError
from ledger.log.second_place import FilePlace, second_place
from ledger.store.engine import make_engine, migrate
from tests import postgres
from tests.conftest import Database
from tests.ledger.log.world import Log
from verifiers.formats.checkpoint import Checkpoint

POLL_SECONDS = 0.02


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of one's own: what is set here would stop the tests that share the other one."""
    with postgres.server(tmp_path_factory.mktemp("replicated")) as url:
        yield url


@pytest.fixture
def database(server: str) -> Iterator[Database]:
    """A fresh ledger database on that server."""
    with postgres.database(server, "ledger") as url:
        engine = make_engine(url)
        migrate(engine)
        yield Database("postgresql", url, engine, postgres.as_user(server, postgres.ADMIN, "ledger"))
        engine.dispose()


@pytest.fixture
def admin(server: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """What sets the server; its own commits wait for nobody."""
    with psycopg.connect(postgres.as_user(server, postgres.ADMIN, "postgres"), autocommit=True) as connection:
        connection.execute("SET synchronous_commit = local")
        yield connection
        connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")


def wait_for_replicas(admin: psycopg.Connection[tuple[object, ...]], names: str) -> None:
    """Let every commit from now on wait for these replicas, and return when the server does so."""
    admin.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'".encode())
    admin.execute("SELECT pg_reload_conf()")
    while admin.execute("SHOW synchronous_standby_names").fetchone() != (names,):
        sleep(POLL_SECONDS)


def test_asynchronous_replicas_are_refused_unless_somebody_accepts_them(
    database: Database, admin: psycopg.Connection[tuple[object, ...]]
) -> None:
    admin.execute("SELECT pg_create_physical_replication_slot('replica')")
    with pytest.raises(UnavailableError) as caught:
        make_engine(database.url)
    assert caught.value.code == "replicas_asynchronous"
    make_engine(database.url, allow_asynchronous=True).dispose()
    wait_for_replicas(admin, "ANY 1 (*)")
    make_engine(database.url).dispose()


@pytest.mark.parametrize("outside", [True, False])
def test_no_head_is_shown_before_the_replicas_have_what_it_covers(
    database: Database, admin: psycopg.Connection[tuple[object, ...]], tmp_path: Path, outside: bool
) -> None:
    """Events that a restart made visible before they were replicated: a head over them must wait."""
    file = FilePlace(tmp_path / "note")
    log = Log(database, tmp_path, place=second_place(database.engine, file if outside else None))
    before = log.place.load()
    log.append(3)
    wait_for_replicas(admin, "replica")  # which is not there: no commit is confirmed
    heads: list[Checkpoint] = []
    signer = threading.Thread(target=lambda: heads.append(log.heads.latest()))
    signer.start()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    while signer.is_alive() and admin.execute(waiting).fetchone() != (1,):
        sleep(POLL_SECONDS)
    assert heads == []
    # A reader sees no more than before, in whichever place counts.
    assert log.place.load() == before
    wait_for_replicas(admin, "")
    signer.join()
    assert [head.size for head in heads] == [3]
    assert log.place.load() == heads[0].dump()
    log.close()


def test_a_rights_less_owner_can_tell(database: Database) -> None:
    """What the check reads is open to the ledger's own user, who is no superuser."""
    engine = create_engine(database.url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_user")).scalar_one() == postgres.USER
        assert connection.execute(text("SHOW synchronous_standby_names")).scalar_one() == ""
        connection.execute(text("SELECT slot_type FROM pg_replication_slots")).all()
        connection.execute(text("SELECT state FROM pg_stat_replication")).all()
    engine.dispose()
