"""A person's trail, rebuilt from the events as of two clocks: what was valid, and what was known then."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.errors import ConflictError, ErasedError, ForbiddenError, NotFoundError
from ledger.usecases import bundle, compose
from ledger.usecases.access import Actor, require_learner, whole_seconds
from ledger.usecases.recording import media_type_of
from ledger.views.history import Described, History, HistoryEntry, Reading, StatusChange, fold
from verifiers.errors import MalformedError
from verifiers.formats import credential as credentials
from verifiers.primitives.encoding import parse_time

if TYPE_CHECKING:
    from ledger.application import Ledger

__all__ = [
    "History",
    "HistoryEntry",
    "Reading",
    "StatusChange",
    "describe",
    "history",
    "history_bundle",
    "rebuild",
]

_TYPES = (
    "learner-enrolled.v1",
    "credential-issued.v1",
    "credential-suspended.v1",
    "credential-reinstated.v1",
    "credential-revoked.v1",
    "credential-read.v1",
)


def history(
    ledger: Ledger,
    actor: Actor,
    learner: UUID,
    *,
    valid_at: datetime | None = None,
    known_at: datetime | None = None,
) -> History:
    """Return the learner's own trail (`trail`; nobody else's: others see a share).

    Args: valid_at: the moment the states speak of (now). known_at: leave out what was recorded later (now).
    Raises: ForbiddenError: scope_missing, not_yours. ErasedError: erased. RejectedError: time_invalid.
    """
    if require_learner(actor) != learner:
        raise ForbiddenError("not_yours", "the trail is somebody else's")
    return rebuild(ledger, learner, valid_at=whole_seconds(valid_at), known_at=whole_seconds(known_at))


def history_bundle(ledger: Ledger, actor: Actor, learner: UUID) -> bytes:
    """Return the whole trail as one offline-verifiable bundle (leerspoor-bundle.v1 JSON).

    Raises: as `history`; ConflictError: nothing_to_share, the trail is empty; bundle_too_large.
    """
    trail = history(ledger, actor, learner)
    if not trail.entries:
        raise ConflictError("nothing_to_share", "there is nothing in the trail yet")
    return bundle.make(ledger, [entry.id for entry in trail.entries])


def rebuild(
    ledger: Ledger,
    learner: UUID,
    *,
    valid_at: datetime | None = None,
    known_at: datetime | None = None,
    only: Collection[UUID] | None = None,
) -> History:
    """Return a trail without asking who asks; the caller has.

    Args: valid_at, known_at: None for now, with all that is recorded. only: credentials to keep.

    Raises: NotFoundError: learner_unknown. ErasedError: erased.
    """
    recorded = ledger.store.select_subject(learner, types=_TYPES)
    if not recorded:
        raise NotFoundError("learner_unknown", "there is no such learner")
    if ledger.vault.data_key(learner) is None:
        raise ErasedError("erased", "the learner's data were erased")
    if only is not None:
        kept = {learner, *only}
        recorded = [event for event in recorded if event.sealed.stream in kept]
    # What is recorded is known now, also where this clock is behind the one that recorded it.
    now = max(ledger.now(), *(event.sealed.recorded_at for event in recorded))
    events = ((event.position, ledger.open(event)) for event in recorded)
    return fold(learner, events, describe=describe, valid_at=valid_at or now, known_at=known_at or now)


def describe(credential: bytes) -> Described:
    """Return what a recorded credential says of itself; what it does not say is None."""
    parsed = credentials.parse(credential)
    said = compose.read(parsed.document)
    return Described(
        kind=said.kind,
        title=said.title or "",
        issuer_did=parsed.issuer_id or "",
        issuer_name=said.issuer_name,
        learned_from=said.learned_from,
        learned_until=said.learned_until,
        awarded_at=said.awarded_at,
        signed_at=_signed_at(parsed) or said.valid_from,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        media_type=media_type_of(credential),
        document=parsed.document,
    )


def _signed_at(parsed: credentials.Credential) -> datetime | None:
    """Return when the first proof says it was made; a token says it by its validFrom only."""
    proof = parsed.secured.get("proof")
    first = proof[0] if isinstance(proof, list) and proof else proof
    created = first.get("created") if isinstance(first, dict) else None
    try:
        return parse_time(created) if isinstance(created, str) else None
    except MalformedError:
        return None
