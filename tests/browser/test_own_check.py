"""The visitor's own browser checks what the pages show, whatever the server says or does."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from api.web import own_check as given
from api.web.language import Words
from tests.agreement.files import STARTS
from tests.browser.looking import NARROW_DARK_EN, WIDE_DARK_EN, WIDE_LIGHT_NL, Look
from tests.browser.stage import NOW, Cast, Stage, example
from tests.browser.states import STATES, check_text, credential_of, foreign_badge, open_link, own_check, paste
from tests.verifiers import world
from verifiers import Evidence, TrustPolicy
from verifiers.formats import bundle as bundles

WITHOUT_SCRIPTS = Look(scripts=False)
Looking = Callable[[Look], Page]
VERIFIER = Path(__file__).parents[2] / "api" / "web" / "static" / "verifier.js"


@pytest.fixture
def bundle(on: Stage, cast: Cast) -> str:
    """Return the text of the bundle of what organisations issued."""
    own = [issued["id"] for kind, issued in cast.issued.items() if kind != "self_claim"]
    return on.http.post(f"{on.share(cast.learner, credentials=own)}/bundle").text


def cut_off(page: Page, on: Stage) -> list[str]:
    """Let no request reach the server's verification; return what was asked for and refused."""
    refused: list[str] = []

    def abort(route: Route) -> None:
        if route.request.method == "POST":
            refused.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.context.route("**/verify*", abort)
    page.context.route("**/v1/verify*", abort)
    return refused


def test_with_the_server_cut_off_a_tampered_bundle_still_shows_invalid(
    look: Looking, on: Stage, tmp_path: Path, bundle: str
) -> None:
    file = tmp_path / "bewijzen.json"
    file.write_text(bundle.replace("Samira heeft", "Samira had", 1), encoding="utf-8")
    page = look(WIDE_LIGHT_NL)
    refused = cut_off(page, on)
    page.goto(f"{on.base_url}/verify")
    page.set_input_files("#file", file)
    page.wait_for_selector("#own-check[data-state=invalid]")
    assert page.inner_text(".own-line:visible").startswith("Het klopt niet.")
    assert "De handtekening past niet." in page.inner_text("[data-own-list] .is-invalid")
    page.click("#verify-form > button[type=submit]")
    assert page.evaluate("document.activeElement.id") == "own-check"
    assert (page.url, refused) == (f"{on.base_url}/verify", [])


def test_with_the_server_cut_off_a_good_bundle_shows_valid(
    look: Looking, on: Stage, tmp_path: Path, bundle: str
) -> None:
    file = tmp_path / "bewijzen.json"
    file.write_text(bundle, encoding="utf-8")
    page = look(NARROW_DARK_EN)
    cut_off(page, on)
    page.goto(f"{on.base_url}/verify")
    page.set_input_files("#file", file)
    page.wait_for_selector("#own-check[data-state=valid]")
    assert "did not take our word for it" in page.inner_text(".own-line:visible")
    assert page.locator("[data-own-list] li").count() == 0


def test_a_slow_check_never_speaks_of_what_was_chosen_after_it(look: Looking, on: Stage, bundle: str) -> None:
    page = look(WIDE_LIGHT_NL)
    page.goto(f"{on.base_url}/verify")
    page.evaluate(
        """async ([good, bad]) => {
            // The first check gets stuck in the middle, as that of a large file on a slow machine does.
            const verify = SubtleCrypto.prototype.verify;
            const stuck = new Promise((free) => { globalThis.free = free; });
            SubtleCrypto.prototype.verify = async function (...given) {
                await stuck;
                return verify.apply(this, given);
            };
            const text = document.querySelector("form.verify-form textarea");
            const choose = (value) => {
                text.value = value;
                text.dispatchEvent(new Event("input", { bubbles: true }));
            };
            choose(good);
            await new Promise((later) => setTimeout(later, 200));
            SubtleCrypto.prototype.verify = verify;
            choose(bad);
        }""",
        [bundle, bundle.replace("Samira heeft", "Samira had", 1)],
    )
    page.wait_for_selector("#own-check[data-state=invalid]")
    page.evaluate("globalThis.free()")
    page.wait_for_timeout(1_000)
    assert own_check(page) == "invalid"
    assert page.locator("[data-own-list] li").count() == 1


def test_who_wants_to_may_still_send_what_is_wrong(look: Looking, on: Stage, bundle: str) -> None:
    page = look(WIDE_DARK_EN)
    paste(page, on, bundle.replace("Samira heeft", "Samira had", 1))
    assert page.locator("h1").inner_text() == "Check a credential"
    page.click("[data-own-send]")
    page.wait_for_selector(".result-head.is-invalid")
    assert own_check(page) == "invalid"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (lambda cast: credential_of(cast), "valid"),
        (lambda cast: credential_of(cast).replace("Samira", "Tamira"), "invalid"),
        (lambda cast: foreign_badge(), "same"),
    ],
    ids=["valid", "invalid", "same"],
)
def test_a_result_says_what_the_browser_found_itself(
    look: Looking, on: Stage, cast: Cast, text: Callable[[Cast], str], state: str
) -> None:
    page = look(WIDE_LIGHT_NL)
    check_text(page, on, text(cast))
    assert own_check(page) == state
    assert page.locator("[data-own-state]:visible").count() == 1


