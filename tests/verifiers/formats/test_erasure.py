"""Erasure certificates: a real one verifies; every broken one is refused by its code, and none makes it crash."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.erasure import ErasureModel, OldCopiesModel, PartModel, TextModel
from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import erasure
from verifiers.formats import header as headers
from verifiers.formats.checkpoint import VerifierKey
from verifiers.formats.header import Header
from verifiers.formats.receipt import Opening, Receipt
from verifiers.primitives.keys import from_raw
from verifiers.primitives.merkle import leaf_hash

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
LEARNER, OTHER = UUID(int=7), UUID(int=8)
PRIVATE, STRANGER = (
    Ed25519PrivateKey.from_private_bytes(b"1" * 32),
    Ed25519PrivateKey.from_private_bytes(b"2" * 32),
)
KEY = from_raw("Ed25519", PRIVATE.public_key().public_bytes_raw())
STRANGE = from_raw("Ed25519", STRANGER.public_key().public_bytes_raw())
LOG = VerifierKey("ledger.example/leerspoor", KEY)
ELSEWHERE = VerifierKey("elsewhere.example/log", STRANGE)


def receipt(
    type_: str = erasure.TOMBSTONE,
    subject: UUID = LEARNER,
    payload: bytes = b"",
    *,
    log: VerifierKey = LOG,
    private: Ed25519PrivateKey = PRIVATE,
) -> str:
    """Return the receipt of a log that holds one event without a body."""
    header = Header(
        stream=subject,
        version=2,
        type=type_,
        subject=subject,
        issuer=None,
        key=log.key.multikey,
        recorded_at=NOW,
        commitment=headers.commitment(headers.NO_BODY_RANDOM, payload),
        body_hash=headers.body_hash(b""),
    ).dump()
    signature = private.sign(header)
    root = leaf_hash(headers.entry(header, signature))
    head = checkpoints.sign(origin=log.name, size=1, root=root, key=log, signer=private.sign)
    return Receipt(0, (), head, Opening(header, signature, headers.NO_BODY_RANDOM)).dump()


def made(**changes: Any) -> bytes:
    """Return a certificate that the log's key signed, whatever it says."""
    part = PartModel(what="data_key", count=1, said=TextModel(nl="weg", en="gone"))
    members: dict[str, Any] = {
        "log": LOG.dump(),
        "learner": LEARNER,
        "reason": "asked",
        "asked_by": "learner",
        "erased_at": NOW,
        "removed": (part,),
        "kept": (),
        "old_copies": OldCopiesModel(epoch=1, noise_after=NOW),
        "receipt": receipt(),
    }
    return erasure.sign(ErasureModel(**{**members, **changes}), key=KEY, created=NOW, signer=PRIVATE.sign)


