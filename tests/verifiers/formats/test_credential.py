"""Credentials as they arrive: one format per entry point, nothing nested, shape by code (THREATS A13)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.verifiers.world import ISSUER, credential, issue, text, token
from verifiers.errors import InvalidError, MalformedError, VerifierError
from verifiers.formats import credential as credentials
from verifiers.primitives.encoding import b64url_encode


def shape(data: bytes) -> str:
    """Return the code of the refusal, or "valid"."""
    try:
        credentials.check_shape(credentials.parse(data))
    except VerifierError as error:
        return error.code
    return "valid"


def test_both_securings_are_read_alike() -> None:
    embedded, compact = credentials.parse(text(issue())), credentials.parse(token(iat=5))
    assert (embedded.media_type, compact.media_type) == ("application/vc", "application/vc+jwt")
    assert embedded.document == compact.document == credential()
    for one in (embedded, compact):
        assert one.issuer_id == ISSUER.did
        assert one.issuer_name == "ROC Merwede"
        assert one.name == "Praktijkverklaring Verzorgende IG"
        assert one.types == ("VerifiableCredential", "AchievementCredential")
        assert one.moment("validFrom") == datetime(2026, 11, 1, 9, tzinfo=UTC)
        assert one.moment("awardedDate") is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (text(issue()), (ISSUER.method,)),  # two proofs by one key
        (token(), (ISSUER.method,)),
        (token(header={"kid": None}), ()),
        (text(credential()), ()),
        (text(credential(proof={"verificationMethod": "did:x#1"})), ("did:x#1",)),
        (text(credential(proof=[5, {}, {"verificationMethod": 7}, {"verificationMethod": "did:x#2"}])), ("did:x#2",)),
    ],
)  # fmt: skip
def test_who_signed_is_named_once_as_the_proofs_say(data: bytes, expected: tuple[str, ...]) -> None:
    assert credentials.parse(data).signed_by == expected


def test_white_space_around_is_not_part_of_it() -> None:
    data = text(issue())
    assert credentials.parse(b"\r\n " + data + b"\n").raw == data
    assert credentials.parse(token() + b"\n").raw == token()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Zorg", "Zorg"),
        ({"@value": "Zorg", "@language": "nl"}, "Zorg"),
        ([{"@value": "Zorg", "@language": "nl"}, {"@value": "Care", "@language": "en"}], "Zorg"),
        (None, "Voert zorg uit"),
        (5, "Voert zorg uit"),
    ],
)
def test_names_with_languages(name: Any, expected: str) -> None:
    assert credentials.parse(text(credential(name=name))).name == expected


ENVELOPE = {
    "@context": "https://www.w3.org/ns/credentials/v2",
    "type": "EnvelopedVerifiableCredential",
    "id": "data:application/vc+jwt," + token().decode(),
}
PRESENTATION = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiablePresentation"],
    "verifiableCredential": [issue()],
}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (text(ENVELOPE), "envelope_refused"),
        (text(issue() | {"id": ENVELOPE["id"]}), "envelope_refused"),
        (text(issue() | {"id": "DATA:text/plain,x"}), "envelope_refused"),
        (text(issue() | {"type": ["VerifiableCredential", "EnvelopedVerifiableCredential"]}), "envelope_refused"),
        (token(payload=text(ENVELOPE)), "envelope_refused"),
        (text(PRESENTATION), "presentation_refused"),
        (text(PRESENTATION | {"verifiableCredential": [ENVELOPE]}), "presentation_refused"),
        (text(PRESENTATION | {"type": "EnvelopedVerifiablePresentation"}), "presentation_refused"),
        (token(payload=text(PRESENTATION)), "presentation_refused"),
        (text({"id": "urn:x:1"}), "not_a_credential"),
        (b"{}", "not_a_credential"),
        (b"", "not_a_credential"),
        (b"hello", "not_a_credential"),
        (b"[]", "not_a_credential"),
        (b'"x"', "not_a_credential"),
        (b"\x89PNG\r\n", "not_a_credential"),
        (token(payload=b"[]"), "json_not_object"),
        (token(payload=b64url_encode(token()).encode()), "json_syntax"),
        (b"one. two. three", "jwt_malformed"),
        (b"\xef\xbb\xbf" + text(issue()), "not_a_credential"),
        (b'{"a":1,"a":2}', "json_duplicate_key"),
        (b"{" + b'"a":{' * 40, "json_too_deep"),
        (b'{"a":"' + b"x" * 1_048_576 + b'"}', "json_too_large"),
    ],
)  # fmt: skip
def test_what_is_no_credential_is_malformed(data: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        credentials.parse(data)
    assert caught.value.code == code


SUBJECT = credential()["credentialSubject"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "valid"),
        ({"issuer": ISSUER.did}, "valid"),
        ({"type": ["AchievementCredential"]}, "schema_invalid"),
        ({"issuer": None}, "schema_invalid"),
        ({"issuer": {"name": "x"}}, "schema_invalid"),
        ({"issuer": "not an iri"}, "schema_invalid"),
        ({"name": None}, "schema_invalid"),
        ({"validFrom": None}, "schema_invalid"),
        ({"validFrom": "2026"}, "schema_invalid"),
        ({"validFrom": "2026-02-30T00:00:00Z"}, "credential_time"),
        ({"validUntil": "2026-13-01T00:00:00Z"}, "credential_time"),
        ({"awardedDate": "2026-11-24T25:00:00Z"}, "credential_time"),
        ({"validUntil": "2026-10-31T00:00:00Z"}, "validity_reversed"),
        ({"credentialSubject": None}, "schema_invalid"),
        ({"credentialSubject": SUBJECT | {"achievement": None}}, "schema_invalid"),
        ({"credentialStatus": "x"}, "schema_invalid"),
    ],
)
def test_shape(changes: dict[str, Any], code: str) -> None:
    assert shape(text(credential(**changes))) == code


def test_the_pointer_names_the_fault_and_not_the_value() -> None:
    with pytest.raises(InvalidError) as caught:
        credentials.check_shape(credentials.parse(text(credential(validFrom="Jan de Vries"))))
    assert caught.value.got == "/validFrom"
    assert "Jan" not in str(caught.value)


def test_claims_of_the_token_are_part_of_the_shape() -> None:
    assert shape(token(iss=ISSUER.did)) == "valid"
    assert shape(token(iss="did:example:other")) == "jwt_claims_disagree"
    assert shape(token(proof={})) == "jwt_with_proof"
    assert shape(token(payload=text({"iss": ISSUER.did, "vc": credential()}))) == "jwt_vc_claim"
