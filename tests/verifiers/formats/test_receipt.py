"""Receipts: what ties a payload to a leaf, and every way in which it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.verifiers.world import MALLORY, RECORDED_AT, Log
from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.formats import receipt
from verifiers.formats.checkpoint import Checkpoint, VerifierKey
from verifiers.formats.receipt import Opening, Receipt
from verifiers.primitives.encoding import b64_encode

LOG = Log()
PAYLOADS = [f"payload {number}".encode() for number in range(11)]
for _payload in PAYLOADS:
    LOG.record(_payload)
GOOD = LOG.receipt(4)
TEXT = GOOD.dump()
assert GOOD.opening is not None
OPENING: Opening = GOOD.opening


def verify(one: Receipt, payload: bytes = PAYLOADS[4]) -> str:
    """Return the code of the refusal, or "valid"."""
    try:
        receipt.verify_receipt(one, payload, logs=[LOG.vkey])
    except VerifierError as error:
        return error.code
    return "valid"


def test_every_place_of_the_log_verifies_with_its_own_payload_only() -> None:
    for position, payload in enumerate(PAYLOADS):
        one = receipt.parse(LOG.receipt(position).dump())
        assert verify(one, payload) == "valid"
        assert verify(one, payload + b" ") == "receipt_other_payload"


def test_the_header_is_returned() -> None:
    head = receipt.verify_receipt(GOOD, PAYLOADS[4], logs=[LOG.vkey])
    assert (head.recorded_at, head.type) == (RECORDED_AT, "credential-issued.v1")


def test_round_trip_with_and_without_opening() -> None:
    assert receipt.parse(TEXT) == GOOD
    bare = LOG.receipt(4, opening=False)
    assert receipt.parse(bare.dump().encode()) == bare
    assert "extra" not in bare.dump()


def test_a_log_of_one_has_an_empty_proof() -> None:
    log = Log()
    one = log.receipt(log.record(b"only"))
    assert one.proof == ()
    assert receipt.parse(one.dump()) == one
    receipt.verify_receipt(one, b"only", logs=[log.vkey])


def test_an_older_key_of_the_same_log_still_signs_headers() -> None:
    later = Log(LOG.origin, key="second key")
    position = later.record(b"old", key=LOG.signer.key.multikey, signer=LOG.signer)
    receipt.verify_receipt(later.receipt(position), b"old", logs=[LOG.vkey, later.vkey])
    with pytest.raises(InvalidError) as caught:
        receipt.verify_receipt(later.receipt(position), b"old", logs=[later.vkey])
    assert caught.value.code == "receipt_header_key"


def test_a_receipt_without_opening_says_nothing_about_a_payload() -> None:
    with pytest.raises(UndeterminedError) as caught:
        receipt.verify_receipt(LOG.receipt(4, opening=False), PAYLOADS[4], logs=[LOG.vkey])
    assert caught.value.code == "receipt_opening_missing"


@pytest.mark.parametrize(
    "logs", [[], [VerifierKey("other.example", LOG.signer.key)], [VerifierKey(LOG.origin, MALLORY.key)]]
)
def test_a_log_that_is_not_believed_proves_nothing(logs: list[VerifierKey]) -> None:
    with pytest.raises(UndeterminedError) as caught:
        receipt.verify_receipt(GOOD, PAYLOADS[4], logs=logs)
    assert caught.value.code == "log_not_trusted"


def test_what_does_not_fit_is_invalid_by_code() -> None:
    other = LOG.receipt(5)
    head = GOOD.checkpoint
    wrong_root = Checkpoint(head.origin, head.size, bytes(32), head.signatures)
    forged = Log(LOG.origin)
    forged_position = forged.record(PAYLOADS[4], key=MALLORY.key.multikey, signer=MALLORY)
    unsigned = Log(LOG.origin)
    unsigned_position = unsigned.record(PAYLOADS[4], signer=MALLORY)
    cases = {
        "receipt_not_in_log": [
            replace(GOOD, index=5),
            replace(GOOD, proof=other.proof),
            replace(GOOD, proof=(bytes(32), *GOOD.proof[1:])),
        ],
        "receipt_malformed": [
            replace(GOOD, proof=GOOD.proof[:-1]),
            replace(GOOD, proof=(*GOOD.proof, bytes(32))),
        ],
        "receipt_other_payload": [
            replace(other, opening=other.opening),
            replace(GOOD, opening=replace(OPENING, r=bytes(32))),
        ],
        "receipt_header_signature": [
            replace(GOOD, opening=replace(OPENING, signature=bytes(64))),
            unsigned.receipt(unsigned_position),
        ],
        "receipt_header_key": [forged.receipt(forged_position)],
        "checkpoint_signature": [replace(GOOD, checkpoint=wrong_root)],
    }
    for code, receipts in cases.items():
        assert [verify(one) for one in receipts] == [code] * len(receipts)


def test_no_single_changed_character_still_verifies() -> None:
    accepted = []
    for index in range(len(TEXT)):
        for character in ("B", "0", "\n", " "):
            changed = TEXT[:index] + character + TEXT[index + 1 :]
            if changed == TEXT:
                continue
            try:
                receipt.verify_receipt(receipt.parse(changed), PAYLOADS[4], logs=[LOG.vkey])
                accepted.append((index, character))
            except VerifierError:
                continue
    assert accepted == []


EXTRA = "extra " + b64_encode(OPENING.dump())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "receipt_malformed"),
        (TEXT.replace("@v1", "@v2", 1), "receipt_malformed"),
        (TEXT.replace("index 4", "index 04"), "receipt_malformed"),
        (TEXT.replace("index 4", "index +4"), "receipt_malformed"),
        (TEXT.replace("index 4", "index \uff14"), "receipt_malformed"),
        (TEXT.replace("index 4", "index -1"), "receipt_malformed"),
        (TEXT.replace("index 4", "index 11"), "receipt_malformed"),
        (TEXT.replace("index 4", "Index 4"), "receipt_malformed"),
        (TEXT.replace("index 4\n", ""), "receipt_malformed"),
        (TEXT.replace("index 4\n", "index 4\nAAAA\n"), "receipt_malformed"),
        (TEXT.replace("index 4\n", "index 4\n" + (b64_encode(bytes(32)) + "\n") * 64), "receipt_malformed"),
        (TEXT.replace(EXTRA, EXTRA + "\n" + EXTRA), "receipt_malformed"),
        (TEXT.replace(EXTRA, "extra"), "receipt_malformed"),
        (TEXT.replace(EXTRA, "extra !"), "receipt_opening_malformed"),
        (TEXT.replace(EXTRA, "extra " + b64_encode(b"{}")), "receipt_opening_malformed"),
        (TEXT.replace(EXTRA, "extra " + b64_encode(OPENING.dump() + b" ")), "receipt_opening_malformed"),
        (
            TEXT.replace(EXTRA, "extra " + b64_encode(b'{"header":1,"r":2,"signature":3}')),
            "receipt_opening_malformed",
        ),
        (TEXT.replace("\n\n", "\n\n\n", 1), "checkpoint_malformed"),
        (TEXT + "x", "checkpoint_malformed"),
        ("x" * 200_000, "receipt_too_large"),
    ],
)
def test_every_other_spelling_is_refused(text: str, code: str) -> None:
    assert text != TEXT
    with pytest.raises(MalformedError) as caught:
        receipt.parse(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "changes", [{"r": b""}, {"signature": bytes(63)}, {"header": b""}, {"header": bytes(2_000)}]
)
def test_an_opening_has_fixed_lengths(changes: dict[str, bytes]) -> None:
    with pytest.raises(MalformedError) as caught:
        replace(OPENING, **changes)
    assert caught.value.code == "receipt_opening_malformed"
