"""The life of a credential after issuing: suspend, reinstate, revoke; and the signed status lists that tell verifiers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from ledger.usecases.access import Actor

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.usecases.idempotency import Idempotency

StatusPurpose = Literal["revocation", "suspension"]
StatusReason = Literal["mistake", "fraud", "superseded", "on_request", "under_review", "other"]


@dataclass(frozen=True, slots=True)
class ChangeStatus:
    """`reason` is a closed code, because free text invites personal data."""

    credential: UUID
    reason: StatusReason = "other"


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The state that now holds, and the receipt of the event that made it so."""

    credential: UUID
    status: Literal["active", "suspended", "revoked"]
    reason: StatusReason
    changed_at: datetime
    position: int
    receipt: str
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class StatusList:
    """A signed BitstringStatusListCredential; `body` is served as it is. `ttl_seconds` bounds caching."""

    body: bytes
    media_type: Literal["application/vc", "application/vc+jwt"]
    etag: str
    ttl_seconds: int
    valid_until: datetime


def suspend(
    ledger: Ledger, actor: Actor, command: ChangeStatus, *, idempotency: Idempotency | None = None
) -> StatusChanged:
    """Suspend a credential of one's own (`attestations:write`).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: credential_unknown.
        ConflictError: already_suspended, already_revoked, idempotency_conflict. GoneError: erased.
    """
    ...


def reinstate(
    ledger: Ledger, actor: Actor, command: ChangeStatus, *, idempotency: Idempotency | None = None
) -> StatusChanged:
    """End a suspension (`attestations:write`).

    Raises: as `suspend`, and ConflictError: not_suspended, already_revoked.
    """
    ...


def revoke(
    ledger: Ledger, actor: Actor, command: ChangeStatus, *, idempotency: Idempotency | None = None
) -> StatusChanged:
    """Revoke a credential of one's own, for ever (`attestations:write`).

    Raises: as `suspend`, and ConflictError: already_revoked.
    """
    ...


def status_list(
    ledger: Ledger,
    organisation_id: UUID,
    purpose: StatusPurpose,
    *,
    media_type: Literal["application/vc", "application/vc+jwt"] = "application/vc",
) -> StatusList:
    """Return the organisation's signed status list as of the latest head.

    Raises: NotFoundError: organisation_unknown, status_list_unknown (the organisation has no managed key).
    """
    ...
