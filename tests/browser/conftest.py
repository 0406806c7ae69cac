"""Fixtures of the browser tests: a Chromium, a server with a trail, and pages that tell when something is off.

They live as long as one module: Playwright keeps an event loop running in the thread that started it, and
tests of other rooms want theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import chromium
from tests.browser.looking import Look, Looker
from tests.browser.stage import Cast, Stage, stage, usual_trail


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A running server."""
    with stage(tmp_path_factory.mktemp("stage")) as found:
        yield found


@pytest.fixture(scope="module")
def cast(on: Stage) -> Cast:
    """The usual trail on that server."""
    return usual_trail(on)


@pytest.fixture
def look(browser: Browser, on: Stage) -> Iterator[Callable[[Look], Page]]:
    """Open pages that must stay quiet: no foreign request, no error in the console, no dialog."""
    looker = Looker(browser, on.base_url)
    yield looker.page
    looker.close()
    assert looker.complaints == []
