"""Fixtures of the ledger's floor: recorder, vault, keys, mapper, log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.keys.cosigning import CosignerKeys
from ledger.keys.files import load_or_create_secret
from ledger.keys.signing import LedgerKey, ManagedKeys
from ledger.keys.vault import Vault
from ledger.log.cosigner import Cosigner
from ledger.store.engine import make_engine, migrate
from ledger.store.recorder import LedgerRecorder
from tests.conftest import Database


@pytest.fixture
def recorder(database: Database) -> Iterator[LedgerRecorder]:
    """A recorder over the fresh database; the test runs once for each kind."""
    recorder = LedgerRecorder(database.engine)
    yield recorder
    recorder.close()


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    """An empty vault on SQLite."""
    engine = make_engine(f"sqlite:///{tmp_path / 'vault.sqlite'}")
    migrate(engine, "vault")
    yield Vault(engine, tmp_path / "keks", now=datetime(2026, 11, 24, 10, tzinfo=UTC))
    engine.dispose()


@pytest.fixture
def secret(tmp_path: Path) -> bytes:
    """The secret under which signing keys are encrypted."""
    return load_or_create_secret(tmp_path / "secret")


@pytest.fixture
def managed_keys(tmp_path: Path, secret: bytes) -> ManagedKeys:
    """An empty folder of managed keys."""
    return ManagedKeys(tmp_path / "managed", secret)


@pytest.fixture
def ledger_key(tmp_path: Path, secret: bytes) -> LedgerKey:
    """A fresh key of the log."""
    return LedgerKey.load_or_create(tmp_path / "log-key", secret)


@pytest.fixture
def cosigner(tmp_path: Path, secret: bytes) -> Cosigner:
    """A fresh cosigner of the operator."""
    return Cosigner(CosignerKeys(tmp_path / "cosigner-keys", secret), "example.org/leerspoor")
