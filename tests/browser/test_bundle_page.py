"""A bundle as one page: it opens from a file, offline, checks itself, and lets nothing in it out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from api.web import bundle_page
from api.web.assets import FOLDER, IMPORTED
from tests.agreement.files import STARTS
from tests.browser.looking import NARROW, WIDE
from tests.browser.stage import NOW, Cast, Stage
from tests.browser.test_accessible import faults
from tests.vectors import bundles as vectors
from verifiers import check
from verifiers.formats import bundle as bundles
from verifiers.formats import bundle_html

GOLDEN = Path(vectors.__file__).parent / "0.1.0"
HOSTILE = (
    '</script><script>document.title = "taken"</script><img src=x onerror="document.title=1"><!-- <script>'
)


@pytest.fixture
def offline(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a file as a double click does, with the network off; it must stay quiet and ask for nothing."""
    contexts, complaints = list[BrowserContext](), list[str]()

    def opened(file: Path, *, language: str = "nl-NL", narrow: bool = False, scripts: bool = True) -> Page:
        context = browser.new_context(
            locale=language,
            offline=True,
            viewport=NARROW if narrow else WIDE,  # type: ignore[arg-type]
            color_scheme="dark" if narrow else "light",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        context.clock.set_fixed_time(NOW)
        page, address = context.new_page(), file.as_uri()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if request.url != address else None)
        page.goto(address)
        if scripts:
            page.wait_for_selector("html[data-verdict]", state="attached")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def good(on: Stage, cast: Cast) -> bytes:
    """Return the page of what organisations issued, as a visitor downloads it."""
    own = [issued["id"] for kind, issued in cast.issued.items() if kind != "self_claim"]
    answer = on.http.post(f"{on.share(cast.learner, credentials=own)}/bundle.html")
    assert answer.headers["content-disposition"] == 'attachment; filename="leerspoor.html"'
    assert answer.headers["content-type"].startswith("text/html")
    return answer.content


def test_it_checks_itself_offline_and_our_verifier_reads_it(
    offline: Callable[..., Page], on: Stage, good: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "leerspoor.html"
    file.write_bytes(good)
    page = offline(file)
    assert page.get_attribute("html", "data-verdict") == "valid"
    assert (
        page.inner_text("div[lang=nl] .verdict").split("\n")[-1]
        == "Het klopt. Elke controle die telt, is goed."
    )
    assert page.locator("div[lang=nl] .card").count() == 4
    assert "Controleren zonder onze software" in page.inner_text("div[lang=nl]")
    assert check(good, policy=on.ledger.policy(), at=NOW).verdict == "valid"
    # The same file is a file like any other on the page that checks.
    answer = on.http.post("/verify", files={"file": ("leerspoor.html", good)})
    assert "Al deze bewijzen kloppen" in answer.text


def test_a_golden_page_opens_by_itself_in_2066(browser: Browser) -> None:
    """Its receipts need a witness with ML-DSA-44: a browser that has none says so, and calls nothing good."""
    context = browser.new_context(offline=True)
    context.clock.set_fixed_time("2066-11-24T10:00:00Z")
    page = context.new_page()
    page.goto((GOLDEN / "school.html").as_uri())
    page.wait_for_selector("html[data-verdict]", state="attached")
    knows = page.evaluate(
        "crypto.subtle.generateKey({name: 'ML-DSA-44'}, true, ['sign']).then(() => true, () => false)"
    )
    shown = page.locator("div[lang=en] .checks").first.text_content() or ""
    assert page.get_attribute("html", "data-verdict") == ("valid" if knows else "undetermined")
    assert ("status_frozen" in shown, "algorithm_not_here" in shown) == (knows, not knows)
    context.close()


def test_a_page_that_was_tampered_with_says_so(
    offline: Callable[..., Page], good: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "leerspoor.html"
    file.write_bytes(good.replace(b"Samira heeft", b"Samira had", 1))
    page = offline(file, language="en-GB")
    assert page.get_attribute("html", "data-verdict") == "invalid"
    page.click("div[lang=en] .card.is-invalid summary")
    assert "The signature does not fit." in page.inner_text("div[lang=en] .card.is-invalid .checks")
    file.write_bytes(good.replace(b'"items":', b'"itens":', 1))
    page = offline(file)
    assert page.get_attribute("html", "data-verdict") == "bundle_malformed"
    assert "beschadigd of veranderd" in page.inner_text("div[lang=nl] .verdict")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"type":"leerspoor-bundle.v1"', b'"type":"leerspoor-bundle.v1', "json_syntax"),
        (b'id="leerspoor-bundle"', b'id="leerspoor-bungle"', "not_a_credential"),
    ],
)
def test_a_page_whose_bundle_is_no_json_says_that_it_is_damaged(
    offline: Callable[..., Page], good: bytes, tmp_path: Path, old: bytes, new: bytes, code: str
) -> None:
    file = tmp_path / "leerspoor.html"
    file.write_bytes(good.replace(old, new, 1))
    page = offline(file)
    assert page.get_attribute("html", "data-verdict") == code
    assert "beschadigd of veranderd" in page.inner_text("div[lang=nl] .verdict")