def test_a_certificate_verifies_and_comes_back_byte_for_byte() -> None:
    found = erasure.parse(made())
    erasure.verify(found, logs=(ELSEWHERE, LOG))
    assert found.dump() == made()
    assert (found.said.learner, found.log) == (LEARNER, LOG)
    # The proof is over the canonical form: another spelling of the same says the same.
    erasure.verify(erasure.parse(json.dumps(json.loads(made()), indent=2).encode()), logs=(LOG,))


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return a certificate that somebody edited."""
    document = json.loads(made())
    change(document)
    return json.dumps(document).encode()


WRONG: dict[str, tuple[Callable[[], bytes], type[VerifierError], str]] = {
    "another person": (
        lambda: changed(lambda it: it.update(learner=str(OTHER))), InvalidError, "signature_invalid"),
    "another reason": (
        lambda: changed(lambda it: it.update(reason="retention")), InvalidError, "signature_invalid"),
    "a later end": (
        lambda: changed(lambda it: it["old_copies"].update(noise_after="2027-01-01T00:00:00Z")),
        InvalidError, "signature_invalid"),
    "another sentence": (
        lambda: changed(lambda it: it["removed"][0]["said"].update(en="kept")), InvalidError, "signature_invalid"),
    "another date of the proof": (
        lambda: changed(lambda it: it["proof"].update(created="2027-01-01T00:00:00Z")),
        InvalidError, "signature_invalid"),
    "a context slipped in": (
        lambda: changed(lambda it: it["proof"].update({"@context": []})), InvalidError, "proof_context"),
    "a stranger's key": (
        lambda: changed(lambda it: it["proof"].update(verificationMethod=erasure.method_of(STRANGE))),
        InvalidError, "erasure_key"),
    "another log": (
        lambda: made(log=VerifierKey(LOG.name, STRANGE).dump()), UndeterminedError, "log_not_trusted"),
    "the tombstone of another": (
        lambda: made(receipt=receipt(subject=OTHER)), InvalidError, "erasure_other_tombstone"),
    "no tombstone": (
        lambda: made(receipt=receipt("learner-enrolled.v1")), InvalidError, "erasure_other_tombstone"),
    "a tombstone that says something": (
        lambda: made(receipt=receipt(payload=b"x")), InvalidError, "receipt_other_payload"),
    "no receipt": (lambda: made(receipt="x"), MalformedError, "receipt_malformed"),
    "a proof of another kind": (
        lambda: changed(lambda it: it["proof"].update(cryptosuite="eddsa-rdfc-2022")), InvalidError, "erasure_proof"),
    "a proof for another purpose": (
        lambda: changed(lambda it: it["proof"].update(proofPurpose="authentication")), InvalidError, "erasure_proof"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_refused_by_its_code(case: str) -> None:
    data, error_class, code = WRONG[case]
    with pytest.raises(error_class) as caught:
        erasure.verify(erasure.parse(data()), logs=(LOG,))
    assert caught.value.code == code


def test_another_log_has_no_tombstone_for_this_one() -> None:
    """Both logs are believed, and only one of them says that it erased her."""
    found = erasure.parse(made(receipt=receipt(log=ELSEWHERE, private=STRANGER)))
    with pytest.raises(UndeterminedError) as caught:
        erasure.verify(found, logs=(LOG, ELSEWHERE))
    assert caught.value.code == "log_not_trusted"


MALFORMED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another type": (lambda it: it.update(type="leerspoor-erasure.v2"), "erasure_malformed"),
    "one member more": (lambda it: it.update(name="Ada"), "erasure_malformed"),
    "one member less": (lambda it: it.pop("kept"), "erasure_malformed"),
    "an id in capitals": (lambda it: it.update(learner=str(UUID(int=10)).upper()), "erasure_malformed"),
    "a number as text": (lambda it: it["removed"][0].update(count="1"), "erasure_malformed"),
    "a count below zero": (lambda it: it["removed"][0].update(count=-1), "erasure_malformed"),
    "an unknown thing": (lambda it: it["removed"][0].update(what="diploma"), "erasure_malformed"),
    "half a second": (lambda it: it.update(erased_at="2026-11-24T10:00:00.5Z"), "erasure_malformed"),
    "another time zone": (lambda it: it.update(erased_at="2026-11-24T11:00:00+01:00"), "erasure_malformed"),
    "no proof": (lambda it: it.pop("proof"), "proof_malformed"),
    "a proof that is none": (lambda it: it["proof"].update(proofValue="z0"), "proof_value_malformed"),
    "a log that is none": (lambda it: it.update(log="x"), "vkey_malformed"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_no_certificate_is_refused(case: str) -> None:
    change, code = MALFORMED[case]
    with pytest.raises(MalformedError) as caught:
        erasure.parse(changed(change))
    assert caught.value.code == code


def test_whoever_signs_with_another_key_is_told() -> None:
    with pytest.raises(InvalidError) as caught:
        erasure.sign(erasure.parse(made()).said, key=KEY, created=NOW, signer=STRANGER.sign)
    assert caught.value.code == "signature_invalid"


@given(at=st.integers(0, len(made()) - 1), byte=st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_no_changed_byte_verifies_or_crashes(at: int, byte: int) -> None:
    data = bytearray(made())
    data[at] = byte
    try:
        found = erasure.parse(bytes(data))
        erasure.verify(found, logs=(LOG,))
    except VerifierError:
        return
    assert found.dump() == made()


def test_no_piece_of_one_crashes() -> None:
    whole = made()
    for length in range(0, len(whole), 7):
        with pytest.raises(MalformedError) as caught:
            erasure.parse(whole[:length])
        assert caught.value.code == "json_syntax"
