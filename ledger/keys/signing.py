"""Private keys that sign, in files encrypted at rest: the log's own and those we manage for organisations.

    <multikey>.key     nonce || AES-256-GCM(wrapping key, kind || private key, AAD = multikey)
    wrapping key       HKDF-SHA256 of a secret file that lives elsewhere

A key never leaves its object; whoever needs a signature names the public key.

Not here: checking signatures (`verifiers.primitives.keys`), which organisation may use which key.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import CorruptError, NotFoundError, UnavailableError
from ledger.keys import files
from verifiers.errors import VerifierError
from verifiers.primitives.keys import Kind, PublicKey, from_raw, parse_multikey

NONCE_BYTES = 12
_P256_SCALAR_BYTES = 32
_CACHED_KEYS_MAX = 1_024
_INFO = b"leerspoor signing keys v1"
_KINDS: dict[bytes, Kind] = {b"\x01": "Ed25519", b"\x02": "P-256"}
_MARKS = {kind: mark for mark, kind in _KINDS.items()}

PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey


class ManagedKeys:
    """A folder of private keys. Thread-safe; several processes may share the folder.

    Durability: a key is on disk before `create` returns its public half.

    Args:
        folder: made when missing, for the owner only.
        secret: 32 bytes from `files.load_or_create_secret`, kept apart from the folder.
        random: n -> n unpredictable bytes, for nonces.
    """

    def __init__(self, folder: Path, secret: bytes, *, random: Callable[[int], bytes] = os.urandom) -> None:
        if len(secret) < files.SECRET_BYTES:
            raise ValueError("the secret is too short")
        self._folder = files.private_folder(folder)
        self._cipher = AESGCM(files.derive(secret, _INFO))
        self._random = random
        self._load = lru_cache(maxsize=_CACHED_KEYS_MAX)(self._load_from_disk)

    def create(self, kind: Kind = "Ed25519") -> PublicKey:
        """Make a key, store it, and return its public half."""
        private: PrivateKey
        private = (
            Ed25519PrivateKey.generate() if kind == "Ed25519" else ec.generate_private_key(ec.SECP256R1())
        )
        public = public_key(private)
        nonce = self._random(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, _MARKS[kind] + _dump(private), public.multikey.encode())
        files.write_secret(self._path(public.multikey), nonce + sealed)
        return public

    def holds(self, multikey: str) -> bool:
        """Return whether this key can sign here."""
        return _is_multikey(multikey) and self._path(multikey).exists()

    def sign(self, multikey: str, message: bytes) -> bytes:
        """Return a 64-byte signature of a message.

        Args:
            multikey: the public key's Multikey text.
            message: the bytes to sign, not their hash.

        Returns:
            R || S for Ed25519 (RFC 8032), r || s for P-256 with SHA-256 (RFC 7518 §3.4).

        Raises:
            NotFoundError: key_unknown.
            CorruptError: key_corrupt, the file was not written by us for this key.
            UnavailableError: secret_readable_by_others.
        """
        private = self._load(multikey)
        if isinstance(private, Ed25519PrivateKey):
            return private.sign(message)
        r, s = utils.decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_P256_SCALAR_BYTES) + s.to_bytes(_P256_SCALAR_BYTES)

    def multikeys(self) -> list[str]:
        """Return the public halves of all keys in the folder, sorted."""
        return sorted(path.stem for path in self._folder.glob("z*.key"))

    def _load_from_disk(self, multikey: str) -> PrivateKey:
        if not self.holds(multikey):
            raise NotFoundError("key_unknown", "there is no private key for this public key here")
        data = files.read_secret(self._path(multikey))
        try:
            opened = self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], multikey.encode())
            private = _parse(_KINDS[opened[:1]], opened[1:])
        except (InvalidTag, KeyError, ValueError) as error:
            raise CorruptError(
                "key_corrupt", "a private key file cannot be opened with this secret"
            ) from error
        if public_key(private).multikey != multikey:
            raise CorruptError("key_corrupt", "a private key file holds another key than its name says")
        return private

    def _path(self, multikey: str) -> Path:
        return self._folder / f"{multikey}.key"


class LedgerKey:
    """The key with which the ledger signs headers and heads: always Ed25519, one for each ledger.

    Args:
        keys: where it is kept.
        public: which of them it is.
    """

    def __init__(self, keys: ManagedKeys, public: PublicKey) -> None:
        self.public = public
        self.multikey = public.multikey
        self._keys = keys

    @classmethod
    def load_or_create(cls, folder: Path, secret: bytes) -> LedgerKey:
        """Return the one key of a folder, made when the folder is empty.

        Raises:
            UnavailableError: ledger_key_ambiguous, the folder holds more than one.
            CorruptError: key_corrupt.
        """
        keys = ManagedKeys(folder, secret)
        found = keys.multikeys()
        if len(found) > 1:
            raise UnavailableError("ledger_key_ambiguous", "there are several keys for the one log")
        public = parse_multikey(found[0]) if found else keys.create("Ed25519")
        key = cls(keys, public)
        key.sign(b"{}")  # a key that cannot be opened must stop the start, not the first request
        return key

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of a message.

        Messages are headers (they start with "{"), checkpoint bodies (they start with an origin, which does
        not) and the 64 bytes of two hashes that a Data Integrity proof signs, so that a signature of one can
        never pass for one of the other.
        """
        return self._keys.sign(self.multikey, message)


def public_key(private: PrivateKey) -> PublicKey:
    """Return the public half of a private key."""
    if isinstance(private, Ed25519PrivateKey):
        return from_raw("Ed25519", private.public_key().public_bytes_raw())
    point = private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    return from_raw("P-256", point)


def _dump(private: PrivateKey) -> bytes:
    if isinstance(private, Ed25519PrivateKey):
        return private.private_bytes_raw()
    return private.private_numbers().private_value.to_bytes(_P256_SCALAR_BYTES)


def _parse(kind: Kind, data: bytes) -> PrivateKey:
    if kind == "Ed25519":
        return Ed25519PrivateKey.from_private_bytes(data)
    return ec.derive_private_key(int.from_bytes(data), ec.SECP256R1())


def _is_multikey(text: str) -> bool:
    """Return whether a text names a key, so that it may name a file."""
    try:
        parse_multikey(text)
    except VerifierError:
        return False
    return True
