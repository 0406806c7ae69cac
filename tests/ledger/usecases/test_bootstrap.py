"""Wiring: what a start finds, makes and refuses; environment variables choose no classes."""

from __future__ import annotations

import stat
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr, ValidationError

from ledger.bootstrap import OPERATOR_TOKEN_FILE, build
from ledger.errors import UnauthenticatedError, UnavailableError
from ledger.settings import Settings
from ledger.store.recorder import LedgerRecorder
from ledger.usecases import tokens, transparency
from ledger.usecases.access import authenticate
from ledger.usecases.history import history
from ledger.usecases.organisations import did_web, organisation_of_did
from ledger.usecases.share import GrantShare, grant
from ledger.usecases.status import ChangeStatus, revoke
from ledger.usecases.verify_share import verify_share
from tests.conftest import Database
from tests.ledger.usecases.world import Clock, World
from verifiers.worker import Pool


def test_everything_is_there_after_a_restart(data_dir: Path, pool: Pool) -> None:
    clock = Clock()
    first = build(Settings(data_dir=data_dir), clock=clock, pool=pool)
    world = World(first, clock)
    roc = world.organisation()
    ada = world.learner(roc)
    issued = world.issue(roc, ada)
    checkpoint, key = transparency.checkpoint(first), transparency.log_key(first)
    first.close()
    second = build(Settings(data_dir=data_dir), clock=clock, pool=pool)
    assert (transparency.checkpoint(second), transparency.log_key(second)) == (checkpoint, key)
    (entry,) = history(second, authenticate(second, ada.secret), ada.id).entries
    assert entry.credential == issued.credential
    World(second, clock).issue(roc, ada)
    second.close()


def test_secrets_are_the_owners_only(world: World, data_dir: Path) -> None:
    world.organisation()
    secret_files = [data_dir / "secret", data_dir / OPERATOR_TOKEN_FILE]
    secret_files += [path for path in data_dir.rglob("*.key") if path.is_file()]
    assert len(secret_files) >= 4
    for path in secret_files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_a_secret_that_others_can_read_stops_the_start(data_dir: Path, pool: Pool) -> None:
    (data_dir / "secret").chmod(0o644)
    with pytest.raises(UnavailableError) as caught:
        build(Settings(data_dir=data_dir), pool=pool)
    assert caught.value.code == "secret_readable_by_others"
    (data_dir / "secret").chmod(0o600)
    build(Settings(data_dir=data_dir), pool=pool).close()


def test_the_environment_chooses_no_class(
    data_dir: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PERSISTENCE_MODULE", "LEERSPOOR_PERSISTENCE_MODULE", "TRANSCODER_TOPIC", "MAPPER_TOPIC"):
        monkeypatch.setenv(name, "os:system")
    for name in ("CIPHER_TOPIC", "COMPRESSOR_TOPIC", "IS_SNAPSHOTTING_ENABLED", "AGGREGATE_CACHE_MAXSIZE"):
        monkeypatch.setenv(name, "os:system")
    ledger = build(Settings(data_dir=data_dir), pool=pool)
    assert type(ledger.recorder) is LedgerRecorder
    assert ledger.events.mapper is ledger.sealing
    assert dict(ledger.env) == {}
    assert ledger.repository.cache is None
    ledger.close()


def test_an_operator_token_that_is_set_takes_the_place_of_the_old_one(data_dir: Path, pool: Pool) -> None:
    old = (data_dir / OPERATOR_TOKEN_FILE).read_text().strip()
    new = tokens.write("operator", b"\x07" * 32)
    for _ in range(2):
        ledger = build(Settings(data_dir=data_dir, operator_token=SecretStr(new)), pool=pool)
        assert authenticate(ledger, new).role == "operator"
        with pytest.raises(UnauthenticatedError) as caught:
            authenticate(ledger, old)
        assert caught.value.code == "token_invalid"
        ledger.close()
    # Without the setting, what was set last still holds.
    ledger = build(Settings(data_dir=data_dir), pool=pool)
    assert authenticate(ledger, new).role == "operator"
    ledger.close()


@pytest.mark.parametrize("token", ["", "secret", tokens.write("organisation", bytes(32))])
def test_an_operator_token_that_is_none_stops_the_start(data_dir: Path, pool: Pool, token: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        build(Settings(data_dir=data_dir, operator_token=SecretStr(token)), pool=pool)
    assert caught.value.code == "operator_token_malformed"


def test_a_start_cut_short_after_writing_the_token_goes_on_with_it(tmp_path: Path, pool: Pool) -> None:
    folder = tmp_path / "new"
    folder.mkdir(mode=0o700)
    token = tokens.write("operator", b"\x09" * 32)
    path = folder / OPERATOR_TOKEN_FILE
    path.write_text(f"{token}\n")
    path.chmod(0o600)
    ledger = build(Settings(data_dir=folder), pool=pool)
    assert authenticate(ledger, token).role == "operator"
    ledger.close()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEERSPOOR_BASE_URL", "https://ledger.example:8443")
    monkeypatch.setenv("LEERSPOOR_DATA_DIR", "/srv/leerspoor")
    settings = Settings()
    assert (settings.host, settings.log_origin) == ("ledger.example:8443", "ledger.example/leerspoor")
    assert settings.data_dir == Path("/srv/leerspoor")
    assert Settings(origin="log.example/2026").log_origin == "log.example/2026"


@pytest.mark.parametrize(
    "base_url",
    ["ledger.example", "ftp://ledger.example", "https://", "https://x/", "https://u@x", "https://x?q"],
)
def test_a_base_url_that_is_none(base_url: str) -> None:
    with pytest.raises(ValidationError):
        Settings(base_url=base_url)


def test_the_whole_walk_on_both_databases(database: Database, tmp_path: Path, pool: Pool) -> None:
    clock = Clock()
    settings = Settings(data_dir=tmp_path / "walk", database_url=database.url)
    ledger = build(settings, clock=clock, pool=pool)
    world = World(ledger, clock)
    roc = world.organisation()
    ada = world.learner(roc)
    issued = world.issue(roc, ada)
    world.require_receipt(issued.receipt, issued.credential, issued.position)
    link = grant(ledger, ada.actor, GrantShare("stage")).token
    assert verify_share(ledger, link).report.verdict == "valid"
    revoke(ledger, roc.actor, ChangeStatus(issued.id))
    assert verify_share(ledger, link).report.verdict == "invalid"
    ledger.close()


def test_no_text_of_a_stranger_makes_the_database_fail(
    database: Database, tmp_path: Path, pool: Pool
) -> None:
    ledger = build(Settings(data_dir=tmp_path / "x", database_url=database.url), clock=Clock(), pool=pool)
    prefix = did_web(ledger, UUID(int=0)).removesuffix(str(UUID(int=0)))
    for text in ("\0", "z6Mk\0", "z" * 2_000, "\U0001f600", "é", "%", "'", "--"):
        for did in (f"did:key:{text}", f"{prefix}{text}"):
            assert organisation_of_did(ledger, did) is None
    ledger.close()
