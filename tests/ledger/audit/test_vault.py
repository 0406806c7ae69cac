"""The audit of the vault: a key too few or one too many is named, and no key is opened for it."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select, text

from ledger.store import tables
from tests.ledger.audit.stored import Stored

LIVING = "destroyed_at IS NULL"


def codes(stored: Stored, *statements: str) -> set[tuple[str, str]]:
    """Return table and code of every fault."""
    return {(fault.table, fault.code) for fault in stored.vault_faults(*statements)}


def erased(stored: Stored) -> UUID:
    """Return who was erased."""
    with stored.changed() as connection:
        return UUID(str(connection.execute(select(tables.erasure.c.learner)).scalar_one()))


def test_a_vault_that_nobody_touched_is_clean(stored: Stored) -> None:
    assert stored.vault_faults() == []


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (f"DELETE FROM data_key WHERE {LIVING}", "key_missing"),
        (f"UPDATE data_key SET wrapped = x'00' WHERE {LIVING}", "column_malformed"),
        (f"UPDATE data_key SET destroyed_at = 7 WHERE {LIVING}", "column_malformed"),
        ("UPDATE data_key SET destroyed_at = NULL WHERE destroyed_at IS NOT NULL", "column_malformed"),
        (f"UPDATE data_key SET epoch = 9 WHERE {LIVING}", "epoch_missing"),
        ("UPDATE key_epoch SET destroyed_at = 7", "epoch_missing"),
    ],
)
def test_a_key_too_few_is_named(stored: Stored, statement: str, code: str) -> None:
    assert ("data_key", code) in codes(stored, statement)


def test_a_key_that_came_back_is_named_by_its_owner(stored: Stored) -> None:
    learner = erased(stored)
    back = "UPDATE data_key SET wrapped = zeroblob(60), destroyed_at = NULL WHERE owner = :owner"
    (fault,) = stored.vault_faults(back, owner=learner.bytes)
    assert (fault.row, fault.code) == (f"owner {learner}", "of_erased")


def test_an_owner_that_is_none_does_not_stop_it(sqlite_stored: Stored) -> None:
    """SQLite holds any text where an id should be."""
    statement = text("UPDATE event SET subject = 'nobody' WHERE type = 'learner-enrolled.v1'")
    faults = sqlite_stored.vault_faults(change=lambda connection: connection.execute(statement))
    assert {("event", "column_mismatch")} <= {(fault.table, fault.code) for fault in faults}
    assert "data_key" not in {fault.table for fault in faults}


def test_the_files_of_epochs_are_those_of_the_table(stored: Stored) -> None:
    assert ("key_epoch", "file_unexpected") in codes(stored, "UPDATE key_epoch SET destroyed_at = 7")
    assert ("key_epoch", "row_missing") in codes(stored, "DELETE FROM key_epoch")
    added = "INSERT INTO key_epoch (number, begun_at) VALUES (2, 7)"
    assert codes(stored, added) == {("key_epoch", "file_missing")}


def test_nothing_is_opened(stored: Stored) -> None:
    """The keys that wrap may be unreadable."""
    (kek,) = (stored.settings.data_dir / "vault-keys").glob("kek-*")
    before = kek.read_bytes()
    try:
        kek.write_bytes(b"")
        assert stored.vault_faults() == []
    finally:
        kek.write_bytes(before)
