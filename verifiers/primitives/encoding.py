"""Strict text encodings: base64url, base64, base58btc, multibase, and moments in time.

Each decoder accepts exactly one spelling of a value (it encodes again and compares, or its grammar
leaves no choice), because a second spelling of one signed thing is a second identity. Python's own
decoders skip foreign characters and ignore spare bits, so they are used nowhere else.

Not here: hexadecimal (no format of ours uses it), percent-encoding (`verifiers.formats`).
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Literal

from verifiers.errors import MalformedError

# Base conversion is quadratic; the longest honest base58 text is a signature or a key (about 90).
BASE58_CHARACTERS_MAX = 1_024

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_BASE58_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUES = {character: value for value, character in enumerate(_BASE58_ALPHABET)}
_TIME = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})T(?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,9}))?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})"
)


def b64url_encode(data: bytes) -> str:
    """Return base64url without padding. Source: RFC 4648 §5; RFC 7515 §2."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Return the bytes of an unpadded base64url text; only the one canonical spelling is accepted.

    Raises:
        MalformedError: base64url_invalid.

    Source: RFC 4648 §5 and §3.5 (spare bits must be zero); RFC 7515 §2 (no padding).
    """
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise MalformedError("base64url_invalid", "the text is not unpadded base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64url_encode(data) != text:
        raise MalformedError("base64url_invalid", "the base64url text has spare bits that are not zero")
    return data


def b64_encode(data: bytes) -> str:
    """Return standard base64 with padding, as C2SP formats write it. Source: RFC 4648 §4."""
    return base64.b64encode(data).decode("ascii")


def b64_decode(text: str) -> bytes:
    """Return the bytes of a padded base64 text; only the one canonical spelling is accepted.

    Raises:
        MalformedError: base64_invalid.

    Source: RFC 4648 §4 and §3.5.
    """
    if not _BASE64.fullmatch(text) or len(text) % 4 != 0:
        raise MalformedError("base64_invalid", "the text is not padded base64")
    data = base64.b64decode(text)
    if b64_encode(data) != text:
        raise MalformedError("base64_invalid", "the base64 text has spare bits that are not zero")
    return data


def base58btc_encode(data: bytes) -> str:
    """Return base58 with the Bitcoin alphabet; each leading zero byte becomes one leading "1"."""
    number = int.from_bytes(data, "big")
    characters = []
    while number:
        number, remainder = divmod(number, 58)
        characters.append(_BASE58_ALPHABET[remainder])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(characters))


def base58btc_decode(text: str) -> bytes:
    """Return the bytes of a base58 text with the Bitcoin alphabet.

    Raises:
        MalformedError: base58_invalid.

    Source: draft-msporny-base58-03.
    """
    if len(text) > BASE58_CHARACTERS_MAX:
        raise MalformedError(
            "base58_invalid",
            "the base58 text is too long",
            expected=f"at most {BASE58_CHARACTERS_MAX} characters",
        )
    number = 0
    for character in text:
        value = _BASE58_VALUES.get(character)
        if value is None:
            raise MalformedError("base58_invalid", "the text is not base58 with the Bitcoin alphabet")
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def multibase_encode(data: bytes, base: Literal["z", "u"] = "z") -> str:
    """Return a multibase text: "z" is base58btc, "u" is base64url without padding."""
    return "z" + base58btc_encode(data) if base == "z" else "u" + b64url_encode(data)


def multibase_decode(text: str) -> bytes:
    """Return the bytes of a multibase text in base58btc ("z") or base64url ("u").

    Raises:
        MalformedError: multibase_invalid, also for every other base.

    Source: Controlled Identifiers 1.0 §2.4 (which allows these two); draft-multiformats-multibase.
    """
    try:
        if text.startswith("z"):
            return base58btc_decode(text[1:])
        if text.startswith("u"):
            return b64url_decode(text[1:])
    except MalformedError as error:
        raise MalformedError("multibase_invalid", f"the multibase text cannot be read: {error}") from error
    raise MalformedError("multibase_invalid", "the multibase text has another base", expected="z or u")


def parse_time(text: str) -> datetime:
    """Read a moment in the RFC 3339 profile that VC 2.0 asks for: date, "T", clock, zone.

    Args:
        text: "2026-11-24T10:00:00Z", or with a fraction of 1 to 9 digits, or with "+01:00". A zone is
            required, capital T and Z, no leap second, no hour 24, zones up to 14:00.

    Returns:
        An aware datetime in UTC; digits of the fraction beyond microseconds are dropped.

    Raises:
        MalformedError: time_invalid.

    Source: RFC 3339 §5.6; VC Data Model 2.0 §4.9; XML Schema 1.1 part 2 §3.3.8 (dateTimeStamp).
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise MalformedError(
            "time_invalid", "the moment is not written as required", expected="YYYY-MM-DDTHH:MM:SSZ"
        )
    zone = match["zone"].replace("Z", "+00:00")
    if zone[4:] > "59" or zone[1:] > "14:00":
        raise MalformedError("time_invalid", "the moment has a time zone that does not exist")
    fraction = (match["fraction"] or "")[:6].ljust(6, "0")
    try:
        return datetime.fromisoformat(f"{match['date']}T{match['clock']}.{fraction}{zone}").astimezone(UTC)
    except (
        ValueError,
        OverflowError,
    ) as error:  # 30 February, 25 o'clock, or outside the years 1 to 9999 in UTC
        raise MalformedError("time_invalid", "the moment does not exist on the calendar") from error


def format_time(moment: datetime) -> str:
    """Write an aware moment in UTC with whole seconds and "Z"; a fraction is dropped, never rounded up.

    Raises:
        ValueError: the datetime has no time zone, which is a mistake of the program.
    """
    if moment.utcoffset() is None:
        raise ValueError("a moment without time zone cannot be written")
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
