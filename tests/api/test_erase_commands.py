"""The commands `erase`, `retention` and `rotate-keys`, on a folder that a server left behind."""

from __future__ import annotations

import errno
import threading
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from api.commands import application
from ledger import bootstrap
from ledger.domain.retention import RULES, WARNING
from ledger.usecases import erase as usecase
from ledger.usecases import upkeep
from tests.api.world import World, world
from verifiers.formats import erasure as certificates


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder for the settings, and logging left as it was."""
    monkeypatch.setenv("LEERSPOOR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LEERSPOOR_BASE_URL", "http://ledger.example")
    monkeypatch.setenv("LEERSPOOR_CLOCK_CHECKED", "true")
    monkeypatch.setattr("api.commands.opened.logs.configure", lambda: None)
    return tmp_path


def run(*arguments: str, answer: str = "") -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(application, arguments, input=answer)


def at(moment: datetime, patch: pytest.MonkeyPatch) -> None:
    """Let commands run at a moment."""
    patch.setattr(bootstrap, "system_clock", lambda: moment)


def made(folder: Path) -> tuple[UUID, datetime]:
    """Return a learner with a credential in a ledger that was closed since, and when."""
    with world(folder) as found:
        roc = found.organisation()
        learner = found.learner(roc)
        found.issue(roc, learner)
        return UUID(learner.id), found.clock.now


def test_erase(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learner, moment = made(folder)
    at(moment, monkeypatch)
    refused = run("erase", str(learner), answer="n\n")
    assert refused.exit_code == 1
    done = run("erase", str(learner), "--yes")
    assert done.exit_code == 0, done.output
    said = certificates.parse(done.stdout.encode()).said
    assert (said.learner, said.asked_by, said.reason) == (learner, "operator", "asked")
    assert run("erase", str(learner), "--yes").stdout == done.stdout
    unknown = run("erase", str(UUID(int=1)), "--yes")
    assert unknown.exit_code == 1
    assert "learner_unknown" in unknown.stderr


def test_rotate_keys(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, moment = made(folder)
    at(moment, monkeypatch)
    kept = run("rotate-keys")
    assert kept.exit_code == 0, kept.output
    assert kept.stdout.split("\n")[0] == "epoch 1  begun 2026-11-24T10:00:00Z  destroyed -"
    assert "after 2026-12-24T10:00:00Z" in kept.stdout
    lines = run("rotate-keys", "--now").stdout.split("\n")
    assert lines[0].endswith("destroyed 2026-11-24T10:00:00Z")
    assert lines[1] == "epoch 2  begun 2026-11-24T10:00:00Z  destroyed -"
    assert [path.name for path in (folder / "data" / "vault-keys").iterdir()] == ["kek-000002"]


def test_retention(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learner, moment = made(folder)
    at(moment, monkeypatch)
    assert run("retention").output == ""
    at(moment + RULES["training"].term, monkeypatch)
    assert run("retention").stdout.startswith(f"{learner}  due     training (contract, 20 years)")
    assert run("retention", "--erase").stdout.startswith(f"{learner}  due")
    assert run("retention", "--warn").stdout.startswith(f"{learner}  warned")
    assert run("retention", "--warn", "--erase").stdout.startswith(f"{learner}  warned")
    at(moment + RULES["training"].term + WARNING, monkeypatch)
    assert run("retention").stdout.startswith(f"{learner}  ready")
    assert run("retention", "--erase").stdout == f"{learner}  erased\n"
    assert run("retention").output == ""


def test_the_hourly_look_does_what_is_due(own_world: World) -> None:
    vault = own_world.ledger.vault
    own_world.clock.pass_by(days=23)
    upkeep.once(own_world.ledger)
    assert [epoch.number for epoch in vault.epochs()] == [1, 2]
    own_world.clock.pass_by(days=7)
    upkeep.once(own_world.ledger)
    assert vault.epochs()[0].destroyed_at == own_world.ledger.now()


def test_the_thread_looks_again_after_a_failure_and_ends(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = UUID(own_world.learner(own_world.organisation()).id)
    real, calls = upkeep.once, []

    def first_fails(ledger: object) -> None:
        calls.append(ledger)
        if len(calls) == 1:
            usecase.certificate(own_world.ledger, learner)  # an error of the ledger: erasure_unknown
        hourly._stop.set()
        real(own_world.ledger)

    monkeypatch.setattr(upkeep, "once", first_fails)
    hourly = upkeep.Upkeep(own_world.ledger, seconds=timedelta(milliseconds=1).total_seconds())
    hourly.start()
    hourly._thread.join()
    hourly.close()
    assert len(calls) == 2


def test_a_full_disk_does_not_end_the_hourly_upkeep(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Epochs that nobody destroys any more would keep erased people readable in old copies."""
    calls = []

    def full_disk_first(ledger: object) -> None:
        calls.append(ledger)
        if len(calls) == 1:
            raise OSError(errno.ENOSPC, "No space left on device", "/secret/kek-000004")
        hourly._stop.set()

    monkeypatch.setattr(upkeep, "once", full_disk_first)
    hourly = upkeep.Upkeep(own_world.ledger, seconds=timedelta(milliseconds=1).total_seconds())
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    hourly.start()
    hourly._thread.join()
    hourly.close()
    assert len(calls) == 2
