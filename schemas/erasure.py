"""The wire form of an erasure certificate: what went, what stays and why, and until when old copies are readable.

It names nobody: `learner` is the random id that the log's headers have. Its sentences are for people, its codes
for programs. Source: docs/formats.md, "leerspoor-erasure.v1"; GDPR art. 12(3), 17 and 19.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from schemas.events.base import Moment

TYPE: Literal["leerspoor-erasure.v1"] = "leerspoor-erasure.v1"

Reason = Literal["asked", "retention"]
"""The person asked for it, or the time that her data may be kept is over (`ledger.domain.retention`)."""
AskedBy = Literal["learner", "operator"]
What = Literal[
    "data_key", "bodies", "tokens", "shares",
    "log_entries", "status_places", "request_marks", "tombstone", "copies_of_others",
]  # fmt: skip

_CLOSED = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class TextModel(BaseModel):
    """One sentence in two languages."""

    model_config = _CLOSED

    nl: Annotated[str, Field(min_length=1, max_length=1_000)]
    en: Annotated[str, Field(min_length=1, max_length=1_000)]


class PartModel(BaseModel):
    """One kind of thing that went or stays, and how many of it there were where that can be counted."""

    model_config = _CLOSED

    what: What
    count: Annotated[int, Field(ge=0, le=2**53 - 1)] | None
    said: TextModel


class OldCopiesModel(BaseModel):
    """When copies of the destroyed key in backups and journals become noise."""

    model_config = _CLOSED

    epoch: Annotated[int, Field(ge=1, le=2**31 - 1, description="Of the key-encryption key.")]
    noise_after: Annotated[Moment, Field(description="When this epoch's key is destroyed, by schedule.")]


class ErasureModel(BaseModel):
    """An erasure certificate without its proof."""

    model_config = _CLOSED

    type: Literal["leerspoor-erasure.v1"] = TYPE
    log: Annotated[str, Field(max_length=512, description="C2SP verifier key of the log.")]
    learner: UUID
    reason: Reason
    asked_by: AskedBy
    erased_at: Annotated[Moment, Field(description="When the key was destroyed.")]
    removed: Annotated[tuple[PartModel, ...], Field(max_length=16)]
    kept: Annotated[tuple[PartModel, ...], Field(max_length=16)]
    old_copies: OldCopiesModel
    receipt: Annotated[
        str, Field(max_length=65_536, description="tlog-proof of the tombstone, payload empty.")
    ]
