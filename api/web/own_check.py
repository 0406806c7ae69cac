"""What a page gives the visitor's own browser, so that it checks by itself and need not take our word.

The browser gets the same bundle that the server judged, with what this ledger knows about keys and status beside
it: all of that proves itself under the log's key, which is the one thing that the page pins. Pure.

Not here: the checking (`static/verifier.js`) and the showing (`static/own-check.js`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap

from api.web.assets import all_assets
from api.web.cards import NO_TITLE
from api.web.checks import WORDS
from api.web.language import Words
from api.web.sentences import BY_CODE, FALLBACK, TITLES
from schemas.report import VerdictText
from verifiers import Evidence, TrustPolicy
from verifiers.errors import MalformedError, VerifierError
from verifiers.formats import bundle as bundles
from verifiers.formats import bundle_html, status_event
from verifiers.formats import credential as credentials
from verifiers.formats.bundle import Bundle, Item, KeyEvent, StatusEvent
from verifiers.primitives import jcs
from verifiers.primitives.strict_json import JSON, loads_object

FILE_BYTES_MAX = 2 * 1_048_576
"""A larger file is not written into the page; whoever wants to check it takes it along."""


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """What the page needs.

    Attributes:
        data: JSON for the script: the file, the policy, our verdicts, and the words.
        logs: (origin, verifier key) of the logs that the page pins.
        digest: SHA-256 of the verifier, in hex, to compare with a published one.
    """

    data: str
    logs: tuple[tuple[str, str], ...]
    digest: str


def own_check(
    policy: TrustPolicy, words: Words, *, file: bytes | None = None, verdicts: Sequence[VerdictText] = ()
) -> OwnCheck:
    """Return what a page gives the browser.

    Args:
        policy: whom this server believes.
        file: the bundle to check, from `complete`; None where the visitor will choose one.
        verdicts: what the server found, in the order of the bundle.
    """
    data: dict[str, JSON] = {
        "policy": policy.dump().decode(),
        "file": None if file is None or len(file) > FILE_BYTES_MAX else file.decode(),
        "verdicts": list(verdicts),
        "words": dict(script_words(words)),
    }
    logs = tuple((key.name, key.dump()) for key in policy.logs)
    return OwnCheck(jcs.canonicalise(data).decode(), logs, verifier_digest())


def complete(data: bytes, evidence: Evidence, *, at: datetime) -> bytes | None:
    """Return a file as a bundle with what the server knows beside it; None when there is nothing to check.

    What a bundle says about itself and its contexts is left out: no check looks at it.

    Args:
        data: what came in; it has been verified, so it is a credential, a token or a bundle.
        at: when; aware.
    """
    try:
        given = _bundle_of(bundle_html.unwrap(data), at)
    except MalformedError:
        return None
    known = dict(evidence.receipts)
    items = tuple(
        Item(item.credential, item.media_type, item.receipt or known.get(item.credential))
        for item in given.items
    )
    events = dict.fromkeys(given.keys + tuple(KeyEvent(*pair) for pair in evidence.key_events))
    lists = {**given.status_lists, **evidence.status_lists}
    dates = dict.fromkeys(given.status_events + tuple(StatusEvent(*pair) for pair in evidence.status_events))
    return Bundle(
        given.created,
        items,
        tuple(events),
        {},
        lists,
        given.log,
        status_events=tuple(event for event in dates if _is_about(event, lists)),
    ).dump()


def _is_about(event: StatusEvent, lists: Mapping[str, bytes]) -> bool:
    """Return whether an event dates one of the lists; those of lists that made way for later ones do not."""
    try:
        return any(starmap(status_event.parse(event.payload).holds, lists.items()))
    except VerifierError:
        return False


def script_words(words: Words) -> Mapping[str, JSON]:
    """Return the words that a script shows, in one language."""
    return {
        "verdicts": {verdict: words.say(word) for verdict, word in WORDS.items()},
        "titles": {name: words.say(title) for name, title in TITLES.items()},
        "codes": {code: words.say(sentence) for code, sentence in BY_CODE.items()},
        "others": {f"{name}/{verdict}": words.say(text) for (name, verdict), text in FALLBACK.items()},
        "unreadable": words.say("A credential that cannot be read"),
        "untitled": words.say(NO_TITLE),
    }


def verifier_digest() -> str:
    """Return the SHA-256 of the verifier that the pages load, in hex."""
    return hashlib.sha256(all_assets()["verifier.js"].content).hexdigest()


def _bundle_of(data: bytes, at: datetime) -> Bundle:
    if data.lstrip(b" \t\r\n").startswith(b"{"):
        document = loads_object(data, bytes_max=bundles.BUNDLE_BYTES_MAX)
        if bundles.is_bundle(document):
            return bundles.from_document(document)
    credential = credentials.parse(data)
    return Bundle(at, (Item(credential.raw, credential.media_type),), (), {}, {}, None)
