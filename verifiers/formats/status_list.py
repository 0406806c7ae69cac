"""Bitstring Status List 1.0: the bits, the entry in a credential, and the list credential.

Index 0 is the left-most bit, the most significant one of the first byte (the IETF's token status list
counts the other way round, and is not this format).

On size: what a list inflates to is bounded before a byte of it is inflated. Gzip ends with the size of its
content: a size above the cap, or above what DEFLATE can make of so few bytes, is refused at once, and a size
that is a lie is found one byte after it (THREATS D1). A stricter cap on the ratio would refuse honest lists:
one without revocations comes close to what DEFLATE can do.

Not here: leasing indexes (`ledger.application.status_indexes`), the list's signature and age
(`verifiers.checks.status`).
Source: https://www.w3.org/TR/vc-bitstring-status-list/ §2, §3; RFC 1952 §2.3.1 (ISIZE).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from verifiers.errors import InvalidError, MalformedError, UndeterminedError
from verifiers.primitives.encoding import format_time, multibase_decode, multibase_encode, parse_time
from verifiers.primitives.strict_json import INTEGER_MAX, JSON

BITS_MIN = 131_072  # §3.2 step 2: herd privacy
BITS_MAX = 16 * 1_048_576 * 8  # 16 MiB, THREATS D1
LIST_CREDENTIAL_BYTES_MAX = 4 * 1_048_576
URL_CHARACTERS_MAX = 2_048
TTL_MAX = timedelta(days=366)  # longer asks for trust in a list that nobody fetches again
ENTRY_TYPE = "BitstringStatusListEntry"
CONTEXT = "https://www.w3.org/ns/credentials/v2"
DECIDING_PURPOSES = frozenset(("revocation", "suspension"))  # "refresh" and "message" do not judge

_GZIP = 31  # zlib's wbits for a gzip header and trailer with the full window
_RATIO_MAX = 1_032  # of DEFLATE: 258 bytes from two bits
_PIECE_BYTES = 4_096  # read at a time, so at most 4 MiB come out at a time
_INDEX = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """One `credentialStatus` of a credential.

    Args:
        index: 0-based position of the entry in its list.
        list_url: where the list credential is.
        size: bits of one status, 1 for revocation and suspension.
    """

    purpose: str
    index: int
    list_url: str
    size: int = 1


@dataclass(frozen=True, slots=True)
class StatusList:
    """The content of one list credential; its signature is the caller's to check."""

    url: str | None
    purposes: tuple[str, ...]
    bits: bytes
    ttl: timedelta | None


def encode(bits: bytes) -> str:
    """Return the `encodedList` of a list: "u" and base64url of gzip, the same text for the same bits.

    Args:
        bits: BITS_MIN to BITS_MAX bits, index 0 in the most significant bit of the first byte.

    Raises:
        MalformedError: status_list_too_short, status_list_too_large.

    Source: §3.3.
    """
    _check_length(bits, BITS_MAX)
    compressor = zlib.compressobj(9, zlib.DEFLATED, _GZIP)  # its header has no time, so equal bits stay equal
    return multibase_encode(compressor.compress(bits) + compressor.flush(), "u")


