"""Checkpoints, receipts, keys and policies under damage: refused by a code, never a crash, never another meaning."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verifiers.witnesses import WitnessSigner
from tests.verifiers.world import AT, Log, text
from verifiers.errors import VerifierError
from verifiers.formats import checkpoint, cosignature, key_event, receipt, vkey, witness_policy

LOG = Log()
SIGNERS = (WitnessSigner("w.example"), WitnessSigner("w.example", "ML-DSA-44"))
for _number in range(5):
    LOG.record(f"payload {_number}".encode())


def cosigned(head: checkpoint.Checkpoint) -> checkpoint.Checkpoint:
    """Return the head with a line of each kind."""
    for signer in SIGNERS:
        head = signer.cosigned(head, AT)
    return head


RECEIPT = LOG.receipt(3, cosigned=cosigned).dump().encode()
NOTE = cosigned(LOG.head()).dump().encode()
POLICY = (f"log {LOG.vkey.dump()}\nwitness w {SIGNERS[0].key.dump()}\nquorum w\n").encode()
KEY = SIGNERS[1].key.dump().encode()
EVENT = text({"key": LOG.vkey.key.multikey, "compromised_since": "2026-11-24T10:00:00Z", "reason": "stolen"})

Reader = Callable[[bytes], object]
READERS: dict[str, tuple[bytes, Reader]] = {
    "checkpoint": (NOTE, checkpoint.parse),
    "receipt": (RECEIPT, receipt.parse),
    "witness policy": (POLICY, witness_policy.parse),
    "witness key": (KEY, lambda data: cosignature.parse_witness_key(data.decode("latin-1"))),
    "log key": (
        LOG.vkey.dump().encode(),
        lambda data: checkpoint.parse_vkey(data.decode("latin-1")),
    ),
    "key event": (EVENT, lambda data: key_event.parse(data, type="organisation-key-compromised.v1")),
    "end of an organisation": (EVENT, lambda data: key_event.parse(data, type="organisation-ceased.v1")),
}
PREFIXES = ("checkpoint_", "receipt_", "witness_policy_", "quorum_", "vkey_", "key_event_", "cosignature_")


def refusal(reader: Reader, data: bytes) -> str | None:
    """Return the code of the refusal; anything but an error of ours is a crash."""
    try:
        reader(data)
    except VerifierError as error:
        return error.code
    return None


def verify(data: bytes) -> str:
    """Read a receipt and verify all of it; return "valid" or the code."""
    try:
        read = receipt.parse(data)
        receipt.verify_receipt(read, b"payload 3", logs=[LOG.vkey])
        for signer in SIGNERS:
            cosignature.verify_cosignature(read.checkpoint, signer.key)
    except VerifierError as error:
        return error.code
    return "valid"


def test_the_undamaged_ones_are_read() -> None:
    assert verify(RECEIPT) == "valid"
    assert {name for name, (data, reader) in READERS.items() if refusal(reader, data) is not None} == {
        "end of an organisation"
    }


@pytest.mark.parametrize("name", READERS)
def test_every_truncation_is_refused_by_a_code(name: str) -> None:
    data, reader = READERS[name]
    places = range(len(data)) if len(data) < 1_500 else sorted(Random(7).sample(range(len(data)), 700))
    for length in places:
        code = refusal(reader, data[:length])
        # Cut at the end of a line of signatures, a checkpoint with fewer of them is left.
        if code is None:
            assert name in ("checkpoint", "receipt")
            assert data[:length].endswith(b"\n")
        else:
            assert code.startswith(PREFIXES)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(READERS)),
    place=st.floats(0, 1, exclude_max=True),
    change=st.sampled_from(["flip", "insert", "delete", "double"]),
    value=st.integers(1, 255),
)
def test_one_damaged_byte_never_crashes_a_reader(name: str, place: float, change: str, value: int) -> None:
    data, reader = READERS[name]
    index = int(place * len(data))
    code = refusal(reader, damage(data, index, change, value))
    assert code is None or code.startswith(PREFIXES)


def damage(data: bytes, index: int, change: str, value: int) -> bytes:
    """Return the bytes with one changed, added, removed or repeated."""
    if change == "flip":
        return data[:index] + bytes([data[index] ^ value]) + data[index + 1 :]
    if change == "insert":
        return data[:index] + bytes([value]) + data[index:]
    if change == "delete":
        return data[:index] + data[index + 1 :]
    return data[: index + 1] + data[index:]


@settings(max_examples=200, deadline=None)
@given(
    place=st.floats(0, 1, exclude_max=True),
    change=st.sampled_from(["flip", "insert", "delete", "double"]),
    value=st.integers(1, 255),
)
def test_no_damaged_receipt_verifies_with_both_cosignatures(place: float, change: str, value: int) -> None:
    index = int(place * len(RECEIPT))
    damaged = damage(RECEIPT, index, change, value)
    if damaged != RECEIPT:
        assert verify(damaged) != "valid"


@given(st.binary(max_size=300))
def test_noise_crashes_no_reader(data: bytes) -> None:
    for _, reader in READERS.values():
        code = refusal(reader, data)
        assert code is not None
        assert code.startswith(PREFIXES)


@given(name=st.text(max_size=300), kind=st.integers(0, 255), raw=st.binary(min_size=1, max_size=60))
def test_a_key_of_any_name_goes_round_or_is_refused(name: str, kind: int, raw: bytes) -> None:
    if not vkey.is_key_name(name):
        return
    assert vkey.split(vkey.dump(name, kind, raw)) == (name, kind, raw)


@pytest.mark.parametrize("length", [255, 256])
def test_names_have_at_most_255_bytes_not_characters(length: int) -> None:
    assert vkey.is_key_name("x" * length) == (length == 255)
    assert vkey.is_key_name("é" * 127)
    assert not vkey.is_key_name("é" * 128)
    assert not vkey.is_key_name("\ud800")
