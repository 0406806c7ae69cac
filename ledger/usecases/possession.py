"""The key that an organisation begins with or adds: made and kept here, or its own, shown to be held.

A public key belongs to one organisation at most, for ever: a unique row says so.
Not here: keys over time (`ledger.usecases.organisation_keys`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.errors import RejectedError
from ledger.store import tables
from ledger.store.events import RowInsert
from ledger.usecases.organisations import KeyKind
from verifiers.errors import VerifierError
from verifiers.primitives import keys

if TYPE_CHECKING:
    from ledger.application import Ledger


@dataclass(frozen=True, slots=True)
class ManagedKey:
    """The ledger makes and keeps the key."""

    kind: KeyKind = "Ed25519"


@dataclass(frozen=True, slots=True)
class OwnKey:
    """The organisation keeps the key: its Multikey, and a signature over `possession_text(did, multikey)`.

    `possession` is the raw signature (Ed25519 64 bytes; P-256 r||s 64 bytes).
    """

    multikey: str
    possession: bytes


def possession_text(did: str, multikey: str) -> str:
    """Return the text whose signature shows that the registrant holds the key: three lines."""
    return f"leerspoor possession of a key v1\n{did}\n{multikey}\n"


def public_key(ledger: Ledger, asked: ManagedKey | OwnKey) -> keys.PublicKey:
    """Return the public key: a managed one is made, an own one read.

    Raises: RejectedError: the key codes of verifiers.primitives.keys.
    """
    if isinstance(asked, ManagedKey):
        return ledger.keys.create(asked.kind)
    try:
        return keys.parse_multikey(asked.multikey)
    except VerifierError as error:
        raise RejectedError(
            error.code, str(error), expected=error.expected, pointer="/key/multikey"
        ) from error


def check_possession(asked: ManagedKey | OwnKey, key: keys.PublicKey, did: str) -> None:
    """Return only when whoever brings an own key has shown to hold it.

    Raises: RejectedError: possession_not_proven.
    """
    if isinstance(asked, ManagedKey):
        return
    try:
        key.verify(asked.possession, possession_text(did, key.multikey).encode())
    except VerifierError as error:
        raise RejectedError(
            "possession_not_proven",
            "the signature does not show that the registrant holds the key",
            expected="a signature over the possession text",
            pointer="/key/possession",
        ) from error


def claim(organisation_id: UUID, key: keys.PublicKey) -> RowInsert:
    """Return the row that makes a public key one organisation's, and nobody else's (code key_in_use)."""
    values = {"multikey": key.multikey, "organisation": organisation_id}
    return RowInsert(tables.public_key, values, conflict_code="key_in_use")
