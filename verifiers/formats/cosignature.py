"""Cosignatures: a witness says that, at this moment, this is the largest consistent head it saw of a log.

    signature = 8-byte big-endian POSIX time || 64 bytes of Ed25519, or 2,420 bytes of ML-DSA-44

    Ed25519    signs "cosignature/v1\\ntime <decimal>\\n" and the three lines of the checkpoint
    ML-DSA-44  signs a binary structure: label, its own name, time, origin, 0, size, root

A cosignature without a time (zero) proves no moment, so it never counts here.

Not here: who is a witness, and how many are enough (`witness_policy`).
Source: https://c2sp.org/tlog-cosignature.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.formats import vkey
from verifiers.formats.checkpoint import Checkpoint, NoteSignature
from verifiers.primitives import keys, mldsa

Kind = Literal["Ed25519", "ML-DSA-44"]

TIME_BYTES = 8
_TYPES: Mapping[Kind, int] = {"Ed25519": 0x04, "ML-DSA-44": 0x06}
_SIGNATURE_BYTES: Mapping[Kind, int] = {
    "Ed25519": keys.SIGNATURE_BYTES,
    "ML-DSA-44": mldsa.SIGNATURE_BYTES,
}
_KEYS_CACHED_MAX = 1_024
_SUBTREE_LABEL = b"subtree/v1\n\0"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_MAX = 253_402_300_799  # 9999-12-31T23:59:59Z; later moments have no text in RFC 3339


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """A cosigner's public key with its name; its checks run when it is made.

    Args:
        name: a key name of at most 255 bytes; it identifies the cosigner, and ML-DSA-44 signs it too.
        kind: "Ed25519" or "ML-DSA-44".
        raw: 32 or 1,312 bytes.

    Raises:
        MalformedError: vkey_malformed.
    """

    name: str
    kind: Kind
    raw: bytes

    def __post_init__(self) -> None:
        """Refuse a name that no signature line can hold, and a key that must never be used."""
        if not vkey.is_key_name(self.name):
            raise MalformedError("vkey_malformed", "the name of the witness key is not a key name")
        if self.kind not in _TYPES:
            raise MalformedError(
                "vkey_malformed", "a witness key must be Ed25519 or ML-DSA-44", got=str(self.kind)
            )
        try:
            if self.kind == "Ed25519":
                keys.from_raw("Ed25519", self.raw)
            else:
                mldsa.check_public_key(self.raw)
        except VerifierError as error:
            raise MalformedError("vkey_malformed", f"the witness key cannot be used: {error}") from error

    @property
    def key_id(self) -> bytes:
        """The 4-byte key ID. Source: tlog-cosignature, "Format"."""
        return vkey.key_id(self.name, _TYPES[self.kind], self.raw)

    def dump(self) -> str:
        """Return the key as text for policies and bundles."""
        return vkey.dump(self.name, _TYPES[self.kind], self.raw)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return only when the signature is this key's; raises InvalidError signature_invalid."""
        if self.kind == "Ed25519":
            _ed25519(self.raw).verify(signature, message)
        else:
            mldsa.verify(self.raw, signature, message)


@lru_cache(maxsize=_KEYS_CACHED_MAX)
def _ed25519(raw: bytes) -> keys.PublicKey:
    """Return a key with its checks done: they cost more than a verification, and cosigners are few."""
    return keys.from_raw("Ed25519", raw)


def parse_witness_key(text: str) -> WitnessKey:
    """Read a verifier key of type 0x04 (Ed25519 cosignatures) or 0x06 (ML-DSA-44 cosignatures).

    Raises:
        MalformedError: vkey_malformed, also for the keys of logs (0x01): they state no time.
    """
    name, number, raw = vkey.split(text)
    for kind, own in _TYPES.items():
        if own == number:
            return WitnessKey(name, kind, raw)
    raise MalformedError("vkey_malformed", "the verifier key is not of a type that cosigns (0x04, 0x06)")


def cosign(
    checkpoint: Checkpoint, key: WitnessKey, *, at: datetime, signer: Callable[[bytes], bytes]
) -> NoteSignature:
    """Return this cosigner's line for a head; the caller has checked that the head is consistent.

    Args:
        at: aware; whole seconds are signed, a fraction is dropped.
        signer: makes the 64 or 2,420 bytes over the bytes it is given.

    Raises:
        InvalidError: cosignature_invalid, the signer does not hold this key.
        MalformedError: cosignature_malformed, its signature has another length, or `at` is not after 1970.
    """
    # Floor division, not a float: the signed second is never later than the moment itself.
    seconds = (at - _EPOCH) // timedelta(seconds=1)
    if seconds <= 0:
        raise MalformedError("cosignature_malformed", "a cosignature cannot be of a time before 1970")
    stamp = struct.pack(">Q", seconds)
    line = NoteSignature(key.name, key.key_id, stamp + signer(_message(checkpoint, key, seconds)))
    # Verified before anyone sees it: a wrong statement about a log cannot be taken back.
    _verify_line(checkpoint, key, line)
    return line


def verify_cosignature(checkpoint: Checkpoint, key: WitnessKey) -> datetime:
    """Return the moment at which this key cosigned this head.

    Returns:
        Aware, UTC, whole seconds: the cosigner's own word for the time.

    Raises:
        UndeterminedError: cosignature_missing, no line of this key;
            cosignature_without_time, its line is good and states no time.
        InvalidError: cosignature_invalid, the line names this key and the signature is wrong.
        MalformedError: cosignature_malformed, the line names this key and is no cosignature.
    """
    for line in checkpoint.signatures:
        if (line.name, line.key_id) == (key.name, key.key_id):
            return _verify_line(checkpoint, key, line)
    raise UndeterminedError("cosignature_missing", "the checkpoint is not cosigned by this key")


def _verify_line(checkpoint: Checkpoint, key: WitnessKey, line: NoteSignature) -> datetime:
    if len(line.signature) != TIME_BYTES + _SIGNATURE_BYTES[key.kind]:
        raise MalformedError("cosignature_malformed", "the cosignature does not have the length of one")
    seconds = int.from_bytes(line.signature[:TIME_BYTES], "big")
    if seconds > _SECONDS_MAX:
        raise MalformedError("cosignature_malformed", "the time of the cosignature is not on the calendar")
    try:
        key.verify(line.signature[TIME_BYTES:], _message(checkpoint, key, seconds))
    except InvalidError as error:
        raise InvalidError("cosignature_invalid", "the cosignature on the checkpoint is wrong") from error
    if seconds == 0:
        raise UndeterminedError("cosignature_without_time", "the cosignature does not say when it was made")
    return _EPOCH + timedelta(seconds=seconds)


def _message(checkpoint: Checkpoint, key: WitnessKey, seconds: int) -> bytes:
    if key.kind == "Ed25519":
        return f"cosignature/v1\ntime {seconds}\n".encode() + checkpoint.body()
    name, origin = key.name.encode(), checkpoint.origin.encode()
    return b"".join(
        (
            _SUBTREE_LABEL,
            bytes([len(name)]) + name,
            struct.pack(">Q", seconds),
            bytes([len(origin)]) + origin,
            struct.pack(">QQ", 0, checkpoint.size),  # a checkpoint is the subtree that starts at leaf 0
            checkpoint.root,
        )
    )
