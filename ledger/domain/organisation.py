"""An organisation: who it is, which keys count for it and when, which tokens act for it, and that it ended.

Keys are never deleted: what was recorded while a key counted stays good. Token secrets live elsewhere,
hashed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.domain.aggregate import FirstFact, Root
from ledger.domain.organisation_keys import (
    KeyAdded,
    KeyCompromised,
    KeyHolder,
    KeyRetired,
    OrganisationEvent,
)
from ledger.domain.organisation_values import Ceasing, Key, Token
from ledger.errors import ConflictError, NotFoundError, RejectedError

__all__ = ["Ceasing", "Key", "Organisation", "Token"]


class Organisation(KeyHolder):
    """A school, employer or bureau that signs what someone learned."""

    TOPIC = "organisation"

    name: str
    role: str
    website: str | None
    tokens: dict[UUID, Token]

    Event = OrganisationEvent

    KeyAdded, KeyRetired, KeyCompromised = KeyAdded, KeyRetired, KeyCompromised

    class Registered(OrganisationEvent, FirstFact):
        """The organisation exists, with its first key."""

        TOPIC: ClassVar[str] = "organisation-registered.v1"
        did: str
        name: str
        role: str
        website: str | None
        key: str
        verification_method: str
        managed: bool
        valid_from: datetime

        def aggregate_class(self) -> type[Root]:
            """Return Organisation."""
            return Organisation

        def apply(self, aggregate: Organisation) -> None:
            """Set the first state."""
            aggregate.did, aggregate.name, aggregate.role = self.did, self.name, self.role
            aggregate.website = self.website
            aggregate.keys = {
                self.key: Key(self.key, self.verification_method, self.managed, self.valid_from)
            }
            aggregate.tokens, aggregate.ceasing = {}, None

    class Ceased(OrganisationEvent):
        """The organisation is no more. Its keys were retired in the same breath."""

        TOPIC: ClassVar[str] = "organisation-ceased.v1"
        did: str
        ceased_at: datetime
        successor: str | None
        archive: str | None
        reason: str
        reference: str | None

        def apply(self, aggregate: Organisation) -> None:
            """Close the organisation."""
            aggregate.ceasing = Ceasing(
                self.ceased_at, self.successor, self.archive, self.reason, self.reference
            )

    class TokenIssued(OrganisationEvent):
        """A token may act for the organisation; its secret is not here."""

        TOPIC: ClassVar[str] = "organisation-token-issued.v1"
        token_id: UUID
        scopes: tuple[str, ...]
        label: str
        expires_at: datetime | None

        def apply(self, aggregate: Organisation) -> None:
            """Add the token."""
            aggregate.tokens[self.token_id] = Token(self.token_id, self.scopes, self.label, self.expires_at)

    class TokenRevoked(OrganisationEvent):
        """A token stopped working, for ever."""

        TOPIC: ClassVar[str] = "organisation-token-revoked.v1"
        token_id: UUID

        def apply(self, aggregate: Organisation) -> None:
            """Mark the token."""
            old = aggregate.tokens[self.token_id]
            aggregate.tokens[self.token_id] = replace(old, revoked_at=self.timestamp)

    @classmethod
    def register(
        cls,
        *,
        id: UUID,  # noqa: A002
        event_id: UUID,
        now: datetime,
        did: str,
        name: str,
        role: str,
        website: str | None,
        key: str,
        verification_method: str,
        managed: bool,
    ) -> Organisation:
        """Return a new organisation with its first key, which counts from now."""
        return cls.begin(
            cls.Registered,
            id=id,
            event_id=event_id,
            timestamp=now,
            subject=None,
            issuer=id,
            did=did,
            name=name,
            role=role,
            website=website,
            key=key,
            verification_method=verification_method,
            managed=managed,
            valid_from=now,
        )

    def cease(
        self,
        *,
        new_id: Callable[[], UUID],
        now: datetime,
        successor: str | None,
        archive: str | None,
        reason: str,
        reference: str | None,
    ) -> None:
        """End the organisation: every key in use is retired, then it is closed, in one decision.

        Raises: ConflictError: organisation_ceased. RejectedError: successor_is_itself.
        """
        self.require_may_cease(successor)
        for key in [key.multikey for key in self.keys.values() if key.in_use]:
            self.retire_key(event_id=new_id(), now=now, key=key, reason="ceased")
        self.happen(
            self.Ceased,
            now=now,
            event_id=new_id(),
            did=self.did,
            ceased_at=now,
            successor=successor,
            archive=archive,
            reason=reason,
            reference=reference,
        )

    def require_may_cease(self, successor: str | None) -> None:
        """Refuse a second end, and an organisation that succeeds itself.

        Raises: ConflictError: organisation_ceased. RejectedError: successor_is_itself.
        """
        self.require_active()
        if successor == self.did:
            raise RejectedError(
                "successor_is_itself", "an organisation does not succeed itself", pointer="/successor"
            )

    def issue_token(
        self,
        *,
        event_id: UUID,
        now: datetime,
        token_id: UUID,
        scopes: tuple[str, ...],
        label: str,
        expires_at: datetime | None,
    ) -> None:
        """Let a token act for the organisation.

        Raises: ConflictError: organisation_ceased.
        """
        self.require_active()
        self.happen(
            self.TokenIssued,
            now=now,
            event_id=event_id,
            token_id=token_id,
            scopes=scopes,
            label=label,
            expires_at=expires_at,
        )

    def revoke_token(self, *, event_id: UUID, now: datetime, token_id: UUID) -> None:
        """Make a token stop working.

        Raises: NotFoundError: token_unknown. ConflictError: already_revoked.
        """
        token = self.tokens.get(token_id)
        if token is None:
            raise NotFoundError("token_unknown", "the organisation has no such token")
        if token.revoked_at is not None:
            raise ConflictError("already_revoked", "the token was revoked before")
        self.happen(
            self.TokenRevoked,
            now=now,
            event_id=event_id,
            token_id=token_id,
        )
