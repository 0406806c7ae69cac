"""Given what happened, when something is asked, then this happens or is refused with this code.

The given events are applied as the library applies stored ones, so the test also shows that a state can be
rebuilt from its events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

import pytest

from ledger.domain.aggregate import Fact, Root
from ledger.errors import LedgerError

A = TypeVar("A", bound=Root)

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ADA, BEA = UUID(int=0xADA), UUID(int=0xBEA)
ROC, HOSPITAL = UUID(int=0x10C), UUID(int=0x405)


def after(minutes: int) -> datetime:
    """Return a moment that many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def event_id(number: int) -> UUID:
    """Return the id of a test's event."""
    return UUID(int=0xE0000 + number)


@dataclass(frozen=True)
class When(Generic[A]):
    """An aggregate to which something was asked, and what came of it."""

    aggregate: A
    happened: tuple[Fact, ...]
    error: LedgerError | None

    def then(self, event_class: type[Fact], **attributes: Any) -> A:
        """Expect exactly one event, with these attributes among others."""
        if self.error is not None:
            raise self.error
        (event,) = self.happened
        assert type(event) is event_class
        assert {name: getattr(event, name) for name in attributes} == attributes
        return self.aggregate

    def then_all(self, *event_classes: type[Fact]) -> A:
        """Expect exactly these events, in this order."""
        if self.error is not None:
            raise self.error
        assert [type(event) for event in self.happened] == list(event_classes)
        return self.aggregate

    def refused(self, error_class: type[LedgerError], code: str) -> None:
        """Expect a refusal with this code, and that nothing happened."""
        assert self.error is not None, "it was not refused"
        assert type(self.error) is error_class
        assert self.error.code == code
        assert self.happened == ()


@dataclass(frozen=True)
class Given(Generic[A]):
    """What happened before, as events."""

    events: tuple[Fact, ...]

    def when(self, ask: Callable[[A], object]) -> When[A]:
        """Ask something of the aggregate these events make."""
        aggregate: A = rebuild(self.events)
        version = aggregate.version
        try:
            ask(aggregate)
        except LedgerError as error:
            return When(aggregate, tuple(aggregate.collect_events()), error)  # type: ignore[arg-type]
        happened: tuple[Fact, ...] = tuple(aggregate.collect_events())  # type: ignore[arg-type]
        assert [event.originator_version for event in happened] == [
            version + 1 + n for n in range(len(happened))
        ]
        return When(aggregate, happened, None)


def given(aggregate: A, *asks: Callable[[A], object]) -> Given[A]:
    """Return the events of a new aggregate after asking some things of it."""
    for ask in asks:
        ask(aggregate)
    return Given(tuple(aggregate.collect_events()))  # type: ignore[arg-type]


def rebuild(events: Iterable[Fact]) -> Any:
    """Return the aggregate that events make."""
    aggregate: Any = None
    for event in events:
        aggregate = event.mutate(aggregate)
    if aggregate is None:
        pytest.fail("no events, no aggregate")
    return aggregate
