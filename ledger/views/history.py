"""The fold from a learner's events to a trail, as of two clocks. Pure: events in, trail out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

from ledger.domain.aggregate import Fact
from ledger.domain.credential import Credential
from ledger.domain.learner import Learner

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

    `credential` is the exact signed text, `document` the credential in it, to be read by
    `ledger.usecases.compose.read`. `kind` is the attestation's kind, "other" for a credential made elsewhere.
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


@dataclass(frozen=True, slots=True)
class Described:
    """What a credential says of itself, as far as a trail shows it."""

    kind: str
    title: str
    issuer_did: str
    issuer_name: str | None
    learned_from: date | None
    learned_until: date | None
    awarded_at: datetime | None
    signed_at: datetime | None
    valid_from: datetime | None
    valid_until: datetime | None
    media_type: Literal["application/vc", "application/vc+jwt"]
    document: Mapping[str, object]


@dataclass(slots=True)
class _Life:
    """What happened to one credential, while the events are read."""

    issued: Credential.Issued
    position: int
    changes: list[StatusChange] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)


def fold(
    learner: UUID,
    events: Iterable[tuple[int, Fact]],
    *,
    describe: Callable[[bytes], Described],
    valid_at: datetime,
    known_at: datetime,
) -> History:
    """Return the trail that a person's events add up to.

    Args:
        events: (position, event) of everything about the person, in the order of the ledger.
        describe: reads a credential's exact bytes.
        valid_at: the moment the states speak of.
        known_at: what was recorded later is left out, changes of status too.
    """
    name: str | None = None
    lives: dict[UUID, _Life] = {}
    for position, event in events:
        if event.timestamp > known_at:
            continue
        if isinstance(event, Learner.Enrolled):
            name = event.person_name
            continue
        if isinstance(event, Credential.Issued):
            lives[event.originator_id] = _Life(event, position)
            continue
        # Clocks differ and are put right: a change may say an earlier time than what it changes.
        life = lives.get(event.originator_id)
        if life is None:
            continue
        if isinstance(event, Credential.Suspended | Credential.Reinstated | Credential.Revoked):
            life.changes.append(StatusChange(_meaning(event), event.reason, event.timestamp))
        elif isinstance(event, Credential.Read) and event.issuer is not None:
            life.readings.append(Reading(event.issuer, event.timestamp))
    entries = [_entry(life, describe(life.issued.credential), valid_at) for life in lives.values()]
    return History(learner, name, valid_at, known_at, tuple(sorted(entries, key=_order)))


def status_at(
    moment: datetime,
    *,
    valid_from: datetime | None,
    valid_until: datetime | None,
    changes: Iterable[StatusChange],
) -> Status:
    """Return a credential's state at a moment: revoked outranks suspended outranks its validity period."""
    last = "active"
    for change in changes:
        if change.changed_at <= moment:
            last = change.status
    if last == "revoked":
        return "revoked"
    if last == "suspended":
        return "suspended"
    if valid_from is not None and moment < valid_from:
        return "not_yet_valid"
    if valid_until is not None and moment > valid_until:
        return "expired"
    return "active"


def _meaning(
    event: Credential.Suspended | Credential.Reinstated | Credential.Revoked,
) -> Literal["suspended", "active", "revoked"]:
    if isinstance(event, Credential.Suspended):
        return "suspended"
    return "revoked" if isinstance(event, Credential.Revoked) else "active"


def _entry(life: _Life, said: Described, valid_at: datetime) -> HistoryEntry:
    return HistoryEntry(
        id=life.issued.originator_id,
        kind=said.kind,
        title=said.title,
        organisation=life.issued.issuer,
        issuer_did=said.issuer_did,
        issuer_name=said.issuer_name,
        learned_from=said.learned_from,
        learned_until=said.learned_until,
        awarded_at=said.awarded_at,
        signed_at=said.signed_at,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        recorded_at=life.issued.timestamp,
        position=life.position,
        status=status_at(
            valid_at, valid_from=said.valid_from, valid_until=said.valid_until, changes=life.changes
        ),
        changes=tuple(life.changes),
        readings=tuple(life.readings),
        media_type=said.media_type,
        credential=life.issued.credential,
        document=said.document,
    )


def _order(entry: HistoryEntry) -> tuple[date, date, int]:
    """Sort by when was learned; what does not say so, by when it was awarded or recorded."""
    known = (entry.awarded_at or entry.recorded_at).astimezone(UTC).date()
    return entry.learned_from or known, entry.learned_until or known, entry.position
