"""`leerspoor demo --exit`: the whole job, on a real server, ends with its one line."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from api.commands.walk import cast
from api.commands.walk.tally import Tally

SECONDS_MAX = 300
CHECKS_MIN = 35
KEPT = {"bundle.json", "policy.json", "trail.json", "foreign-badge.json", "opened-share.png"}
COMMAND = [sys.executable, "-c", "from api.commands import main; main()", "demo", "--exit", "--port", "0"]


def _demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, check=False, text=True, timeout=SECONDS_MAX
    )


@pytest.mark.long
def test_the_walk_passes_every_check_and_logs_no_secret(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = _demo("--folder", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.rstrip("\n").rpartition("\n")[2]
    count = re.fullmatch(r"demo: ([0-9]+) checks passed", last)
    assert count is not None
    assert int(count[1]) >= CHECKS_MIN
    assert "FAILED" not in done.stdout
    assert {path.name for path in folder.iterdir()} >= KEPT
    log = (folder / "server.log").read_text()
    assert "/s/{token}" in log
    assert "lsp_" not in log
    assert cast.LEARNER.split()[0] not in log


def test_it_wants_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    done = _demo("--folder", str(tmp_path))
    assert done.returncode == 1
    assert "is not empty" in done.stdout


def test_a_failed_check_is_counted_and_told() -> None:
    told = io.StringIO()
    tally = Tally(Console(file=told, width=100))
    tally.check("The sun rises", True)
    assert tally.summary() == "demo: 1 checks passed"
    tally.check("The moon is cheese", False, seen="stone")
    assert tally.summary() == "demo: 1 of 2 checks FAILED"
    assert "✗ FAILED: The moon is cheese (seen: stone)" in told.getvalue()
