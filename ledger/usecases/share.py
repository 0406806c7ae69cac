"""Sharing: the learner permits a look for a purpose, the visitor opens it in two steps, each look is recorded.

Unknown, expired and withdrawn tokens answer alike: NotFoundError share_not_found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from ledger.usecases.access import Actor
from ledger.views.history import History

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.usecases.idempotency import Idempotency


@dataclass(frozen=True, slots=True)
class GrantShare:
    """`credentials` None shares everything the trail holds now; `expires_at` None means in 30 days; at most 90."""

    purpose: str
    credentials: tuple[UUID, ...] | None = None
    with_name: bool = True
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GrantedShare:
    """`token` is shown once; `url` is the link that holds it (`<base_url>/s/<token>`)."""

    id: UUID
    token: str
    url: str
    expires_at: datetime
    receipt: str


@dataclass(frozen=True, slots=True)
class ShareOpening:
    """One look at a share."""

    opened_at: datetime
    opened_by: str


@dataclass(frozen=True, slots=True)
class ShareView:
    """A share as its owner sees it."""

    id: UUID
    purpose: str
    credentials: tuple[UUID, ...]
    granted_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    state: Literal["open", "expired", "withdrawn"]
    openings: tuple[ShareOpening, ...]


@dataclass(frozen=True, slots=True)
class ShareLanding:
    """What a visitor sees before opening: neutral, nothing of the person."""

    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedShare:
    """What a visitor sees: the trail as permitted, and the same as a bundle to keep and verify offline.

    `history.name` is None when the learner left the name out.
    """

    id: UUID
    purpose: str
    expires_at: datetime
    opened_at: datetime
    history: History
    bundle: bytes


def grant(
    ledger: Ledger, actor: Actor, command: GrantShare, *, idempotency: Idempotency | None = None
) -> GrantedShare:
    """Permit a look (`trail`).

    Raises: ForbiddenError: scope_missing, not_yours (another's credential). NotFoundError: credential_unknown.
        RejectedError: purpose_invalid, bsn_refused, expiry_in_past, expiry_too_far, nothing_to_share.
        ConflictError: idempotency_conflict, secret_already_shown. GoneError: erased.
    """
    ...


def shares(ledger: Ledger, actor: Actor) -> tuple[ShareView, ...]:
    """Return the learner's shares with every look at them, newest first (`trail`).

    Raises: ForbiddenError: scope_missing. GoneError: erased.
    """
    ...


def withdraw(ledger: Ledger, actor: Actor, share_id: UUID) -> ShareView:
    """End a share (`trail`).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: share_unknown. ConflictError: share_withdrawn.
    """
    ...


def landing(ledger: Ledger, token: str) -> ShareLanding:
    """Return what may be shown before opening; has no effect, so that preview robots change nothing.

    Raises: NotFoundError: share_not_found.
    """
    ...


def open_share(ledger: Ledger, token: str, *, opened_by: str = "a visitor") -> OpenedShare:
    """Open a share and record the look.

    Raises: NotFoundError: share_not_found.
    """
    ...
