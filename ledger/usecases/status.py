"""The life of a credential after issuing: suspend, reinstate, revoke.

The signed lists that tell verifiers are made in `ledger.usecases.status_list`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from ledger.domain.credential import Credential
from ledger.errors import ForbiddenError
from ledger.store.events import RecordedEvent
from ledger.usecases.access import Actor, require_learner, require_organisation
from ledger.usecases.idempotency import Idempotency, once, remember
from ledger.usecases.organisations import active_organisation
from ledger.usecases.status_list import StatusList, StatusPurpose, status_list

if TYPE_CHECKING:
    from ledger.application import Ledger

__all__ = [
    "ChangeStatus",
    "StatusChanged",
    "StatusList",
    "StatusPurpose",
    "StatusReason",
    "reinstate",
    "revoke",
    "status_list",
    "suspend",
]

Verb = Literal["suspend", "reinstate", "revoke"]

StatusReason = Literal["mistake", "fraud", "superseded", "on_request", "under_review", "other"]


@dataclass(frozen=True, slots=True)
class ChangeStatus:
    """`reason` is a closed code, because free text invites personal data."""

    credential: UUID
    reason: StatusReason = "other"


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The state that the change led to, and the receipt of the event that made it so."""

    credential: UUID
    status: Literal["active", "suspended", "revoked"]
    reason: StatusReason
    changed_at: datetime
    position: int
    receipt: str
    replayed: bool = False


def suspend(
    ledger: Ledger, actor: Actor, command: ChangeStatus, *, idempotency: Idempotency | None = None
) -> StatusChanged:
    """Suspend a credential of one's own (`attestations:write`; a self-claim: `trail`).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: credential_unknown.
        ConflictError: organisation_ceased, already_suspended, already_revoked, idempotency_conflict.
        ErasedError: erased.
    """
    return _change(ledger, actor, command, "suspend", idempotency)


def reinstate(
    ledger: Ledger, actor: Actor, command: ChangeStatus, *, idempotency: Idempotency | None = None
) -> StatusChanged:
    """End a suspension (`attestations:write`; a self-claim: `trail`).

    Raises: as `suspend`, but ConflictError: not_suspended, already_revoked, idempotency_conflict.
    """
    return _change(ledger, actor, command, "reinstate", idempotency)


def revoke(
    ledger: Ledger, actor: Actor, command: ChangeStatus, *, idempotency: Idempotency | None = None
) -> StatusChanged:
    """Revoke a credential of one's own, for ever (`attestations:write`; a self-claim: `trail`).

    Raises: as `suspend`, but ConflictError: already_revoked, idempotency_conflict.
    """
    return _change(ledger, actor, command, "revoke", idempotency)


def _change(
    ledger: Ledger, actor: Actor, command: ChangeStatus, verb: Verb, idempotency: Idempotency | None
) -> StatusChanged:
    if actor.role == "learner":
        require_learner(actor)
    else:
        require_organisation(actor, "attestations:write")

    def decide(credential: Credential) -> None:
        _require_issuer(actor, credential)
        change: dict[Verb, Callable[..., None]] = {
            "suspend": credential.suspend,
            "reinstate": credential.reinstate,
            "revoke": credential.revoke,
        }
        change[verb](event_id=ledger.chance.uuid(), now=ledger.now(), reason=command.reason)

    def make() -> StatusChanged:
        if actor.role == "organisation":
            active_organisation(ledger, actor.owner)  # the status of a closed organisation is frozen
        learner = ledger.load(Credential, command.credential).learner
        memory = remember(ledger, actor.owner, idempotency, sealed_for=learner)
        _, recorded = ledger.change(Credential, command.credential, decide, memory=memory)
        return _answer(ledger, recorded)

    return once(ledger, actor.owner, idempotency, make=make, again=partial(_answer, ledger, replayed=True))


def _require_issuer(actor: Actor, credential: Credential) -> None:
    """Refuse all but whoever signed it: an organisation, or the learner herself."""
    if actor.role == "learner":
        mine = credential.organisation is None and credential.learner == actor.id
    else:
        mine = credential.organisation is not None and credential.organisation == actor.id
    if not mine:
        raise ForbiddenError("not_yours", "only who issued a credential changes its status")


def _answer(ledger: Ledger, events: tuple[RecordedEvent, ...], *, replayed: bool = False) -> StatusChanged:
    event: Any = ledger.open(events[0])
    states: dict[type[Any], Literal["active", "suspended", "revoked"]] = {
        Credential.Suspended: "suspended",
        Credential.Reinstated: "active",
        Credential.Revoked: "revoked",
    }
    return StatusChanged(
        credential=event.originator_id,
        status=states[type(event)],
        reason=event.reason,
        changed_at=event.timestamp,
        position=events[0].position,
        receipt=ledger.receipt(events[0]),
        replayed=replayed,
    )
