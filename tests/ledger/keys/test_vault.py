"""The vault: one key for each owner, wrapped, destroyed for good."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from ledger.errors import CorruptError, ErasedError, UnavailableError
from ledger.keys.vault import Vault
from ledger.store.engine import make_engine

NOW = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)


def sql(folder: Path, statement: str, **values: object) -> list[tuple[object, ...]]:
    engine = create_engine(f"sqlite:///{folder / 'vault.sqlite'}")
    with engine.begin() as connection:
        result = connection.execute(text(statement), values)
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def test_a_key_is_made_once_and_found_again(vault: Vault, tmp_path: Path) -> None:
    owner = uuid4()
    assert vault.data_key(owner) is None
    key = vault.data_key(owner, create=True)
    assert key is not None
    assert len(key) == 32
    assert vault.data_key(owner) == vault.data_key(owner, create=True) == key
    assert vault.data_key(uuid4(), create=True) != key
    ((wrapped,),) = sql(tmp_path, "SELECT wrapped FROM data_key WHERE owner = :owner", owner=owner.bytes)
    assert isinstance(wrapped, bytes)
    assert key not in wrapped


def test_many_who_make_one_key_at_once_get_the_same(vault: Vault) -> None:
    owner, found, start = uuid4(), [], threading.Barrier(8)

    def make() -> None:
        start.wait()
        found.append(vault.data_key(owner, create=True))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("had_key", [True, False])
def test_a_destroyed_key_never_comes_back(vault: Vault, had_key: bool) -> None:
    owner = uuid4()
    if had_key:
        vault.data_key(owner, create=True)
    assert not vault.is_destroyed(owner)
    for _ in range(2):
        vault.destroy(owner, now=NOW)
    assert vault.is_destroyed(owner)
    for create in (False, True):
        with pytest.raises(ErasedError) as caught:
            vault.data_key(owner, create=create)
        assert caught.value.code == "erased"


def test_no_trace_of_a_destroyed_key_stays_in_the_files(vault: Vault, tmp_path: Path) -> None:
    owner = uuid4()
    vault.data_key(owner, create=True)
    ((wrapped,),) = sql(tmp_path, "SELECT wrapped FROM data_key")
    assert isinstance(wrapped, bytes)
    vault.destroy(owner, now=NOW)
    for path in tmp_path.glob("vault.sqlite*"):
        assert wrapped not in path.read_bytes()


def test_a_row_moved_to_another_owner_is_found(vault: Vault, tmp_path: Path) -> None:
    victim, thief = uuid4(), uuid4()
    vault.data_key(victim, create=True)
    vault.data_key(thief, create=True)
    sql(
        tmp_path,
        "UPDATE data_key SET wrapped = (SELECT wrapped FROM data_key WHERE owner = :victim) "
        "WHERE owner = :thief",
        victim=victim.bytes,
        thief=thief.bytes,
    )
    with pytest.raises(CorruptError) as caught:
        vault.data_key(thief)
    assert caught.value.code == "vault_corrupt"


def test_a_key_file_open_to_others_is_refused(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "keks" / "kek-000001").chmod(0o644)
    with pytest.raises(UnavailableError) as caught:
        vault.data_key(uuid4(), create=True)
    assert caught.value.code == "secret_readable_by_others"


def test_a_vault_that_does_not_answer_is_named(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(UnavailableError) as caught:
        Vault(engine, tmp_path / "keks", now=NOW)
    assert caught.value.code == "vault_unavailable"
    engine.dispose()
