"""Hashes of leaves and nodes, and the small checks that every tree function shares (RFC 9162 §2.1.1)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from verifiers.errors import InvalidError, MalformedError

HASH_BYTES = 32
SIZE_MAX = 2**63 - 1  # what the tables and C2SP checkpoints of ours can hold
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one leaf: SHA-256(0x00 || entry). Source: RFC 9162 §2.1.1."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 || left || right). Source: RFC 9162 §2.1.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over neighbouring complete subtrees, each larger than the next."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def check_position(index: int, tree_size: int) -> None:
    if not 0 <= index < tree_size <= SIZE_MAX:
        raise MalformedError("tree_position", "the index is not inside the tree")


def check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(hash_) != HASH_BYTES for hash_ in hashes):
        raise MalformedError("hash_length", "a hash does not have 32 bytes")


def require_equal(got: bytes, expected: bytes, message: str) -> None:
    if not hmac.compare_digest(got, expected):
        raise InvalidError("root_mismatch", message, expected=expected.hex(), got=got.hex())
