"""What people send by a form: a file, a pasted text, a link of this host, or how a visitor calls itself."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.wire.forms import require_utf8
from ledger.errors import RejectedError

FORM_TYPES = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})
FIELDS_MAX = 4
FIELD_BYTES_MAX = 1_048_576  # as large as a body may be
LINK_CHARS_MAX = 2_048
VISITOR_CHARS_MAX = 120


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form held: exact bytes, or a link, or nothing at all."""

    data: bytes = b""
    link: str | None = None


async def sent_of(request: Request) -> Sent:
    """Return what came to be verified; a file goes before a text.

    Raises:
        RejectedError: form_malformed.
    """
    fields = await _fields(request)
    file = fields.get("file")
    if isinstance(file, bytes) and file:
        return Sent(data=file)
    text = fields.get("text")
    pasted = text.strip() if isinstance(text, str) else ""
    if len(pasted) <= LINK_CHARS_MAX and pasted.startswith(("https://", "http://")):
        # The language of the page it was copied from is no part of a share's link.
        return Sent(link=pasted.partition("#")[0].partition("?")[0])
    # Browsers send every line end as CR LF; the text that was pasted, and perhaps signed, has LF.
    return Sent(data=pasted.replace("\r\n", "\n").encode())


async def visitor_of(request: Request) -> str | None:
    """Return how a visitor calls itself, or None.

    Raises:
        RejectedError: form_malformed.
    """
    text = (await _fields(request)).get("visitor")
    shown = text.strip() if isinstance(text, str) else ""
    return shown[:VISITOR_CHARS_MAX] or None


async def _fields(request: Request) -> dict[str, str | bytes]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in FORM_TYPES:
        # A form without fields has no body, and some clients then send no type.
        return {}
    require_utf8(request)
    try:
        form = await request.form(max_files=1, max_fields=FIELDS_MAX, max_part_size=FIELD_BYTES_MAX)
    except HTTPException as error:
        raise RejectedError("form_malformed", "the form cannot be read", expected="a form") from error
    try:
        return {
            name: await value.read() if isinstance(value, UploadFile) else value
            for name, value in form.items()
        }
    finally:
        await form.close()
