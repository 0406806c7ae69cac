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


@pytest.mark.parametrize(
    ("arguments", "says"), [(["audit"], "not built yet"), (["campaign"], "campaign kill")]
)
def test_what_is_not_there_is_said_in_one_line(arguments: list[str], says: str) -> None:
    done = _do(*arguments)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


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
