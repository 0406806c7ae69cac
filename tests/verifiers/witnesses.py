"""Witnesses for the tests of the verifier: key pairs from names, which cosign whatever they are shown."""

from __future__ import annotations

import hashlib
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

from verifiers.formats.checkpoint import Checkpoint, NoteSignature
from verifiers.formats.cosignature import Kind, WitnessKey, cosign


class WitnessSigner:
    """One key pair of a witness; honest or not is up to the test."""

    def __init__(self, name: str, kind: Kind = "Ed25519") -> None:
        """Derive the private key from name and kind."""
        seed = hashlib.sha256(f"{name} {kind}".encode()).digest()
        self._private: ed25519.Ed25519PrivateKey | mldsa.MLDSA44PrivateKey
        if kind == "Ed25519":
            self._private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        else:
            self._private = mldsa.MLDSA44PrivateKey.from_seed_bytes(seed)
        self.key = WitnessKey(name, kind, self._private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return a bare signature."""
        return self._private.sign(message)

    def line(self, checkpoint: Checkpoint, at: datetime) -> NoteSignature:
        """Return the cosignature line over this head."""
        return cosign(checkpoint, self.key, at=at, signer=self.sign)

    def cosigned(self, checkpoint: Checkpoint, at: datetime) -> Checkpoint:
        """Return the head with one more line."""
        return checkpoint.cosigned(self.line(checkpoint, at))
