"""Every leaf of a credential counts: changed it changes the signed form, and nothing can be added unseen."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.verifiers.primitives.full_credential import CREDENTIAL
from tests.verifiers.primitives.support import refusal
from verifiers.errors import InvalidError, UndeterminedError
from verifiers.primitives import linked_data


def leaf_paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key != "@context":
                yield from leaf_paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaf_paths(item, (*path, index))
    else:
        yield path


def node_paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        if "@value" not in value:
            yield path
        for key, item in value.items():
            if key != "@context":
                yield from node_paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from node_paths(item, (*path, index))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        document = document[part]
    return document


LEAVES = list(leaf_paths(CREDENTIAL))
NODES = list(node_paths(CREDENTIAL))


def test_the_walks_cover_the_whole_credential() -> None:
    assert (len(LEAVES), len(NODES)) == (83, 20)


@pytest.mark.parametrize("path", LEAVES, ids=str)
def test_a_changed_leaf_changes_the_signed_form_or_is_refused(path: tuple[Any, ...]) -> None:
    before = linked_data.canonicalise(CREDENTIAL)
    value = at(CREDENTIAL, path)
    if isinstance(value, bool):
        changes: list[Any] = [not value, str(value).lower(), 0, None]
    elif isinstance(value, str):
        changes = [
            value + "x",
            "x" + value,
            value.swapcase(),
            "",
            None,
            0,
            True,
            [],
            {},
            [value, value],
            [[value]],
        ]
    else:
        changes = [value + 1, str(value), -value, None, True, {}]
    for change in changes:
        if change == value and type(change) is type(value):
            continue
        changed = copy.deepcopy(CREDENTIAL)
        at(changed, path[:-1])[path[-1]] = change
        try:
            after = linked_data.canonicalise(changed)
        except (InvalidError, UndeterminedError):
            continue
        if path[-1] == "@language" and change == str(value).swapcase():
            assert after == before  # language tags have no case: RFC 5646 §2.1.1
        else:
            assert after != before, (path, change)


@pytest.mark.parametrize("path", NODES, ids=str)
def test_an_added_property_is_refused_at_every_node(path: tuple[Any, ...]) -> None:
    """THREATS A10, and the ways to smuggle a known property past a reader of the JSON."""
    additions = {
        "unknownTerm": "term_dropped",
        "foo:bar": "term_alias",
        "https://www.w3.org/2018/credentials#validUntil": "term_alias",
        "Image": "term_alias",
        "": "term_dropped",
        "../x": "term_dropped",
        "@index": "term_dropped",
        "@unknown": "term_dropped",
        "@graph": "term_dropped",
        "@included": "term_dropped",
        "@reverse": "term_dropped",
        "@nest": "term_dropped",
        "@id": "term_dropped",
        "@type": "term_dropped",
    }
    for key, code in additions.items():
        changed = copy.deepcopy(CREDENTIAL)
        at(changed, path)[key] = "x"
        assert refusal(linked_data.canonicalise, changed) == code, key
