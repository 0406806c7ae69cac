"""Tampering at every leaf: walk a document and change one value at a time.

A leaf is a text, number, boolean or null at the end of a path of keys and indexes. The change is the
smallest that keeps the kind of value: one character of a text, one added to a number, the other boolean.
"""

import copy
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every leaf."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path


def tampered(document: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield a changed copy of the document for every leaf."""
    for path in leaves(document):
        changed = copy.deepcopy(document)
        node: Any = changed
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = changed_leaf(node[path[-1]])
        yield path, changed


def changed_leaf(value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return changed_text(value)
    raise TypeError("a credential has no other leaves")


def changed_text(text: str) -> str:
    """Change the last letter or digit for its neighbour, so that a time stays a time and an address an
    address."""
    for index in range(len(text) - 1, -1, -1):
        character = text[index]
        if character.isascii() and character.isalnum():
            other = {"9": "8", "z": "y", "Z": "Y"}.get(character) or chr(ord(character) + 1)
            return text[:index] + other + text[index + 1 :]
    return text + "x"


def pointer(path: Path) -> str:
    """Spell a path for messages."""
    return "/" + "/".join(str(step) for step in path)
