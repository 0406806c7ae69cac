"""The JSON-LD contexts that this house accepts: each URL pinned to one SHA-256, and never the network.

The bytes lie in the `openbadgeslib` package, which is used as a box of files only: it is found, never
imported. Whoever changes a byte of them changes what signatures mean, so a file with another digest is
refused. The digests of the three W3C contexts are the ones that their specifications publish
(VC Data Model 2.0 §B.1; Data Integrity 1.0 §2.4.2; Controlled Identifiers 1.0 §A).

Not accepted: the unversioned `…/ob/v3p0/context.json`, whose content has changed over time.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES_3_0_3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
DATA_INTEGRITY_V2 = "https://w3id.org/security/data-integrity/v2"
MULTIKEY_V1 = "https://w3id.org/security/multikey/v1"

# URL -> (file in the package, SHA-256 of its bytes, place in a list of contexts).
_PINNED: Mapping[str, tuple[str, str, int]] = {
    CREDENTIALS_V2: (
        "credentials-v2.json",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
        0,
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json": (
        "ob-v3p0-context-3.0.1.json",
        "5f3d9dd6288ef437ff8286cf95ffbff609c748a66f24a1e9450c45ca64be1571",
        1,
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json": (
        "ob-v3p0-context-3.0.2.json",
        "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53",
        1,
    ),
    OPEN_BADGES_3_0_3: (
        "ob-v3p0-context-3.0.3.json",
        "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
        1,
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json": (
        "ob-v3p0-extensions.json",
        "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93",
        2,
    ),
    DATA_INTEGRITY_V2: (
        "security-data-integrity-v2.json",
        "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
        3,
    ),
    MULTIKEY_V1: (
        "security-multikey-v1.json",
        "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
        4,
    ),
}

URLS: frozenset[str] = frozenset(_PINNED)


class ContextError(Exception):
    """A context cannot be used.

    Args:
        code: `context_unknown` (no pinned bytes), `context_changed` (the bytes are not the pinned ones)
            or `context_order` (known contexts, in a list that we do not accept).
        message: one lower-case sentence.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@lru_cache(maxsize=len(_PINNED))
def context(url: str) -> Mapping[str, object]:
    """Return the document of one pinned context, deeply read-only.

    Args:
        url: compared as text; no spelling variants.

    Returns:
        The JSON object with its `@context`; objects as read-only mappings, arrays as tuples.

    Raises:
        ContextError: context_unknown, context_changed.
    """
    document = _freeze(json.loads(source(url)))
    if not isinstance(document, Mapping):
        raise ContextError("context_changed", f"the context {url} is not an object")
    return document


def source(url: str) -> bytes:
    """Return the exact bytes of one pinned context; args and errors as `context`."""
    if url not in _PINNED:
        raise ContextError("context_unknown", "the context is not one that is pinned here")
    name, digest, _ = _PINNED[url]
    data = (_folder() / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise ContextError(
            "context_changed", f"the installed bytes of the context {url} are not the pinned ones"
        )
    return data


def check_arrangement(urls: Sequence[str]) -> None:
    """Accept only lists of contexts in the one order in which issuers write them, each once.

    An RDF signature covers the statements and not the list, so a list with a moved or doubled context
    would verify too. The order is: VC 2.0, at most one Open Badges version, the Open Badges extensions,
    Data Integrity; Multikey does not belong to credentials. Unknown URLs are left to `context`.

    What this cannot see, as no reader of an RDF signature can: one accepted list in place of another one
    under which every statement of the document stays the same. The eddsa-jcs-2022 proof sees that too.

    Raises:
        ContextError: context_order.

    Source: VC Data Model 2.0 §4.3 (order); Open Badges 3.0 §B.1.1.
    """
    places = [_PINNED[url][2] for url in urls if url in _PINNED]
    rising = all(left < right for left, right in itertools.pairwise(places))
    mixed = any(place <= 2 for place in places) and 4 in places
    badges_alone = bool(places) and 1 <= places[0] <= 2
    if not rising or mixed or badges_alone:
        raise ContextError("context_order", "the contexts are not in a list that is accepted")


def _folder() -> Path:
    spec = find_spec("openbadgeslib")  # a top-level name: finding it does not import it
    if spec is None or not spec.submodule_search_locations:
        raise ContextError("context_changed", "the package that holds the contexts is not installed")
    return Path(spec.submodule_search_locations[0]) / "ob3" / "contexts"


def _freeze(value: object) -> object:
    if isinstance(value, dict):
        return MappingProxyType({key: _freeze(item) for key, item in value.items()})
    if isinstance(value, list):
        return tuple(_freeze(item) for item in value)
    return value