def test_a_credential_that_cannot_be_read_or_has_no_name_says_so(
    offline: Callable[..., Page], tmp_path: Path
) -> None:
    scene = STARTS["usual"]()
    nameless = scene.credentials[1]
    for named in (nameless, nameless["credentialSubject"]["achievement"]):
        named["name"] = ""
    bundle = json.loads(scene.bundle())
    bundle["items"][0]["credential"] = bundle["items"][0]["credential"][:-1]
    file = tmp_path / "leerspoor.html"
    file.write_bytes(bundle_page.bundle_page(json.dumps(bundle).encode()))
    page = offline(file, language="en-GB")
    assert page.get_attribute("html", "data-verdict") == "invalid"
    assert page.locator("div[lang=en] .card h3").all_inner_texts() == [
        "A credential that cannot be read",
        "A credential without a title",
    ]


def test_one_language_at_a_time_and_both_without_scripts(
    offline: Callable[..., Page], good: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "leerspoor.html"
    file.write_bytes(good)
    page = offline(file, language="en-GB")
    assert page.inner_text("h1:visible") == "What someone learned, with proof"
    page.click("text=Nederlands")
    assert page.inner_text("h1:visible") == "Wat iemand heeft geleerd, met bewijs"
    bare = offline(file, scripts=False)
    assert bare.locator("h1:visible").count() == 2
    assert bare.locator("button:visible").count() == 0
    assert "Zonder JavaScript" in bare.inner_text("div[lang=nl]")


@pytest.mark.parametrize("narrow", [False, True])
def test_the_page_fits(offline: Callable[..., Page], good: bytes, tmp_path: Path, narrow: bool) -> None:
    file = tmp_path / "leerspoor.html"
    file.write_bytes(good)
    page = offline(file, narrow=narrow)
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_finds_no_fault_in_it(browser: Browser, good: bytes) -> None:
    # The page forbids every script but its own, so axe gets in only where its policy is not enforced.
    context = browser.new_context(bypass_csp=True, offline=True)
    context.clock.set_fixed_time(NOW)
    page = context.new_page()
    page.set_content(good.decode())
    page.wait_for_selector("html[data-verdict]", state="attached")
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    assert faults(page) == []
    context.close()


def test_what_a_stranger_wrote_stays_text(offline: Callable[..., Page], tmp_path: Path) -> None:
    scene = STARTS["usual"]()
    for document in scene.credentials:
        document["name"] = HOSTILE
        document["credentialSubject"]["achievement"]["description"] = HOSTILE
        document["issuer"]["name"] = HOSTILE
    data = bundles.parse(scene.bundle())
    made = bundle_page.bundle_page(data.dump())
    assert bundles.parse(bundle_html.extract(made)) == data
    file = tmp_path / "hostile.html"
    file.write_bytes(made)
    page = offline(file)
    assert page.title() == "Leerspoor"
    assert page.locator("img").count() == 0
    assert page.locator("div[lang=nl] .card h3").first.inner_text() == HOSTILE


def test_the_scripts_of_a_page_cannot_end_their_element_or_look_like_a_bundle() -> None:
    for name in (*IMPORTED, "bundle-page.js", "bundle-page.css"):
        source = (FOLDER / name).read_text(encoding="utf-8").lower()
        for mark in ("</script", "<script ", "<!--", "</style"):
            assert mark not in source, name
    page = bundle_page.bundle_page(STARTS["usual"]().bundle())
    assert json.loads(bundle_html.extract(page))["type"] == "leerspoor-bundle.v1"
