"""DID documents: the right DID, the right controller, the right purpose."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.verifiers.world import MALLORY, Signer, did_document
from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.formats import did_document as documents

DID = "did:web:roc.example"
ROC = Signer("roc", did=DID)
METHOD = {"id": ROC.method, "type": "Multikey", "controller": DID, "publicKeyMultibase": ROC.key.multikey}


def key(data: bytes, method: str = ROC.method) -> str:
    """Return the code of the refusal, or the Multikey text."""
    try:
        return documents.parse(data, did=DID).key(method).key.multikey
    except VerifierError as error:
        return error.code


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"verificationMethod": [METHOD | {"id": f"#{ROC.key.multikey}"}]},
        {"assertionMethod": [f"#{ROC.key.multikey}"]},
        {"verificationMethod": [], "assertionMethod": [METHOD]},
        {"verificationMethod": [METHOD | {"type": "Ed25519VerificationKey2020"}]},
        {
            "verificationMethod": [
                {**METHOD, "type": "JsonWebKey", "publicKeyMultibase": None, "publicKeyJwk": ROC.jwk}
            ]
        },
        {"verificationMethod": [METHOD, METHOD | {"id": f"{DID}#login"}], "authentication": [f"{DID}#login"]},
    ],
)
def test_a_key_for_assertions_is_found(changes: dict[str, Any]) -> None:
    assert key(did_document(ROC, **changes)) == ROC.key.multikey


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": MALLORY.did}, "did_document_other"),
        ({"id": None}, "did_document_other"),
        ({"assertionMethod": []}, "key_not_for_assertion"),
        ({"assertionMethod": [f"{DID}#other"], "authentication": [ROC.method]}, "key_not_for_assertion"),
        ({"verificationMethod": []}, "key_not_in_document"),
        ({"verificationMethod": [METHOD | {"controller": MALLORY.did}]}, "key_controller"),
        ({"verificationMethod": [METHOD | {"controller": [DID]}]}, "key_controller"),
        ({"verificationMethod": [METHOD | {"type": "X25519KeyAgreementKey2020"}]}, "key_type_unknown"),
        ({"verificationMethod": [METHOD | {"publicKeyJwk": ROC.jwk}]}, "key_type_unknown"),
        ({"verificationMethod": [METHOD | {"publicKeyMultibase": "z6Mk"}]}, "key_malformed"),
        ({"verificationMethod": [METHOD | {"expires": "later"}]}, "time_invalid"),
        ({"verificationMethod": [METHOD, METHOD]}, "did_document_malformed"),
        ({"verificationMethod": [METHOD], "assertionMethod": [METHOD]}, "did_document_malformed"),
        ({"verificationMethod": [METHOD, METHOD | {"id": f"#{ROC.key.multikey}"}]}, "did_document_malformed"),
        ({"verificationMethod": METHOD}, "did_document_malformed"),
        ({"verificationMethod": ["x"]}, "did_document_malformed"),
        ({"assertionMethod": "x"}, "did_document_malformed"),
        ({"assertionMethod": [f"{DID}#{n}" for n in range(65)]}, "did_document_malformed"),
    ],
)
def test_any_other_is_not(changes: dict[str, Any], code: str) -> None:
    assert key(did_document(ROC, **changes)) == code


def test_small_order_keys_are_refused_where_they_enter() -> None:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
    method = {**METHOD, "type": "JsonWebKey", "publicKeyJwk": jwk}
    del method["publicKeyMultibase"]
    with pytest.raises(InvalidError) as caught:
        documents.parse(did_document(ROC, verificationMethod=[method]), did=DID).key(ROC.method)
    assert caught.value.code == "key_small_order"


def test_the_earlier_end_counts() -> None:
    method = METHOD | {"revoked": "2026-05-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z"}
    found = documents.parse(did_document(ROC, verificationMethod=[method]), did=DID).key(ROC.method)
    assert found.valid_until == datetime(2026, 5, 1, tzinfo=UTC)


def test_assertion_keys_leaves_out_what_cannot_be_used() -> None:
    other = METHOD | {"id": f"{DID}#old", "type": "RsaVerificationKey2018"}
    bad = METHOD | {"id": f"{DID}#bad", "publicKeyMultibase": "z"}
    data = did_document(
        ROC, verificationMethod=[other, bad, METHOD], assertionMethod=[ROC.method, f"{DID}#old", f"{DID}#bad"]
    )
    assert [item.method for item in documents.parse(data, did=DID).assertion_keys()] == [ROC.method]


def test_methods_are_compared_as_text_and_never_followed() -> None:
    document = documents.parse(did_document(ROC), did=DID)
    for method in (
        "../../etc/passwd",
        "'; DROP TABLE event; --",
        "http://169.254.169.254/",
        ROC.method.upper(),
        ROC.method + "?x",
    ):
        with pytest.raises(InvalidError) as caught:
            document.key(method)
        assert caught.value.code == "key_not_in_document"


def test_a_document_is_strict_json_of_a_bounded_size() -> None:
    for data, code in ((b'{"id":1,"id":2}', "json_duplicate_key"), (b" " * 262_145, "json_too_large")):
        with pytest.raises((MalformedError, UndeterminedError)) as caught:
            documents.parse(data, did=DID)
        assert caught.value.code == code
    assert json.loads(did_document(ROC))["id"] == DID
