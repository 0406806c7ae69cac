"""Databases are durable or refused, migrations make exactly the tables, and SQL itself guards the events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, text
from sqlalchemy.exc import DBAPIError

from ledger.errors import UnavailableError
from ledger.keys import tables as vault_tables
from ledger.store import tables
from ledger.store.engine import make_engine, migrate
from ledger.store.reading import reading, transaction
from ledger.store.recorder import LedgerRecorder
from tests import postgres
from tests.conftest import Database
from tests.ledger.sealed import sealed_event


def test_sqlite_is_set_to_keep_every_commit(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "secure_delete")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x"])
def test_a_database_that_cannot_keep_a_promise_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="database"):
        make_engine(url)


@pytest.mark.parametrize("setting", ["synchronous_commit=off", "synchronous_commit=local"])
def test_a_postgresql_that_may_lose_commits_is_refused(
    postgres_database: tuple[str, str], setting: str
) -> None:
    url, _ = postgres_database
    with pytest.raises(UnavailableError) as caught:
        make_engine(f"{url}&options=-c%20{setting.replace('=', '%3D')}")
    assert caught.value.code == "database_not_durable"
    assert caught.value.got == setting.partition("=")[2]


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        make_engine(f"postgresql://nobody@/none?host={tmp_path}")
    assert caught.value.code == "database_unavailable"


def differences(engine: Any, metadata: MetaData, version_table: str) -> list[Any]:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": version_table, "compare_type": True}
        )
        return list(compare_metadata(context, metadata))


def test_migrations_make_exactly_the_tables(database: Database) -> None:
    migrate(database.engine)  # again: nothing happens
    found = differences(database.engine, tables.metadata, "schema_version_ledger")
    if database.kind == "sqlite":
        # There the position is the row's own key, and stream with version a unique constraint.
        found = [item for item in found if not _is_about_position_as_row_key(item)]
    assert found == []


def _is_about_position_as_row_key(difference: Any) -> bool:
    if isinstance(difference, list):
        return tuple(difference[0][:4]) == ("modify_type", None, "event", "position")
    operation, constraint = difference
    return (operation, constraint.name) in {
        ("add_constraint", "event_position"),
        ("remove_constraint", "event_pk"),
    }


def test_migrations_make_exactly_the_vault(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'odd %name' / 'vault.sqlite'}")
    migrate(engine, "vault")
    assert differences(engine, vault_tables.metadata, "schema_version_vault") == []
    engine.dispose()


def test_both_chains_can_live_in_one_database(postgres_server: str, worker_id: str) -> None:
    with postgres.database(postgres_server, f"both_{worker_id}") as url:
        engine = make_engine(url)
        migrate(engine)
        migrate(engine, "vault")
        migrate(engine)
        engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM event",
        "UPDATE event SET header = header",
        "UPDATE event SET position = position + 1",
        "DELETE FROM idempotency",
    ],
)
def test_sql_itself_refuses_to_change_history(database: Database, statement: str) -> None:
    recorder = LedgerRecorder(database.engine)
    event = sealed_event()
    recorder.insert_events([event])
    if "idempotency" in statement:
        with transaction(database.engine) as connection:
            connection.execute(
                tables.idempotency.insert().values(
                    organisation=event.stream, key=bytes(32), request_mac=bytes(32), event_ids=b""
                )
            )
    with pytest.raises(DBAPIError), database.engine.begin() as connection:
        connection.execute(text(statement))
    assert recorder.at_position(0).sealed == event
    recorder.close()


def test_a_body_may_be_deleted_and_nothing_else_changes(database: Database) -> None:
    recorder = LedgerRecorder(database.engine)
    event = sealed_event()
    recorder.insert_events([event])
    with transaction(database.engine) as connection:
        connection.execute(tables.event.update().values(body=None))
    found = recorder.at_position(0).sealed
    assert (found.body, found.state) == (None, b"")
    assert found.entry == event.entry
    recorder.close()


def test_a_read_of_a_lost_database_is_named(sqlite_database: Database) -> None:
    sqlite_database.tamper("DROP TABLE event")
    with pytest.raises(UnavailableError) as caught, reading(sqlite_database.engine) as connection:
        connection.execute(text("SELECT * FROM event"))
    assert caught.value.code == "store_unavailable"
    with pytest.raises(UnavailableError) as caught, transaction(sqlite_database.engine) as connection:
        connection.execute(text("DELETE FROM event"))
    assert caught.value.code == "store_unavailable"
