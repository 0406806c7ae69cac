"""The fold from a learner's events to a trail, as of two clocks. Pure: events in, trail out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

Status = Literal["active", "suspended", "revoked", "expired", "not_yet_valid"]


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One change in a credential's life."""

    status: Literal["suspended", "active", "revoked"]
    reason: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """One look by an organisation at one credential."""

    organisation: UUID
    read_at: datetime


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One credential of the trail. The four dates are kept apart: learned, awarded, signed, recorded.

    `credential` is the exact signed text, `document` the credential in it (for `ledger.usecases.compose.read`).
    `kind` is the attestation's kind, "other" for a credential made elsewhere.
    `organisation` is None for what the learner claims herself.
    """

    id: UUID
    kind: str
    title: str
    organisation: UUID | None
    issuer_did: str
    issuer_name: str | None
    learned_from: date | None
    learned_until: date | None
    awarded_at: datetime | None
    signed_at: datetime | None
    valid_from: datetime | None
    valid_until: datetime | None
    recorded_at: datetime
    position: int
    status: Status
    changes: tuple[StatusChange, ...]
    readings: tuple[Reading, ...]
    media_type: Literal["application/vc", "application/vc+jwt"]
    credential: bytes
    document: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class History:
    """A trail as of two clocks; `entries` in the order of learning (then awarding, then recording)."""

    learner: UUID
    name: str | None
    valid_at: datetime
    known_at: datetime
    entries: tuple[HistoryEntry, ...]
