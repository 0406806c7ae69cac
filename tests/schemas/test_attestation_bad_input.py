"""Bad input, generated from the examples: every field missing, of the wrong type, too long, with a BSN or a
control character.

Each case names the code that the field must answer with.
"""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from schemas import attestation

EXAMPLES = Path(attestation.__file__).parents[1] / "examples"
BSN = "111222333"
Case = tuple[str, dict[str, Any], frozenset[str]]

# Closed choices and patterns answer with their own code where a text would answer with the code of a text.
CHOICE = frozenset({"literal_error"})
PATTERN = frozenset({"string_pattern_mismatch"})
TEXT = {"type": frozenset({"string_type"}), "long": frozenset({"string_too_long"})}
CHOICES = {"judgement", "completion", "participation", "supervision", "framework", "basis", "mark"}
PATTERNS = {"kvk", "crebo", "code", "esco", "programme_code"}
DATES = {
    "learned_from",
    "learned_until",
    "period_from",
    "period_until",
    "registered_from",
    "registered_until",
}
TIMES = {"awarded_at", "valid_until"}
URLS = {"url", "website"}


def read(kind: str) -> dict[str, Any]:
    """Return an example as it is sent."""
    found: dict[str, Any] = json.loads((EXAMPLES / f"{kind}.json").read_bytes())
    return found


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every member and item."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield (*path, step)
        yield from paths(item, (*path, step))


def changed(document: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """Return a copy with one value replaced."""
    found = copy.deepcopy(document)
    node: Any = found
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return found


def value_at(document: Any, path: tuple[str | int, ...]) -> Any:
    """Return the value at a path."""
    for step in path:
        document = document[step]
    return document


def name_of(path: tuple[str | int, ...]) -> str:
    """Return the last member name of a path."""
    return next(str(step) for step in reversed(path) if isinstance(step, str))


def codes(name: str, defect: str, path: tuple[str | int, ...]) -> frozenset[str]:
    """Return the code that a text field must answer with."""
    if name == "kind" and len(path) > 1:
        return CHOICE
    if name == "level" and len(path) > 1:
        return CHOICE
    if name in CHOICES:
        return CHOICE
    if name in DATES:
        return frozenset({"date_invalid"})
    if name in TIMES:
        return frozenset({"time_invalid"})
    if defect in TEXT and not (defect == "long" and name in PATTERNS):
        return TEXT[defect]
    if name in PATTERNS:
        return PATTERN
    if name in URLS:
        return frozenset({"bsn_refused"}) if defect == "bsn" else frozenset({"url_invalid"})
    return frozenset({"bsn_refused"}) if defect == "bsn" else frozenset({"text_control_character"})


def text_cases(kind: str) -> Iterator[Case]:
    """Yield every text field with each defect."""
    document = read(kind)
    for path in paths(document):
        value = value_at(document, path)
        if not isinstance(value, str) or path == ("kind",):
            continue
        name = name_of(path)
        bsn = f"{value}/{BSN}" if name in URLS else f"{value} {BSN}"
        for defect, bad in (
            ("type", 5),
            ("long", value + "a" * 5_000),
            ("bsn", bsn),
            ("control", f"{value}\u0000x"),
            ("bidi", f"{value}\u202ex"),
        ):
            yield (
                f"{'/'.join(map(str, path))} {defect}",
                changed(document, path, bad),
                codes(name, defect, path),
            )


def required(kind: str) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths of members whose absence the model must refuse."""
    document = read(kind)
    for path in paths(document):
        if isinstance(path[-1], str) and path != ("kind",):
            model = attestation.parse(document)
            node: Any = model
            for step in path[:-1]:
                node = getattr(node, step) if isinstance(step, str) else node[step]
            if type(node).model_fields[path[-1]].is_required():
                yield path


def refused(document: Any) -> frozenset[str]:
    """Return the codes of a refusal, and check that the input is not repeated in it."""
    with pytest.raises(ValidationError) as caught:
        attestation.parse(document)
    assert BSN not in str(caught.value)
    return frozenset(error["type"] for error in caught.value.errors())


@pytest.mark.parametrize("kind", attestation.KINDS)
def test_every_text_field_refuses_every_defect(kind: str) -> None:
    wrong = []
    count = 0
    for name, document, expected in text_cases(kind):
        count += 1
        found = refused(document)
        if found != expected:
            wrong.append((name, sorted(found), sorted(expected)))
    assert wrong == []
    assert count >= 100


@pytest.mark.parametrize("kind", attestation.KINDS)
def test_every_required_field_is_missed(kind: str) -> None:
    found = list(required(kind))
    assert len(found) >= 6
    for path in found:
        document = read(kind)
        del value_at(document, path[:-1])[path[-1]]
        assert refused(document) == {"missing"}, path


@pytest.mark.parametrize("kind", attestation.KINDS)
def test_an_unknown_field_is_refused_at_every_object(kind: str) -> None:
    document = read(kind)
    objects = [(), *(path for path in paths(document) if isinstance(value_at(document, path), dict))]
    for path in objects:
        assert refused(changed(document, (*path, "extra"), "x")) == {"extra_forbidden"}, path


@pytest.mark.parametrize("kind", attestation.KINDS)
def test_every_list_refuses_a_text_and_too_many_items(kind: str) -> None:
    document = read(kind)
    for path in [path for path in paths(document) if isinstance(value_at(document, path), list)]:
        assert refused(changed(document, path, "x")) == {"tuple_type"}, path
        items = value_at(document, path) * 41
        assert "too_long" in refused(changed(document, path, items)), path


@pytest.mark.parametrize("value", [None, 5, "text", [], {}, {"kind": "diploma"}, {"kind": 5}])
def test_what_is_no_attestation_is_refused(value: object) -> None:
    expected = {"model_attributes_type", "union_tag_not_found", "union_tag_invalid"}
    assert refused(value) <= expected
