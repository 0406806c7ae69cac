"""Organisations as the world may see them, and finding the one a DID names.

Not here: registering (`register`), their keys over time (`organisation_keys`), the DID document
(`did_document`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import select

from ledger.domain.organisation import Ceasing, Key, Organisation
from ledger.errors import NotFoundError
from ledger.store import tables
from ledger.store.reading import reading
from verifiers.errors import VerifierError
from verifiers.primitives import keys

if TYPE_CHECKING:
    from ledger.application import Ledger

OrganisationRole = Literal["school", "employer", "bureau"]
KeyKind = Literal["Ed25519", "P-256"]
RetireReason = Literal["rotated", "unneeded"]
CompromiseReason = Literal["lost", "stolen", "published", "misused", "suspected"]
CeaseReason = Literal["closed", "merged", "bankrupt", "entitlement_ended", "other"]
DID_CHARACTERS_MAX = 2_048
_DID = re.compile(r"did:[a-z0-9]+:(?:[A-Za-z0-9._:-]|%[0-9A-Fa-f]{2})*(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key of an organisation and the period in which it counts."""

    multikey: str
    verification_method: str
    kind: KeyKind
    managed: bool
    valid_from: datetime
    valid_until: datetime | None
    retire_reason: RetireReason | Literal["ceased"] | None
    compromised_since: datetime | None


@dataclass(frozen=True, slots=True)
class CeasingView:
    """That an organisation ended; `reference` is the decision in law when the operator recorded it."""

    ceased_at: datetime
    successor: str | None
    archive: str | None
    reason: CeaseReason
    reference: str | None


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
    ceasing: CeasingView | None


def is_did(text: str) -> bool:
    """Return whether a text is a DID. Source: DID 1.0 §3.1."""
    return len(text) <= DID_CHARACTERS_MAX and _DID.fullmatch(text) is not None


def did_web(ledger: Ledger, organisation: UUID) -> str:
    """Return `did:web:<host[%3Aport]>:issuers:<uuid>` for this ledger's address. Source: did:web §3.2."""
    return f"did:web:{quote(ledger.settings.host, safe='.-')}:issuers:{organisation}"


def organisation(ledger: Ledger, organisation_id: UUID) -> OrganisationView:
    """Return one organisation.

    Raises: NotFoundError: organisation_unknown.
    """
    return view_of(ledger.load(Organisation, organisation_id))


def active_organisation(ledger: Ledger, organisation_id: UUID) -> Organisation:
    """Return an organisation that may still write.

    Raises: NotFoundError: organisation_unknown. ConflictError: organisation_ceased.
    """
    found = ledger.load(Organisation, organisation_id)
    found.require_active()
    return found


def organisation_of_did(ledger: Ledger, did: str) -> Organisation | None:
    """Return the organisation of this ledger that a DID names, or None."""
    prefix = did_web(ledger, UUID(int=0)).rpartition(":")[0] + ":"
    try:
        if did.startswith(prefix):
            found = ledger.load(Organisation, UUID(did.removeprefix(prefix)))
        elif did.startswith("did:key:"):
            # Only a key may be asked for: PostgreSQL fails on a text with a NUL in it.
            owner = _owner_of_key(ledger, keys.parse_did_key(did).multikey)
            if owner is None:
                return None
            found = ledger.load(Organisation, owner)
        else:
            return None
    except (ValueError, VerifierError, NotFoundError):
        return None
    return found if found.did == did else None


def view_of(found: Organisation) -> OrganisationView:
    """Return what the world may see of an organisation."""
    return OrganisationView(
        id=found.id,
        did=found.did,
        name=found.name,
        role=cast(OrganisationRole, found.role),
        website=found.website,
        registered_at=found.created_on,
        keys=tuple(_key_view(key) for key in found.keys.values()),
        ceasing=None if found.ceasing is None else _ceasing_view(found.ceasing),
    )


def _key_view(key: Key) -> KeyView:
    return KeyView(
        multikey=key.multikey,
        verification_method=key.verification_method,
        kind=keys.parse_multikey(key.multikey).kind,
        managed=key.managed,
        valid_from=key.valid_from,
        valid_until=key.valid_until,
        retire_reason=cast(RetireReason | Literal["ceased"] | None, key.reason),
        compromised_since=key.compromised_since,
    )


def _ceasing_view(ceasing: Ceasing) -> CeasingView:
    return CeasingView(
        ceased_at=ceasing.ceased_at,
        successor=ceasing.successor,
        archive=ceasing.archive,
        reason=cast(CeaseReason, ceasing.reason),
        reference=ceasing.reference,
    )


def _owner_of_key(ledger: Ledger, multikey: str) -> UUID | None:
    query = select(tables.public_key.c.organisation).where(tables.public_key.c.multikey == multikey)
    with reading(ledger.engine) as connection:
        return connection.execute(query).scalar_one_or_none()
