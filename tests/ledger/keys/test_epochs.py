"""Epochs of the vault: the schedule, every place where a rotation can stop, restores, and others at work meanwhile."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from ledger.errors import ErasedError, UnavailableError
from ledger.keys.epochs import EPOCH_LIFE, GRACE, EpochFolder
from ledger.keys.vault import Vault
from ledger.store.engine import make_engine, migrate
from tests import postgres

NOW = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)


@dataclass
class Place:
    """A vault that can be opened again, and whose SQLite database can be copied and put back."""

    engine: Engine
    folder: Path

    def open(self, now: datetime = NOW) -> Vault:
        """Return a vault over what is there."""
        return Vault(self.engine, self.folder, now=now)

    def files(self) -> list[str]:
        """Return the names of the files of the epochs."""
        return sorted(path.name for path in self.folder.iterdir())

    @contextmanager
    def restored(self, backup: Path) -> Iterator[Place]:
        """Give the same folder with an older database."""
        engine = make_engine(f"sqlite:///{backup}")
        yield Place(engine, self.folder)
        engine.dispose()

    def back_up(self, to: Path) -> Path:
        """Copy the database as a backup tool does."""
        here = sqlite3.connect(str(self.engine.url.database))
        with closing(here) as source, closing(sqlite3.connect(to)) as copy:
            source.backup(copy)
        return to


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Iterator[Place]:
    engine = make_engine(f"sqlite:///{tmp_path / 'vault.sqlite'}")
    migrate(engine, "vault")
    yield Place(engine, tmp_path / "keks")
    engine.dispose()


@pytest.fixture
def postgresql_place(postgres_server: str, worker_id: str, tmp_path: Path) -> Iterator[Place]:
    with postgres.database(postgres_server, f"vault_{worker_id}_{uuid4().hex[:8]}") as url:
        engine = make_engine(url)
        migrate(engine, "vault")
        yield Place(engine, tmp_path / "keks")
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


def test_the_schedule(place: Place) -> None:
    vault, owner = place.open(), uuid4()
    key = vault.data_key(owner, create=True)
    seconds = timedelta(seconds=1)
    for passed, expected in (
        (EPOCH_LIFE - seconds, ["kek-000001"]),
        (EPOCH_LIFE, ["kek-000001", "kek-000002"]),
        (EPOCH_LIFE + GRACE - seconds, ["kek-000001", "kek-000002"]),
        (EPOCH_LIFE + GRACE, ["kek-000002"]),
        (2 * EPOCH_LIFE, ["kek-000002", "kek-000003"]),
        (10 * EPOCH_LIFE, ["kek-000003", "kek-000004"]),  # a server that stood still
        (10 * EPOCH_LIFE + GRACE, ["kek-000004"]),
    ):
        vault.keep_schedule(now=NOW + passed)
        assert place.files() == expected, passed
        assert vault.data_key(owner) == key
    ended = {epoch.number: epoch.destroyed_at for epoch in vault.epochs()}
    assert ended[1] == NOW + EPOCH_LIFE + GRACE
    assert [number for number, moment in ended.items() if moment is None] == [4]
    newest, noise_after = vault.noise_after()
    assert (newest.number, newest.begun_at) == (4, NOW + 10 * EPOCH_LIFE)
    assert noise_after == newest.begun_at + timedelta(days=30)


def test_a_forced_rotation_ends_all_older_epochs_at_once(place: Place) -> None:
    vault, living, dead = place.open(), uuid4(), uuid4()
    key = vault.data_key(living, create=True)
    vault.data_key(dead, create=True)
    vault.keep_schedule(now=NOW + EPOCH_LIFE)
    vault.destroy(dead, now=NOW + EPOCH_LIFE)
    assert place.files() == ["erased-000002", "kek-000001", "kek-000002"]
    assert vault.rotate(now=NOW + EPOCH_LIFE) == 3
    assert place.files() == ["kek-000003"]
    assert vault.data_key(living) == key
    with pytest.raises(ErasedError) as caught:
        vault.data_key(dead)
    assert caught.value.code == "erased"


def test_a_backup_of_the_vault_brings_nobody_back_while_its_epoch_lives(
    sqlite_place: Place, tmp_path: Path
) -> None:
    vault, living, dead, unborn = sqlite_place.open(), uuid4(), uuid4(), uuid4()
    key = vault.data_key(living, create=True)
    vault.data_key(dead, create=True)
    backup = sqlite_place.back_up(tmp_path / "backup.sqlite")
    vault.data_key(unborn, create=True)
    for owner in (dead, unborn):
        vault.destroy(owner, now=NOW)
    vault.keep_schedule(now=NOW + EPOCH_LIFE)
    with sqlite_place.restored(backup) as old:
        restored = old.open()
        assert [epoch.number for epoch in restored.epochs()] == [1, 2]
        assert restored.data_key(living) == key
        for owner in (dead, unborn):
            with pytest.raises(ErasedError) as caught:
                restored.data_key(owner, create=True)
            assert caught.value.code == "erased"


def test_a_backup_of_the_vault_is_noise_once_its_epoch_is_destroyed(
    sqlite_place: Place, tmp_path: Path
) -> None:
    vault = sqlite_place.open()
    vault.data_key(uuid4(), create=True)
    backup = sqlite_place.back_up(tmp_path / "backup.sqlite")
    vault.rotate(now=NOW)
    with sqlite_place.restored(backup) as old, pytest.raises(UnavailableError) as caught:
        old.open()
    assert caught.value.code == "vault_too_old"


def test_a_folder_from_a_backup_is_refused(sqlite_place: Place, tmp_path: Path) -> None:
    vault = sqlite_place.open()
    vault.data_key(uuid4(), create=True)
    shutil.copytree(sqlite_place.folder, tmp_path / "copied")
    vault.rotate(now=NOW)
    with pytest.raises(UnavailableError) as caught:
        Place(sqlite_place.engine, tmp_path / "copied").open()
    assert caught.value.code == "vault_too_new"


class PowerFailureError(Exception):
    """Raised by the tests where the power goes."""


def _cut(patch: pytest.MonkeyPatch, owner: Any, name: str, *, after: bool, times: int = 0) -> None:
    """Let a method fail before or after its work, once it was called some times."""
    real: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def fail(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls <= times:
            return real(*arguments, **options)
        if after:
            real(*arguments, **options)
        raise PowerFailureError

    patch.setattr(owner, name, fail)


STOPS: dict[str, tuple[str, str, bool, int]] = {
    "before the new key": ("folder", "begin", False, 0),
    "after the new key": ("folder", "begin", True, 0),
    "before wrapping": ("vault", "_rewrap", False, 0),
    "while wrapping": ("vault", "_wrap", False, 1),
    "after wrapping": ("vault", "_rewrap", True, 0),
    "before the first old key": ("folder", "destroy", False, 0),
    "after the first old key": ("folder", "destroy", True, 0),
    "between old keys": ("folder", "destroy", False, 1),
}


@pytest.mark.parametrize("stop", STOPS)
def test_a_rotation_that_stopped_anywhere_is_finished_by_the_next(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    monkeypatch.setattr("ledger.keys.vault.REWRAP_ROWS", 1)
    vault = sqlite_place.open()
    owners = [uuid4() for _ in range(3)]
    kept = {owner: vault.data_key(owner, create=True) for owner in owners}
    vault.keep_schedule(now=NOW + EPOCH_LIFE)
    whose, name, after, times = STOPS[stop]
    with pytest.MonkeyPatch.context() as patch:
        _cut(patch, vault if whose == "vault" else EpochFolder, name, after=after, times=times)
        with pytest.raises(PowerFailureError):
            vault.rotate(now=NOW + EPOCH_LIFE)
    later = NOW + EPOCH_LIFE + timedelta(hours=1)
    again = sqlite_place.open(later)
    assert {owner: again.data_key(owner) for owner in owners} == kept
    young = uuid4()
    kept[young] = again.data_key(young, create=True)
    newest = again.rotate(now=later)
    assert sqlite_place.files() == [f"kek-{newest:06d}"]
    assert {owner: again.data_key(owner) for owner in kept} == kept
    assert [epoch.number for epoch in again.epochs() if epoch.destroyed_at is None] == [newest]


@pytest.mark.parametrize("after", [False, True])
def test_a_key_whose_destruction_stopped_half_way_is_destroyed_by_the_next_start(
    place: Place, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    vault, owner = place.open(), uuid4()
    vault.data_key(owner, create=True)
    with pytest.MonkeyPatch.context() as patch:
        _cut(patch, EpochFolder, "note_erased", after=after)
        with pytest.raises(PowerFailureError):
            vault.destroy(owner, now=NOW)
    assert not vault.is_destroyed(owner)
    assert place.open().is_destroyed(owner) is after


def test_a_line_cut_short_spoils_no_other(sqlite_place: Place) -> None:
    vault, first, second = sqlite_place.open(), uuid4(), uuid4()
    vault.destroy(first, now=NOW)
    with (sqlite_place.folder / "erased-000001").open("ab") as file:
        file.write(b"\n0d5a7d0e-6a")
    vault.destroy(second, now=NOW)
    assert EpochFolder(sqlite_place.folder).erased() == {first, second}


def test_rotating_while_others_make_and_destroy_keys_loses_none_and_brings_none_back(place: Place) -> None:
    """Makers, a destroyer and a rotator at once, as two processes over one vault."""
    vault, other = place.open(), place.open()
    doomed = [uuid4() for _ in range(40)]
    made = {owner: vault.data_key(owner, create=True) for owner in doomed}
    errors: list[BaseException] = []
    start = threading.Barrier(4)

    def run(work: Callable[[], None]) -> None:
        start.wait()
        try:
            work()
        except BaseException as error:
            errors.append(error)

    def make() -> None:
        for _ in range(40):
            owner = uuid4()
            made[owner] = other.data_key(owner, create=True)
            assert vault.data_key(owner) == made[owner]

    def destroy() -> None:
        for owner in doomed:
            other.destroy(owner, now=NOW)

    def rotate() -> None:
        for _ in range(5):
            vault.rotate(now=NOW)

    threads = [threading.Thread(target=run, args=(work,)) for work in (make, make, destroy, rotate)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for owner, key in made.items():
        if owner in doomed:
            assert vault.is_destroyed(owner)
        else:
            assert vault.data_key(owner) == key
    assert vault.destroyed() == set(doomed)
    assert vault.epochs()[-1].number == 6


def test_a_key_destroyed_while_it_is_wrapped_again_stays_destroyed(postgresql_place: Place) -> None:
    """On SQLite the rotation holds the only write lock; on PostgreSQL others go on."""
    vault, other, owner = postgresql_place.open(), postgresql_place.open(), uuid4()
    vault.data_key(owner, create=True)
    wrap = vault._wrap

    def destroy_first(*arguments: Any) -> bytes:
        other.destroy(owner, now=NOW)
        return wrap(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vault, "_wrap", destroy_first)
        vault.rotate(now=NOW)
    with pytest.raises(ErasedError) as caught:
        vault.data_key(owner)
    assert caught.value.code == "erased"


def test_a_rotation_waits_for_whoever_wraps_a_key(place: Place) -> None:
    vault, other, owner = place.open(), place.open(), uuid4()
    wrap = vault._wrap
    rotation = threading.Thread(target=other.rotate, kwargs={"now": NOW})

    def rotate_meanwhile(*arguments: Any) -> bytes:
        rotation.start()
        rotation.join(0.2)  # it cannot end before we do
        return wrap(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vault, "_wrap", rotate_meanwhile)
        key = vault.data_key(owner, create=True)
    rotation.join()
    assert vault.data_key(owner) == key
    assert place.files() == ["kek-000002"]
