"""Who asks, and what that permits: opaque bearer tokens, scopes and actors.

Only a token's hash is stored (`ledger.usecases.tokens`), in a row written and changed in the transaction of
the event that says so. Nothing of HTTP headers lives here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from sqlalchemy import Row, select

from ledger.domain.organisation import Organisation
from ledger.errors import ErasedError, ForbiddenError, RejectedError, UnauthenticatedError
from ledger.store import tables
from ledger.store.events import RowInsert, RowUpdate
from ledger.store.reading import reading
from ledger.usecases import tokens
from ledger.usecases.idempotency import Idempotency, once, remember, secret_was_shown
from ledger.usecases.text import line

if TYPE_CHECKING:
    from ledger.application import Ledger

Role = Literal["operator", "organisation", "learner"]

OPERATOR = UUID(int=0)
"""Stands for the operator where the store wants an owner."""
OPERATOR_SCOPES = frozenset({"operator"})
ORGANISATION_SCOPES = frozenset(
    {"attestations:write", "attestations:read", "learners:write", "feed:read", "organisation:admin"}
)
LEARNER_SCOPES = frozenset({"trail"})


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever holds a valid token. `id` is the organisation or learner; None for the operator."""

    role: Role
    id: UUID | None
    scopes: frozenset[str]
    token_id: UUID

    @property
    def owner(self) -> UUID:
        """Whose idempotency keys and tokens these are."""
        return OPERATOR if self.id is None else self.id


@dataclass(frozen=True, slots=True)
class IssueToken:
    """Ask for one more token of an organisation. `scopes`: some of ORGANISATION_SCOPES, not none."""

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


def operator_at_the_machine() -> Actor:
    """Return the operator, for commands: who can read the ledger's keys needs no token."""
    return Actor(role="operator", id=None, scopes=OPERATOR_SCOPES, token_id=OPERATOR)


def authenticate(ledger: Ledger, token: str) -> Actor:
    """Return the actor a bearer token stands for.

    Raises: UnauthenticatedError: token_invalid (malformed, unknown or revoked), token_expired.
        ErasedError: erased, it was a learner's.
    """
    role = tokens.role_of(token)
    row = None if role is None else _row(ledger, tokens.hash_of(token))
    if row is not None and row.role == role == "learner" and ledger.vault.is_destroyed(row.owner):
        # Whoever still holds her token is told that everything is gone, not that the token is unknown.
        raise ErasedError("erased", "the data that the token opened were erased")
    if row is None or row.role != role or row.revoked_at is not None:
        raise UnauthenticatedError("token_invalid", "the token is not one that works here")
    if row.expires_at is not None and ledger.now().timestamp() >= row.expires_at:
        raise UnauthenticatedError("token_expired", "the token worked until its expiry and no longer")
    owner = None if row.role == "operator" else row.owner
    return Actor(role=row.role, id=owner, scopes=frozenset(row.scopes.split(" ")), token_id=row.id)


def require(actor: Actor, scope: str) -> None:
    """Refuse an actor without the scope.

    Raises: ForbiddenError: scope_missing.
    """
    if scope not in actor.scopes:
        raise ForbiddenError("scope_missing", "the token may not do this", expected=scope)


def require_organisation(actor: Actor, scope: str) -> UUID:
    """Return the organisation that acts, when it has the scope.

    Raises: ForbiddenError: scope_missing.
    """
    require(actor, scope)
    if actor.role != "organisation" or actor.id is None:
        raise ForbiddenError("scope_missing", "only an organisation does this", expected=scope)
    return actor.id


def require_learner(actor: Actor) -> UUID:
    """Return the learner who acts.

    Raises: ForbiddenError: scope_missing.
    """
    require(actor, "trail")
    if actor.role != "learner" or actor.id is None:
        raise ForbiddenError("scope_missing", "only a learner does this", expected="trail")
    return actor.id


def require_admin(actor: Actor, organisation: UUID) -> None:
    """Refuse all but the operator and the organisation's own administrators.

    Raises: ForbiddenError: scope_missing, not_yours.
    """
    if actor.role == "operator":
        return
    if require_organisation(actor, "organisation:admin") != organisation:
        raise ForbiddenError("not_yours", "the organisation is another than the token's")


