"""Layering: the contracts of pyproject.toml hold, and each kind of violation is caught.

The violations are planted in a temporary copy, all at once, and the linter runs there once.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import FLOORS, ROOT

# Where a module is planted, what it imports, and what the report must then say.
PLANTED = [
    ("schemas/planted_up.py", "import verifiers.errors", "schemas.planted_up -> verifiers.errors"),
    (
        "verifiers/formats/planted_up.py",
        "import ledger.errors",
        "verifiers.formats.planted_up -> ledger.errors",
    ),
    ("ledger/store/planted_up.py", "import api.problems", "ledger.store.planted_up -> api.problems"),
    ("verifiers/primitives/planted_room.py", "import verifiers.formats", "verifiers.primitives.planted_room"),
    ("ledger/domain/planted_room.py", "import ledger.usecases.enrol", "ledger.domain.planted_room"),
    ("api/wire/planted_room.py", "import api.app", "api.wire.planted_room"),
    ("verifiers/formats/planted_net.py", "import httpx", "verifiers.formats.planted_net -> httpx"),
    (
        "verifiers/primitives/planted_db.py",
        "import sqlalchemy",
        "verifiers.primitives.planted_db -> sqlalchemy",
    ),
    ("ledger/domain/planted_time.py", "import time", "ledger.domain.planted_time -> time"),
    ("ledger/domain/planted_chance.py", "import secrets", "ledger.domain.planted_chance -> secrets"),
    ("ledger/usecases/planted_http.py", "import fastapi", "ledger.usecases.planted_http -> fastapi"),
    (
        "api/routes/planted_store.py",
        "import ledger.store.tables",
        "api.routes.planted_store -> ledger.store.tables",
    ),
    (
        "api/routes/planted_sibling.py",
        "import api.routes.log",
        "api.routes.planted_sibling -> api.routes.log",
    ),
    ("api/utils.py", "", "api.utils"),
    ("ledger/planted_room.py", "", "ledger.planted_room"),
    ("verifiers/planted_room.py", "", "verifiers.planted_room"),
    ("schemas/planted_room.py", "", "schemas.planted_room"),
]


def _lint(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
        env={"COLUMNS": "1000", "PATH": ""},
    )
    return done.returncode, done.stdout + done.stderr


def test_imports_go_down_only() -> None:
    status, report = _lint(ROOT)
    assert status == 0, report
    assert " kept, 0 broken" in report


@pytest.fixture(scope="module")
def report_of_the_spoiled_copy(tmp_path_factory: pytest.TempPathFactory) -> str:
    copy = tmp_path_factory.mktemp("spoiled")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for floor in FLOORS:
        shutil.copytree(
            ROOT / floor, copy / floor, ignore=shutil.ignore_patterns("__pycache__", "static", "locale")
        )
    for file, source, _ in PLANTED:
        (copy / file).write_text(f'"""Planted by a test of the layering."""\n{source}\n')
    status, report = _lint(copy)
    assert status == 1, report
    return report


@pytest.mark.parametrize("said", [said for _, _, said in PLANTED])
def test_a_planted_violation_is_caught(report_of_the_spoiled_copy: str, said: str) -> None:
    assert said in report_of_the_spoiled_copy
