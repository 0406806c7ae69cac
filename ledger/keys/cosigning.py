"""The operator's cosigner: two private keys, Ed25519 and ML-DSA-44, each in a file encrypted at rest.

    <kind>.key         nonce || AES-256-GCM(wrapping key, 32-byte seed, AAD = kind)
    wrapping key       HKDF-SHA256 of a secret file that lives elsewhere

Not the log's keys: a cosignature says when, a log's signature says what, and one key must never say both.

Not here: what is cosigned (`ledger.log.cosigner`).
Source: FIPS 204 (a seed of 32 bytes is a whole ML-DSA key), C2SP tlog-cosignature.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import get_args

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import CorruptError, UnavailableError
from ledger.keys import files
from verifiers.formats.cosignature import Kind

SEED_BYTES = 32
NONCE_BYTES = 12
KINDS: tuple[Kind, ...] = get_args(Kind)
_INFO = b"leerspoor cosigner keys v1"
_OPEN: Mapping[Kind, Callable[[bytes], Ed25519PrivateKey | MLDSA44PrivateKey]] = {
    "Ed25519": Ed25519PrivateKey.from_private_bytes,
    "ML-DSA-44": MLDSA44PrivateKey.from_seed_bytes,
}


class CosignerKeys:
    """Both private keys of one cosigner, made when the folder is empty. Thread-safe.

    Durability: the keys are on disk before the object exists.

    Args:
        folder: made when missing, for the owner only.
        secret: 32 bytes from `files.load_or_create_secret`, kept apart from the folder.
        random: n -> n unpredictable bytes.

    Raises:
        CorruptError: key_corrupt, a file was not written by us for this kind of key.
        UnavailableError: secret_readable_by_others; secret_malformed.
    """

    def __init__(self, folder: Path, secret: bytes, *, random: Callable[[int], bytes] = os.urandom) -> None:
        self._folder = files.private_folder(folder)
        self._cipher = AESGCM(files.derive(secret, _INFO))
        self._random = random
        self._private = {kind: _OPEN[kind](self._seed(kind)) for kind in KINDS}

    def public(self, kind: Kind) -> bytes:
        """Return a public key: 32 bytes, or 1,312 of ML-DSA-44."""
        return self._private[kind].public_key().public_bytes_raw()

    def sign(self, kind: Kind, message: bytes) -> bytes:
        """Return a signature: 64 bytes, or 2,420 of ML-DSA-44."""
        return self._private[kind].sign(message)

    def _seed(self, kind: Kind) -> bytes:
        path = self._folder / f"{kind}.key"
        if not path.exists():
            nonce = self._random(NONCE_BYTES)
            sealed = self._cipher.encrypt(nonce, self._random(SEED_BYTES), kind.encode())
            try:
                files.write_secret(path, nonce + sealed)
            except UnavailableError as error:
                if error.code != "secret_exists":  # another process of this ledger was first
                    raise
        data = files.read_secret(path)
        try:
            return self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], kind.encode())
        except (InvalidTag, ValueError) as error:
            raise CorruptError(
                "key_corrupt", "a cosigner's key file cannot be opened with this secret"
            ) from error
