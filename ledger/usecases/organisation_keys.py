"""An organisation's keys over time: adding one and retiring one.

Own keys come with proof of possession: a signature over `possession_text(did, key)`. A public key belongs to
one organisation at most, for ever. What was recorded while a key counted stays good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.domain.organisation import Organisation
from ledger.errors import ConflictError, RejectedError
from ledger.store import tables
from ledger.store.events import RowInsert
from ledger.usecases.access import Actor, require_admin
from ledger.usecases.idempotency import Idempotency, once, remember
from ledger.usecases.organisations import KeyKind, OrganisationView, RetireReason, organisation, view_of
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


def possession_text(did: str, multikey: str) -> str:
    """Return the text whose signature shows that the registrant holds the key: three lines."""
    return f"leerspoor possession of a key v1\n{did}\n{multikey}\n"


def add_key(
    ledger: Ledger, actor: Actor, command: AddKey, *, idempotency: Idempotency | None = None
) -> OrganisationView:
    """Add a key (`organisation:admin`, or the operator).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown.
        ConflictError: key_in_use, did_key_has_one_key, idempotency_conflict.
        RejectedError: possession_not_proven, and key codes.
    """
    require_admin(actor, command.organisation)

    def make() -> OrganisationView:
        did = ledger.load(Organisation, command.organisation).did
        if did.startswith("did:key:"):
            raise ConflictError("did_key_has_one_key", "a did:key is its one key")
        key = public_key(ledger, command.key)
        check_possession(command.key, key, did)
        changed, _ = ledger.change(
            Organisation,
            command.organisation,
            lambda found: found.add_key(
                event_id=ledger.chance.uuid(),
                now=ledger.now(),
                key=key.multikey,
                verification_method=f"{did}#{key.multikey}",
                managed=isinstance(command.key, ManagedKey),
            ),
            memory=remember(ledger, actor.owner, idempotency, sealed_for=command.organisation),
            rows=(claim(command.organisation, key),),
        )
        return view_of(changed)

    return once(
        ledger,
        actor.owner,
        idempotency,
        make=make,
        again=lambda _: organisation(ledger, command.organisation),
    )


def retire_key(
    ledger: Ledger, actor: Actor, command: RetireKey, *, idempotency: Idempotency | None = None
) -> OrganisationView:
    """Retire a key (`organisation:admin`, or the operator).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown, key_unknown.
        ConflictError: already_retired, idempotency_conflict.
    """
    require_admin(actor, command.organisation)

    def make() -> OrganisationView:
        changed, _ = ledger.change(
            Organisation,
            command.organisation,
            lambda found: found.retire_key(
                event_id=ledger.chance.uuid(), now=ledger.now(), key=command.multikey, reason=command.reason
            ),
            memory=remember(ledger, actor.owner, idempotency, sealed_for=command.organisation),
        )
        return view_of(changed)

    return once(
        ledger,
        actor.owner,
        idempotency,
        make=make,
        again=lambda _: organisation(ledger, command.organisation),
    )


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
