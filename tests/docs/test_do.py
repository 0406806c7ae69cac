"""The developer interface: what it offers, how it refuses, and that every shell can read it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT
from tests.docs.interface import commands_of_do

OFFERED = {"demo", "serve", "test", "check", "bench", "campaign", "audit", "setup", "lock"}


def _do(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "do", *arguments], capture_output=True, check=False, text=True, cwd="/")


def test_it_offers_what_it_dispatches() -> None:
    assert commands_of_do() == OFFERED
    done = _do("help")
    assert done.returncode == 0
    assert all(f"  {name} " in done.stdout for name in OFFERED - {"lock"})


def test_an_unknown_command_is_a_usage_error() -> None:
    done = _do("dance")
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.startswith("usage: ./do")


def test_what_is_not_there_is_said_in_one_line() -> None:
    done = _do("campaign")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr == "do: the campaigns are: kill, lies, mutations, status-indexes, bundles\n"


def test_every_campaign_that_is_named_is_there() -> None:
    named = _do("campaign").stderr.partition(": the campaigns are: ")[2].strip().split(", ")
    assert len(named) == 5
    for name in named:
        assert (ROOT / "tests" / "faults" / f"{name.replace('-', '_')}.py").is_file(), name


def test_an_audit_where_no_ledger_is_says_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEERSPOOR_DATA_DIR", str(tmp_path / "none"))
    done = _do("audit")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("leerspoor audit: there is no ledger here (ledger_missing)\n")


@pytest.mark.parametrize("file", ["do", ".ci/run", "deploy/postgres-owner.sh"])
def test_scripts_are_plain_shell_and_can_be_run(file: str) -> None:
    path = ROOT / file
    assert path.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    assert os.access(path, os.X_OK)
    assert subprocess.run(["sh", "-n", path], check=False).returncode == 0


def test_continuous_integration_runs_the_readmes_command() -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "exec ./do test" in run
    assert "./do test" in Path(ROOT / "README.md").read_text(encoding="utf-8")
