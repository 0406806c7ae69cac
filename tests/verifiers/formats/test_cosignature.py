"""Cosignatures: public vectors, both kinds, and every line that is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.verifiers.witnesses import WitnessSigner
from tests.verifiers.world import AT, ISSUER
from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import cosignature
from verifiers.formats.checkpoint import Checkpoint, NoteSignature, VerifierKey
from verifiers.formats.cosignature import Kind, WitnessKey
from verifiers.primitives.encoding import b64_encode

VECTORS = Path(__file__).parents[2] / "vectors" / "tlog"
LOG = VerifierKey("log.example/leerspoor", ISSUER.key)
HEAD = checkpoints.sign(origin=LOG.name, size=4_711, root=bytes(range(32)), key=LOG, signer=ISSUER.sign)
ED, PQ = WitnessSigner("witness.example/w1"), WitnessSigner("witness.example/w1", "ML-DSA-44")
KINDS: list[WitnessSigner] = [ED, PQ]
LENGTHS = {"Ed25519": 8 + 64, "ML-DSA-44": 8 + 2_420}


def code_of(note: Checkpoint, key: WitnessKey) -> str:
    """Return the code of the refusal, or the moment as text."""
    try:
        return cosignature.verify_cosignature(note, key).isoformat()
    except VerifierError as error:
        return error.code


# --- vectors of others ---------------------------------------------------------------------------------------


def test_four_public_witnesses_on_a_public_log() -> None:
    folder = VECTORS / "ed25519-witnesses"
    note = checkpoints.parse((folder / "checkpoint.txt").read_bytes())
    lines = [line.split() for line in (folder / "policy.txt").read_text().splitlines()]
    keys = [cosignature.parse_witness_key(words[2]) for words in lines if words[0] == "witness"]
    assert {code_of(note, key) for key in keys} == {"2026-05-23T21:50:24+00:00"}
    moved = Checkpoint(note.origin, note.size + 1, note.root, note.signatures)
    assert {code_of(moved, key) for key in keys} == {"cosignature_invalid"}


def test_the_published_example_states_the_time_of_its_message() -> None:
    # https://c2sp.org/tlog-cosignature (CC BY 4.0); its key is not published.
    line = checkpoints.parse(
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZ"
        "qhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    ).signatures[0]
    assert (len(line.signature), int.from_bytes(line.signature[:8], "big")) == (72, 1_679_315_147)


def test_a_signature_of_another_implementation_of_ml_dsa() -> None:
    folder = VECTORS / "ml-dsa-44-log"
    key = cosignature.parse_witness_key((folder / "vkey.txt").read_text().strip())
    seed = bytes.fromhex((folder / "seed.hex").read_text())
    assert key.raw == MLDSA44PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()
    assert key.key_id.hex() == "b5df45c5"
    note = checkpoints.parse((folder / "checkpoint.txt").read_bytes())
    # Its signature is good and states no time, which is another thing than a wrong one.
    assert code_of(note, key) == "cosignature_without_time"
    line = note.signatures[0]
    for offset in (8, 1_000, len(line.signature) - 1):
        changed = bytearray(line.signature)
        changed[offset] ^= 1
        bad = Checkpoint(
            note.origin, note.size, note.root, (NoteSignature(line.name, line.key_id, bytes(changed)),)
        )
        assert code_of(bad, key) == "cosignature_invalid"


# --- our own -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("witness", KINDS, ids=lambda witness: witness.key.kind)
def test_round_trip_through_the_text_of_the_note(witness: WitnessSigner) -> None:
    note = checkpoints.parse(witness.cosigned(HEAD, AT).dump())
    assert cosignature.verify_cosignature(note, witness.key) == AT
    checkpoints.verify(note, LOG)
    assert len(note.signatures[1].signature) == LENGTHS[witness.key.kind]
    assert cosignature.parse_witness_key(witness.key.dump()) == witness.key


def test_one_witness_with_two_keys_has_two_lines() -> None:
    note = PQ.cosigned(ED.cosigned(HEAD, AT), AT + timedelta(seconds=9))
    read = checkpoints.parse(note.dump())
    assert [cosignature.verify_cosignature(read, one.key) for one in KINDS] == [
        AT,
        AT + timedelta(seconds=9),
    ]


def test_a_fraction_of_a_second_is_dropped_and_never_rounded_up() -> None:
    late = AT + timedelta(microseconds=999_999)
    assert cosignature.verify_cosignature(ED.cosigned(HEAD, late), ED.key) == AT


@given(seconds=st.integers(1, 253_402_300_799), kind=st.sampled_from(["Ed25519", "ML-DSA-44"]))
def test_every_second_of_the_calendar_goes_round(seconds: int, kind: Kind) -> None:
    witness = ED if kind == "Ed25519" else PQ
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert cosignature.verify_cosignature(witness.cosigned(HEAD, at), witness.key) == at


@pytest.mark.parametrize("witness", KINDS, ids=lambda witness: witness.key.kind)
def test_what_is_signed_is_all_of_it(witness: WitnessSigner) -> None:
    line = witness.line(HEAD, AT)
    later = (int.from_bytes(line.signature[:8], "big") + 1).to_bytes(8, "big") + line.signature[8:]
    for note in (
        Checkpoint("other.example/log", HEAD.size, HEAD.root, (line,)),
        Checkpoint(HEAD.origin, HEAD.size + 1, HEAD.root, (line,)),
        Checkpoint(HEAD.origin, HEAD.size, bytes(32), (line,)),
        Checkpoint(HEAD.origin, HEAD.size, HEAD.root, (NoteSignature(line.name, line.key_id, later),)),
    ):
        assert code_of(note, witness.key) == "cosignature_invalid"


def test_the_name_of_an_ml_dsa_cosigner_is_signed_too() -> None:
    impostor = WitnessKey("impostor.example", "ML-DSA-44", PQ.key.raw)
    line = PQ.line(HEAD, AT)
    renamed = Checkpoint(
        HEAD.origin, HEAD.size, HEAD.root, (NoteSignature(impostor.name, impostor.key_id, line.signature),)
    )
    assert code_of(renamed, impostor) == "cosignature_invalid"


def test_lines_of_others_are_ignored_even_when_half_of_the_name_fits() -> None:
    line = ED.line(HEAD, AT)
    for other in (
        NoteSignature("witness.example/w2", line.key_id, line.signature),
        NoteSignature(line.name, b"\0\0\0\0", line.signature),
    ):
        assert code_of(HEAD.cosigned(other), ED.key) == "cosignature_missing"
    assert code_of(HEAD, ED.key) == "cosignature_missing"


@pytest.mark.parametrize("witness", KINDS, ids=lambda witness: witness.key.kind)
@pytest.mark.parametrize(
    ("signature", "code"),
    [
        (lambda good: good[:-1], "cosignature_malformed"),
        (lambda good: good + b"\0", "cosignature_malformed"),
        (lambda good: good[8:], "cosignature_malformed"),
        (lambda good: b"\0", "cosignature_malformed"),
        (lambda good: b"\x80" + good[1:], "cosignature_malformed"),
        (lambda good: (253_402_300_800).to_bytes(8, "big") + good[8:], "cosignature_malformed"),
        (lambda good: bytes(8) + good[8:], "cosignature_invalid"),
        (lambda good: good[:8] + bytes(len(good) - 8), "cosignature_invalid"),
        (lambda good: good[:8] + b"\xff" * (len(good) - 8), "cosignature_invalid"),
    ],
)
def test_a_line_in_its_name_that_is_no_cosignature(witness: WitnessSigner, signature, code) -> None:  # type: ignore[no-untyped-def]
    bad = NoteSignature(witness.key.name, witness.key.key_id, signature(witness.line(HEAD, AT).signature))
    assert code_of(HEAD.cosigned(bad), witness.key) == code


def test_no_changed_byte_of_an_ed25519_cosignature_is_accepted() -> None:
    good = ED.line(HEAD, AT)
    for offset in range(len(good.signature)):
        for mask in (1, 0x80):
            changed = bytearray(good.signature)
            changed[offset] ^= mask
            note = HEAD.cosigned(NoteSignature(good.name, good.key_id, bytes(changed)))
            assert code_of(note, ED.key) in ("cosignature_invalid", "cosignature_malformed")


@given(st.binary(min_size=1, max_size=200) | st.binary(min_size=2_428, max_size=2_428))
def test_no_bytes_crash_it(signature: bytes) -> None:
    for witness in KINDS:
        note = HEAD.cosigned(NoteSignature(witness.key.name, witness.key.key_id, signature))
        assert code_of(note, witness.key) in ("cosignature_invalid", "cosignature_malformed")


def test_a_log_signature_is_no_cosignature_and_the_other_way_round() -> None:
    same = WitnessKey(LOG.name, "Ed25519", ISSUER.key.raw)
    assert same.key_id != LOG.key_hash
    assert code_of(HEAD, same) == "cosignature_missing"
    note = Checkpoint(
        HEAD.origin,
        HEAD.size,
        HEAD.root,
        (cosignature.cosign(HEAD, same, at=AT, signer=ISSUER.sign),),
    )
    with pytest.raises(UndeterminedError) as caught:
        checkpoints.verify(note, LOG)
    assert caught.value.code == "checkpoint_not_signed"


def test_a_signer_with_another_key_is_found_out_before_anyone_sees_it() -> None:
    with pytest.raises(InvalidError) as caught:
        cosignature.cosign(HEAD, ED.key, at=AT, signer=WitnessSigner("another").sign)
    assert caught.value.code == "cosignature_invalid"
    with pytest.raises(MalformedError) as malformed:
        cosignature.cosign(HEAD, ED.key, at=AT, signer=PQ.sign)
    assert malformed.value.code == "cosignature_malformed"


@pytest.mark.parametrize("at", [datetime(1970, 1, 1, tzinfo=UTC), datetime(1969, 1, 1, tzinfo=UTC)])
def test_a_clock_that_was_never_set_signs_nothing(at: datetime) -> None:
    with pytest.raises(MalformedError) as caught:
        cosignature.cosign(HEAD, ED.key, at=at, signer=ED.sign)
    assert caught.value.code == "cosignature_malformed"


# --- keys ----------------------------------------------------------------------------------------------------


def test_a_published_cosigner_key_goes_round() -> None:
    text = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    assert cosignature.parse_witness_key(text).dump() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        LOG.dump(),
        ED.key.dump() + " ",
        ED.key.dump() + "\n",
        ED.key.dump().replace("+", " +", 1),
        ED.key.dump().replace("w1", "w2"),
        ED.key.dump()[:-4],
        PQ.key.dump()[:-4],
        PQ.key.dump().upper(),
        "w+00000000+" + b64_encode(b"\x04" + bytes([1]) + bytes(31)),
        "w+00000000+" + b64_encode(b"\x06" + bytes(1_312)),
        "w+00000000+",
        "w+00000000+" + "A" * 8_000,
    ],
)
def test_a_witness_key_has_one_spelling(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        cosignature.parse_witness_key(text)
    assert caught.value.code == "vkey_malformed"


@pytest.mark.parametrize(
    ("name", "kind", "raw"),
    [
        ("", "Ed25519", ED.key.raw),
        ("a b", "Ed25519", ED.key.raw),
        ("a+b", "Ed25519", ED.key.raw),
        ("é" * 128, "ML-DSA-44", PQ.key.raw),
        ("w", "Ed25519", bytes([1]) + bytes(31)),
        ("w", "Ed25519", PQ.key.raw),
        ("w", "ML-DSA-44", ED.key.raw),
        ("w", "P-256", bytes(33)),
    ],
)
def test_what_is_no_witness_key(name: str, kind: Kind, raw: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        WitnessKey(name, kind, raw)
    assert caught.value.code == "vkey_malformed"
