"""The words of the pages: all of them translatable, all of them translated, none left behind."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment

from api.web.checks import WORDS
from api.web.language import CATALOGUES, Words, catalogue
from api.web.sentences import BY_CODE, FALLBACK, TITLES, sentence
from schemas.report import CheckName, VerdictText
from tests.browser.texts import WEB, extracted

PLACEHOLDERS = re.compile(r"%\(\w+\)s")
# The name of the project, and what joins a title to it, are the same in every language.
UNTRANSLATED = {"Leerspoor", "· Leerspoor"}
SPOKEN_ATTRIBUTES = re.compile(
    r"""\b(?:aria-label|alt|placeholder|title|data-too-large)=["']([^"'{]*\w[^"'{]*)["']"""
)


def test_every_text_has_its_dutch_and_the_catalogue_holds_no_other() -> None:
    with (CATALOGUES / "nl" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        dutch = read_po(file, locale="nl", abort_invalid=True)
    wanted = {message.id for message in extracted() if message.id}
    known = {message.id for message in dutch if message.id}
    assert known - wanted == set()
    assert wanted - known == set()
    assert len(wanted) > 250
    assert [message.id for message in dutch if message.id and (message.fuzzy or not message.string)] == []


def test_every_translation_fills_in_the_same_values() -> None:
    with (CATALOGUES / "nl" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        dutch = read_po(file, locale="nl")
    for message in dutch:
        if not message.id:
            continue
        sources = message.id if isinstance(message.id, tuple | list) else (message.id,)
        texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
        wanted = {tuple(sorted(PLACEHOLDERS.findall(source))) for source in sources}
        assert {tuple(sorted(PLACEHOLDERS.findall(text or ""))) for text in texts} <= wanted, message.id


@pytest.mark.parametrize("template", sorted(WEB.glob("templates/*.html")), ids=lambda path: path.name)
def test_no_template_holds_a_text_of_its_own(template: object) -> None:
    source = template.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    # Between {% trans %} and {% endtrans %} stands what the catalogue translates.
    outside = re.sub(r"{% trans.*?{% endtrans %}", "", source, flags=re.DOTALL)
    data = "".join(
        token if kind == "data" else " \x00 "
        for _, kind, token in environment.lex(outside)
        if kind != "comment"
    )
    assert SPOKEN_ATTRIBUTES.findall(data) == []
    written = re.sub(r"<[^>]*>", "\n", data).replace("\x00", "\n")
    words = {line.strip() for line in written.split("\n") if re.search(r"[^\W\d_]{2}", line)}
    assert words <= UNTRANSLATED


def test_no_template_holds_a_script_a_style_or_unescaped_text() -> None:
    for template in WEB.glob("templates/*.html"):
        source = template.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script>|\|\s*safe|autoescape|Markup", source), (
            template.name
        )


@pytest.mark.parametrize("name", TITLES)
@pytest.mark.parametrize("verdict", WORDS)
def test_every_check_has_a_sentence_in_both_languages(name: CheckName, verdict: VerdictText) -> None:
    english = sentence(name, verdict, "a_code_that_nobody_knows")
    assert english == FALLBACK[name, verdict]
    dutch = Words("nl").say(english)
    assert Words("en").say(english) == english != dutch
    assert english.endswith(".")
    assert dutch.endswith(".")


def test_every_code_with_a_sentence_is_one_that_a_check_has() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (WEB.parents[1] / "verifiers").rglob("*.py")
    )
    sources += (WEB.parents[1] / "schemas" / "contexts.py").read_text(encoding="utf-8")
    sources += (WEB / "static" / "verifier.js").read_text(encoding="utf-8")
    stems = {code.partition("/")[0] for code in BY_CODE} - {"format_credential", "format_jwt", "status_clear"}
    assert [code for code in sorted(stems) if f'"{code}"' not in sources] == []


def test_sentences_are_short_and_plain() -> None:
    said = [catalogue("nl").gettext(text) for text in (*BY_CODE.values(), *FALLBACK.values())]
    # Level B1: no sentence of more than fifteen words.
    long = [part for text in said for part in re.split(r"[.:] ", text) if len(part.split()) > 15]
    assert long == []
