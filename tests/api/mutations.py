"""Every way to spoil one member of a good body, generated from the JSON Schema of what the route accepts.

For each member that the schema knows, present in the body or not: left out, each wrong type, too long, too
short, too large, too small, an unknown word, too many items, an unknown neighbour.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

JSON = dict[str, Any]

VALUES: dict[str, Any] = {
    "null": None,
    "boolean": True,
    "integer": 7,
    "number": 7.5,
    "string": "x",
    "array": [],
    "object": {},
}
FAR_TOO_LONG = 5_000
BSN = "111222333"
"""Passes the check for a BSN, and is nobody's: the tax office's own example."""


@dataclass(frozen=True)
class Spoiled:
    """A body with one thing wrong.

    Args:
        pointer: JSON Pointer to what was spoiled.
        how: what was done to it.
    """

    pointer: str
    how: str
    body: Any


@dataclass(frozen=True)
class Member:
    """One member of a body: the way to it, and the schema that holds there."""

    path: tuple[str | int, ...]
    schema: JSON
    required: bool

    @property
    def pointer(self) -> str:
        """Where it is, as JSON Pointer."""
        return "".join(f"/{part}" for part in self.path)


def members(schema: JSON, body: JSON) -> Iterator[Member]:
    """Yield every member that the schema knows for this body, the first item of lists among them."""
    yield from _below(schema, schema.get("$defs", {}), body, ())


def spoil(schema: JSON, body: JSON) -> Iterator[Spoiled]:
    """Yield the body spoiled in every way."""
    definitions = schema.get("$defs", {})
    yield from _whole(schema, body)
    for member in members(schema, body):
        if member.required and isinstance(member.path[-1], str):
            yield Spoiled(member.pointer, "left out", without(body, member.path))
        for how, value in _wrong(member.schema, definitions):
            yield Spoiled(member.pointer, how, _with(body, member.path, value))
    for path in _objects(body, ()):
        pointer = "".join(f"/{part}" for part in path)
        yield Spoiled(pointer, "unknown neighbour", _with(body, (*path, "unknown_member"), 1))


def texts(schema: JSON, body: JSON) -> Iterator[Member]:
    """Yield the members that hold free text."""
    for member in members(schema, body):
        for option in _options(member.schema, schema.get("$defs", {})):
            closed = {"enum", "const", "pattern", "format"} & option.keys()
            if option.get("type") == "string" and not closed:
                yield member


def put(body: JSON, member: Member, value: object) -> JSON:
    """Return the body with another value for a member."""
    changed: JSON = _with(body, member.path, value)
    return changed


def _whole(schema: JSON, body: JSON) -> Iterator[Spoiled]:
    for kind, value in VALUES.items():
        if kind != "object" or schema.get("required"):
            yield Spoiled("", f"the whole is {kind}", [body] if kind == "array" else value)


def _below(schema: JSON, definitions: JSON, body: Any, path: tuple[str | int, ...]) -> Iterator[Member]:
    if isinstance(body, dict):
        for option in _options(schema, definitions):
            if not _fits(option, definitions, body):
                continue
            for name, below in option.get("properties", {}).items():
                yield Member((*path, name), below, name in option.get("required", []))
                if body.get(name) is not None:
                    yield from _below(below, definitions, body[name], (*path, name))
            return
    if isinstance(body, list) and body:
        for option in _options(schema, definitions):
            if "items" in option:
                yield Member((*path, 0), option["items"], False)
                yield from _below(option["items"], definitions, body[0], (*path, 0))


def _options(schema: JSON, definitions: JSON) -> Iterator[JSON]:
    if "$ref" in schema:
        yield from _options(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    elif several := schema.get("anyOf") or schema.get("oneOf"):
        for option in several:
            yield from _options(option, definitions)
    else:
        yield schema


def _fits(option: JSON, definitions: JSON, body: JSON) -> bool:
    """Return whether this branch of a union is the one the body takes."""
    if option.get("type") != "object" or not set(option.get("required", [])) <= body.keys():
        return False
    return all(
        below.get("const", body.get(name)) == body.get(name)
        for name, below in option.get("properties", {}).items()
    )


def _wrong(schema: JSON, definitions: JSON) -> Iterator[tuple[str, Any]]:
    options = list(_options(schema, definitions))
    allowed = {option["type"] for option in options if "type" in option}
    for kind, value in VALUES.items():
        if kind not in allowed and not (kind == "integer" and "number" in allowed):
            yield f"{kind} in place of {' or '.join(sorted(allowed))}", value
    for option in options:
        match option.get("type"):
            case "string":
                longest = option.get("maxLength", FAR_TOO_LONG)
                yield "text too long", "x" * (longest + 1)
                if option.get("minLength"):
                    yield "no text", ""
                if {"enum", "const", "pattern", "format"} & option.keys():
                    yield "unknown word", "no such word"
            case "integer" | "number":
                for limit, beyond in (("maximum", 1), ("exclusiveMaximum", 0)):
                    if limit in option:
                        yield "too large", option[limit] + beyond
                for limit, beyond in (("minimum", -1), ("exclusiveMinimum", 0)):
                    if limit in option:
                        yield "too small", option[limit] + beyond
            case "array":
                if "maxItems" in option:
                    yield "too many items", [VALUES["string"]] * (option["maxItems"] + 1)
                if option.get("minItems"):
                    yield "no items", []


def _objects(body: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(body, dict):
        yield path
        for name, below in body.items():
            yield from _objects(below, (*path, name))
    elif isinstance(body, list) and body:
        yield from _objects(body[0], (*path, 0))


def _with(body: Any, path: tuple[str | int, ...], value: object) -> Any:
    changed = copy.deepcopy(body)
    here = changed
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = value
    return changed


def without(body: Any, path: tuple[str | int, ...]) -> Any:
    changed = copy.deepcopy(body)
    here = changed
    for part in path[:-1]:
        here = here[part]
    here.pop(path[-1], None)
    return changed
