"""An organisation: who it is, which keys count for it and when, and which tokens act for it.

Keys are never deleted: what was recorded while a key counted stays good. Token secrets live elsewhere,
hashed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from ledger.domain.aggregate import Fact, FirstFact, Root
from ledger.errors import ConflictError, NotFoundError


@dataclass(frozen=True, slots=True)
class Key:
    """A public key in Multikey text and the period [valid_from, valid_until) in which it counts."""

    multikey: str
    verification_method: str
    managed: bool
    valid_from: datetime
    valid_until: datetime | None = None
    reason: str | None = None

    def counts_at(self, moment: datetime) -> bool:
        """Say whether what was recorded at that moment counts."""
        return self.valid_from <= moment and (self.valid_until is None or moment < self.valid_until)

    def may_sign(self, moment: datetime) -> bool:
        """Say whether the key may still sign: never after it was retired, not even in the same second."""
        return self.valid_until is None and self.valid_from <= moment


@dataclass(frozen=True, slots=True)
class Token:
    """What a token may do; `revoked_at` None while it works."""

    id: UUID
    scopes: tuple[str, ...]
    label: str
    expires_at: datetime | None
    revoked_at: datetime | None = None


class Organisation(Root):
    """A school, employer or bureau that signs what someone learned."""

    TOPIC = "organisation"

    did: str
    name: str
    role: str
    website: str | None
    keys: dict[str, Key]
    tokens: dict[UUID, Token]

    class Event(Fact):
        """An event of an organisation: it is its own issuer, and about no person."""

        TOPIC: ClassVar[str] = "organisation"

    class Registered(Event, FirstFact):
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
            aggregate.tokens = {}

    class KeyAdded(Event):
        """One more key counts. `did` stands in it so that the event proves the key on its own."""

        TOPIC: ClassVar[str] = "organisation-key-added.v1"
        did: str
        key: str
        verification_method: str
        managed: bool
        valid_from: datetime

        def apply(self, aggregate: Organisation) -> None:
            """Add the key."""
            aggregate.keys[self.key] = Key(self.key, self.verification_method, self.managed, self.valid_from)

    class KeyRetired(Event):
        """A key stopped counting."""

        TOPIC: ClassVar[str] = "organisation-key-retired.v1"
        did: str
        key: str
        valid_until: datetime
        reason: str

        def apply(self, aggregate: Organisation) -> None:
            """End the key's period."""
            old = aggregate.keys[self.key]
            aggregate.keys[self.key] = replace(old, valid_until=self.valid_until, reason=self.reason)

    class TokenIssued(Event):
        """A token may act for the organisation; its secret is not here."""

        TOPIC: ClassVar[str] = "organisation-token-issued.v1"
        token_id: UUID
        scopes: tuple[str, ...]
        label: str
        expires_at: datetime | None

        def apply(self, aggregate: Organisation) -> None:
            """Add the token."""
            aggregate.tokens[self.token_id] = Token(self.token_id, self.scopes, self.label, self.expires_at)

    class TokenRevoked(Event):
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

    def add_key(
        self, *, event_id: UUID, now: datetime, key: str, verification_method: str, managed: bool
    ) -> None:
        """Let one more key count from now.

        Raises: ConflictError: did_key_has_one_key, key_in_use.
        """
        if self.did.startswith("did:key:"):
            raise ConflictError("did_key_has_one_key", "a did:key is its one key")
        if key in self.keys:
            raise ConflictError("key_in_use", "the key is already registered")
        self.happen(
            self.KeyAdded,
            now=now,
            event_id=event_id,
            subject=None,
            issuer=self.id,
            did=self.did,
            key=key,
            verification_method=verification_method,
            managed=managed,
            valid_from=now,
        )

    def retire_key(self, *, event_id: UUID, now: datetime, key: str, reason: str) -> None:
        """Let a key stop counting.

        Times have whole seconds, so its period ends with the present one: what was recorded earlier in the
        same second stays good. It signs nothing more all the same.

        Raises: NotFoundError: key_unknown. ConflictError: already_retired.
        """
        if self.key(key).valid_until is not None:
            raise ConflictError("already_retired", "the key was retired before")
        self.happen(
            self.KeyRetired,
            now=now,
            event_id=event_id,
            subject=None,
            issuer=self.id,
            did=self.did,
            key=key,
            valid_until=now + timedelta(seconds=1),
            reason=reason,
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
        """Let a token act for the organisation."""
        self.happen(
            self.TokenIssued,
            now=now,
            event_id=event_id,
            subject=None,
            issuer=self.id,
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
            subject=None,
            issuer=self.id,
            token_id=token_id,
        )

    def key(self, multikey: str) -> Key:
        """Return one of its keys.

        Raises: NotFoundError: key_unknown.
        """
        found = self.keys.get(multikey)
        if found is None:
            raise NotFoundError("key_unknown", "the organisation has no such key")
        return found

    def signing_keys(self, moment: datetime, *, managed: bool) -> Iterator[Key]:
        """Yield the keys that may sign at a moment, oldest first: managed by the ledger, or its own."""
        return (key for key in self.keys.values() if key.managed is managed and key.may_sign(moment))
