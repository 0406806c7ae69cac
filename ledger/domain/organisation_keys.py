"""The keys of an organisation over time: added, rotated, retired, compromised. Pure; never deleted.

What was recorded while a key counted stays good. Whoever brings a key has shown to hold it before it gets here
(`ledger.usecases.possession`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from ledger.domain.aggregate import Fact, Root
from ledger.domain.organisation_values import Ceasing, Key
from ledger.errors import ConflictError, NotFoundError, RejectedError

SECOND = timedelta(seconds=1)
"""Times have whole seconds: a period ends with the present one, so what was recorded earlier in it stays good."""


class OrganisationEvent(Fact):
    """An event of an organisation: it is its own issuer, and about no person."""

    TOPIC: ClassVar[str] = "organisation"


class KeyAdded(OrganisationEvent):
    """One more key counts. `did` stands in it so that the event proves the key on its own."""

    TOPIC: ClassVar[str] = "organisation-key-added.v1"
    did: str
    key: str
    verification_method: str
    managed: bool
    valid_from: datetime

    def apply(self, aggregate: KeyHolder) -> None:
        """Add the key."""
        aggregate.keys[self.key] = Key(self.key, self.verification_method, self.managed, self.valid_from)


class KeyRetired(OrganisationEvent):
    """A key stopped counting."""

    TOPIC: ClassVar[str] = "organisation-key-retired.v1"
    did: str
    key: str
    valid_until: datetime
    reason: str

    def apply(self, aggregate: KeyHolder) -> None:
        """End the key's period."""
        old = aggregate.keys[self.key]
        aggregate.keys[self.key] = replace(old, valid_until=self.valid_until, reason=self.reason)


class KeyCompromised(OrganisationEvent):
    """From a moment on, somebody else may have signed with the key."""

    TOPIC: ClassVar[str] = "organisation-key-compromised.v1"
    key: str
    compromised_since: datetime
    reason: str

    def apply(self, aggregate: KeyHolder) -> None:
        """Mark the key."""
        old = aggregate.keys[self.key]
        aggregate.keys[self.key] = replace(old, compromised_since=self.compromised_since)


class KeyHolder(Root):
    """The part of an organisation that has keys."""

    Event = OrganisationEvent

    did: str
    keys: dict[str, Key]
    ceasing: Ceasing | None

    def happen(self, event_class: type[Fact], *, now: datetime, event_id: UUID, **attributes: Any) -> None:
        """Add the next event: the organisation is its issuer, and it is about no person."""
        super().happen(event_class, now=now, event_id=event_id, subject=None, issuer=self.id, **attributes)

    def require_active(self) -> None:
        """Refuse what only an organisation that still exists may do.

        Raises: ConflictError: organisation_ceased.
        """
        if self.ceasing is not None:
            raise ConflictError("organisation_ceased", "the organisation has ceased to exist")

    def add_key(
        self, *, event_id: UUID, now: datetime, key: str, verification_method: str, managed: bool
    ) -> None:
        """Let one more key count from now.

        Raises: ConflictError: organisation_ceased, did_key_has_one_key, key_in_use.
        """
        self.require_active()
        self.require_many_keys()
        if key in self.keys:
            raise ConflictError("key_in_use", "the key is already registered")
        self.happen(
            KeyAdded,
            now=now,
            event_id=event_id,
            did=self.did,
            key=key,
            verification_method=verification_method,
            managed=managed,
            valid_from=now,
        )

    def retire_key(self, *, event_id: UUID, now: datetime, key: str, reason: str) -> None:
        """Let a key stop counting with the present second; it signs nothing more at once.

        Raises: NotFoundError: key_unknown. ConflictError: already_retired, already_compromised.
        """
        self._require_in_use(key)
        self.happen(
            KeyRetired,
            now=now,
            event_id=event_id,
            did=self.did,
            key=key,
            valid_until=now + SECOND,
            reason=reason,
        )

    def rotate_key(
        self,
        *,
        new_id: Callable[[], UUID],
        now: datetime,
        old: str,
        key: str,
        verification_method: str,
        managed: bool,
    ) -> None:
        """Put a key in the place of another, in one decision: there is no moment without, and none with neither.

        Raises: as `add_key` and `retire_key`; when one is refused, neither happens.
        """
        self._require_in_use(old)
        self.add_key(
            event_id=new_id(), now=now, key=key, verification_method=verification_method, managed=managed
        )
        self.retire_key(event_id=new_id(), now=now, key=old, reason="rotated")

    def compromise_key(
        self, *, event_id: UUID, now: datetime, key: str, compromised_since: datetime, reason: str
    ) -> None:
        """Record since when somebody else may have signed with a key, one in use or one that ended before.

        What is learnt later can move the moment back, never forward: nobody gets trust back by a second look.

        Raises: NotFoundError: key_unknown. ConflictError: already_compromised.
            RejectedError: compromise_in_future.
        """
        known = self.key(key).compromised_since
        if compromised_since > now:
            raise RejectedError(
                "compromise_in_future",
                "the key cannot be compromised from a moment that is yet to come",
                pointer="/compromised_since",
            )
        if known is not None and known <= compromised_since:
            raise ConflictError(
                "already_compromised", "the key is recorded as compromised since then or before"
            )
        self.happen(
            KeyCompromised,
            now=now,
            event_id=event_id,
            key=key,
            compromised_since=compromised_since,
            reason=reason,
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

    def _require_in_use(self, key: str) -> None:
        old = self.key(key)
        if old.valid_until is not None:
            raise ConflictError("already_retired", "the key was retired before")
        if old.compromised_since is not None:
            raise ConflictError("already_compromised", "the key was ended as compromised")

    def require_many_keys(self) -> None:
        """Refuse a further key for a DID that is a key.

        Raises: ConflictError: did_key_has_one_key.
        """
        if self.did.startswith("did:key:"):
            raise ConflictError("did_key_has_one_key", "a did:key is its one key")
