"""A learner: the person a trail belongs to. The id is random; the name is sealed under her own key.

The last event of an erased learner is her tombstone. It is decided without her state, which may be unreadable
already, and says nothing but who (a random id) and when.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from ledger.domain.aggregate import Fact, FirstFact, Root


class Learner(Root):
    """A person with a trail."""

    TOPIC = "learner"

    person_name: str | None
    did: str
    token_id: UUID
    enrolled_by: UUID | None

    class Event(Fact):
        """An event of a learner: about that person."""

        TOPIC: ClassVar[str] = "learner"

    class Enrolled(Event, FirstFact):
        """The person has a trail. `did` is what credentials name as subject."""

        TOPIC: ClassVar[str] = "learner-enrolled.v1"
        person_name: str | None
        did: str
        token_id: UUID

        def aggregate_class(self) -> type[Root]:
            """Return Learner."""
            return Learner

        def apply(self, aggregate: Learner) -> None:
            """Set the first state."""
            aggregate.person_name, aggregate.did = self.person_name, self.did
            aggregate.token_id, aggregate.enrolled_by = self.token_id, self.issuer

    class Warned(Event):
        """The time that her data may be kept is over: from `erase_after` on they can be erased."""

        TOPIC: ClassVar[str] = "learner-warned.v1"
        kind: str
        kept_until: datetime
        erase_after: datetime

    class Erased(Event):
        """The tombstone: her key is destroyed from here on. It has no body, so that it outlives every key."""

        TOPIC: ClassVar[str] = "learner-erased.v1"

    def warn(
        self, *, event_id: UUID, now: datetime, kind: str, kept_until: datetime, erase_after: datetime
    ) -> None:
        """Tell the learner that her trail will be erased, by the rule of which kind, and when at the earliest."""
        self.happen(
            self.Warned,
            now=now,
            event_id=event_id,
            subject=self.id,
            issuer=None,
            kind=kind,
            kept_until=kept_until,
            erase_after=erase_after,
        )

    @classmethod
    def tombstone(cls, id: UUID, *, version: int, event_id: UUID, now: datetime) -> Learner.Erased:  # noqa: A002
        """Return the event that ends a learner's stream.

        Args: version: the stream's next; the store refuses it when something else came first.
        """
        who: dict[str, Any] = {"event_id": event_id, "subject": id, "issuer": None}
        return cls.Erased(originator_id=id, originator_version=version, timestamp=now, **who)

    @classmethod
    def enrol(
        cls,
        *,
        id: UUID,  # noqa: A002
        event_id: UUID,
        now: datetime,
        organisation: UUID | None,
        person_name: str | None,
        did: str,
        token_id: UUID,
    ) -> Learner:
        """Return a new learner, enrolled by an organisation."""
        return cls.begin(
            cls.Enrolled,
            id=id,
            event_id=event_id,
            timestamp=now,
            subject=id,
            issuer=organisation,
            person_name=person_name,
            did=did,
            token_id=token_id,
        )
