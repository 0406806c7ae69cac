"""Fixtures of the API tests: a world of one's own, and one that a module shares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.world import World, world


@pytest.fixture
def own_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world for one test."""
    with world(tmp_path_factory.mktemp("world")) as found:
        yield found


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world for the tests of one module: for those that change nothing, or mind nothing that changed."""
    with world(tmp_path_factory.mktemp("world")) as found:
        yield found
