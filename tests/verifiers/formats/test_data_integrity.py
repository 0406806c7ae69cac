"""Data Integrity: the W3C vectors down to proofValue, and every refusal by its code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import schemas.contexts
from tests.verifiers.world import ECDSA, ISSUER, JCS, MALLORY, RDFC, SIGNED_AT, Signer, credential, proof
from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.formats import data_integrity, proof_set
from verifiers.primitives.encoding import multibase_decode
from verifiers.primitives.keys import PublicKey, parse_multikey

VECTORS = Path(__file__).parents[2] / "vectors" / "data_integrity"
EXAMPLES_URL = "https://www.w3.org/ns/credentials/examples/v2"
DOCUMENT = credential()


def contexts(url: str) -> Mapping[str, object]:
    """Give the W3C's example context too, which the product refuses."""
    if url == EXAMPLES_URL:
        read: Mapping[str, object] = json.loads(
            (VECTORS / "contexts" / "credentials-examples-v2.json").read_bytes()
        )
        return read
    return schemas.contexts.context(url)


def signed(case: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the document of a vector and its proofs."""
    document = json.loads((VECTORS / case / "signed.json").read_bytes())
    unsecured, proofs = proof_set.detach(document)
    return unsecured, [item for item in proofs if isinstance(item, dict)]


def key_of(one: Mapping[str, Any]) -> PublicKey:
    return parse_multikey(one["verificationMethod"].partition("#")[2])


@pytest.mark.parametrize(
    "case", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019-p256", "eddsa-proof-set"]
)
def test_w3c_vectors_verify(case: str) -> None:
    document, proofs = signed(case)
    for one in proofs:
        data_integrity.verify_proof(document, one, key_of(one), contexts=contexts)


@pytest.mark.parametrize(
    ("case", "part", "place"),
    [
        ("eddsa-rdfc-2022", "proof-options", slice(0, 32)),
        ("eddsa-rdfc-2022", "document", slice(32, 64)),
        ("eddsa-jcs-2022", "document", slice(32, 64)),
        ("ecdsa-rdfc-2019-p256", "proof-options", slice(0, 32)),
        ("ecdsa-rdfc-2019-p256", "document", slice(32, 64)),
    ],
)
def test_w3c_hashes_are_ours(case: str, part: str, place: slice) -> None:
    document, (one,) = signed(case)
    options = {name: value for name, value in one.items() if name != "proofValue"}
    own = data_integrity.hash_data(document, options, contexts=contexts)
    assert own[place].hex() == (VECTORS / case / f"{part}-hash.hex").read_text().strip()


@pytest.mark.parametrize("case", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_w3c_proof_values_are_made_again(case: str) -> None:
    # Ed25519 is deterministic, so the published key must give the published proofValue.
    document, (one,) = signed(case)
    pair = json.loads((VECTORS / case / "key-pair.json").read_bytes())
    private = Ed25519PrivateKey.from_private_bytes(multibase_decode(pair["privateKeyMultibase"])[2:])
    options = {name: value for name, value in one.items() if name != "proofValue"}
    signature = private.sign(data_integrity.hash_data(document, options, contexts=contexts))
    assert data_integrity.seal_proof(options, signature) == one


def test_w3c_proof_chain_covers_the_proofs_it_names() -> None:
    document, proofs = signed("eddsa-proof-chain")
    for position, one in enumerate(proofs):
        covered = proof_set.covered(proofs, position)
        data_integrity.verify_proof(proof_set.over(document, covered), one, key_of(one), contexts=contexts)
    assert [len(proof_set.covered(proofs, position)) for position in range(len(proofs))] == [0, 0, 2]
    with pytest.raises(InvalidError) as caught:  # the chained proof does not cover the bare document
        data_integrity.verify_proof(document, proofs[2], key_of(proofs[2]), contexts=contexts)
    assert caught.value.code == "signature_invalid"


def test_the_w3c_vectors_are_refused_with_the_pinned_contexts() -> None:
    document, (one,) = signed("eddsa-rdfc-2022")
    with pytest.raises(UndeterminedError) as caught:
        data_integrity.verify_proof(document, one, key_of(one))
    assert caught.value.code == "context_unknown"


@pytest.mark.parametrize(
    ("signer", "suite"), [(ISSUER, RDFC), (ISSUER, JCS), (Signer("school", "P-256"), ECDSA)]
)
def test_own_proofs_verify_and_a_given_canonical_form_changes_nothing(signer: Signer, suite: str) -> None:
    one = proof(DOCUMENT, signer, suite)
    data_integrity.verify_proof(DOCUMENT, one, signer.key)
    for name in ("name", "id", "validFrom"):
        with pytest.raises(InvalidError) as caught:
            data_integrity.verify_proof(
                DOCUMENT | {name: DOCUMENT[name].replace("1", "2") + "x" * (name == "name")}, one, signer.key
            )
        assert caught.value.code == "signature_invalid"


@pytest.mark.parametrize(
    ("suite", "signer", "key"),
    [
        (suite, signer, key)
        for suite, signer in ((RDFC, ISSUER), (JCS, ISSUER), (ECDSA, Signer("school", "P-256")))
        for key in (ISSUER, MALLORY, Signer("school", "P-256"), Signer("other school", "P-256"))
    ],
)
def test_only_the_diagonal_of_keys_and_suites_verifies(suite: str, signer: Signer, key: Signer) -> None:
    one = proof(DOCUMENT, signer, suite)
    if key.key == signer.key:
        data_integrity.verify_proof(DOCUMENT, one, key.key)
        return
    with pytest.raises(InvalidError) as caught:
        data_integrity.verify_proof(DOCUMENT, one, key.key)
    assert caught.value.code == ("signature_invalid" if key.kind == signer.kind else "cryptosuite_key")


@pytest.mark.parametrize("suite", [RDFC, JCS])
def test_every_member_of_a_proof_is_signed(suite: str) -> None:
    own: dict[str, Any] = {
        "id": "urn:uuid:6a1676b8-b51f-11ed-937b-d76685a20ff5",
        "expires": "2099-01-01T00:00:00Z",
    }
    own |= {"domain": "https://employer.example", "challenge": "c", "nonce": "n"}
    one = proof(DOCUMENT, suite=suite, **own)
    changes: dict[str, str] = {
        "id": "urn:uuid:6a1676b8-b51f-11ed-937b-d76685a20ff6",
        "created": "2026-11-01T09:00:01Z",
        "expires": "2100-01-01T00:00:00Z",
        "verificationMethod": MALLORY.method,
        "proofPurpose": "authentication",
        "domain": "https://other.example",
        "challenge": "d",
        "nonce": "m",
    }
    for name, value in changes.items():
        with pytest.raises(InvalidError) as caught:
            data_integrity.verify_proof(DOCUMENT, one | {name: value}, ISSUER.key)
        assert (name, caught.value.code) == (name, "signature_invalid")
        with pytest.raises(VerifierError) as gone:
            data_integrity.verify_proof(
                DOCUMENT, {key: kept for key, kept in one.items() if key != name}, ISSUER.key
            )
        assert gone.value.code in {"signature_invalid", "proof_malformed"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "Ed25519Signature2020"}, "proof_type_unknown"),
        ({"cryptosuite": "bbs-2023"}, "cryptosuite_unknown"),
        ({"cryptosuite": None}, "proof_malformed"),
        ({"type": 3}, "proof_malformed"),
        ({"verificationMethod": {"id": ISSUER.method}}, "proof_malformed"),
        ({"verificationMethod": "x" * 2_049}, "proof_malformed"),
        ({"proofPurpose": None}, "proof_malformed"),
        ({"created": "yesterday"}, "proof_malformed"),
        ({"created": None, "expires": 5}, "proof_malformed"),
        ({"previousProof": 5}, "proof_malformed"),
        ({"previousProof": ["a", "a"]}, "proof_malformed"),
        ({"jws": "ey.."}, "proof_malformed"),
        ({"proofValue": None}, "proof_malformed"),
        ({"proofValue": "z"}, "proof_value_malformed"),
        ({"proofValue": "u" + "A" * 86}, "proof_value_malformed"),
        ({"proofValue": "z0OIl"}, "proof_value_malformed"),
        ({"proofValue": "m" + "A" * 86}, "proof_value_malformed"),
    ],
)
def test_what_is_no_proof_of_ours(changes: dict[str, Any], code: str) -> None:
    one = {name: value for name, value in (proof(DOCUMENT) | changes).items() if value is not None}
    with pytest.raises((MalformedError, UndeterminedError)) as caught:
        data_integrity.parse_proof(one)
    assert caught.value.code == code


@pytest.mark.parametrize("value", [None, 3, "proof", ["proof"]])
def test_a_proof_is_an_object(value: Any) -> None:
    with pytest.raises(MalformedError) as caught:
        data_integrity.parse_proof(value)
    assert caught.value.code == "proof_malformed"


def test_a_jcs_proof_binds_its_contexts_and_needs_them() -> None:
    one = proof(DOCUMENT, suite=JCS)
    longer = DOCUMENT | {
        "@context": [*DOCUMENT["@context"], "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"]
    }
    with pytest.raises(InvalidError) as caught:  # the specification would accept it: see the module
        data_integrity.verify_proof(longer, one, ISSUER.key)
    assert caught.value.code == "proof_context"
    with pytest.raises(MalformedError) as missing:
        data_integrity.proof_options(cryptosuite=JCS, verification_method=ISSUER.method, created=SIGNED_AT)
    assert missing.value.code == "proof_context_missing"


def test_an_rdfc_proof_may_not_bring_other_contexts() -> None:
    one = proof(DOCUMENT) | {"@context": ["https://evil.example/context"]}
    with pytest.raises(InvalidError) as caught:
        data_integrity.verify_proof(DOCUMENT, one, ISSUER.key)
    assert caught.value.code == "proof_context"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (DOCUMENT | {"unknownTerm": 1}, "term_dropped"),
        (DOCUMENT | {"@context": [*DOCUMENT["@context"], {"x": "https://x.example/"}]}, "context_inline"),
        (DOCUMENT | {"@context": ["https://evil.example/context"]}, "context_unknown"),
    ],
)
def test_rdfc_refuses_what_would_not_be_signed(document: dict[str, Any], code: str) -> None:
    with pytest.raises(VerifierError) as caught:
        data_integrity.verify_proof(document, proof(DOCUMENT), ISSUER.key)
    assert caught.value.code == code


def test_attach_writes_one_as_object_and_more_as_array() -> None:
    one, two = proof(DOCUMENT), proof(DOCUMENT, suite=JCS)
    before = deepcopy(DOCUMENT)
    assert data_integrity.attach(DOCUMENT, [one])["proof"] == one
    assert data_integrity.attach(DOCUMENT, [one, two])["proof"] == [one, two]
    assert before == DOCUMENT
    for document, proofs in ((DOCUMENT, []), ({**DOCUMENT, "proof": one}, [two])):
        with pytest.raises(MalformedError) as caught:
            data_integrity.attach(document, proofs)
        assert caught.value.code == "proof_malformed"


def test_seal_proof_takes_64_bytes_once() -> None:
    options = data_integrity.proof_options(
        cryptosuite=RDFC, verification_method=ISSUER.method, created=SIGNED_AT
    )
    for own, signature in ((options, bytes(63)), ({**options, "proofValue": "z1"}, bytes(64))):
        with pytest.raises(MalformedError) as caught:
            data_integrity.seal_proof(own, signature)
        assert caught.value.code == "proof_value_malformed"
    with pytest.raises(MalformedError) as hashed:
        data_integrity.hash_data(DOCUMENT, data_integrity.seal_proof(options, bytes(64)))
    assert hashed.value.code == "proof_malformed"


def test_unknown_suites_cannot_be_made() -> None:
    with pytest.raises(UndeterminedError) as caught:
        data_integrity.proof_options(
            cryptosuite="bbs-2023", verification_method=ISSUER.method, created=SIGNED_AT
        )
    assert caught.value.code == "cryptosuite_unknown"


def test_hash_data_is_two_hashes() -> None:
    options = data_integrity.proof_options(
        cryptosuite=JCS, verification_method=ISSUER.method, created=SIGNED_AT, context=DOCUMENT["@context"]
    )
    own = data_integrity.hash_data(DOCUMENT, options)
    spelled = json.dumps(DOCUMENT, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert own[32:] == hashlib.sha256(spelled).digest()
    assert len(own) == 64