def test_a_shared_trail_is_checked_by_the_browser_too(look: Looking, on: Stage, cast: Cast) -> None:
    page = look(WIDE_LIGHT_NL)
    open_link(page, cast.link)
    assert own_check(page) == "same"  # nobody vouches for what the learner says herself
    own = [issued["id"] for kind, issued in cast.issued.items() if kind != "self_claim"]
    open_link(page, on.share(cast.learner, credentials=own))
    assert own_check(page) == "valid"


def test_a_server_that_lies_is_contradicted(look: Looking, on: Stage, cast: Cast) -> None:
    own = [issued["id"] for kind, issued in cast.issued.items() if kind != "self_claim"]
    link = on.share(cast.learner, credentials=own)
    page = look(WIDE_LIGHT_NL)

    def lie(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        # The page calls it valid, and the credential behind that says something else.
        answer = route.fetch()
        start, mark, rest = answer.text().partition('data-own-check="')
        route.fulfill(response=answer, body=start + mark + rest.replace("Samira heeft", "Samira had", 1))

    page.route(link, lie)
    open_link(page, link)
    assert own_check(page) == "differs"
    assert "iets anders dan deze pagina" in page.inner_text(".own-line:visible")


def test_what_the_server_revoked_meanwhile_is_no_contradiction(look: Looking, on: Stage, cast: Cast) -> None:
    learner = on.learner(cast.school)
    gone = on.issue(cast.hospital, learner, example("workplace"))
    link = on.share(learner)
    on.post(f"/v1/attestations/{gone['id']}/revoke", {"reason": "mistake"}, cast.hospital.token)
    page = look(WIDE_LIGHT_NL)
    open_link(page, link)
    assert own_check(page) == "less"


@pytest.mark.parametrize("state", ["trail", "result-valid", "verify"])
def test_without_scripts_the_page_says_whose_verdict_it_is(
    look: Looking, on: Stage, cast: Cast, state: str
) -> None:
    page = look(WITHOUT_SCRIPTS)
    STATES[state](page, on, cast)
    assert page.locator("#own-check").is_visible() is False
    assert page.locator(".own-without").inner_text().startswith("U ziet wat onze server vindt.")


def test_a_browser_without_the_means_says_so(look: Looking, on: Stage, cast: Cast) -> None:
    page = look(WIDE_LIGHT_NL)
    page.add_init_script("delete Crypto.prototype.subtle")
    open_link(page, cast.link)
    assert own_check(page) == "unable"


def test_the_page_shows_and_pins_the_key_and_the_program(look: Looking, on: Stage, cast: Cast) -> None:
    page = look(WIDE_LIGHT_NL)
    STATES["trail-own-check"](page, on, cast)
    shown = page.inner_text(".own-how")
    assert on.ledger.heads.verifier_key.dump() in shown
    digest = hashlib.sha256(VERIFIER.read_bytes())
    assert digest.hexdigest() in shown
    source = on.http.post(cast.link).text
    assert f'integrity="sha256-{base64.b64encode(digest.digest()).decode()}"' in source
    assert len(re.findall(r"<(?:script|link)[^>]*\.js\"[^>]*integrity=", source)) == 3


def test_a_program_that_was_changed_on_its_way_does_not_run(browser: Browser, on: Stage, cast: Cast) -> None:
    context = browser.new_context()
    page, said = context.new_page(), list[str]()

    def change(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text() + "\nconsole.log('changed');\n")

    context.route("**/verifier.js", change)
    page.on("console", lambda message: said.append(message.text))
    page.goto(cast.link)
    page.click("main form button[type=submit]")
    page.wait_for_selector(".trail-head")
    page.wait_for_load_state("networkidle")
    assert any("'integrity' attribute" in text for text in said)
    assert "changed" not in said
    assert page.locator("#own-check").is_visible() is False
    context.close()


def test_the_browser_is_given_what_the_server_knows_and_nothing_about_other_lists() -> None:
    whole = bundles.parse(STARTS["ceased"]().bundle())
    (dated,), (first, *others) = whole.status_events, whole.keys
    bare = bundles.Bundle(
        created=whole.created,
        items=tuple(bundles.Item(item.credential, item.media_type, None) for item in whole.items),
        keys=(first,),
        did_documents={},
        status_lists={},
        log=whole.log,
    )
    known = Evidence(
        status_lists=whole.status_lists,
        receipts=tuple((item.credential, item.receipt or "") for item in whole.items),
        key_events=tuple((event.payload, event.receipt) for event in (first, *others)),
        status_events=(
            (world.status_event({f"{world.LIST_URL}/7": b"made way"}), dated.receipt),
            (b"no event", dated.receipt),
            (dated.payload, dated.receipt),
        ),
    )
    completed = given.complete(bare.dump(), known, at=NOW)
    assert completed is not None
    found = bundles.parse(completed)
    assert (found.items, found.keys) == (whole.items, whole.keys)
    assert (dict(found.status_lists), found.status_events) == (dict(whole.status_lists), (dated,))
    assert given.complete(b"no credential", known, at=NOW) is None


def test_a_file_that_is_too_large_for_a_page_is_not_written_into_it() -> None:
    policy, words = TrustPolicy(issuers={}, logs=()), Words("nl")
    for size, held in ((given.FILE_BYTES_MAX, True), (given.FILE_BYTES_MAX + 1, False)):
        data = given.own_check(policy, words, file=b"x" * size).data
        assert (json.loads(data)["file"] is not None) == held
