"""Fixtures of the log: the log with all its parts, on each kind of database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Database
from tests.ledger.log.world import Log

MakeLog = Callable[..., Log]


@pytest.fixture
def make_log(database: Database, tmp_path: Path) -> Iterator[MakeLog]:
    """Make a log, or start the same one again; all are closed at the end."""
    made: list[Log] = []

    def make(**parts: Any) -> Log:
        made.append(Log(database, tmp_path, **parts))
        return made[-1]

    yield make
    for log in made:
        log.close()


@pytest.fixture
def sqlite_log(sqlite_database: Database, tmp_path: Path) -> Iterator[MakeLog]:
    """The same, on SQLite only: for what no database changes."""
    made: list[Log] = []

    def make(**parts: Any) -> Log:
        made.append(Log(sqlite_database, tmp_path, **parts))
        return made[-1]

    yield make
    for log in made:
        log.close()
