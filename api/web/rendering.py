"""From a view to a response: the templates of one language, and the headers that every page carries.

Autoescaping is on for every template and nothing is marked as safe, so whatever a stranger wrote comes out as
text. The content security policy lets a page load only from this host, and nothing inline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import i18n
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.web import language
from api.web.assets import all_assets
from api.web.language import LANGUAGES, NAMES, Language, Words

TEMPLATES = Path(__file__).parent / "templates"
HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
    "x-content-type-options": "nosniff",
    "vary": "accept-language",
}
PUBLIC: Mapping[str, str] = {"x-robots-tag": "all"}
"""What the landing page says instead: it may be found."""


@dataclass(frozen=True, slots=True)
class Visit:
    """In which language a visitor is answered, and whether the address said so."""

    words: Words
    asked: bool

    def address(self, path: str, *, language: Language | None = None) -> str:
        """Return an address of this host that keeps the visitor's choice of language, or changes it."""
        chosen = language or (self.words.language if self.asked else None)
        return path if chosen is None else f"{path}?{urlencode({'lang': chosen})}"


def visit_of(request: Request) -> Visit:
    """Return how a request is to be answered."""
    asked = request.query_params.get("lang")
    chosen = language.choose(asked, request.headers.get("accept-language"))
    return Visit(Words(chosen), asked in LANGUAGES)


def page(
    visit: Visit,
    template: str,
    *,
    other: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: object,
) -> HTMLResponse:
    """Return a page.

    Args:
        other: path of the page in the other language; for the answer to a form, of the page with that form.
    """
    words = visit.words
    others = [
        (known, NAMES[known], visit.address(other, language=known))
        for known in LANGUAGES
        if known != words.language
    ]
    text = (
        _environment(words.language)
        .get_template(template)
        .render(
            language=words.language,
            languages=others,
            address=visit.address,
            asset={name: found.path for name, found in all_assets().items()},
            integrity={name: found.integrity for name, found in all_assets().items()},
            **values,
        )
    )
    return HTMLResponse(text, status_code=status, headers={**HEADERS, **(headers or {})})


@lru_cache(maxsize=len(LANGUAGES))
def _environment(chosen: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=[i18n],
    )
    known = language.catalogue(chosen)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        known.gettext, known.ngettext, newstyle=True
    )
    return environment
