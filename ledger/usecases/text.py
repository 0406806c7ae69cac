"""Checking the few texts that are no part of an attestation, with the attestation's own rules and codes."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from ledger.errors import RejectedError
from schemas.attestation.text import Line, Paragraph, Url

_LINE: TypeAdapter[str] = TypeAdapter(Line)
_PARAGRAPH: TypeAdapter[str] = TypeAdapter(Paragraph)
_URL: TypeAdapter[str] = TypeAdapter(Url)


def line(text: str, *, pointer: str) -> str:
    """Return one line of text as it is stored.

    Raises: RejectedError: string_too_short, string_too_long, text_control_character, bsn_refused.
    """
    return _checked(_LINE, text, pointer)


def paragraph(text: str, *, pointer: str) -> str:
    """Return text of one or more lines as it is stored; raises as `line`."""
    return _checked(_PARAGRAPH, text, pointer)


def url(text: str, *, pointer: str) -> str:
    """Return an absolute http or https address.

    Raises: RejectedError: url_invalid, string_too_long, bsn_refused.
    """
    return _checked(_URL, text, pointer)


def _checked(adapter: TypeAdapter[str], text: Any, pointer: str) -> str:
    try:
        return adapter.validate_python(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise RejectedError(first["type"], first["msg"].lower(), pointer=pointer) from None
