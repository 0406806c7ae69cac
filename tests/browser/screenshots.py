"""The screenshots of the documentation, made from a real server: `python -m tests.browser.screenshots [FOLDER]`.

They show the pages as they are; whoever changes a page makes them again and looks at them.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from playwright.sync_api import Browser, Page

from tests.browser.chromium import chromium
from tests.browser.looking import NARROW, NARROW_LIGHT_NL, WIDE, WIDE_DARK_EN, WIDE_LIGHT_NL, Look, Looker
from tests.browser.stage import NOW, PURPOSE, Cast, Stage, stage, usual_trail
from tests.browser.states import STATES, open_link

HOST = "leerspoor.example"
KEPT = ("bundle-page", "bundle-page-narrow")
PUBLIC = f"http://{HOST}"
FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"


@dataclass(frozen=True)
class Shot:
    """One picture: a state, how it is looked at, and which part; `height` None shows the whole page."""

    state: str
    look: Look
    height: int | None = None
    part: str | None = None


SHOTS: Mapping[str, Shot] = {
    "landing-wide": Shot("landing", WIDE_LIGHT_NL, 1000),
    "landing-narrow": Shot("landing", NARROW_LIGHT_NL, 780),
    "verify-wide": Shot("verify", WIDE_LIGHT_NL, 1100),
    "verify-own-check": Shot("verify-found-wrong", NARROW_LIGHT_NL, 1400),
    "result-valid": Shot("result-valid", WIDE_DARK_EN, 1200),
    "result-invalid": Shot("result-invalid", NARROW_LIGHT_NL, 780),
    "result-undetermined": Shot("result-undetermined", WIDE_LIGHT_NL, 1000),
    "share": Shot("share", NARROW_LIGHT_NL, 780),
    "trail-wide": Shot("attested", WIDE_LIGHT_NL, 1240),
    "trail-dark": Shot("attested", WIDE_DARK_EN, 1240),
    "trail-narrow": Shot("attested", NARROW_LIGHT_NL, 1400),
    "trail-own-check": Shot("trail-own-check", WIDE_LIGHT_NL, part="#own-check"),
    "trail-card": Shot("attested", WIDE_LIGHT_NL, part=".along > li:nth-child(2)"),
    "trail-trouble": Shot("trail-trouble", WIDE_LIGHT_NL, part=".along > li:nth-child(1)"),
}


def _attested(on: Stage, cast: Cast) -> str:
    """Return a link to what organisations issued, without what the learner says herself."""
    chosen = [issued["id"] for kind, issued in cast.issued.items() if kind != "self_claim"]
    return on.share(cast.learner, credentials=chosen, purpose=PURPOSE)


def _take(page: Page, shot: Shot, file: Path) -> None:
    page.evaluate("document.fonts.ready")
    if shot.part is not None:
        page.locator(shot.part).screenshot(path=file)
        return
    height = page.evaluate("document.documentElement.scrollHeight")
    width = page.evaluate("document.documentElement.clientWidth")
    shown = min(height, shot.height or height)
    page.screenshot(path=file, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": shown})


def _take_kept_page(browser: Browser, on: Stage, cast: Cast, work: Path, folder: Path) -> None:
    """Show a bundle as the page that people keep, opened from a file without any network."""
    file = work / "leerspoor.html"
    path = f"{_attested(on, cast).removeprefix(PUBLIC)}/bundle.html"
    file.write_bytes(on.http.post(path).content)
    for name, size in zip(KEPT, (WIDE, NARROW), strict=True):
        context = browser.new_context(viewport=size, locale="nl-NL", offline=True)  # type: ignore[arg-type]
        context.clock.set_fixed_time(NOW)
        page = context.new_page()
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-verdict]", state="attached")
        _take(page, Shot("kept", WIDE_LIGHT_NL, 1_300), folder / f"{name}.png")
        context.close()


def main(folder: Path = FOLDER) -> None:
    """Make every screenshot.

    Args:
        folder: where the PNG files go.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as work,
        stage(Path(work), public=PUBLIC) as on,
        # The name exists in this browser only.
        # Browsers check signatures on https only, and on this machine; this name stands for both.
        chromium(
            f"--host-resolver-rules=MAP {HOST} {on.address.removeprefix('http://')}",
            f"--unsafely-treat-insecure-origin-as-secure={PUBLIC}",
        ) as browser,
    ):
        cast = usual_trail(on)
        looker = Looker(browser, on.base_url)
        for name, shot in SHOTS.items():
            page = looker.page(shot.look)
            if shot.state == "attested":
                open_link(page, _attested(on, cast))
            else:
                STATES[shot.state](page, on, cast)
            _take(page, shot, folder / f"{name}.png")
        looker.close()
        _take_kept_page(browser, on, cast, Path(work), folder)
        print(f"{len(SHOTS) + len(KEPT)} screenshots in {folder.name}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
