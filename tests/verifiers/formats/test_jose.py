"""VC-JWT: the key decides, the header brings nothing, and claims say nothing of their own (THREATS A1 to A4, A7)."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.verifiers.world import ISSUER, MALLORY, Signer, credential, text, token
from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.formats import jose
from verifiers.primitives.encoding import b64url_encode

SCHOOL = Signer("school", "P-256")
GOOD = token()


def outcome(data: bytes, signer: Signer = ISSUER) -> str:
    """Return the code of the refusal, or "valid"."""
    try:
        jose.verify(jose.parse(data), signer.key)
    except VerifierError as error:
        return error.code
    return "valid"


def with_header(signature_by: Signer | None = ISSUER, **members: Any) -> bytes:
    """Return a token whose header has been replaced and, if there is a signer, signed anew."""
    header = {"alg": "EdDSA", "kid": ISSUER.method, "typ": "vc+jwt"} | members
    header = {name: value for name, value in header.items() if value is not None}
    to_sign = jose.signing_input(header, text(credential()))
    return jose.seal(to_sign, signature_by.sign(to_sign) if signature_by else bytes(64))


@pytest.mark.parametrize(("signer", "alg"), [(ISSUER, "EdDSA"), (ISSUER, "Ed25519"), (SCHOOL, "ES256")])
def test_good_tokens_verify_and_go_round(signer: Signer, alg: str) -> None:
    data = token(signer=signer, header={"alg": alg})
    jwt = jose.parse(data)
    assert jose.dump(jwt) == data
    assert jwt.payload == text(credential())
    assert jwt.key_id == signer.method
    assert outcome(data, signer) == "valid"


@pytest.mark.parametrize("signer", [ISSUER, SCHOOL])
@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519", "ES256"])
@pytest.mark.parametrize("key", [ISSUER, SCHOOL, MALLORY, Signer("other school", "P-256")])
def test_only_the_diagonal_of_keys_and_algorithms_verifies(signer: Signer, alg: str, key: Signer) -> None:
    fits = alg in jose.ALGORITHMS[key.kind]
    expected = "jwt_alg_key" if not fits else "valid" if key.key == signer.key else "signature_invalid"
    assert outcome(token(signer=signer, header={"alg": alg}), key) == expected


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "HS256", "hs256", "HS512", None, 5, ["EdDSA"]])
def test_no_algorithm_and_shared_secrets_are_refused(alg: Any) -> None:
    assert outcome(with_header(alg=alg)) == "jwt_alg_refused"


def test_the_public_key_is_never_a_secret() -> None:
    # The classic: an HMAC with the public key's bytes, in every spelling someone might have used.
    for secret in (ISSUER.key.raw, ISSUER.key.multikey.encode(), json.dumps(ISSUER.jwk).encode()):
        to_sign = jose.signing_input({"alg": "HS256", "kid": ISSUER.method}, text(credential()))
        data = to_sign + b"." + b64url_encode(hmac.new(secret, to_sign, hashlib.sha256).digest()).encode()
        assert outcome(data) == "jwt_alg_refused"


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES384", "ES256K", "ML-DSA-44", "eddsa", "ED25519", ""])
def test_other_algorithms_cannot_be_checked(alg: str) -> None:
    assert outcome(with_header(alg=alg)) == "jwt_alg_unknown"


@pytest.mark.parametrize(
    "members",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"b64": False, "crit": ["b64"]},
        {"b64": True},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MIIB"]},
        {"zip": "DEF"},
        {"jku": None, "crit": "x"},
    ],
)
def test_headers_that_bring_keys_or_rules_are_refused(members: dict[str, Any]) -> None:
    assert outcome(with_header(**members)) == "jwt_header_refused"


def test_a_key_in_the_header_must_be_the_one_already_known() -> None:
    assert outcome(with_header(jwk=ISSUER.jwk)) == "valid"
    assert outcome(with_header(jwk=MALLORY.jwk)) == "jwt_jwk_other"
    # Signed with the very key that it brings: still nothing.
    assert outcome(with_header(MALLORY, jwk=MALLORY.jwk)) == "jwt_jwk_other"
    values: list[Any] = [
        "x",
        [],
        {},
        ISSUER.jwk | {"d": "AA"},
        ISSUER.jwk | {"alg": "HS256"},
        {"kty": "oct", "k": "AA"},
    ]
    for value in values:
        assert outcome(with_header(jwk=value)) == "jwt_jwk_other"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"typ": None}, "valid"),
        ({"typ": "JWT"}, "valid"),
        ({"cty": "vc"}, "valid"),
        ({"typ": "vp+jwt"}, "jwt_typ"),
        ({"typ": "at+jwt"}, "jwt_typ"),
        ({"typ": "statuslist+jwt"}, "jwt_typ"),
        ({"typ": 5}, "jwt_typ"),
        ({"cty": "vp"}, "jwt_typ"),
    ],
)
def test_a_token_of_another_kind_is_not_a_credential(members: dict[str, Any], expected: str) -> None:
    assert outcome(with_header(**members)) == expected


def test_no_single_changed_character_still_verifies() -> None:
    accepted = []
    for index in range(len(GOOD)):
        for character in (b"A", b"_", b"."):
            changed = GOOD[:index] + character + GOOD[index + 1 :]
            if changed != GOOD and outcome(changed) == "valid":
                accepted.append(index)
    assert accepted == []


HEAD, PAYLOAD, SIGNATURE = GOOD.split(b".")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "jwt_malformed"),
        (HEAD + b"." + PAYLOAD, "jwt_malformed"),
        (GOOD + b".", "jwt_malformed"),
        (GOOD + b"=", "jwt_malformed"),
        (GOOD + b"\n", "jwt_malformed"),
        (b" " + GOOD, "jwt_malformed"),
        (GOOD + "é".encode(), "jwt_malformed"),
        (HEAD + b"=." + PAYLOAD + b"." + SIGNATURE, "jwt_malformed"),
        (b"." + PAYLOAD + b"." + SIGNATURE, "json_syntax"),
        (b64url_encode(b"[]").encode() + b"." + PAYLOAD + b"." + SIGNATURE, "json_not_object"),
        (b64url_encode(b'{"alg":"EdDSA","alg":"none"}').encode() + b".e30.AA", "json_duplicate_key"),
        (b64url_encode(b'{"kid":"' + b"x" * 2_049 + b'"}').encode() + b".e30.AA", "jwt_malformed"),
        (b64url_encode(b'{"kid":5}').encode() + b".e30.AA", "jwt_malformed"),
        (b64url_encode(b'{"x":"' + b"x" * 8_192 + b'"}').encode() + b".e30.AA", "json_too_large"),
        (b"A" * 1_048_577, "jwt_too_large"),
    ],
)
def test_everything_else_is_malformed(data: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        jose.parse(data)
    assert caught.value.code == code


def claims(**members: Any) -> dict[str, Any]:
    return credential(validUntil="2030-01-01T00:00:00.750Z") | members


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"iss": ISSUER.did, "jti": credential()["id"], "sub": credential()["credentialSubject"]["id"]},
        {"nbf": 1_793_523_600, "exp": 1_893_456_000, "iat": 5, "cnf": {}, "aud": "x"},
        {"nbf": 1_793_523_600.0},
        {"iss": ISSUER.did, "issuer": ISSUER.did},
    ],
)
def test_claims_that_repeat_the_credential_are_fine(members: dict[str, Any]) -> None:
    jose.check_claims(claims(**members))
    assert jose.document_of(claims(**members)).keys() == claims().keys()


@pytest.mark.parametrize(
    ("members", "claim"),
    [
        ({"iss": MALLORY.did}, "iss"),
        ({"iss": None}, "iss"),
        ({"jti": "urn:uuid:other"}, "jti"),
        ({"sub": "urn:uuid:other"}, "sub"),
        ({"sub": "x", "credentialSubject": [{"id": "x"}]}, "sub"),
        ({"nbf": 1_793_523_601}, "nbf"),
        ({"nbf": "1793523600"}, "nbf"),
        ({"nbf": True}, "nbf"),
        ({"exp": 1_893_456_001}, "exp"),
        ({"exp": 1, "validUntil": None}, "exp"),
        ({"nbf": 1, "validFrom": "soon"}, "nbf"),
    ],
)
def test_claims_that_contradict_it_are_not(members: dict[str, Any], claim: str) -> None:
    with pytest.raises(InvalidError) as caught:
        jose.check_claims(claims(**members))
    assert (caught.value.code, caught.value.got) == ("jwt_claims_disagree", claim)


def test_wrapped_and_doubly_secured_payloads_are_named() -> None:
    for name in ("vc", "vp"):
        with pytest.raises(UndeterminedError) as wrapped:
            jose.check_claims({name: credential()})
        assert wrapped.value.code == "jwt_vc_claim"
    with pytest.raises(InvalidError) as caught:
        jose.check_claims(claims(proof={}))
    assert caught.value.code == "jwt_with_proof"


def test_a_signature_of_another_length_cannot_be_sealed() -> None:
    with pytest.raises(MalformedError) as caught:
        jose.seal(b"e30.e30", bytes(32))
    assert caught.value.code == "jwt_malformed"
