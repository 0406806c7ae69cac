"""Status lists: the specification's own list, bit order, bombs, and every refusal by its code."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.status import StatusEntryModel, StatusListSubject
from tests.verifiers.world import LIST_URL, list_credential, status_entry
from verifiers.errors import InvalidError, MalformedError, UndeterminedError
from verifiers.formats import status_list
from verifiers.primitives.encoding import b64url_decode, multibase_encode

BYTES = status_list.BITS_MIN // 8
# encodedList of Bitstring Status List 1.0, example 3: 131,072 bits, none of them set.
W3C_EXAMPLE = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"


def test_the_published_list_is_read() -> None:
    assert status_list.decode(W3C_EXAMPLE) == bytes(BYTES)


def test_index_zero_is_the_left_most_bit() -> None:
    bits = bytes([0b1000_0001, 0b0100_0000]) + bytes(BYTES - 2)
    set_indexes = [index for index in range(24) if status_list.status_at(bits, index)]
    assert set_indexes == [0, 7, 9]
    # The IETF's token status list counts from the right; reading one as the other must not agree.
    assert [index for index in range(24) if bits[index // 8] >> index % 8 & 1] == [0, 7, 14]


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, status_list.BITS_MIN - 1), max_size=40))
def test_round_trip(indexes: set[int]) -> None:
    bits = bytearray(BYTES)
    for index in indexes:
        status_list.set_status(bits, index, True)
    read = status_list.decode(status_list.encode(bytes(bits)))
    assert {index for index in range(status_list.BITS_MIN) if status_list.status_at(read, index)} == indexes
    for index in indexes:
        status_list.set_status(bits, index, False)
    assert bits == bytes(BYTES)


def test_equal_bits_are_equal_texts() -> None:
    assert status_list.encode(bytes(BYTES)) == status_list.encode(bytes(BYTES))


@pytest.mark.parametrize("index", [-1, status_list.BITS_MIN, 10**15])
def test_an_index_outside_the_list_is_invalid(index: int) -> None:
    for call in (
        lambda: status_list.status_at(bytes(BYTES), index),
        lambda: status_list.set_status(bytearray(BYTES), index, True),
    ):
        with pytest.raises(InvalidError) as caught:
            call()
        assert caught.value.code == "status_index_range"


# A fixed time inside: the names of the tests below hold the text, and all workers must agree on them.
GZIP = gzip.compress(bytes(BYTES), mtime=0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "status_list_malformed"),
        (W3C_EXAMPLE[1:], "status_list_malformed"),
        ("z" + W3C_EXAMPLE[1:], "status_list_malformed"),
        (W3C_EXAMPLE + "=", "status_list_malformed"),
        (W3C_EXAMPLE[:-4], "status_list_malformed"),
        (multibase_encode(bytes(BYTES), "u"), "status_list_malformed"),
        (multibase_encode(zlib.compress(bytes(BYTES)), "u"), "status_list_malformed"),
        (multibase_encode(GZIP[:-1], "u"), "status_list_malformed"),
        (multibase_encode(GZIP[:-8] + bytes(8), "u"), "status_list_malformed"),
        (multibase_encode(GZIP + b"x", "u"), "status_list_malformed"),
        (multibase_encode(GZIP + GZIP, "u"), "status_list_malformed"),
        (multibase_encode(gzip.compress(bytes(BYTES - 1), mtime=0), "u"), "status_list_too_short"),
    ],
)
def test_everything_else_is_refused(text: str, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        status_list.decode(text)
    assert caught.value.code == code


class CountingZlib:
    """The module as the reader sees it, counting what is inflated."""

    error = zlib.error

    def __init__(self) -> None:
        self.inflated = 0

    def decompressobj(self, wbits: int) -> Any:
        """Return a real one that counts."""
        real, counter = zlib.decompressobj(wbits), self

        class Counting:
            def decompress(self, data: bytes, max_length: int) -> bytes:
                found = real.decompress(data, max_length)
                counter.inflated += len(found)
                return found

            eof = property(lambda _: real.eof)
            unused_data = property(lambda _: real.unused_data)

        return Counting()


def bomb(mebibytes: int, claimed: int | None = None) -> bytes:
    """Return gzip of that many MiB of zeros, honest about its size or not.

    DEFLATE of zeros repeats itself: compressed blocks, each flushed to a byte, are the same bytes again and again.
    """
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = bytes(1 << 20)
    compressor.compress(block)
    compressor.flush(zlib.Z_FULL_FLUSH)
    again = compressor.compress(block) + compressor.flush(zlib.Z_FULL_FLUSH)
    size = mebibytes << 20 if claimed is None else claimed
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return header + again * mebibytes + compressor.flush() + bytes(4) + (size % 2**32).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("data", "code", "inflated_max"),
    [
        (bomb(17), "status_list_too_large", 0),
        (bomb(2_048), "status_list_too_large", 0),
        (bomb(10_240), "status_list_too_large", 0),  # 10 GiB
        (bomb(2_048, BYTES), "status_list_malformed", BYTES + 1),  # says that it is the smallest list
        (bomb(2_048, 16 << 20), "status_list_malformed", (16 << 20) + 1),  # says that it is the largest
        (bomb(2_048, 2_047 << 20), "status_list_too_large", 0),
        (bomb(1, 2**32 - 1), "status_list_malformed", 0),  # more than gzip can hold in so few bytes
        (bomb(17, 0), "status_list_malformed", 1),
    ],
    ids=["17 MiB", "2 GiB", "10 GiB", "small lie", "large lie", "other lie", "impossible", "nothing"],
)
def test_a_bomb_is_refused_before_it_goes_off(
    data: bytes, code: str, inflated_max: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = CountingZlib()
    monkeypatch.setattr(status_list, "zlib", counting)
    text = multibase_encode(data, "u")
    tracemalloc.start()
    with pytest.raises(MalformedError) as caught:
        status_list.decode(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code == code
    assert counting.inflated <= inflated_max
    assert peak < 32 << 20


def test_the_bombs_are_what_they_say() -> None:
    assert gzip.decompress(
        bomb(1)[:-8] + zlib.crc32(bytes(1 << 20)).to_bytes(4, "little") + bomb(1)[-4:]
    ) == (bytes(1 << 20))


def test_the_largest_honest_list_without_a_revocation_is_read() -> None:
    bits = bytes(16 << 20)
    text = status_list.encode(bits)
    assert len(bits) > 1_000 * len(text) * 3 // 4, "a ratio of a thousand is honest"
    assert status_list.decode(text) == bits


# Token Status List (IETF), "Status List Token in JSON": 16 statuses of one bit, zlib and base64url.
IETF_LIST = "eNrbuRgAAhcBXQ"
IETF_STATUSES = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]


def test_the_lists_of_the_ietf_are_not_ours() -> None:
    bits = zlib.decompress(b64url_decode(IETF_LIST))
    assert [bits[index // 8] >> index % 8 & 1 for index in range(16)] == IETF_STATUSES
    # Read with the W3C's order the same bytes say something else about six of sixteen people.
    padded = bits + bytes(BYTES - len(bits))
    ours = [int(status_list.status_at(padded, index)) for index in range(16)]
    assert ours == [1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1]
    assert sum(a != b for a, b in zip(ours, IETF_STATUSES, strict=True)) == 6
    for text in (IETF_LIST, f"u{IETF_LIST}"):
        with pytest.raises(MalformedError) as caught:
            status_list.decode(text)
        assert caught.value.code == "status_list_malformed"


def test_what_we_could_not_read_cannot_be_written() -> None:
    for length, code in ((BYTES - 1, "status_list_too_short"), ((16 << 20) + 1, "status_list_too_large")):
        with pytest.raises(MalformedError) as caught:
            status_list.encode(bytes(length))
        assert caught.value.code == code


def test_our_entries_have_the_published_shape() -> None:
    entry = StatusEntryModel.model_validate(status_entry())
    assert status_list.parse_entry(entry.model_dump()) == status_list.StatusEntry(
        "revocation", 94_567, LIST_URL
    )
    subject = list_credential(sign=False)["credentialSubject"]
    assert StatusListSubject.model_validate(subject).ttl == 86_400_000


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("x", "status_entry_malformed"),
        (status_entry(type="1EdTechRevocationList"), "status_type_unknown"),
        (status_entry(type=["BitstringStatusListEntry"]), "status_type_unknown"),
        (status_entry(statusListIndex=94_567), "status_entry_malformed"),
        (status_entry(statusListIndex="094567"), "status_entry_malformed"),
        (status_entry(statusListIndex="-1"), "status_entry_malformed"),
        (status_entry(statusListIndex="1e3"), "status_entry_malformed"),
        (status_entry(statusListIndex="9" * 17), "status_entry_malformed"),
        (status_entry(statusListIndex="\u0661"), "status_entry_malformed"),
        (status_entry(statusListCredential=""), "status_entry_malformed"),
        (status_entry(statusListCredential="x" * 2_049), "status_entry_malformed"),
        (status_entry(statusPurpose=None), "status_entry_malformed"),
        (status_entry(id=LIST_URL), "status_entry_malformed"),
        (status_entry(statusSize=0), "status_entry_malformed"),
        (status_entry(statusSize=True), "status_entry_malformed"),
        (status_entry(statusSize=2), "status_size_unknown"),
    ],
)
def test_entries_that_cannot_be_read(value: Any, code: str) -> None:
    with pytest.raises((MalformedError, UndeterminedError)) as caught:
        status_list.parse_entry(value)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "changes",
    [
        {"type": ["VerifiableCredential"]},
        {"type": "BitstringStatusListCredential"},
        {"credentialSubject": []},
        {"credentialSubject": {"type": "BitstringStatusList", "statusPurpose": "revocation"}},
        {
            "credentialSubject": {
                "type": "StatusList2021",
                "statusPurpose": "revocation",
                "encodedList": W3C_EXAMPLE,
            }
        },
        {
            "credentialSubject": {
                "type": "BitstringStatusList",
                "statusPurpose": [],
                "encodedList": W3C_EXAMPLE,
            }
        },
        {
            "credentialSubject": {
                "type": "BitstringStatusList",
                "statusPurpose": [1],
                "encodedList": W3C_EXAMPLE,
            }
        },
        {
            "credentialSubject": {
                "type": "BitstringStatusList",
                "statusPurpose": "x",
                "encodedList": W3C_EXAMPLE,
                "ttl": -1,
            }
        },
        {
            "credentialSubject": {
                "type": "BitstringStatusList",
                "statusPurpose": "x",
                "encodedList": W3C_EXAMPLE,
                "ttl": "1",
            }
        },
    ],
)
def test_what_is_no_list_credential(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError) as caught:
        status_list.parse_list(list_credential(sign=False) | changes)
    assert caught.value.code == "status_list_malformed"


def test_a_list_may_serve_several_purposes() -> None:
    document = list_credential(5, sign=False)
    document["credentialSubject"]["statusPurpose"] = ["revocation", "suspension"]
    read = status_list.parse_list(document)
    assert read.purposes == ("revocation", "suspension")
    assert status_list.status_at(read.bits, 5)


@pytest.mark.parametrize(
    ("since", "until", "ttl", "expected"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z", None, "2026-01-03T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z", 86_400, "2026-01-03T00:00:00Z"),
        ("2026-01-01T00:00:00Z", None, 86_400, "2026-01-02T00:00:00Z"),
        (None, None, 86_400, None),
        (None, None, None, None),
        ("9999-12-31T00:00:00Z", None, 86_400 * 300, None),
    ],
)
def test_how_long_a_list_holds(
    since: str | None, until: str | None, ttl: int | None, expected: str | None
) -> None:
    moment = status_list.fresh_until(
        {"validFrom": since, "validUntil": until}, None if ttl is None else timedelta(seconds=ttl)
    )
    assert moment == (None if expected is None else datetime.fromisoformat(expected).astimezone(UTC))
