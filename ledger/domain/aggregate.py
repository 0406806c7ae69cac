"""What every aggregate of the ledger has in common, on top of the `eventsourcing` library.

The library would choose ids and read the clock when an argument is left out, and would look classes up
by names found in data. Here id, event id and time are always arguments, and the first event of a stream
knows its aggregate class.
"""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from eventsourcing.domain import AggregateEvent, BaseAggregate

A = TypeVar("A", bound="Root")


class Fact(AggregateEvent):
    """One thing that happened; `timestamp` is the recording time, aware UTC, whole seconds.

    `subject` is the person it is about (a random id), `issuer` the organisation that did it. Both stand
    in the public-safe header, so a body that can no longer be opened still counts for status lists.
    """

    TOPIC: ClassVar[str] = "fact"

    event_id: UUID
    subject: UUID | None
    issuer: UUID | None


class FirstFact(Fact):
    """The first event of a stream, which makes the aggregate."""

    TOPIC: ClassVar[str] = "first-fact"

    @abstractmethod
    def aggregate_class(self) -> type[Root]:
        """Return the class of the aggregate this event begins."""

    def mutate(self, aggregate: Any) -> Any:
        """Make the aggregate, then apply this event to it; the library would resolve a topic instead."""
        if aggregate is not None:
            raise ValueError("a stream begins once")
        kind = self.aggregate_class()
        made = kind.__new__(kind)
        made.__base_init__(self.originator_id, self.originator_version, self.timestamp)
        self.apply(made)
        return made


class Root(BaseAggregate[UUID]):
    """An aggregate whose events carry their own id and time."""

    TOPIC: ClassVar[str] = ""

    Event = Fact

    @classmethod
    def begin(cls: type[A], event_class: type[FirstFact], *, id: UUID, **attributes: Any) -> A:  # noqa: A002
        """Return a new aggregate from its first event, which waits to be saved."""
        first = event_class(originator_id=id, originator_version=cls.INITIAL_VERSION, **attributes)
        made: A = first.mutate(None)
        made.pending_events.append(first)
        return made

    def happen(self, event_class: type[Fact], *, now: datetime, event_id: UUID, **attributes: Any) -> None:
        """Add the next event of this stream, which waits to be saved."""
        self.trigger_event(event_class, timestamp=now, event_id=event_id, **attributes)
