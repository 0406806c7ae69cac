"""Every page in every state, wide and narrow, light and dark: no accessibility fault, nothing cut off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

from tests.browser.looking import NARROW_DARK_EN, NARROW_LIGHT_NL, WIDE_DARK_EN, WIDE_LIGHT_NL, Look
from tests.browser.stage import Cast, Stage
from tests.browser.states import STATES

# What is tested beyond axe's own choice: WCAG 2.2 AA and its best practices.
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    # Of what passes only a first example is worked out, which halves the time; what fails is told in full.
    "resultTypes": ["violations"],
}


def faults(page: Page) -> list[str]:
    """Return every violation that axe finds, with the elements it finds it in."""
    response = Axe().run(page, options=OPTIONS).response
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')}"
        for rule in response["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("how", [WIDE_LIGHT_NL, NARROW_DARK_EN], ids=str)
@pytest.mark.parametrize("state", STATES)
def test_a_page_has_no_accessibility_fault_and_fits(
    look: Callable[[Look], Page], on: Stage, cast: Cast, state: str, how: Look
) -> None:
    page = look(how)
    STATES[state](page, on, cast)
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    assert page.locator("html").get_attribute("lang") == how.language


@pytest.mark.parametrize("how", [NARROW_LIGHT_NL, WIDE_DARK_EN], ids=str)
@pytest.mark.parametrize("state", ["landing", "verify", "trail-trouble", "result-undetermined"])
def test_colours_keep_their_contrast_the_other_way_round(
    look: Callable[[Look], Page], on: Stage, cast: Cast, state: str, how: Look
) -> None:
    page = look(how)
    STATES[state](page, on, cast)
    assert faults(page) == []


def test_letters_twice_as_large_still_fit(look: Callable[[Look], Page], on: Stage, cast: Cast) -> None:
    page = look(NARROW_LIGHT_NL)
    for state in ("landing", "verify", "share", "trail-unfolded", "result-unfolded"):
        STATES[state](page, on, cast)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, state


def test_verdicts_differ_by_shape_and_word(look: Callable[[Look], Page], on: Stage, cast: Cast) -> None:
    page = look(WIDE_LIGHT_NL)
    seen = {}
    for state in ("result-valid", "result-invalid", "result-undetermined"):
        STATES[state](page, on, cast)
        stamp = page.locator(".card .stamp").first
        seen[state] = (
            stamp.locator("use").get_attribute("href"),
            stamp.inner_text().strip(),
            page.inner_text("h1"),
        )
    assert seen == {
        "result-valid": ("#verdict-valid", "klopt", "Dit bewijs klopt"),
        "result-invalid": ("#verdict-invalid", "klopt niet", "Dit bewijs klopt niet"),
        "result-undetermined": (
            "#verdict-undetermined",
            "niet te controleren",
            "Niet alles aan dit bewijs is te controleren",
        ),
    }
