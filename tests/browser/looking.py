"""How a page is looked at, and what must never happen meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, WebError

from tests.browser.stage import NOW

# Chromium says so itself of every answer that is not a good one; a page that is refused is tested on purpose.
EXPECTED = "Failed to load resource: the server responded with a status of 4"


@dataclass(frozen=True)
class Look:
    """One way of looking: how wide, how light, in which language, with scripts or without."""

    size: Literal["wide", "narrow"] = "wide"
    scheme: Literal["light", "dark"] = "light"
    language: Literal["nl", "en"] = "nl"
    scripts: bool = True

    def __str__(self) -> str:
        """Return a short name for test ids and files."""
        return f"{self.size}-{self.scheme}-{self.language}" + ("" if self.scripts else "-no-script")


WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 780}
WIDE_LIGHT_NL = Look()
NARROW_DARK_EN = Look("narrow", "dark", "en")
NARROW_LIGHT_NL = Look("narrow")
WIDE_DARK_EN = Look("wide", "dark", "en")


class Looker:
    """Opens pages and writes down what should not have happened on them."""

    def __init__(self, browser: Browser, base_url: str) -> None:
        self._browser, self._base_url = browser, base_url
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def page(self, look: Look = WIDE_LIGHT_NL) -> Page:
        """Open an empty page."""
        context = self._browser.new_context(
            viewport=WIDE if look.size == "wide" else NARROW,  # type: ignore[arg-type]
            color_scheme=look.scheme,
            locale={"nl": "nl-NL", "en": "en-GB"}[look.language],
            java_script_enabled=look.scripts,
            accept_downloads=True,
            reduced_motion="reduce",
            device_scale_factor=1 if look.size == "wide" else 2,
        )
        # What the browser checks by itself it judges for its own "now", which is the server's of these tests.
        context.clock.set_fixed_time(NOW)
        self._contexts.append(context)
        context.on("request", self._asked)
        context.on("console", self._said)
        context.on("dialog", self._interrupted)
        context.on("weberror", self._failed)
        page = context.new_page()
        page.set_default_timeout(20_000)
        return page

    def close(self) -> None:
        """Close every page."""
        for context in self._contexts:
            context.close()

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(f"{self._base_url}/"):
            self.complaints.append(f"foreign request: {request.url}")

    def _interrupted(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _failed(self, error: WebError) -> None:
        self.complaints.append(f"error: {error.error}")

    def _said(self, message: ConsoleMessage) -> None:
        if not message.text.startswith(EXPECTED):
            self.complaints.append(f"console: {message.text}")
