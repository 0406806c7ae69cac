"""`leerspoor audit`: what it prints and how it ends."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.audit import log_key_of
from tests.architecture.tree import ROOT
from tests.conftest import Database
from tests.ledger.audit.stored import Stored
from verifiers.formats.checkpoint import VerifierKey

EVENTS = 277
COMMAND = [sys.executable, "-c", "from api.commands import main; main()", "audit"]


def run(*arguments: str, **settings: object) -> tuple[int, str, str]:
    """Run the command with settings in its environment; return status, output and errors."""
    environment = {f"LEERSPOOR_{name.upper()}": str(value) for name, value in settings.items()}
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_a_clean_ledger_ends_with_zero(stored: Stored) -> None:
    status, out, err = run(data_dir=stored.settings.data_dir, database_url=stored.url)
    assert (status, err) == (0, "")
    assert out.startswith("audit: ")
    assert out.endswith(": clean\n")
    assert out.count("\n") == 1


@pytest.fixture
def copy(sqlite_stored: Stored, tmp_path: Path) -> Path:
    """A copy of the ledger's folder, to be changed."""
    return Path(shutil.copytree(sqlite_stored.settings.data_dir, tmp_path / "data"))


def test_faults_are_named_one_a_line(copy: Path) -> None:
    address = f"sqlite:///{copy / 'ledger.sqlite'}"
    database = Database("sqlite", address, None, address)  # type: ignore[arg-type]
    database.tamper(
        "UPDATE event SET body = NULL WHERE position = 5",
        "UPDATE event SET recorded_at = 1 WHERE position = 7",
    )
    status, out, err = run(data_dir=copy)
    assert (status, err) == (1, "")
    assert out.split("\n") == [
        "event, position 5: body_missing",
        "event, position 7: column_mismatch (recorded_at)",
        f"audit: 2 faults in {EVENTS} events",
        "",
    ]


def test_a_restored_database_is_checked_with_a_key_that_is_given(copy: Path, tmp_path: Path) -> None:
    key = VerifierKey("127.0.0.1/leerspoor", log_key_of(copy / "log-key")).dump()
    address = f"sqlite:///{copy / 'ledger.sqlite'}"
    options = ("--database-url", address, "--log-key", key)
    assert run(*options, data_dir=tmp_path / "elsewhere")[0] == 0
    (copy / "ledger.sqlite.head").unlink()
    status, out, _ = run(*options, data_dir=tmp_path / "elsewhere")
    assert status == 1
    assert out.startswith("signed_head, file ledger.sqlite.head: checkpoint_missing\n")


def test_what_could_not_be_checked_is_said_in_one_line(copy: Path, tmp_path: Path) -> None:
    shutil.rmtree(copy / "log-key")
    cases = {
        "ledger_missing": run(data_dir=tmp_path / "nothing"),
        "log_key_unknown": run(data_dir=copy),
        "vkey_malformed": run("--log-key", "a+b+c", data_dir=copy),
        "database_unavailable": run("--database-url", "mysql://host/x", data_dir=copy),
    }
    for code, (status, out, err) in cases.items():
        assert (status, out) == (2, ""), code
        assert err.startswith("leerspoor audit: ")
        assert err.endswith(f" ({code})\n")
        assert err.count("\n") == 1
    assert not (tmp_path / "nothing").exists()
