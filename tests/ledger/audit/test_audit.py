"""A ledger that nobody touched is clean, also while it is written to; and the audit's own tree is the tree."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from ledger.application.status_indexes import permuted
from ledger.audit import Audit, Fault, HeadFile, Trust, head_file, log_key_of, snapshot
from ledger.audit.places import Leases
from ledger.audit.tree import Tree, has_tile
from ledger.errors import UnavailableError
from ledger.store import tiles
from ledger.store.recorder import LedgerRecorder
from tests.conftest import Database
from tests.ledger.audit.stored import Stored
from tests.ledger.sealed import KEY, sealed_event
from verifiers.primitives import merkle
from verifiers.primitives.keys import parse_multikey

LEAVES = 65_536 + 700


def test_an_untouched_ledger_is_clean(stored: Stored) -> None:
    with snapshot(stored.url) as connection:
        told: list[tuple[str, int, int | None]] = []
        audit = Audit(connection, stored.trust, tell=lambda *step: told.append(step))
        assert list(audit.faults()) == []
    assert audit.events > 256
    assert told[0] == ("events", 0, audit.events)
    assert told[-1][1] == told[-1][2]
    assert all(before[1] <= after[1] for before, after in pairwise(told) if before[0] == after[0])


def test_it_sees_one_moment_of_a_ledger_that_is_written_to(database: Database) -> None:
    recorder = LedgerRecorder(database.engine)
    file = HeadFile("none", None) if database.kind == "sqlite" else None
    recorder.insert_events([sealed_event() for _ in range(300)])
    with snapshot(database.url) as connection:
        audit = Audit(connection, Trust(parse_multikey(KEY), "test", file))
        faults = audit.faults()
        found = [next(faults)]
        recorder.insert_events([sealed_event() for _ in range(300)])
        found += faults
    recorder.close()
    assert audit.events == 300
    # These events are signed with noise, and nobody signed a head; all else fits.
    assert {fault.code for fault in found} == {"signature_invalid", "checkpoint_missing"}
    assert len(found) == 301


def test_nothing_is_written_and_nothing_made(sqlite_stored: Stored, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for path in sqlite_stored.settings.data_dir.glob("ledger.sqlite*"):
        shutil.copy(path, folder)
    before = (folder / "ledger.sqlite").read_bytes()
    with snapshot(f"sqlite:///{folder / 'ledger.sqlite'}") as connection:
        assert list(Audit(connection, sqlite_stored.trust).faults()) == []
    assert (folder / "ledger.sqlite").read_bytes() == before


@pytest.mark.parametrize("address", ["sqlite:///{}/none.sqlite", "sqlite:///{}/empty.sqlite"])
def test_where_no_ledger_is_none_is_made(address: str, tmp_path: Path) -> None:
    create_engine(f"sqlite:///{tmp_path}/empty.sqlite").connect().close()
    with pytest.raises(UnavailableError) as caught, snapshot(address.format(tmp_path)):
        pass
    assert caught.value.code == "ledger_missing"
    assert not (tmp_path / "none.sqlite").exists()


@pytest.mark.parametrize("url", ["mysql://host/name", "no address", "postgresql://user@/x?host=/none"])
def test_what_cannot_be_opened_is_said(url: str) -> None:
    with pytest.raises(UnavailableError) as caught, snapshot(url):
        pass
    assert caught.value.code == "database_unavailable"


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"no database at all, " * 100)
    with pytest.raises(UnavailableError) as caught, snapshot(f"sqlite:///{path}"):
        pass
    assert caught.value.code == "database_unreadable"


def test_the_key_of_the_log_is_known_by_its_files_name(sqlite_stored: Stored, tmp_path: Path) -> None:
    assert log_key_of(sqlite_stored.settings.data_dir / "log-key").kind == "Ed25519"
    for name in ("", "zNone.key"):
        (tmp_path / name).touch()
        with pytest.raises(UnavailableError) as caught:
            log_key_of(tmp_path)
        assert caught.value.code == "log_key_unknown"


def test_the_second_place_is_beside_the_file_only(stored: Stored) -> None:
    file = head_file(stored.url)
    assert (file is None) == (stored.kind == "postgresql")
    assert file is None or (file.row == "file ledger.sqlite.head" and file.note is not None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET version = 'one' WHERE position = 3",
        "UPDATE event SET stream = x'00' WHERE position = 3",
        "UPDATE event SET header = 7, signature = 8, body = 9, event_id = 10 WHERE position = 3",
        "UPDATE event SET type = CAST(x'ff22' AS TEXT) WHERE position = 3",
        "UPDATE event SET recorded_at = 9223372036854775807 WHERE position = 3",
    ],
)
def test_values_of_a_wrong_kind_do_not_stop_it(sqlite_stored: Stored, tmp_path: Path, statement: str) -> None:
    faults = damaged(sqlite_stored, tmp_path, statement)
    assert "position 3" in {fault.row for fault in faults}


def damaged(stored: Stored, folder: Path, *statements: str) -> list[Fault]:
    """Return what an audit finds in a copy of the file after statements."""
    for found in stored.settings.data_dir.glob("ledger.sqlite*"):
        shutil.copy(found, folder)
    url = f"sqlite:///{folder / 'ledger.sqlite'}"
    Database("sqlite", "", create_engine("sqlite://"), url).tamper(*statements)
    with snapshot(url) as connection:
        return list(Audit(connection, stored.trust).faults())


@pytest.mark.parametrize(
    ("statement", "table", "code"),
    [
        (
            "UPDATE event SET recorded_at = 'x' WHERE type = 'status-lists-published.v1'",
            "event",
            "column_mismatch",
        ),
        (
            "UPDATE event SET recorded_at = 'x' WHERE type = 'credential-suspended.v1'",
            "event",
            "column_mismatch",
        ),
        (
            "UPDATE status_publication SET organisation = CAST(x'ff' || rowid AS TEXT)",
            "status_publication",
            "column_malformed",
        ),
        ("UPDATE status_publication SET size = x'00'", "status_publication", "column_malformed"),
    ],
)
def test_nor_where_published_lists_lean_on_them(
    sqlite_stored: Stored, tmp_path: Path, statement: str, table: str, code: str
) -> None:
    assert (table, code) in {
        (fault.table, fault.code) for fault in damaged(sqlite_stored, tmp_path, statement)
    }


def test_a_file_that_contradicts_itself_is_named(sqlite_stored: Stored, tmp_path: Path) -> None:
    """An index whose entries are those of another column, as a bug of a file system would leave it."""
    other = "UPDATE sqlite_master SET sql = replace(sql, '(issuer,', '(subject,') WHERE name = 'event_issuer'"
    faults = damaged(sqlite_stored, tmp_path, "PRAGMA writable_schema = ON", other)
    assert ("database", "its file", "storage_damaged") in {
        (fault.table, fault.row, fault.code) for fault in faults
    }


def test_its_tree_is_the_writers_tree() -> None:
    """Two ways to the same tree, over enough leaves for a third level of tiles."""
    entries = [number.to_bytes(32, "big") for number in range(LEAVES)]
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    tree, made = Tree(), {}
    watched = (0, 1, 255, 256, 257, 65_535, 65_536, LEAVES)
    for size, entry in enumerate([*entries, b""]):
        if size in watched:
            frontier = merkle.Frontier.EMPTY.extend(leaves[:size])
            assert (tree.head.root, tree.head.subtrees) == (frontier.root(), frontier.hashes)
        if size < LEAVES:
            made.update({(tile.level, tile.index): tile.hashes for tile in tree.add(entry)})
    made.update({(tile.level, tile.index): tile.hashes for tile in tree.unfinished() if tile.level > 0})
    complete, _ = tiles.fill(b"", leaves)
    assert made == tiles.grow(0, complete, lambda *_: b"")
    assert {
        (level, index) for level in range(4) for index in range(300) if has_tile(LEAVES, level, index)
    } == set(made)


@pytest.mark.parametrize("size", [1, 2, 3, 100, 131_072])
def test_a_place_leads_back_to_its_lease(size: int) -> None:
    seed = bytes(range(32))
    for count in {0, size // 3, size // 2, size - 1}:
        assert Leases(seed, size).number(permuted(count, seed=seed, size=size)) == count
