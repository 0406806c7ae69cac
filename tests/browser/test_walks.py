"""What people do on the pages: open a link, take the file along, check a file, change the language; by keyboard too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from api.web.rendering import HEADERS
from ledger.usecases import share
from tests.browser.looking import NARROW_LIGHT_NL, WIDE_LIGHT_NL, Look
from tests.browser.stage import LEARNER, PURPOSE, Cast, Stage, example
from tests.browser.states import check_text, credential_of, foreign_badge, open_link
from verifiers import check

Looking = Callable[[Look], Page]
WITHOUT_SCRIPTS = Look(scripts=False)
ROBOTS = (
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20.0",
    "Twitterbot/1.0",
    "facebookexternalhit/1.1",
    "LinkedInBot/1.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1)",
    "Microsoft Office Existence Discovery",
    "TelegramBot (like TwitterBot)",
)
KEYS_MAX = 40


@pytest.mark.parametrize("how", [WIDE_LIGHT_NL, NARROW_LIGHT_NL, WITHOUT_SCRIPTS], ids=str)
def test_a_link_opens_in_two_steps_and_its_owner_sees_who_looked(
    look: Looking, on: Stage, cast: Cast, how: Look
) -> None:
    before = on.openings(cast.learner)
    page = look(how)
    page.goto(cast.link)
    assert LEARNER not in page.content()
    assert on.openings(cast.learner) == before
    page.fill("#visitor", "Thuiszorg Drechtsteden")
    page.click("main form button[type=submit]")
    page.wait_for_selector(".trail-head")
    assert page.inner_text("h1") == LEARNER
    assert PURPOSE in page.inner_text(".trail-head")
    assert [look["opened_by"] for look in on.openings(cast.learner)[len(before) :]] == [
        "Thuiszorg Drechtsteden"
    ]


def test_the_trail_tells_what_was_learned_where_and_with_whom(look: Looking, on: Stage, cast: Cast) -> None:
    page = look(WIDE_LIGHT_NL)
    open_link(page, cast.link)
    cards = page.locator("article.card")
    titles = [example(kind)["title"] for kind in cast.issued]
    assert sorted(page.locator(".card-title").all_inner_texts()) == sorted(titles)
    workplace = cards.filter(has_text="gastvrouw").first
    told = workplace.inner_text()
    assert "Merwede Ziekenhuis, Dordrecht" in told
    assert "Joost van Vliet, teamleider Dagbehandeling" in told
    dates = workplace.locator(".date").all_inner_texts()
    assert [date.split("\n")[0] for date in dates] == ["Geleerd", "Toegekend", "Ondertekend", "Vastgelegd"]
    assert [date.split("\n")[1] for date in dates] == [
        "6 juli t/m 30 oktober 2026",
        "9 november 2026",
        "24 november 2026",
        "24 november 2026, 10:00 uur (UTC)",
    ]
    own = cards.filter(has_text="Eigen verklaring").first
    assert "Niemand anders heeft het beoordeeld" in own.inner_text()
    assert own.locator(".stamp").inner_text() == "niet te controleren"


def test_picture_and_table_say_the_same(look: Looking, on: Stage, cast: Cast) -> None:
    page = look(WIDE_LIGHT_NL)
    open_link(page, cast.link)
    assert page.locator("svg.picture:visible").count() == 1
    page.click(".as-table summary")
    rows = page.locator("tbody tr")
    described = page.locator("svg.wide-only desc").text_content() or ""
    for row in rows.all():
        title = row.locator("th bdi").inner_text()
        assert title in described
        for cell in row.locator("td").all()[:3]:
            assert cell.inner_text() in described, title
    rows.first.locator("a").click()
    assert page.url.endswith("#credential-1")


def test_robots_that_preview_a_link_change_nothing(on: Stage, cast: Cast) -> None:
    before = on.openings(cast.learner)
    head = on.ledger.store.head()
    for robot in ROBOTS:
        answer = on.http.get(cast.link, headers={"user-agent": robot})
        assert answer.status_code == 200
        assert LEARNER not in answer.text
        assert on.http.head(cast.link, headers={"user-agent": robot}).status_code in (200, 405)
    assert on.openings(cast.learner) == before
    assert on.ledger.store.head() == head


def test_the_file_that_is_taken_along_verifies_offline(
    look: Looking, on: Stage, cast: Cast, tmp_path: Path
) -> None:
    page = look(WIDE_LIGHT_NL)
    open_link(page, cast.link)
    with page.expect_download() as download:
        page.click(".keep .quiet")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == "leerspoor.json"
    assert on.openings(cast.learner)[-1]["opened_by"] == "a visitor, who took the file along"
    report = check(file.read_bytes(), policy=on.ledger.policy(), at=on.ledger.now())
    assert [item.verdict for item in report.credentials] == [
        "undetermined",
        "valid",
        "valid",
        "valid",
        "valid",
    ]


@pytest.mark.parametrize("how", [WIDE_LIGHT_NL, WITHOUT_SCRIPTS], ids=str)
def test_a_file_is_checked(look: Looking, on: Stage, cast: Cast, tmp_path: Path, how: Look) -> None:
    file = tmp_path / "bewijs.json"
    file.write_text(credential_of(cast), encoding="utf-8")
    page = look(how)
    page.goto(f"{on.base_url}/verify")
    page.set_input_files("#file", file)
    if how.scripts:
        assert page.inner_text(".drop-chosen") == "bewijs.json"
    page.click("form.verify-form button[type=submit]")
    page.wait_for_selector(".result-head")
    assert page.inner_text("h1") == "Dit bewijs klopt"
    assert page.locator(".check").count() > 8
    assert all(text.strip() for text in page.locator(".check-words > p:last-child").all_inner_texts())


def test_a_file_can_be_dropped_and_one_that_is_too_large_is_not_sent(look: Looking, on: Stage) -> None:
    page = look(WIDE_LIGHT_NL)
    page.goto(f"{on.base_url}/verify")
    page.evaluate(
        """size => {
            const carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(size)], "groot.json"));
            const zone = document.querySelector("[data-drop]");
            zone.dispatchEvent(new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true}));
        }""",
        1_000_001,
    )
    assert "te groot" in page.inner_text(".drop-chosen")
    page.click("form.verify-form button[type=submit]")
    assert page.url.endswith("/verify")
    assert page.locator("h1").inner_text() == "Een bewijs nakijken"


def test_the_file_goes_before_the_text_and_white_space_does_not_matter(on: Stage, cast: Cast) -> None:
    text = f"\r\n  {credential_of(cast)} \r\n"
    answer = on.http.post("/verify", data={"text": "nonsense"}, files={"file": ("a.json", text.encode())})
    assert (answer.status_code, "Dit bewijs klopt" in answer.text) == (200, True)
    answer = on.http.post("/verify", data={"text": text})
    assert (answer.status_code, "Dit bewijs klopt" in answer.text) == (200, True)


def test_a_link_that_is_pasted_leads_to_its_first_page(look: Looking, on: Stage, cast: Cast) -> None:
    before = on.openings(cast.learner)
    page = look(WIDE_LIGHT_NL)
    page.goto(f"{on.base_url}/?lang=en")
    page.fill("#link", f"{cast.link}?lang=nl")
    page.click(".door form button")
    page.wait_for_selector(".gate")
    assert page.url == f"{cast.link}?lang=en"
    assert page.inner_text("h1") == "Someone shares a learning trail with you"
    assert on.openings(cast.learner) == before


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({}, 422, "nothing_sent"),
        ({"text": "   "}, 422, "nothing_sent"),
        ({"text": "https://example.org/s/x"}, 422, "link_not_ours"),
        ({"text": "{"}, 400, "json_syntax"),
        ({"text": '{"a": 1, "a": 2}'}, 400, "json_duplicate_key"),
        ({"text": "a diploma"}, 422, "not_a_credential"),
        ({"text": "{}"}, 422, "not_a_credential"),
        ({"text": "a.b.c"}, 422, "jwt_malformed"),
    ],
)
def test_what_cannot_be_read_is_told_in_words(
    on: Stage, sent: dict[str, str], status: int, code: str
) -> None:
    answer = on.http.post("/verify", data=sent)
    assert (answer.status_code, f'data-code="{code}"' in answer.text) == (status, True), answer.text[-3_000:]
    assert "text/html" in answer.headers["content-type"]


def test_a_form_that_is_none_is_refused(on: Stage) -> None:
    too_many = on.http.post("/verify", data={f"field{number}": "x" for number in range(20)})
    no_boundary = on.http.post("/verify", content=b"x", headers={"content-type": "multipart/form-data"})
    for answer in (too_many, no_boundary):
        assert (answer.status_code, 'data-code="form_malformed"' in answer.text) == (422, True)


def test_what_the_gates_refuse_is_a_page_for_people_and_a_problem_for_programs(on: Stage) -> None:
    too_large = {"text": "x" * 1_100_000}
    browser = on.http.post("/verify", data=too_large, headers={"accept": "text/html,*/*;q=0.8"})
    assert (browser.status_code, 'data-code="body_too_large"' in browser.text) == (413, True)
    assert "text/html" in browser.headers["content-type"]
    for path, accept in (("/verify", "application/json"), ("/v1/verify", "text/html")):
        program = on.http.post(path, data=too_large, headers={"accept": accept})
        assert (program.status_code, program.json()["code"]) == (413, "body_too_large")


def test_a_failure_of_ours_is_a_page_without_a_word_of_what_failed(
    on: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret of the store")

    monkeypatch.setattr(share, "landing", fail)
    page = on.http.get(cast.link, headers={"accept": "text/html"})
    assert (page.status_code, 'data-code="internal_error"' in page.text) == (500, True)
    assert "secret" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_unknown_expired_and_withdrawn_links_answer_alike(on: Stage, cast: Cast) -> None:
    learner = on.learner(cast.school)
    on.issue(cast.bureau, learner, example("training"))
    gone = on.post("/v1/shares", {"purpose": "Kennismaking"}, learner.token)
    on.post(f"/v1/shares/{gone['id']}/withdraw", {}, learner.token)
    answers = [
        (on.http.request(method, address).status_code, on.http.request(method, address).text)
        for address in (gone["url"], f"{on.base_url}/s/nothing", gone["url"][:-1] + "_")
        for method in ("GET", "POST")
    ]
    assert len(set(answers)) == 1
    assert answers[0][0] == 404
    assert 'data-code="share_not_found"' in answers[0][1]


def test_a_visitor_that_types_a_bsn_is_asked_not_to_and_nothing_is_recorded(
    look: Looking, on: Stage, cast: Cast
) -> None:
    before = on.openings(cast.learner)
    page = look(WIDE_LIGHT_NL)
    page.goto(cast.link)
    page.fill("#visitor", "123456782")
    page.click("main form button[type=submit]")
    page.wait_for_selector("#refusal")
    assert page.get_attribute("#refusal", "data-code") == "bsn_refused"
    assert "123456782" not in page.content()
    assert on.openings(cast.learner) == before


def test_the_language_follows_the_address_then_the_browser_then_dutch(look: Looking, on: Stage) -> None:
    page = look(WIDE_LIGHT_NL)
    page.goto(f"{on.base_url}/")
    page.click("a[hreflang=en]")
    assert page.inner_text("h1") == "What you learn leaves a trail."
    page.click(".door .button >> nth=0")
    assert page.inner_text("h1") == "Check a credential"
    check_text(page, on, foreign_badge())
    for asked, accept, language in (
        ("", "en-GB,en;q=0.9", "en"),
        ("", "fr, nl;q=0.5", "nl"),
        ("", "fr", "nl"),
        ("?lang=nl", "en", "nl"),
        ("?lang=xx", "en", "en"),
    ):
        answer = on.http.get(f"/{asked}", headers={"accept-language": accept})
        assert f'<html lang="{language}">' in answer.text, (asked, accept)


def test_everything_can_be_done_by_keyboard(look: Looking, on: Stage, cast: Cast) -> None:
    page = look(WIDE_LIGHT_NL)
    page.goto(cast.link)
    seen = []
    for _ in range(KEYS_MAX):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()"))
        if seen[-1] == "Open het spoor":
            break
    assert seen == [
        "Naar de inhoud",
        "Leerspoor",
        "Een bewijs nakijken",
        "English",
        "visitor",
        "Open het spoor",
    ]
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.wait_for_selector(".trail-head")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    opened = page.locator("details[open]").count()
    for _ in range(KEYS_MAX):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.all-checks summary')"):
            break
    page.keyboard.press("Space")
    assert page.locator("details[open]").count() in (opened - 1, opened + 1)


def test_every_page_carries_the_headers(on: Stage, cast: Cast) -> None:
    answers = [
        on.http.get("/"),
        on.http.get("/verify"),
        on.http.post("/verify", data={"text": credential_of(cast)}),
        on.http.get(cast.link),
        on.http.post(cast.link),
        on.http.get("/s/nothing"),
    ]
    for answer in answers:
        said = {name: answer.headers[name] for name in HEADERS}
        expected = dict(HEADERS)
        if answer.url.path in ("/", "/verify") and answer.request.method == "GET":
            expected["x-robots-tag"] = "all"
        assert said == expected, answer.url.path
        assert "set-cookie" not in answer.headers
        assert "unsafe" not in answer.headers["content-security-policy"]
    assert on.http.post(f"{cast.link}/bundle").headers["cache-control"] == "no-store"


def test_a_page_with_all_it_loads_is_light(look: Looking, on: Stage, cast: Cast) -> None:
    page = look(WIDE_LIGHT_NL)
    weights: dict[str, int] = {}
    page.on("response", lambda response: weights.__setitem__(response.url, len(response.body())))
    open_link(page, cast.link)
    page.wait_for_load_state("networkidle")
    # What belongs to the page of the trail: the page itself, style, font, scripts and mark. Two thirds of it are
    # the verifier, which browsers keep for ever, and what it checks, which the page carries so that nothing is
    # asked of a server.
    assert sum(weights.values()) <= 450_000, weights
    assert sum(size for url, size in weights.items() if "verifier" not in url) <= 350_000, weights
    assert {url.rpartition(".")[2] for url in weights if "/static/" in url} >= {"css", "js", "woff2"}


def test_assets_are_kept_for_ever_and_nothing_else_is_served(on: Stage) -> None:
    style = on.http.get("/").text.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = on.http.get(style)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("/static/style.css", "/static/x/../pages.py", "/static/..%2fpages.py", "/static/"):
        assert on.http.get(path).status_code == 404, path


def test_a_mistyped_address_is_told_to_people_in_words_and_to_programs_as_a_problem(on: Stage) -> None:
    browsers = on.http.get("/verfy", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (browsers.status_code, 'data-code="page_unknown"' in browsers.text) == (404, True)
    program = on.http.get("/verfy")
    assert (program.status_code, program.json()["code"]) == (404, "route_unknown")
