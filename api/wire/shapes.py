"""The types that requests and answers are made of: how ids, moments and bytes are spelled in JSON.

One spelling each: a second spelling of the same id or moment is refused, not understood.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from verifiers.errors import VerifierError
from verifiers.primitives.encoding import b64url_decode, b64url_encode, format_time, parse_time

COUNT_MAX = 2**53 - 1
"""What JSON can count to."""
_COUNT = re.compile("0|[1-9][0-9]{0,15}")
UUID_PATTERN = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class Asked(BaseModel):
    """Base of request bodies: closed, frozen, strict."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Answer(BaseModel):
    """Base of answers: made from the frozen results of the usecases."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    @classmethod
    def of(cls, result: object, **more: Any) -> Self:
        """Return the answer that tells a result."""
        answer = cls.model_validate(result, from_attributes=True)
        return answer.model_copy(update=more) if more else answer


def _canonical_uuid(value: object) -> object:
    if isinstance(value, UUID):
        return value
    try:
        found = UUID(str(value))
    except ValueError:
        found = None
    if found is None or str(found) != value:
        raise PydanticCustomError("id_malformed", "expected a lower-case UUID")
    return found


def _canonical_count(value: object) -> object:
    # Python's own reading takes "4_2", " 42" and digits of other scripts for 42.
    if isinstance(value, str) and _COUNT.fullmatch(value):
        return int(value)
    raise PydanticCustomError("count_malformed", "expected a whole number without sign or leading zero")


def _read_time(value: object) -> object:
    if isinstance(value, datetime):
        return value
    try:
        return parse_time(value) if isinstance(value, str) else _refuse_time()
    except VerifierError:
        return _refuse_time()


def _refuse_time() -> datetime:
    raise PydanticCustomError("time_invalid", "expected a moment as YYYY-MM-DDTHH:MM:SSZ")


def _read_base64url(value: object) -> object:
    try:
        return b64url_decode(value) if isinstance(value, str) else value
    except VerifierError:
        raise PydanticCustomError("base64url_invalid", "expected base64url without padding") from None


Id = Annotated[
    UUID,
    BeforeValidator(
        _canonical_uuid,
        json_schema_input_type=Annotated[
            str, Field(pattern=UUID_PATTERN, json_schema_extra={"format": "uuid"})
        ],
    ),
]
"""A UUID in lower case, as the path, query or body must spell it."""

Count = Annotated[int, BeforeValidator(_canonical_count), Field(ge=0, le=COUNT_MAX)]
"""A position or number in a path or query."""

Moment = Annotated[
    datetime,
    BeforeValidator(
        _read_time, json_schema_input_type=Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    ),
    PlainSerializer(format_time, return_type=str, when_used="json"),
]
"""An aware moment, answered in UTC and whole seconds."""

SIGNATURE_BYTES = 64

Signature = Annotated[
    bytes,
    BeforeValidator(
        _read_base64url, json_schema_input_type=Annotated[str, Field(pattern="^[A-Za-z0-9_-]{86}$")]
    ),
    Field(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES),
]
"""A raw signature of 64 bytes, sent as base64url."""

Base64url = Annotated[bytes, PlainSerializer(b64url_encode, return_type=str, when_used="json")]
"""Bytes, answered as base64url without padding."""

ExactText = Annotated[
    str, BeforeValidator(lambda value: value.decode() if isinstance(value, bytes) else value)
]
"""Text whose every byte counts, answered as a string so that nobody re-serialises it by accident."""

Sorted = Annotated[tuple[str, ...], BeforeValidator(lambda value: tuple(sorted(value)))]
"""A set of words, answered in alphabetical order."""

Words = Annotated[str, AfterValidator(str), Field(min_length=1, max_length=4_000)]
"""Text that the usecase checks further; the bound keeps nonsense out early."""
