"""Names of strangers, shown so that they cannot pass for another's: normal form, own direction, own identity.

A name is only a claim. Beside it stands who really signed, and a name that mixes alphabets is pointed out
(THREATS I5). Not here: whether the issuer is trusted; that is a check.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from api.web.language import N_, Words

SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
"""Alphabets with letters that look alike."""
IDENTIFIER_CHARS = 44
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_KEPT = frozenset({"\n", "\t", "\u200c", "\u200d"})  # the joiners are part of how some languages are spelled
_WARNING = N_("The letters of this name come from different alphabets. Look closely at who it is.")


@dataclass(frozen=True, slots=True)
class NameView:
    """A name, the identifier that signs for it, and a warning when the name misleads."""

    name: str
    identifier: str | None
    host: str | None
    warning: str | None


def clean(text: str) -> str:
    """Return a text as it may be shown: composed, without characters that hide or turn what follows."""
    shown = "".join(
        letter for letter in text if letter in _KEPT or unicodedata.category(letter) not in _HIDDEN
    )
    return unicodedata.normalize("NFC", shown)


def name_view(name: str | None, identifier: str | None, words: Words) -> NameView:
    """Return how an issuer is shown; one without a name by its identifier."""
    shown = clean(name or "").strip()
    warning = words.say(_WARNING) if _mixes_alphabets(shown) else None
    return NameView(
        name=shown or words.say("An issuer without a name"),
        identifier=None if identifier is None else _shorten(clean(identifier)),
        host=_host_of(identifier),
        warning=warning,
    )


def _mixes_alphabets(name: str) -> bool:
    found = {
        script
        for letter in name
        if letter.isalpha()
        for script in SCRIPTS
        if unicodedata.name(letter, "").startswith(script)
    }
    return len(found) > 1


def _host_of(identifier: str | None) -> str | None:
    """Return the host that a did:web or a web address belongs to: the part that nobody else can use."""
    if identifier is None:
        return None
    method, _, rest = identifier.partition("did:web:")
    if method == "" and rest:
        return clean(unquote(rest.partition(":")[0]))
    scheme, _, rest = identifier.partition("://")
    if scheme in ("https", "http") and rest:
        return clean(rest.partition("/")[0].rpartition("@")[2])
    return None


def _shorten(identifier: str) -> str:
    if len(identifier) <= IDENTIFIER_CHARS:
        return identifier
    half = IDENTIFIER_CHARS // 2
    return f"{identifier[:half]}…{identifier[-half:]}"
