"""The text, date and address types that every attestation is made of.

What lives here: how long a text may be, which characters it may hold, and that none holds a BSN. What does
not: the fields themselves (the sibling files, one a kind).

Dates come in one spelling only ("2026-06-26"; "2026-06-26T10:00:00Z"), because a second spelling of the same
day would give the same attestation two forms. Errors carry a stable code and never repeat the text.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints
from pydantic_core import PydanticCustomError

from schemas.bsn import contains_bsn

# Long enough for the longest official name of a werkproces and for a full paragraph of plain Dutch, and
# short enough that an attestation stays well under the four pages a shared trail may take.
LINE_CHARS_MAX = 200
PARAGRAPH_CHARS_MAX = 4_000
CODE_CHARS_MAX = 64
URL_CHARS_MAX = 2_048
ITEMS_MAX = 40

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
# The characters of RFC 3986 and no others: a name in another script is written in its ASCII form.
_URL = re.compile(r"https?://[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+", re.ASCII)
# Left-to-right and right-to-left overrides can make a page show another text than was signed.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _refuse_bsn(text: str) -> str:
    if contains_bsn(text):
        raise PydanticCustomError(
            "bsn_refused",
            "the text holds a number that passes the BSN check; a BSN may not be kept (art. 46 UAVG)",
        )
    return text


def _refuse_controls(text: str, allowed: str) -> str:
    for character in text:
        if character in allowed:
            continue
        if unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} or character in _BIDI_CONTROLS:
            raise PydanticCustomError(
                "text_control_character", "the text holds a control or unassigned character"
            )
    return text


def _check_line(text: str) -> str:
    return _refuse_bsn(_refuse_controls(text, allowed=""))


def _check_paragraph(text: str) -> str:
    return _refuse_bsn(_refuse_controls(text, allowed="\n"))


def _check_url(text: str) -> str:
    """Accept an absolute http or https address without user or password."""
    try:
        parts = urlsplit(text if _URL.fullmatch(text) else "")
        plain = bool(parts.hostname) and "@" not in parts.netloc and (parts.port is None or parts.port > 0)
    except ValueError:
        plain = False
    if not plain:
        raise PydanticCustomError("url_invalid", "expected an absolute http or https address")
    return _refuse_bsn(text)


def _parse_date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("date_invalid", "expected a date as YYYY-MM-DD")


def _parse_time(value: object) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(microsecond=0)
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("time_invalid", "expected a time as YYYY-MM-DDTHH:MM:SSZ")


def format_time(moment: datetime) -> str:
    """Spell an aware time as RFC 3339 with Z and whole seconds."""
    # Not strftime, whose %Y writes the years before 1000 with fewer digits.
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


Line = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=LINE_CHARS_MAX),
    AfterValidator(_check_line),
]
"""One line of plain text: a name, a title, a role."""

Paragraph = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=PARAGRAPH_CHARS_MAX),
    AfterValidator(_check_paragraph),
]
"""Plain text of one or more lines."""

Code = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=CODE_CHARS_MAX),
    AfterValidator(_check_line),
]
"""A short code of a register or framework."""

Url = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=URL_CHARS_MAX), AfterValidator(_check_url)
]
"""An absolute http or https address."""

Day = Annotated[
    date,
    BeforeValidator(
        _parse_date, json_schema_input_type=Annotated[str, Field(json_schema_extra={"format": "date"})]
    ),
]
"""A calendar day, YYYY-MM-DD."""

Moment = Annotated[
    datetime,
    BeforeValidator(
        _parse_time, json_schema_input_type=Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    ),
    PlainSerializer(format_time, return_type=str, when_used="json"),
]
"""A moment in UTC, whole seconds."""

Kvk = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{8}$")]
"""A number of the Dutch trade register. Eight digits by law, so one in eleven would look like a BSN without
its leading zero: the BSN search is left out here, and a number of nine digits does not fit."""

Crebo = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{5}$")]
"""A crebo code: a qualification, qualification file or part in Dutch vocational education."""
