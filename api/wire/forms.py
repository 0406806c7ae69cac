"""What a form must be before its parts are read. Not here: which fields a route or page asks for."""

from __future__ import annotations

from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from ledger.errors import RejectedError

_CHARSETS = frozenset({b"utf-8", b"utf8"})


def require_utf8(request: Request) -> None:
    """Return only when the form declares no other charset than UTF-8.

    The reader would decode names and texts with any codec that Python knows; some of these fail in ways of
    their own, others make lone surrogates, which are no text. Browsers declare none.

    Raises:
        RejectedError: form_malformed.

    Source: RFC 7578 §4.6 and §5.1.2.
    """
    _, options = parse_options_header(request.headers.get("content-type"))
    if options.get(b"charset", b"utf-8").lower() not in _CHARSETS:
        raise RejectedError("form_malformed", "the form declares another charset", expected="UTF-8")
