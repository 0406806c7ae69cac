"""Every command and every Python example of the pages runs, in the order of its page, against a real server.

`./do` itself is replaced by a stand-in that accepts what the real one knows: `./do test` must not run itself.
The walk of `./do demo` has its own test in `tests/flows`.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.commands.walk.server import HOST, Server, free_port
from tests.architecture.tree import ROOT
from tests.docs.interface import commands_of_do
from tests.docs.markdown import blocks, pages

ADDRESS = "127.0.0.1:8000"
SECONDS_MAX = 240
PAGES = [page for page in pages() if any(block.language in {"sh", "python"} for block in blocks(page))]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server, as the pages tell to start one."""
    running = Server(tmp_path_factory.mktemp("served"), free_port(0))
    try:
        running.wait_until_healthy()
        yield running
    finally:
        running.stop()


@pytest.fixture
def place(tmp_path: Path, server: Server) -> Path:
    """A folder that looks like the project's to a reader of the pages."""
    (tmp_path / "data").symlink_to(server.data_dir)
    (tmp_path / "schemas").symlink_to(ROOT / "schemas")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    do = tmp_path / "do"
    do.write_text('#!/bin/sh\necho "$1" >>do.asked\n')
    do.chmod(0o755)
    if shutil.which("curl") is None:
        shutil.copy(Path(__file__).with_name("curl.py"), tmp_path / "curl")
        (tmp_path / "curl").chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_runs(page: Path, place: Path, server: Server) -> None:
    script = ["set -eu"]
    for number, block in enumerate(blocks(page)):
        text = block.text.replace(ADDRESS, server.base_url.removeprefix("http://"))
        if block.language == "sh":
            script.append(text)
        elif block.language == "python":
            (place / f"example{number}.py").write_text(text)
            script.append(f"{sys.executable} example{number}.py")
    done = subprocess.run(
        ["sh", "-c", "\n".join(script)],
        cwd=place,
        env={**os.environ, "PATH": f"{place}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        text=True,
        timeout=SECONDS_MAX,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    asked = place / "do.asked"
    assert set(asked.read_text().split() if asked.exists() else ()) <= commands_of_do()
    if page.name == "README.md":
        _the_walk_ended_well(done.stdout)


def _the_walk_ended_well(output: str) -> None:
    """The report of the share, of the bundle by the command, and of the bundle in Python all say valid."""
    lines = output.split("\n")
    assert "valid" in lines
    assert any("VALID" in line and "NOT" not in line and "INVALID" not in line for line in lines)
    assert "Praktijkverklaring Helpende Zorg en Welzijn valid" in output


def test_the_pages_name_the_address_that_serve_has() -> None:
    assert f"{HOST}:8000" == ADDRESS
    assert any(ADDRESS in block.text for page in PAGES for block in blocks(page))
