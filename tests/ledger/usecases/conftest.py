"""Fixtures: one world a test, from a template folder that is made once; one pool of workers for all tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.bootstrap import build
from ledger.settings import Settings
from tests.ledger.usecases.world import Clock, Party, World
from verifiers.worker import Pool


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """Two worker processes."""
    with Pool(2, warm=("verifiers",)) as made:
        yield made


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, pool: Pool) -> Path:
    """A folder with an empty, migrated ledger."""
    folder = tmp_path_factory.mktemp("template") / "data"
    build(Settings(data_dir=folder), clock=Clock(), pool=pool).close()
    return folder


@pytest.fixture
def data_dir(tmp_path: Path, template: Path) -> Path:
    """A fresh copy of the template."""
    folder = tmp_path / "data"
    shutil.copytree(template, folder)
    return folder


@pytest.fixture
def clock() -> Clock:
    """The test's clock."""
    return Clock()


@pytest.fixture
def world(data_dir: Path, clock: Clock, pool: Pool) -> Iterator[World]:
    """A ledger with nobody in it but the operator."""
    ledger = build(Settings(data_dir=data_dir), clock=clock, pool=pool)
    yield World(ledger, clock)
    ledger.close()


@pytest.fixture
def roc(world: World) -> Party:
    """A school with a managed key."""
    return world.organisation("ROC van Testdam", website="https://roc.example")


@pytest.fixture
def hospital(world: World) -> Party:
    """An employer with a managed key."""
    return world.organisation("Ziekenhuis Zuid", role="employer")


@pytest.fixture
def ada(world: World, roc: Party) -> Party:
    """A learner."""
    return world.learner(roc)


@pytest.fixture
def bea(world: World, roc: Party) -> Party:
    """Another learner."""
    return world.learner(roc, "Bea Bakker")
