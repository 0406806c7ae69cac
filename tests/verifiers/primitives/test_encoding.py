"""Strict decoders: one spelling for one value, refused otherwise, by code."""

from __future__ import annotations

import base64
import string
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifiers.primitives.support import refusal
from verifiers.errors import MalformedError
from verifiers.primitives import encoding

BYTES = st.binary(max_size=80)


@given(BYTES)
def test_round_trips(data: bytes) -> None:
    assert encoding.b64url_decode(encoding.b64url_encode(data)) == data
    assert encoding.b64_decode(encoding.b64_encode(data)) == data
    assert encoding.base58btc_decode(encoding.base58btc_encode(data)) == data
    assert encoding.multibase_decode(encoding.multibase_encode(data)) == data
    assert encoding.multibase_decode(encoding.multibase_encode(data, "u")) == data


@given(BYTES)
def test_base64_agrees_with_the_standard_library(data: bytes) -> None:
    assert encoding.b64_encode(data) == base64.b64encode(data).decode()
    assert encoding.b64url_encode(data) == base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "Y!Q",
        "YQ==",
        "YQ=",
        "YR",
        "YQ==junk",
        "Y",
        "YQ YQ",
        "YQ\n",
        " YQ",
        "Y+Q_",
        "Y/Q_",
        "YQ\u00e9",
        "\uff39Q",
        "=",
        "AB",
    ],
)
def test_base64url_refuses(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        encoding.b64url_decode(text)
    assert caught.value.code == "base64url_invalid"


@pytest.mark.parametrize(
    "text", ["YQ", "YQ=", "YR==", "YWJ=", "Y===", "YQ==YQ==", "YQ==\n", "Y-Q_", "YWJj=", "====", "Y=Q="]
)
def test_base64_refuses(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        encoding.b64_decode(text)
    assert caught.value.code == "base64_invalid"


def test_every_edit_of_a_base64url_text_is_refused_or_other_bytes() -> None:
    """THREATS A7: no second spelling of the same bytes within one edit."""
    text = encoding.b64url_encode(bytes(range(40, 73)))
    data = encoding.b64url_decode(text)
    alphabet = string.ascii_letters + string.digits + "-_+/=. \n"
    edits = {text[:i] + c + text[i:] for i in range(len(text) + 1) for c in alphabet}
    edits |= {text[:i] + c + text[i + 1 :] for i in range(len(text)) for c in alphabet}
    edits |= {text[:i] + text[i + 1 :] for i in range(len(text))}
    for edit in edits - {text}:
        code = refusal(encoding.b64url_decode, edit)
        assert code == "base64url_invalid" or encoding.b64url_decode(edit) != data


# Source: draft-msporny-base58-03 §5.
@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (
            b"The quick brown fox jumps over the lazy dog.",
            "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
        ),
        (bytes.fromhex("0000287fb4cd"), "11233QC4"),
        (b"", ""),
        (b"\0", "1"),
    ],
)
def test_base58_vectors(data: bytes, text: str) -> None:
    assert encoding.base58btc_encode(data) == text
    assert encoding.base58btc_decode(text) == data


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "abc!", "ab c", "\u0661", "1" * 1025])
def test_base58_refuses(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        encoding.base58btc_decode(text)
    assert caught.value.code == "base58_invalid"


@pytest.mark.parametrize("text", ["", "mYQ", "UYQ==", "f00", "Zabc", "z0", "uYQ==", "uYR", "1abc"])
def test_multibase_refuses(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        encoding.multibase_decode(text)
    assert caught.value.code == "multibase_invalid"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T10:00:00Z", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("2026-11-24T10:00:00+01:00", datetime(2026, 11, 24, 9, tzinfo=UTC)),
        ("2026-11-24T00:30:00-00:45", datetime(2026, 11, 24, 1, 15, tzinfo=UTC)),
        ("2026-11-24T10:00:00.5Z", datetime(2026, 11, 24, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-24T10:00:00.123456789Z", datetime(2026, 11, 24, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("2024-02-29T23:59:59Z", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)),
        ("2066-01-19T03:14:08+14:00", datetime(2066, 1, 18, 13, 14, 8, tzinfo=UTC)),
    ],
)
def test_times_are_read(text: str, moment: datetime) -> None:
    read = encoding.parse_time(text)
    assert read == moment
    assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24",
        "2026-11-24T10:00:00",
        "2026-11-24T10:00Z",
        "2026-11-24 10:00:00Z",
        "2026-11-24t10:00:00z",
        "2026-11-24T10:00:00.Z",
        "2026-11-24T10:00:00.1234567890Z",
        "2026-11-24T10:00:00,5Z",
        "2026-11-24T10:00:60Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T25:00:00Z",
        "2026-02-30T10:00:00Z",
        "2025-02-29T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2026-11-24T10:00:00+1:00",
        "2026-11-24T10:00:00+0100",
        "2026-11-24T10:00:00+15:00",
        "2026-11-24T10:00:00+14:01",
        "2026-11-24T10:00:00+01:60",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "20261-01-01T00:00:00Z",
        "-2026-01-01T00:00:00Z",
        "2026-11-24T10:00:00Z\n",
        "\u0662026-11-24T10:00:00Z",
        "",
    ],
)
def test_times_are_refused(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        encoding.parse_time(text)
    assert caught.value.code == "time_invalid"


@given(st.integers(-62_135_500_000, 253_402_200_000), st.integers(0, 999_999), st.integers(-840, 840))
def test_times_round_trip_in_whole_seconds(seconds: int, microseconds: int, minutes: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=microseconds)
    aware = moment.astimezone(timezone(timedelta(minutes=minutes)))
    text = encoding.format_time(aware)
    assert len(text) == 20
    assert encoding.parse_time(text) == aware.astimezone(UTC).replace(microsecond=0)


def test_a_time_without_zone_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="time zone"):
        encoding.format_time(datetime(2026, 11, 24, 10))  # noqa: DTZ001
