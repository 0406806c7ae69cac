"""Step 1: what a document must be before JSON-LD sees it, so that one text has one meaning.

JSON-LD drops nulls, flattens nested arrays, ignores `@index`, reads full IRIs and terms alike, and lets a
context inside the document redefine a word. Each is a way to keep a signature valid and change what a
reader of the JSON sees, so each is refused here. What passes is a copy whose numbers are as JavaScript
reads them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any

from verifiers.errors import InvalidError, UndeterminedError

INTEGER_MAX = 2**53 - 1
_INTEGER_FORM_MAX = (
    1e21  # from here on a number is a double: JSON-LD 1.1 API §8.2.2 (Object to RDF Conversion)
)
_DEPTH_MAX = 64  # strict_json allows 32; composed documents are no deeper


def context_lists(document: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the URLs of the document's `@context`, and then those of each credential embedded in it.

    Each is a string or a non-empty list of strings. Only the document itself and a node that is a
    verifiable credential (an endorsement) may name contexts.

    Raises:
        InvalidError: context_inline (an object or null among them, or another place),
            json_ld_invalid (the document names none).
    """
    if "@context" not in document:
        raise InvalidError("json_ld_invalid", "the document names no context")
    found = [_urls(document["@context"])]
    waiting: list[Any] = [value for key, value in document.items() if key != "@context"]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, Mapping):
            waiting.extend(value for key, value in item.items() if key != "@context")
            if "@context" in item:
                if "VerifiableCredential" not in _list(item.get("type", [])):
                    raise InvalidError(
                        "context_inline", "a part of the document carries a context of its own"
                    )
                found.append(_urls(item["@context"]))
    return found


def checked_copy(document: Mapping[str, Any], term_iris: Collection[str]) -> dict[str, Any]:
    """Return a copy for expansion, or refuse what JSON-LD would drop, guess or read in two ways.

    Args:
        document: the JSON object; its contexts have passed `context_lists`.
        term_iris: every IRI that a term of its contexts stands for.

    Raises:
        InvalidError: term_dropped, term_alias, iri_relative, json_ld_invalid.
        UndeterminedError: number_lossy.
    """
    return _Copier(term_iris).node(document, depth=0)


def leaves(value: Any) -> int:
    """Count the strings, numbers and booleans of a document outside its contexts."""
    if isinstance(value, dict):
        return sum(leaves(item) for key, item in value.items() if key != "@context")
    if isinstance(value, list):
        return sum(leaves(item) for item in value)
    return 1


def strings(value: Any) -> set[str]:
    """Return every string value of a document outside its contexts (names are not values)."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(part for key, part in item.items() if key != "@context")
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str):
            found.add(item)
    return found


class _Copier:
    def __init__(self, term_iris: Collection[str]) -> None:
        self._term_iris = term_iris

    def node(self, node: Mapping[str, Any], *, depth: int) -> dict[str, Any]:
        copied: dict[str, Any] = {}
        for key, value in node.items():
            if key == "@context":
                copied[key] = list(_list(value))
            else:
                _check_key(key)
                copied[key] = self._value(value, depth=depth + 1)
        for type_ in _list(node.get("type", [])):
            if not isinstance(type_, str):
                raise InvalidError("json_ld_invalid", "a type is not a string")
            if type_ in self._term_iris or (":" not in type_ and type_[:1].islower()):
                raise InvalidError(
                    "term_alias", "a type is spelled as an IRI or as a property, not as its term"
                )
        return copied

    def _value(self, value: Any, *, depth: int) -> Any:
        if depth > _DEPTH_MAX:
            raise InvalidError("json_ld_invalid", "the document is nested too deeply")
        if isinstance(value, Mapping):
            return _language_value(value) if "@value" in value else self.node(value, depth=depth)
        if isinstance(value, list):
            if not value:
                raise InvalidError("term_dropped", "an empty array would be lost in the signed form")
            if any(isinstance(item, list) for item in value):
                raise InvalidError("json_ld_invalid", "an array stands directly inside an array")
            return [self._value(item, depth=depth) for item in value]
        return _scalar(value)


def _check_key(key: str) -> None:
    if key.startswith("@"):
        raise InvalidError("term_dropped", "the document uses a JSON-LD keyword where only terms are read")
    if ":" in key or key[:1].isupper():
        # A full IRI, or the name of a class, can stand for a term: the signature holds and readers miss it.
        raise InvalidError("term_alias", "a property is spelled as an IRI or as a type, not as its term")


def _scalar(value: Any) -> str | bool | int | float:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if value.startswith("_:"):
            raise InvalidError(
                "iri_relative", "a value is spelled as a blank node label, which no signature covers"
            )
        return value
    if isinstance(value, int) and abs(value) <= INTEGER_MAX:
        return value
    if isinstance(value, float):
        # JSON has one kind of number: 3.0 is the integer 3 for JSON-LD, as it is for JavaScript.
        if value.is_integer() and abs(value) < _INTEGER_FORM_MAX:
            return int(value)
        if isfinite(value) and float(f"{value:.15E}") == value:
            return value
        raise UndeterminedError("number_lossy", "a number has more digits than its signed form keeps")
    if value is None:
        raise InvalidError("term_dropped", "a null would be lost in the signed form")
    raise UndeterminedError("number_lossy", "a number is outside the range that every reader shares")


def _language_value(value: Mapping[str, Any]) -> dict[str, str]:
    """The one JSON-LD value object that VC 2.0 uses: a text with its language.

    `@direction` would vanish in RDF, `@type` and `@index` have no use here. Source: VC Data Model 2.0 §11.1.
    """
    text, language = value.get("@value"), value.get("@language")
    if set(value) != {"@value", "@language"} or not isinstance(text, str) or not isinstance(language, str):
        raise InvalidError("term_dropped", "a value object holds more than a text and its language")
    return {"@value": text, "@language": language}


def _urls(value: Any) -> tuple[str, ...]:
    urls = _list(value)
    if not urls or not all(isinstance(url, str) for url in urls):
        raise InvalidError("context_inline", "the document carries a context of its own")
    return tuple(urls)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
