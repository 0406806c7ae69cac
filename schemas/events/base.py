"""What every payload model shares: frozen, nothing unknown, moments in whole seconds of UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer


def _whole_seconds(moment: datetime) -> datetime:
    if moment.microsecond:
        raise ValueError("a moment in an event has whole seconds")
    return moment.astimezone(UTC)


def _write(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat() + "Z"


Moment = Annotated[
    AwareDatetime,
    AfterValidator(_whole_seconds),
    PlainSerializer(_write, return_type=str, when_used="json"),
]
"""An aware UTC moment, written "2026-11-24T10:00:00Z"."""


class Payload(BaseModel):
    """The sealed half of one event type and version."""

    model_config = ConfigDict(extra="forbid", frozen=True)
