"""Headers: canonical only, and what they bind."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifiers.world import ISSUER, Signer
from verifiers.errors import MalformedError
from verifiers.formats import header
from verifiers.formats.header import Header

GOOD = Header(
    stream=UUID("0192d8a0-0000-7000-8000-000000000001"),
    version=3,
    type="credential-issued.v1",
    subject=UUID("7f0e1a52-4b1c-4d55-8a4c-7a1f5a0f3f01"),
    issuer=None,
    key=ISSUER.key.multikey,
    recorded_at=datetime(2026, 11, 24, 10, tzinfo=UTC),
    commitment=bytes(range(32)),
    body_hash=bytes(32),
)


def members(**changes: Any) -> bytes:
    document = json.loads(GOOD.dump()) | changes
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def test_the_canonical_bytes_are_these() -> None:
    assert GOOD.dump() == (
        b'{"body_hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",'
        b'"commitment":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","issuer":null,'
        b'"key":"' + ISSUER.key.multikey.encode() + b'","recorded_at":"2026-11-24T10:00:00Z",'
        b'"stream":"0192d8a0-0000-7000-8000-000000000001",'
        b'"subject":"7f0e1a52-4b1c-4d55-8a4c-7a1f5a0f3f01","type":"credential-issued.v1","version":3}'
    )


def test_associated_data_is_the_header_without_the_body_hash() -> None:
    document = json.loads(GOOD.dump())
    del document["body_hash"]
    assert json.loads(GOOD.aad()) == document
    assert replace(GOOD, body_hash=bytes(range(32))).aad() == GOOD.aad()


@given(
    version=st.integers(1, 2**53 - 1),
    stream=st.uuids(),
    subject=st.none() | st.uuids(),
    issuer=st.none() | st.uuids(),
    seconds=st.integers(0, 4_000_000_000),
    commitment=st.binary(min_size=32, max_size=32),
)
def test_round_trip(
    version: int, stream: UUID, subject: UUID | None, issuer: UUID | None, seconds: int, commitment: bytes
) -> None:
    one = replace(
        GOOD, version=version, stream=stream, subject=subject, issuer=issuer, commitment=commitment,
        recorded_at=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds),
    )  # fmt: skip
    assert header.parse(one.dump()) == one


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (members(version=0), "header_malformed"),
        (members(version=1.0), "header_malformed"),
        (members(version=True), "header_malformed"),
        (members(version="3"), "header_malformed"),
        (members(type="credential-issued"), "header_malformed"),
        (members(type="Credential-Issued.v1"), "header_malformed"),
        (members(type="credential-issued.v01"), "header_malformed"),
        (members(type="a" * 90 + ".v1"), "header_malformed"),
        (members(stream="0192D8A0-0000-7000-8000-000000000001"), "header_not_canonical"),
        (members(stream="{0192d8a0-0000-7000-8000-000000000001}"), "header_not_canonical"),
        (members(stream="0192d8a0000070008000000000000001"), "header_not_canonical"),
        (members(stream="urn:uuid:0192d8a0-0000-7000-8000-000000000001"), "header_not_canonical"),
        (members(stream="no"), "header_malformed"),
        (members(stream=None), "header_malformed"),
        (members(subject=""), "header_malformed"),
        (members(recorded_at="2026-11-24T10:00:00+00:00"), "header_not_canonical"),
        (members(recorded_at="2026-11-24T10:00:00.5Z"), "header_malformed"),
        (members(recorded_at="2026-11-24"), "header_malformed"),
        (members(commitment="AA"), "header_malformed"),
        (members(commitment="AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9"), "header_malformed"),
        (members(body_hash="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), "header_malformed"),
        (members(key="z6Mk"), "header_malformed"),
        (members(key=Signer("p", "P-256").key.multikey), "header_malformed"),
        (members(more=1), "header_malformed"),
        (b"{}", "header_malformed"),
        (b"[]", "json_not_object"),
        (GOOD.dump() + b"\n", "header_not_canonical"),
        (GOOD.dump().replace(b'":', b'": ', 1), "header_not_canonical"),
        (GOOD.dump()[:-1] + b',"version":3}', "json_duplicate_key"),
        (GOOD.dump() + b" " * 1024, "json_too_large"),
    ],
)
def test_everything_else_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        header.parse(data)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "changes",
    [
        {"recorded_at": datetime(2026, 11, 24, 10)},  # noqa: DTZ001
        {"recorded_at": datetime(2026, 11, 24, 10, tzinfo=timezone(timedelta(hours=1)))},
        {"recorded_at": datetime(2026, 11, 24, 10, 0, 0, 1, tzinfo=UTC)},
        {"version": 0},
        {"version": 2**53},
        {"commitment": b""},
        {"body_hash": bytes(31)},
    ],
)
def test_a_header_that_could_not_be_read_back_cannot_be_made(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError) as caught:
        replace(GOOD, **changes)
    assert caught.value.code == "header_malformed"


def test_commitment_and_entry_are_plain_hmac_and_sha256() -> None:
    r = bytes(range(32))
    assert header.commitment(r, b"payload") == hmac.new(r, b"payload", hashlib.sha256).digest()
    signature = ISSUER.sign(GOOD.dump())
    assert header.entry(GOOD.dump(), signature) == hashlib.sha256(GOOD.dump() + signature).digest()


@pytest.mark.parametrize("length", [0, 63, 65])
def test_an_entry_needs_a_signature_of_one_length(length: int) -> None:
    # Otherwise a byte could move from the signature into the header without changing the entry.
    with pytest.raises(MalformedError) as caught:
        header.entry(GOOD.dump(), bytes(length))
    assert caught.value.code == "header_malformed"


def test_a_commitment_needs_32_random_bytes() -> None:
    with pytest.raises(MalformedError) as caught:
        header.commitment(b"short", b"payload")
    assert caught.value.code == "header_malformed"
