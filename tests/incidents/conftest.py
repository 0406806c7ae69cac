"""Fixtures: a fresh, migrated place for each incident; one pool of workers for all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.incidents.place import Place
from verifiers.worker import Pool


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """One worker process."""
    with Pool(1, warm=("verifiers",)) as made:
        yield made


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory: pytest.TempPathFactory, pool: Pool) -> Path:
    """A folder with an empty, migrated ledger."""
    folder = tmp_path_factory.mktemp("incident") / "data"
    Place(folder, pool).open().close()
    return folder


@pytest.fixture
def place(tmp_path: Path, empty_folder: Path, pool: Pool) -> Place:
    """A ledger of this test alone."""
    return Place(Path(shutil.copytree(empty_folder, tmp_path / "data")), pool)
