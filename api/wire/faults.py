"""From what pydantic found wrong to the members of a problem, without repeating anything that was sent.

Pydantic's own sentences quote values and tags, so only its error types and limits are used; the sentences of
our own models (`schemas`) are written to be safe and stand in `expected`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from pydantic_core.core_schema import ErrorType

from api.wire.problem import FieldProblem, Problem, problem

FAULTS_MAX = 50  # more faults than this help nobody, and a body of a megabyte can hold very many
_PYDANTIC_TYPES = frozenset(get_args(ErrorType))
# Refused by law wherever it stands, so it names the whole problem.
_OUTRANKS = "bsn_refused"
_LIMITS: Mapping[str, str] = {
    "min_length": "at least {} long",
    "max_length": "at most {} long",
    "gt": "more than {}",
    "ge": "at least {}",
    "lt": "less than {}",
    "le": "at most {}",
    "pattern": "text that matches {}",
    "expected": "{}",
    "expected_tags": "one of {}",
}
_WORDS: Mapping[str, str] = {
    "missing": "a value",
    "extra_forbidden": "only members that this request knows",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "uuid_type": "a UUID as text",
    "uuid_parsing": "a UUID as text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dataclass_type": "an object",
}


class BodyInvalidError(Exception):
    """A body is JSON and not what the route asks for.

    Args:
        errors: pydantic's error details.
        body: the parsed JSON they are about, to tell members from the names of union branches.
    """

    def __init__(self, errors: Iterable[Mapping[str, Any]], body: object) -> None:
        super().__init__("body_invalid")
        self.errors = tuple(errors)
        self.body = body


def of_body(error: BodyInvalidError) -> Problem:
    """Return the problem that tells what is wrong with a body."""
    return _problem([_fault(fault, _pointer(fault, error.body)) for fault in error.errors])


def of_parameters(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the problem that tells what is wrong with path, query or headers; pointers name parameters."""
    return _problem([_fault(error, _parameter(error)) for error in errors])


def _parameter(error: Mapping[str, Any]) -> str:
    return "".join(f"/{part}" for part in error["loc"][1:2])


def _problem(faults: list[FieldProblem]) -> Problem:
    codes = {fault.code for fault in faults}
    outranking = _OUTRANKS in codes
    return problem(
        422,
        _OUTRANKS if outranking else "request_invalid",
        "a text holds a number that passes the BSN check; a BSN may not be kept (art. 46 UAVG)"
        if outranking
        else "the request is not as it should be; see errors",
        errors=tuple(faults[:FAULTS_MAX]),
    )


def _fault(error: Mapping[str, Any], pointer: str) -> FieldProblem:
    code = str(error["type"])
    return FieldProblem(
        pointer=pointer,
        code=code,
        expected=_expected(code, error),
        got="nothing" if code == "missing" else kind_of(error.get("input")),
    )


def _expected(code: str, error: Mapping[str, Any]) -> str | None:
    if code not in _PYDANTIC_TYPES:
        return str(error["msg"])
    context = error.get("ctx", {})
    limits = [words.format(context[name]) for name, words in _LIMITS.items() if name in context]
    return ", ".join(limits) or _WORDS.get(code)


def _pointer(error: Mapping[str, Any], body: object) -> str:
    """Return the JSON Pointer of a fault.

    Pydantic's location also holds the names of union branches, which are not in the body; a member that is
    missing is not in the body either, and comes last. The name of an unknown member is left out: it may be
    anything.
    """
    location = tuple(error["loc"])
    if error["type"] == "extra_forbidden":
        location = location[:-1]
    parts: list[str] = []
    here = body
    for index, part in enumerate(location):
        if isinstance(here, Mapping):
            missing = error["type"] == "missing" and index == len(location) - 1
            if part not in here and not missing:
                continue
            here = here.get(part)
        elif isinstance(here, list):
            if not isinstance(part, int) or part >= len(here):
                continue
            here = here[part]
        else:
            continue
        parts.append(str(part).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{part}" for part in parts)


def kind_of(value: object) -> str:
    """Return what kind of JSON value it is, and how long, but nothing of what it says."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return f"text of {len(value)} characters"
        case list() | tuple():
            return f"a list of {len(value)}"
        case dict():
            return f"an object of {len(value)} members"
        case _:
            return "another value"
