"""A bundle as one web page to keep: it opens by a double click, offline, in Dutch and English, and checks itself.

Everything stands in the page: the bundle, the verifier, the words, the style. Its own content security policy lets
it run these two scripts and load nothing at all, whatever a credential in it says.

A page from a stranger runs the stranger's program, so its own outcome proves nothing to anybody else; the page says
so, and `verifiers.check` reads the bundle out of it without running anything.

Not here: what makes it a page that verifiers read (`verifiers.formats.bundle_html`), the plain words about the file
(the bundle brings them itself). Source: docs/formats.md, "The bundle as a page".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from html import escape

from api.web.assets import FOLDER, IMPORTED, integrity
from api.web.language import LANGUAGES, N_, NAMES, Words
from api.web.own_check import script_words, verifier_digest
from schemas.report import VerdictText
from verifiers.formats import bundle as bundles
from verifiers.formats import bundle_html
from verifiers.primitives import jcs
from verifiers.primitives.strict_json import JSON

NAME = "leerspoor.html"
MEDIA_TYPE = "text/html"

_TEXTS: Mapping[str, str] = {
    "title": N_("What someone learned, with proof"),
    "lead": N_("This page checks itself in your browser. It needs no internet and sends nothing."),
    "without": N_(
        "Without JavaScript this page cannot check itself. Below you read how to check it otherwise."
    ),
    "caution": N_(
        "Did you get this page from someone you do not know? Then check the file with a program of your own: "
        "a page can also lie about itself."
    ),
    "believed": N_("Whom this page believes"),
    "compare": N_(
        "The maker of this page believed this ledger. Compare its key with one that you have from elsewhere."
    ),
    "log": N_("The ledger"),
    "key": N_("Its key"),
    "digest": N_("SHA-256 of the program"),
}
_OUTCOMES: Mapping[VerdictText, str] = {
    "valid": N_("Valid. Every check that counts came out well."),
    "invalid": N_("Not valid. Do not rely on it. Below you read what is wrong."),
    "undetermined": N_("Not everything could be checked. Below you read what is open."),
}
_LABELS: Mapping[str, str] = {
    "issuer": N_("Issued by"),
    "awarded": N_("Awarded on"),
    "valid_from": N_("Signed for use from"),
    "valid_until": N_("Valid until"),
    "recorded_at": N_("Recorded on"),
    "checks": N_("All checks"),
}


def bundle_page(data: bytes) -> bytes:
    """Return the page of a bundle.

    Args: data: the JSON of a bundle that this server made.
    """
    bundle = bundles.parse(data)
    head = _head()
    sections = "".join(_section(Words(language), bundle) for language in LANGUAGES)
    words: dict[str, JSON] = {language: _script_words(Words(language)) for language in LANGUAGES}
    data_of_words = jcs.canonicalise(words).replace(b"<", b"\\u003c")
    choices = "".join(
        f'<button type="button" data-choose="{language}" lang="{language}" hidden>{NAMES[language]}</button>'
        for language in LANGUAGES
    )
    return b"".join(
        (
            f"{head}<body>\n<nav><span>Leerspoor</span><span>{choices}</span></nav>\n".encode(),
            f"<main>\n{sections}</main>\n".encode(),
            bundle_html.embed(data),
            b'\n<script type="application/json" id="leerspoor-words">' + data_of_words + b"</script>\n",
            b'<script type="module">' + _script() + b"</script>\n</body>\n</html>\n",
        )
    )


@lru_cache(maxsize=1)
def _script() -> bytes:
    """Return the verifier and what shows its outcome, as one script.

    None of its files holds the end of its own element or the start of a comment, which tests see to.
    """
    return b"\n" + b"\n".join((FOLDER / name).read_bytes() for name in (*IMPORTED, "bundle-page.js"))


@lru_cache(maxsize=1)
def _style() -> bytes:
    return b"\n" + (FOLDER / "bundle-page.css").read_bytes()


@lru_cache(maxsize=1)
def _head() -> str:
    policy = (
        f"default-src 'none'; script-src '{integrity(_script())}'; style-src '{integrity(_style())}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return (
        '<!doctype html>\n<html lang="nl">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="content-security-policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>Leerspoor</title>\n<style>{_style().decode()}</style>\n</head>\n"
    )


def _section(words: Words, bundle: bundles.Bundle) -> str:
    text = {name: escape(words.say(said)) for name, said in _TEXTS.items()}
    origin, key = map(escape, bundle.log or ("", ""))
    return f"""<div lang="{words.language}">
<h1>{text["title"]}</h1>
<p class="lead">{text["lead"]}</p>
<div data-outcome aria-live="polite"><p class="hint">{text["without"]}</p></div>
<p class="caution">{text["caution"]}</p>
<h2>{text["believed"]}</h2>
<p class="believed">{text["compare"]}</p>
<dl class="pinned"><dt>{text["log"]}</dt><dd><bdi>{origin}</bdi></dd>
<dt>{text["key"]}</dt><dd><bdi>{key}</bdi></dd>
<dt>{text["digest"]}</dt><dd>{verifier_digest()}</dd></dl>
{_about(bundle.about.get(words.language, ""))}
</div>
"""


def _about(text: str) -> str:
    parts = [part for part in text.split("\n\n") if part]
    return "\n".join(
        f"<h2>{escape(part.removeprefix('# '))}</h2>" if part.startswith("# ") else f"<p>{escape(part)}</p>"
        for part in parts
    )


def _script_words(words: Words) -> dict[str, JSON]:
    return {
        **script_words(words),
        "outcomes": {verdict: words.say(text) for verdict, text in _OUTCOMES.items()},
        "labels": {name: words.say(text) for name, text in _LABELS.items()},
        "judged": words.say("Judged for %(day)s.", day="%s"),
        "aside": words.say("Does not count for the verdict."),
        "broken": words.say("The bundle in this page cannot be read. It is damaged or was changed."),
        "unable": words.say("This browser cannot check signatures by itself."),
    }
