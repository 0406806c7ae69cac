"""Which Chromium the tests drive, and how it is started: offline but for this machine, without background work.

Looked for in this order: LEERSPOOR_CHROMIUM, a Chromium or Chrome on PATH, the one Playwright installed. None:
a clear failure, because pages that nobody looked at are not tested.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class ChromiumMissingError(Exception):
    """There is no browser to test with."""


def executable(playwright: Playwright) -> str:
    """Return the path of a Chromium.

    Raises:
        ChromiumMissingError: with where was looked.
    """
    named = os.environ.get("LEERSPOOR_CHROMIUM")
    own = playwright.chromium.executable_path
    for path in (named, *map(shutil.which, NAMES), own):
        if path and Path(path).exists():
            return path
    raise ChromiumMissingError(
        f"no Chromium: neither LEERSPOOR_CHROMIUM, nor {', '.join(NAMES)} on PATH, nor Playwright's own; "
        "install one, or run `./do test`, which tries to"
    )


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Start a browser for as long as the block lasts, with further arguments."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(playwright), headless=True, args=[*ARGUMENTS, *arguments]
        )
        try:
            yield browser
        finally:
            browser.close()
