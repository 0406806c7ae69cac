"""Organisations: registering them, their keys over time, and the DID document that shows them.

Own keys come with proof of possession: a signature over `possession_text(did, key)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from ledger.usecases.access import Actor, IssuedToken

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.usecases.idempotency import Idempotency

OrganisationRole = Literal["school", "employer", "bureau"]
DidMethod = Literal["web", "key"]
KeyKind = Literal["Ed25519", "P-256"]
RetireReason = Literal["rotated", "compromised", "ceased"]


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


@dataclass(frozen=True, slots=True)
class RegisterOrganisation:
    """`id` lets the caller choose the id beforehand: an own key with did:web signs a text that holds it."""

    name: str
    role: OrganisationRole
    website: str | None = None
    did_method: DidMethod = "web"
    key: ManagedKey | OwnKey = ManagedKey()
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key of an organisation and the period in which it counts."""

    multikey: str
    verification_method: str
    kind: KeyKind
    managed: bool
    valid_from: datetime
    valid_until: datetime | None
    retire_reason: RetireReason | None


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """An organisation as the world may see it."""

    id: UUID
    did: str
    name: str
    role: OrganisationRole
    website: str | None
    registered_at: datetime
    keys: tuple[KeyView, ...]


@dataclass(frozen=True, slots=True)
class RegisteredOrganisation:
    """The organisation, its first token with every scope (shown once), and the receipt of its registration."""

    organisation: OrganisationView
    token: IssuedToken
    receipt: str


@dataclass(frozen=True, slots=True)
class AddKey:
    """Add a key to an organisation (did:web only)."""

    organisation: UUID
    key: ManagedKey | OwnKey = ManagedKey()


@dataclass(frozen=True, slots=True)
class RetireKey:
    """From now on the key signs nothing that counts; what was recorded before stays good."""

    organisation: UUID
    multikey: str
    reason: RetireReason = "rotated"


def did_web(ledger: Ledger, organisation: UUID) -> str:
    """Return `did:web:<host[%3Aport]>:issuers:<uuid>` for this ledger's address."""
    ...


def possession_text(did: str, multikey: str) -> str:
    """Return the text whose signature shows that the registrant holds the key: three lines, the last with a newline."""
    ...


def register(
    ledger: Ledger, actor: Actor, command: RegisterOrganisation, *, idempotency: Idempotency | None = None
) -> RegisteredOrganisation:
    """Register an organisation with its first key and token (operator only).

    Raises: ForbiddenError: scope_missing. RejectedError: organisation_id_required, possession_not_proven,
        key codes of verifiers.primitives.keys, name_invalid, website_invalid. ConflictError: organisation_exists,
        key_in_use, idempotency_conflict, secret_already_shown.
    """
    ...


def organisation(ledger: Ledger, organisation_id: UUID) -> OrganisationView:
    """Return one organisation.

    Raises: NotFoundError: organisation_unknown.
    """
    ...


def add_key(
    ledger: Ledger, actor: Actor, command: AddKey, *, idempotency: Idempotency | None = None
) -> OrganisationView:
    """Add a key (`organisation:admin`).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown.
        ConflictError: key_in_use, did_key_has_one_key, idempotency_conflict. RejectedError: possession_not_proven, key codes.
    """
    ...


def retire_key(
    ledger: Ledger, actor: Actor, command: RetireKey, *, idempotency: Idempotency | None = None
) -> OrganisationView:
    """Retire a key (`organisation:admin`).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown, key_unknown.
        ConflictError: already_retired, idempotency_conflict.
    """
    ...


def did_document(ledger: Ledger, organisation_id: UUID) -> bytes:
    """Return the DID document as JSON bytes.

    Raises: NotFoundError: organisation_unknown (also for a did:key organisation: its document is the key itself).
    """
    ...
