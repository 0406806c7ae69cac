"""A learner: the person a trail belongs to. The id is random; the name is sealed under her own key."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
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
