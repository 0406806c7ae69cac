"""Retention: whose time is over, warning her, and erasing her when the waiting period has passed.

    kept       until the longest term of her trail ends (`ledger.domain.retention`)
    due        it ended, and nobody told her yet
    warned     she was told, and can fetch her signed copy (the bundle), or use her trail again and so keep it
    ready      the waiting period has passed

Who is due is found from headers; only of those few are credentials opened, for their kind alone, by the machine, and
nothing of them leaves it. There are no addresses of people here: the warning stands in her trail, and whoever
enrolled her passes it on.

Source: GDPR art. 5(1)(e), 13(2)(a); THREATS H6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from sqlalchemy import func, select

from ledger.domain import retention as rules
from ledger.domain.credential import Credential
from ledger.domain.learner import Learner
from ledger.domain.retention import Rule, Use
from ledger.domain.share import Share
from ledger.errors import ConflictError, ErasedError, ForbiddenError, NotFoundError
from ledger.store import tables
from ledger.store.events import RecordedEvent
from ledger.store.reading import reading
from ledger.usecases import erase
from ledger.usecases.access import Actor, require, require_learner
from ledger.usecases.history import describe

if TYPE_CHECKING:
    from ledger.application import Ledger

State = Literal["kept", "due", "warned", "ready"]
_USES = (Learner.Enrolled.TOPIC, Credential.Issued.TOPIC, Share.Granted.TOPIC)


@dataclass(frozen=True, slots=True)
class Term:
    """How long a trail is kept, and what happens then. `erase_after` is None until she was warned."""

    learner: UUID
    state: State
    rule: Rule
    kept_until: datetime
    warned_at: datetime | None
    erase_after: datetime | None


def own_term(ledger: Ledger, actor: Actor, learner: UUID) -> Term:
    """Return how long the learner's own trail is kept (`trail`).

    Raises: ForbiddenError: scope_missing, not_yours. ErasedError: erased.
    """
    if require_learner(actor) != learner:
        raise ForbiddenError("not_yours", "the trail is somebody else's")
    return _term(ledger, learner)


def due(ledger: Ledger, actor: Actor) -> Iterator[Term]:
    """Return every trail whose time is over, that of the longest silence first (`operator`).

    Raises: ForbiddenError: scope_missing.
    """
    require(actor, "operator")
    for learner in _silent(ledger):
        try:
            term = _term(ledger, learner)
        except ErasedError:
            continue  # erased meanwhile
        if term.state != "kept":
            yield term


def warn(ledger: Ledger, actor: Actor, learner: UUID) -> Term:
    """Tell a person that her trail will be erased, and when at the earliest (`operator`).

    Raises: ForbiddenError: scope_missing. NotFoundError: learner_unknown. ErasedError: erased.
        ConflictError: retention_not_due, already_warned.
    """
    require(actor, "operator")
    term = _term(ledger, learner)
    if term.state == "kept":
        raise ConflictError("retention_not_due", "the trail may be kept still")
    if term.state != "due":
        raise ConflictError("already_warned", "the person was warned already")
    now = ledger.now()
    ledger.change(
        Learner,
        learner,
        lambda found: found.warn(
            event_id=ledger.chance.uuid(),
            now=now,
            kind=term.rule.kind,
            kept_until=term.kept_until,
            erase_after=now + rules.WARNING,
        ),
    )
    return _term(ledger, learner)


def erase_ready(ledger: Ledger, actor: Actor, learner: UUID) -> erase.Erasure:
    """Erase a person whose time is over, who was warned, and whose waiting period has passed (`operator`).

    Raises: ForbiddenError: scope_missing. NotFoundError: learner_unknown. ErasedError: erased.
        ConflictError: retention_not_due (she used her trail again, or still may).
    """
    require(actor, "operator")
    if _term(ledger, learner).state != "ready":
        raise ConflictError("retention_not_due", "the trail may be kept still")
    return erase.erase(ledger, actor, learner, reason="retention")


def _term(ledger: Ledger, learner: UUID) -> Term:
    recorded = ledger.store.select_subject(learner, types=(*_USES, Learner.Warned.TOPIC))
    if not recorded:
        raise NotFoundError("learner_unknown", "there is no such learner")
    uses = [event for event in recorded if event.sealed.type in _USES]
    kept_until, rule = rules.kept_until(_use(ledger, event) for event in uses)
    now = ledger.now()
    if now < kept_until:
        return Term(learner, "kept", rule, kept_until, None, None)
    # A warning counts only while nothing was added after it: whoever uses her trail begins a new term.
    warned = recorded[recorded.index(uses[-1]) + 1 :]
    if not warned:
        return Term(learner, "due", rule, kept_until, None, None)
    warning: Any = ledger.open(warned[-1])
    state: State = "ready" if now >= warning.erase_after else "warned"
    return Term(learner, state, rule, kept_until, warning.timestamp, warning.erase_after)


def _use(ledger: Ledger, event: RecordedEvent) -> Use:
    at = event.sealed.recorded_at
    if event.sealed.type == Learner.Enrolled.TOPIC:
        ledger.open(event)  # an erased trail has no term
        return Use("enrolment", at)
    if event.sealed.type == Share.Granted.TOPIC:
        return Use("share", at)
    issued: Any = ledger.open(event)
    return Use(describe(issued.credential).kind, at)


def _silent(ledger: Ledger) -> list[UUID]:
    """Return whose newest use is older than the shortest term, by headers alone; the erased are left out."""
    event, erased = tables.event.c, tables.erasure.c
    newest = func.max(event.recorded_at)
    limit = int((ledger.now() - rules.SHORTEST).timestamp())
    query = (
        select(event.subject)
        .where(event.type.in_(_USES), event.subject.not_in(select(erased.learner)))
        .group_by(event.subject)
        .having(newest <= limit)
        .order_by(newest, event.subject)
    )
    with reading(ledger.engine) as connection:
        return list(connection.execute(query).scalars())
