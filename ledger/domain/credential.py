"""A credential after it was signed: issued, looked at, suspended, reinstated, revoked.

The signed bytes are opaque here: what they say is the verifiers' business. Revocation is for ever.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from ledger.domain.aggregate import Fact, FirstFact, Root
from ledger.errors import ConflictError

Status = Literal["active", "suspended", "revoked"]


class Credential(Root):
    """One signed document about one learner."""

    TOPIC = "credential"

    learner: UUID
    organisation: UUID | None
    credential: bytes
    status: Status

    class Event(Fact):
        """An event of a credential: its subject is the learner."""

        TOPIC: ClassVar[str] = "credential"

    class Issued(Event, FirstFact):
        """The credential was recorded; its payload is exactly the signed bytes."""

        TOPIC: ClassVar[str] = "credential-issued.v1"
        credential: bytes

        def aggregate_class(self) -> type[Root]:
            """Return Credential."""
            return Credential

        def apply(self, aggregate: Credential) -> None:
            """Set the first state."""
            if self.subject is None:
                raise ValueError("a credential is about a person")
            aggregate.learner, aggregate.organisation = self.subject, self.issuer
            aggregate.credential, aggregate.status = self.credential, "active"

    class Suspended(Event):
        """For now it does not count."""

        TOPIC: ClassVar[str] = "credential-suspended.v1"
        reason: str

        def apply(self, aggregate: Credential) -> None:
            """Set the state."""
            aggregate.status = "suspended"

    class Reinstated(Event):
        """It counts again."""

        TOPIC: ClassVar[str] = "credential-reinstated.v1"
        reason: str

        def apply(self, aggregate: Credential) -> None:
            """Set the state."""
            aggregate.status = "active"

    class Revoked(Event):
        """It never counts again."""

        TOPIC: ClassVar[str] = "credential-revoked.v1"
        reason: str

        def apply(self, aggregate: Credential) -> None:
            """Set the state."""
            aggregate.status = "revoked"

    class Read(Event):
        """An organisation (the issuer in the header) looked at it; the learner sees this."""

        TOPIC: ClassVar[str] = "credential-read.v1"
        scope: str

    @classmethod
    def issue(
        cls,
        *,
        id: UUID,  # noqa: A002
        event_id: UUID,
        now: datetime,
        learner: UUID,
        organisation: UUID | None,
        credential: bytes,
    ) -> Credential:
        """Return a new credential; `organisation` is None when the learner herself signed it."""
        return cls.begin(
            cls.Issued,
            id=id,
            event_id=event_id,
            timestamp=now,
            subject=learner,
            issuer=organisation,
            credential=credential,
        )

    def suspend(self, *, event_id: UUID, now: datetime, reason: str) -> None:
        """Let it not count for now.

        Raises: ConflictError: already_revoked, already_suspended.
        """
        self._refuse_revoked()
        if self.status == "suspended":
            raise ConflictError("already_suspended", "the credential is suspended already")
        self._change(self.Suspended, event_id=event_id, now=now, reason=reason)

    def reinstate(self, *, event_id: UUID, now: datetime, reason: str) -> None:
        """End its suspension.

        Raises: ConflictError: already_revoked, not_suspended.
        """
        self._refuse_revoked()
        if self.status != "suspended":
            raise ConflictError("not_suspended", "only a suspended credential can be reinstated")
        self._change(self.Reinstated, event_id=event_id, now=now, reason=reason)

    def revoke(self, *, event_id: UUID, now: datetime, reason: str) -> None:
        """Let it never count again, suspended or not.

        Raises: ConflictError: already_revoked.
        """
        self._refuse_revoked()
        self._change(self.Revoked, event_id=event_id, now=now, reason=reason)

    def read(self, *, event_id: UUID, now: datetime, organisation: UUID, scope: str) -> None:
        """Note that an organisation looked at it, and by which right."""
        self.happen(
            self.Read, now=now, event_id=event_id, subject=self.learner, issuer=organisation, scope=scope
        )

    def _refuse_revoked(self) -> None:
        if self.status == "revoked":
            raise ConflictError("already_revoked", "the credential was revoked before, and that is for ever")

    def _change(self, event_class: type[Fact], *, event_id: UUID, now: datetime, reason: str) -> None:
        self.happen(
            event_class,
            now=now,
            event_id=event_id,
            subject=self.learner,
            issuer=self.organisation,
            reason=reason,
        )
