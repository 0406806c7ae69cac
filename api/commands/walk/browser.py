"""The employer's browser: a real Chromium, driven through Playwright, when both are on this machine.

Playwright is a tool for tests and demonstrations, not a dependency of the ledger: without it, or without a
Chromium, the walk says so and goes on over HTTP.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from api.commands.walk.tally import WalkError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CLICK_MILLISECONDS_MAX = 30_000


def find() -> str | None:
    """Return the path of a Chromium: the one that is named by LEERSPOOR_CHROMIUM, else one on PATH."""
    named = os.environ.get("LEERSPOOR_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def open_share(url: str, *, visitor: str, executable: str, screenshot: Path) -> tuple[str, str]:
    """Open a share as a person does: look at the landing page, press its button, read.

    Args:
        visitor: what is written under "who is looking", for the learner to see.
        executable: the Chromium.
        screenshot: PNG of the opened page.

    Returns:
        The text of the landing page and of the page it leads to.

    Raises:
        ImportError: Playwright is not installed.
        WalkError: the pages could not be taken as a person takes them.
    """
    from playwright.sync_api import Error, sync_playwright

    # Chromium's own sandbox needs a user to drop to; the page comes from this machine.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        try:
            page = browser.new_page(locale="nl-NL", viewport={"width": 1280, "height": 900})
            page.set_default_timeout(CLICK_MILLISECONDS_MAX)
            page.goto(url)
            landing = page.inner_text("main")
            page.locator("main form[method=post] input[name=visitor]").fill(visitor)
            page.locator("main form[method=post] [type=submit]").first.click()
            page.wait_for_load_state()
            page.screenshot(path=screenshot, full_page=True)
            return landing, page.inner_text("main")
        except Error as error:
            raise WalkError(f"in the browser: {error.message}") from error
        finally:
            browser.close()
