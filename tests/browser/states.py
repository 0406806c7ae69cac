"""Every page in every state that a visitor can meet: how to get there, for tests and for screenshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import Page

from tests.browser.stage import Cast, Stage, example
from tests.verifiers import world
from verifiers.primitives.strict_json import loads_object

Way = Callable[[Page, Stage, Cast], None]


def credential_of(cast: Cast, kind: str = "praktijkverklaring") -> str:
    """Return the exact text of a credential that was issued."""
    found: str = cast.issued[kind]["credential"]
    return found


def foreign_badge() -> str:
    """Return a well-signed Open Badge of an issuer that nobody here knows."""
    return world.text(world.issue()).decode()


def paste(page: Page, on: Stage, text: str) -> None:
    """Paste a text and ask for it to be checked; what the browser finds wrong itself is not sent."""
    page.goto(f"{on.base_url}/verify")
    page.fill("#text", text)
    page.click("#verify-form > button[type=submit]")
    page.wait_for_selector(".result-head, .gate, #refusal, #own-check[data-state=invalid]")


def check_text(page: Page, on: Stage, text: str) -> None:
    """Paste a text and have the server check it, whatever the browser finds itself."""
    paste(page, on, text)
    if page.locator("[data-own-send]:visible").count():
        page.click("[data-own-send]")
        page.wait_for_selector(".result-head, #refusal")
    own_check(page)


def open_link(page: Page, link: str, visitor: str = "") -> None:
    """Open a share as a person does."""
    page.goto(link)
    page.fill("#visitor", visitor)
    page.click("main form button[type=submit]")
    page.wait_for_selector(".trail-head")
    own_check(page)


def own_check(page: Page) -> str | None:
    """Wait until the browser has checked by itself, and return what came of it; None where nothing is to check."""
    page.wait_for_load_state()
    page.wait_for_selector("#own-check[data-state=working]", state="detached")
    panel = page.locator("#own-check")
    return panel.get_attribute("data-state") if panel.count() else None


def unfold(page: Page) -> None:
    """Open everything that can be opened."""
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")


def _trail_of_trouble(on: Stage, cast: Cast) -> str:
    """Return a link to a trail with a suspended and a revoked credential and an old period in it."""
    learner = on.learner(cast.school, "Anneke van 't Hof-Østergård")
    held = on.issue(cast.bureau, learner, example("training"))
    gone = on.issue(cast.hospital, learner, example("workplace"))
    on.post(f"/v1/attestations/{held['id']}/suspend", {"reason": "under_review"}, cast.bureau.token)
    on.post(
        f"/v1/attestations/{gone['id']}/revoke",
        {"reason": "mistake"},
        cast.hospital.token,
    )
    return on.share(learner)


def _bundle_text(on: Stage, cast: Cast) -> str:
    # Its path only: the address in a link may be one that nobody answers to on this machine.
    return on.http.post(f"{cast.link.removeprefix(on.base_url)}/bundle").text


def _bundle(page: Page, on: Stage, cast: Cast) -> None:
    bundle = _bundle_text(on, cast)
    check_text(page, on, bundle.replace("Samira heeft", "Samira had", 1))


def _found_by_the_browser(page: Page, on: Stage, cast: Cast) -> None:
    bundle = _bundle_text(on, cast)
    paste(page, on, bundle.replace("Samira heeft", "Samira had", 1))


def _how(page: Page, on: Stage, cast: Cast) -> None:
    open_link(page, cast.link)
    page.click(".own-how summary")


def _withdrawn(page: Page, on: Stage, cast: Cast) -> None:
    learner = on.learner(cast.school)
    on.issue(cast.bureau, learner, example("training"))
    answer = on.post("/v1/shares", {"purpose": "Kennismaking"}, learner.token)
    on.post(f"/v1/shares/{answer['id']}/withdraw", {}, learner.token)
    page.goto(answer["url"])


def _refused_visitor(page: Page, on: Stage, cast: Cast) -> None:
    page.goto(cast.link)
    page.fill("#visitor", "123456782")
    page.click("main form button[type=submit]")
    page.wait_for_selector("#refusal")


def _result_unfolded(page: Page, on: Stage, cast: Cast) -> None:
    check_text(page, on, credential_of(cast))
    unfold(page)


def _trail_unfolded(page: Page, on: Stage, cast: Cast) -> None:
    open_link(page, cast.link)
    unfold(page)


def _tampered(cast: Cast) -> str:
    return credential_of(cast).replace("Samira", "Tamira")


def _expired() -> str:
    past: dict[str, Any] = {"validUntil": "2026-11-20T00:00:00Z"}
    return world.text(world.issue(world.credential(**past))).decode()


STATES: Mapping[str, Way] = {
    "landing": lambda page, on, cast: _go(page, f"{on.base_url}/"),
    "verify": lambda page, on, cast: _go(page, f"{on.base_url}/verify"),
    "verify-nothing": lambda page, on, cast: check_text(page, on, ""),
    "verify-scan": lambda page, on, cast: check_text(page, on, "%PDF-1.7 a diploma"),
    "verify-foreign-link": lambda page, on, cast: check_text(page, on, "https://example.org/s/abc"),
    "result-valid": lambda page, on, cast: check_text(page, on, credential_of(cast)),
    "result-unfolded": _result_unfolded,
    "result-invalid": lambda page, on, cast: check_text(page, on, _tampered(cast)),
    "result-undetermined": lambda page, on, cast: check_text(page, on, foreign_badge()),
    "result-expired": lambda page, on, cast: check_text(page, on, _expired()),
    "result-bundle": _bundle,
    "verify-found-wrong": _found_by_the_browser,
    "trail-own-check": _how,
    "share": lambda page, on, cast: _go(page, cast.link),
    "share-refused": _refused_visitor,
    "share-unknown": lambda page, on, cast: _go(page, f"{on.base_url}/s/nothing"),
    "share-withdrawn": _withdrawn,
    "trail": lambda page, on, cast: open_link(page, cast.link),
    "trail-unfolded": _trail_unfolded,
    "trail-trouble": lambda page, on, cast: open_link(page, _trail_of_trouble(on, cast)),
}


def _go(page: Page, address: str) -> None:
    page.goto(address)


def parsed(text: str) -> dict[str, Any]:
    """Return a credential as JSON, to be changed."""
    return dict(loads_object(text.encode()))