def decode(encoded_list: str, bits_max: int = BITS_MAX) -> bytes:
    """Return the bits of an `encodedList`; work and memory stay bounded whatever the text expands to.

    Raises:
        MalformedError: status_list_malformed, status_list_too_short, status_list_too_large.

    Source: §3.4.
    """
    if not encoded_list.startswith("u"):
        raise MalformedError("status_list_malformed", "the encoded list is not multibase base64url")
    if len(encoded_list) > LIST_CREDENTIAL_BYTES_MAX:
        raise MalformedError("status_list_too_large", "the encoded list is too long")
    try:
        compressed = multibase_decode(encoded_list)
    except MalformedError as error:
        raise MalformedError("status_list_malformed", "the encoded list is not base64url") from error
    bits = _inflate(compressed, bits_max // 8)
    _check_length(bits, bits_max)
    return bits


def _inflate(compressed: bytes, bytes_max: int) -> bytes:
    """Return the content of one gzip member and nothing else, never inflating more than it claims to hold."""
    claimed = int.from_bytes(compressed[-4:], "little")  # modulo 2**32, which a lie may use
    if claimed > _RATIO_MAX * len(compressed):
        raise MalformedError("status_list_malformed", "the encoded list claims more than gzip can hold")
    if claimed > bytes_max:
        raise _too_large(8 * bytes_max)
    stream, content = zlib.decompressobj(_GZIP), bytearray()
    try:
        for start in range(0, len(compressed), _PIECE_BYTES):
            piece = compressed[start : start + _PIECE_BYTES]
            content += stream.decompress(piece, claimed + 1 - len(content))
            if len(content) > claimed:
                break  # it goes on behind its end: the size was a lie
    except zlib.error as error:
        raise MalformedError("status_list_malformed", "the encoded list is not gzip") from error
    if len(content) != claimed or not stream.eof or stream.unused_data:
        raise MalformedError("status_list_malformed", "the encoded list is cut off, or more than it says")
    return bytes(content)


def status_at(bits: bytes, index: int) -> bool:
    """Return whether the bit of this index is set.

    Raises:
        InvalidError: status_index_range.

    Source: §2.2 (encodedList), §3.2.
    """
    _check_index(len(bits), index)
    return bool(bits[index // 8] & (0x80 >> index % 8))


def set_status(bits: bytearray, index: int, value: bool) -> None:
    """Set or clear the bit of this index in place; the writing counterpart of `status_at`."""
    _check_index(len(bits), index)
    mask = 0x80 >> index % 8
    bits[index // 8] = bits[index // 8] | mask if value else bits[index // 8] & ~mask


def parse_entry(value: JSON) -> StatusEntry:
    """Read one `credentialStatus` object.

    Raises:
        UndeterminedError: status_type_unknown, status_size_unknown.
        MalformedError: status_entry_malformed.

    Source: §2.1.
    """
    if not isinstance(value, dict):
        raise MalformedError("status_entry_malformed", "a status entry is not an object")
    if value.get("type") != ENTRY_TYPE:
        raise UndeterminedError(
            "status_type_unknown", "the credential has a kind of status we cannot check", expected=ENTRY_TYPE
        )
    purpose, index, url = (
        value.get(name) for name in ("statusPurpose", "statusListIndex", "statusListCredential")
    )
    size = value.get("statusSize", 1)
    if (
        not isinstance(purpose, str)
        or not isinstance(index, str)
        or not _INDEX.fullmatch(index)
        or not isinstance(url, str)
        or not 0 < len(url) <= URL_CHARACTERS_MAX
        or value.get("id") == url
        or type(size) is not int
        or size < 1
    ):
        raise MalformedError(
            "status_entry_malformed", "a status entry lacks purpose, index or list, or spells one wrong"
        )
    if size != 1 and purpose in DECIDING_PURPOSES:
        raise UndeterminedError(
            "status_size_unknown", "the status has more than one bit, which we cannot read"
        )
    return StatusEntry(purpose, int(index), url, size)


def parse_list(document: Mapping[str, JSON]) -> StatusList:
    """Read the list in a list credential, whose proof the caller checks.

    Raises:
        MalformedError: status_list_malformed, status_list_too_short, status_list_too_large.

    Source: §2.2.
    """
    subject = document.get("credentialSubject")
    types = document.get("type")
    if (
        not isinstance(subject, dict)
        or not isinstance(types, list)
        or "BitstringStatusListCredential" not in types
    ):
        raise MalformedError("status_list_malformed", "the document is not a status list credential")
    encoded, purposes, ttl = subject.get("encodedList"), subject.get("statusPurpose"), subject.get("ttl")
    names = purposes if isinstance(purposes, list) else [purposes]
    if (
        subject.get("type") != "BitstringStatusList"
        or not isinstance(encoded, str)
        or not (ttl is None or (type(ttl) is int and ttl >= 0))
        or not names
    ):
        raise MalformedError(
            "status_list_malformed", "the status list lacks type, purpose or list, or spells one wrong"
        )
    texts = tuple(name for name in names if isinstance(name, str))
    if len(texts) != len(names):
        raise MalformedError("status_list_malformed", "a purpose of the status list is not text")
    url = document.get("id")
    return StatusList(
        url=url if isinstance(url, str) else None,
        purposes=texts,
        bits=decode(encoded),
        ttl=None if ttl is None else min(timedelta(milliseconds=min(ttl, INTEGER_MAX)), TTL_MAX),
    )


def list_credential(
    *,
    url: str,
    issuer: str,
    purpose: str,
    bits: bytes,
    valid_from: datetime,
    valid_until: datetime,
    ttl: timedelta,
) -> dict[str, JSON]:
    """Return an unsigned list credential.

    Args:
        url: where it is published, the `statusListCredential` of its entries.
        issuer: DID of the organisation.
        bits: BITS_MIN to BITS_MAX bits.
        valid_from, valid_until: aware; readers call the list stale after valid_until.
        ttl: time after which readers fetch it again.
    """
    return {
        "@context": [CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": format_time(valid_from),
        "validUntil": format_time(valid_until),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encode(bits),
            "ttl": int(ttl / timedelta(milliseconds=1)),
        },
    }


def fresh_until(document: Mapping[str, JSON], ttl: timedelta | None) -> datetime | None:
    """Return the moment after which the list must not be relied on, or None when it names none.

    That is its validUntil. `ttl` says how long a reader may keep what it fetched before it asks again, and
    only where there is no validUntil does it tell the list's age, counted from validFrom.

    Raises:
        MalformedError: time_invalid.

    Source: §2.2 (validUntil, ttl).
    """
    until, since = (_moment(document.get(name)) for name in ("validUntil", "validFrom"))
    if until is None and since is not None and ttl is not None:
        with suppress(OverflowError):  # a list from the year 9999
            return since + ttl
    return until


def _check_index(bytes_count: int, index: int) -> None:
    if not 0 <= index < bytes_count * 8:
        raise InvalidError("status_index_range", "the status index lies outside the list")


def _moment(value: JSON) -> datetime | None:
    return parse_time(value) if isinstance(value, str) else None


def _check_length(bits: bytes, bits_max: int) -> None:
    if len(bits) * 8 > bits_max:
        raise _too_large(bits_max)
    if len(bits) * 8 < BITS_MIN:
        raise MalformedError(
            "status_list_too_short", "the status list is too short", expected=f"{BITS_MIN} bits or more"
        )


def _too_large(bits_max: int) -> MalformedError:
    return MalformedError(
        "status_list_too_large", "the status list is too large", expected=f"at most {bits_max} bits"
    )
