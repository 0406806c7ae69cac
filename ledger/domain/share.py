"""A share: a learner permits a look at chosen credentials, for a purpose, until a moment.

Each look is recorded. The token's secret is not here. Expired and withdrawn answer as if the share had
never been.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.domain.aggregate import Fact, FirstFact, Root
from ledger.errors import ConflictError, NotFoundError


class Share(Root):
    """A permission to look."""

    TOPIC = "share"

    learner: UUID
    purpose: str
    credentials: tuple[UUID, ...]
    with_name: bool
    expires_at: datetime
    withdrawn_at: datetime | None
    openings: list[tuple[datetime, str]]

    class Event(Fact):
        """An event of a share: its subject is the learner, and no organisation did it."""

        TOPIC: ClassVar[str] = "share"

    class Granted(Event, FirstFact):
        """The learner permitted the look."""

        TOPIC: ClassVar[str] = "share-granted.v1"
        purpose: str
        credentials: tuple[UUID, ...]
        with_name: bool
        expires_at: datetime

        def aggregate_class(self) -> type[Root]:
            """Return Share."""
            return Share

        def apply(self, aggregate: Share) -> None:
            """Set the first state."""
            if self.subject is None:
                raise ValueError("a share is a person's")
            aggregate.learner, aggregate.purpose = self.subject, self.purpose
            aggregate.credentials, aggregate.with_name = self.credentials, self.with_name
            aggregate.expires_at, aggregate.withdrawn_at = self.expires_at, None
            aggregate.openings = []

    class Opened(Event):
        """Somebody looked."""

        TOPIC: ClassVar[str] = "share-opened.v1"
        opened_by: str

        def apply(self, aggregate: Share) -> None:
            """Add the look."""
            aggregate.openings.append((self.timestamp, self.opened_by))

    class Withdrawn(Event):
        """The learner ended the permission."""

        TOPIC: ClassVar[str] = "share-withdrawn.v1"

        def apply(self, aggregate: Share) -> None:
            """Set the state."""
            aggregate.withdrawn_at = self.timestamp

    @classmethod
    def grant(
        cls,
        *,
        id: UUID,  # noqa: A002
        event_id: UUID,
        now: datetime,
        learner: UUID,
        purpose: str,
        credentials: tuple[UUID, ...],
        with_name: bool,
        expires_at: datetime,
    ) -> Share:
        """Return a new share; `credentials` in the order in which they were chosen."""
        return cls.begin(
            cls.Granted,
            id=id,
            event_id=event_id,
            timestamp=now,
            subject=learner,
            issuer=None,
            purpose=purpose,
            credentials=credentials,
            with_name=with_name,
            expires_at=expires_at,
        )

    def is_open(self, moment: datetime) -> bool:
        """Say whether one may look at that moment."""
        return self.withdrawn_at is None and moment < self.expires_at

    def open(self, *, event_id: UUID, now: datetime, opened_by: str) -> None:
        """Record a look.

        Raises: NotFoundError: share_not_found (expired and withdrawn alike).
        """
        if not self.is_open(now):
            raise NotFoundError("share_not_found", "there is no such share")
        self.happen(
            self.Opened, now=now, event_id=event_id, subject=self.learner, issuer=None, opened_by=opened_by
        )

    def withdraw(self, *, event_id: UUID, now: datetime) -> None:
        """End the permission.

        Raises: ConflictError: share_withdrawn.
        """
        if self.withdrawn_at is not None:
            raise ConflictError("share_withdrawn", "the share was withdrawn before")
        self.happen(self.Withdrawn, now=now, event_id=event_id, subject=self.learner, issuer=None)
