"""The learner's own signing key, with which she signs what she claims herself.

It is derived from her data key in the vault, so it is stored nowhere and ends with her data key: after
erasure nobody can sign in her name, and what she signed still verifies by its did:key.
Source: RFC 5869 (HKDF); RFC 8032.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import ErasedError
from verifiers.primitives import keys

if TYPE_CHECKING:
    from ledger.application import Ledger

_LABEL = b"leerspoor learner signing key v1"


def public_key(ledger: Ledger, learner: UUID) -> keys.PublicKey:
    """Return the learner's public key.

    Raises: ErasedError: erased.
    """
    return keys.from_raw("Ed25519", _private_key(ledger, learner).public_key().public_bytes_raw())


def sign(ledger: Ledger, learner: UUID, message: bytes) -> bytes:
    """Return the learner's 64-byte signature.

    Raises: ErasedError: erased.
    """
    return _private_key(ledger, learner).sign(message)


def _private_key(ledger: Ledger, learner: UUID) -> Ed25519PrivateKey:
    data_key = ledger.vault.data_key(learner)
    if data_key is None:
        raise ErasedError("erased", "the learner's data were erased")
    seed = HKDF(hashes.SHA256(), 32, salt=learner.bytes, info=_LABEL).derive(data_key)
    return Ed25519PrivateKey.from_private_bytes(seed)
