"""Who asks, and what that permits: opaque bearer tokens, scopes and actors. Nothing of HTTP headers lives here.

A token reads `lsp_<role>_<43 characters base64url>_<6 characters checksum>`; only its SHA-256 is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.usecases.idempotency import Idempotency

Role = Literal["operator", "organisation", "learner"]

OPERATOR_SCOPES = frozenset({"operator"})
ORGANISATION_SCOPES = frozenset(
    {"attestations:write", "attestations:read", "learners:write", "organisation:admin"}
)
LEARNER_SCOPES = frozenset({"trail"})


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever holds a valid token. `id` is the organisation or learner; None for the operator."""

    role: Role
    id: UUID | None
    scopes: frozenset[str]
    token_id: UUID


@dataclass(frozen=True, slots=True)
class IssueToken:
    """Ask for one more token of an organisation. `scopes` a non-empty subset of ORGANISATION_SCOPES."""

    organisation: UUID
    scopes: frozenset[str]
    label: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token, shown once. `secret` is the text to send as bearer token."""

    id: UUID
    secret: str
    scopes: frozenset[str]
    label: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """Ask that a token of an organisation stops working."""

    organisation: UUID
    token: UUID


def authenticate(ledger: Ledger, token: str) -> Actor:
    """Return the actor a bearer token stands for.

    Raises: UnauthenticatedError: token_invalid (malformed, unknown or revoked), token_expired.
    """
    ...


def require(actor: Actor, scope: str) -> None:
    """Refuse an actor without the scope.

    Raises: ForbiddenError: scope_missing.
    """
    ...


def issue_token(
    ledger: Ledger, actor: Actor, command: IssueToken, *, idempotency: Idempotency | None = None
) -> IssuedToken:
    """Give an organisation one more token (operator, or its own `organisation:admin`).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown.
        RejectedError: scope_unknown, expiry_in_past. ConflictError: idempotency_conflict, secret_already_shown.
    """
    ...


def revoke_token(ledger: Ledger, actor: Actor, command: RevokeToken) -> None:
    """Make a token of an organisation stop working, for ever.

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown, token_unknown.
        ConflictError: already_revoked.
    """
    ...