def new_token(
    ledger: Ledger,
    *,
    role: Role,
    owner: UUID,
    scopes: frozenset[str],
    label: str,
    expires_at: datetime | None,
) -> tuple[IssuedToken, RowInsert]:
    """Return a fresh token and the row that makes it work once it is recorded."""
    secret = tokens.write(role, ledger.chance.bytes(tokens.SECRET_BYTES))
    issued = IssuedToken(ledger.chance.uuid(), secret, scopes, label, expires_at)
    values = {
        "token_hash": tokens.hash_of(secret),
        "id": issued.id,
        "owner": owner,
        "role": role,
        "scopes": " ".join(sorted(scopes)),
        "label": "",  # it may name a person, so it is in the sealed event only
        "created_at": int(ledger.now().timestamp()),
        "expires_at": None if expires_at is None else int(expires_at.timestamp()),
        "revoked_at": None,
    }
    return issued, RowInsert(tables.token, values)


def issue_token(
    ledger: Ledger, actor: Actor, command: IssueToken, *, idempotency: Idempotency | None = None
) -> IssuedToken:
    """Give an organisation one more token (operator, or its own `organisation:admin`).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown.
        RejectedError: scope_unknown, expiry_in_past, and the codes of a line of text.
        ConflictError: organisation_ceased, idempotency_conflict, secret_already_shown.
    """
    require_admin(actor, command.organisation)
    if not command.scopes or not command.scopes <= ORGANISATION_SCOPES:
        raise RejectedError(
            "scope_unknown",
            "the scopes are none, or not an organisation's",
            expected=" ".join(sorted(ORGANISATION_SCOPES)),
            pointer="/scopes",
        )
    label, expires_at = line(command.label, pointer="/label"), whole_seconds(command.expires_at)
    if expires_at is not None and expires_at <= ledger.now():
        raise RejectedError("expiry_in_past", "the token would have expired already", pointer="/expires_at")

    def make() -> IssuedToken:
        ledger.load(Organisation, command.organisation).require_active()
        token, row = new_token(
            ledger,
            role="organisation",
            owner=command.organisation,
            scopes=command.scopes,
            label=label,
            expires_at=expires_at,
        )
        ledger.change(
            Organisation,
            command.organisation,
            lambda organisation: organisation.issue_token(
                event_id=ledger.chance.uuid(),
                now=ledger.now(),
                token_id=token.id,
                scopes=tuple(sorted(token.scopes)),
                label=label,
                expires_at=expires_at,
            ),
            memory=remember(ledger, actor.owner, idempotency, sealed_for=command.organisation),
            rows=(row,),
        )
        return token

    return once(ledger, actor.owner, idempotency, make=make, again=secret_was_shown)


def revoke_token(ledger: Ledger, actor: Actor, command: RevokeToken) -> None:
    """Make a token of an organisation stop working, for ever.

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown, token_unknown.
        ConflictError: already_revoked.
    """
    require_admin(actor, command.organisation)
    now = ledger.now()
    row = RowUpdate(
        tables.token,
        where={"id": command.token, "owner": command.organisation, "revoked_at": None},
        values={"revoked_at": int(now.timestamp())},
        conflict_code="already_revoked",
    )
    ledger.change(
        Organisation,
        command.organisation,
        lambda organisation: organisation.revoke_token(
            event_id=ledger.chance.uuid(), now=now, token_id=command.token
        ),
        rows=(row,),
    )


def whole_seconds(moment: datetime | None) -> datetime | None:
    """Return the moment as events hold it: UTC, whole seconds.

    Raises: RejectedError: time_invalid, it has no time zone.
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise RejectedError("time_invalid", "the moment has no time zone")
    return moment.astimezone(UTC).replace(microsecond=0)


def _row(ledger: Ledger, token_hash: bytes) -> Row[tuple[object, ...]] | None:
    with reading(ledger.engine) as connection:
        query = select(tables.token).where(tables.token.c.token_hash == token_hash)
        return connection.execute(query).one_or_none()
