"""Erasing a person: her key is destroyed, and everybody else's proofs go on holding.

    1. tombstone      an event without body, and the row that says why; from here on there is no way back
    2. key            destroyed in the vault: bodies, drafts, her signing key and request marks are noise
    3. rows           her tokens are revoked, the links of her shares deleted
    4. certificate    signed by the log's key and kept: what went, what stays and why, until when copies live

If we stop after 1, `finish` goes on: at every start before anything is served, every hour, and when the request
comes again. Each step may be repeated. What a crowd of requests recorded between 1 and 2 is noise after 2.

What stays: headers, entries and proofs (random ids and times), the places in status lists, which are never
freed: a freed place would make a revoked credential valid again, or point at somebody else's.

Not here: epochs of keys (`ledger.keys.vault`), what a certificate says (`erasure_certificate`), when somebody's
time is over (`retention`).
Source: GDPR art. 17; THREATS H6, H12, F14.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, delete, select, update

from ledger.domain.learner import Learner
from ledger.domain.share import Share
from ledger.errors import ConflictError, ForbiddenError, NotFoundError, RejectedError, UnavailableError
from ledger.store import tables
from ledger.store.events import RowInsert
from ledger.store.mapper import LEDGER_OWNER
from ledger.store.reading import reading, transaction
from ledger.usecases import erasure_certificate
from ledger.usecases.access import Actor, require, require_learner
from ledger.usecases.idempotency import Idempotency, once, remember
from schemas.erasure import AskedBy, Reason

if TYPE_CHECKING:
    from ledger.application import Ledger

_ATTEMPTS_MAX = 8
"""How often the tombstone is written anew because the stream grew meanwhile."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """A completed erasure. `certificate` is the exact signed JSON; it names nobody and may be passed on."""

    learner: UUID
    certificate: bytes
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class _Begun:
    reason: Reason
    asked_by: AskedBy
    certificate: bytes | None


def erase(
    ledger: Ledger,
    actor: Actor,
    learner: UUID,
    *,
    reason: Reason = "asked",
    idempotency: Idempotency | None = None,
) -> Erasure:
    """Erase a person for ever (`trail`, her own; or the operator). Asking again answers the same certificate.

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: learner_unknown.
        RejectedError: reason_not_yours, only the operator erases because time is over.
        ConflictError: idempotency_conflict.
    """
    asked_by = _authorised(actor, learner)
    if asked_by == "learner" and reason != "asked":
        raise RejectedError(
            "reason_not_yours",
            "a learner erases because she asks for it",
            expected="asked",
            pointer="/reason",
        )

    def make() -> Erasure:
        begun = _find(ledger, learner)
        if begun is None:
            _bury(ledger, actor, learner, reason, asked_by, idempotency)
        return Erasure(learner, _complete(ledger, learner), replayed=begun is not None)

    def again(_: object) -> Erasure:
        return Erasure(learner, _complete(ledger, learner), replayed=True)

    return once(ledger, actor.owner, idempotency, make=make, again=again)


def certificate(ledger: Ledger, learner: UUID) -> bytes:
    """Return the certificate of an erased person, for anybody who has her random id.

    Raises: NotFoundError: erasure_unknown. UnavailableError: erasure_unfinished, it will be there soon.
    """
    begun = _find(ledger, learner)
    if begun is None:
        raise NotFoundError("erasure_unknown", "nobody with this id was erased here")
    if begun.certificate is None:
        raise UnavailableError("erasure_unfinished", "the erasure is not completed yet")
    return begun.certificate


def finish(ledger: Ledger) -> int:
    """Complete what was begun, and destroy again what a restored vault brought back; return how many.

    Cheap when there is nothing to do: one query in each database.
    """
    erased = tables.erasure.c
    with reading(ledger.engine) as connection:
        rows = connection.execute(select(erased.learner, erased.certificate.is_(None))).all()
    destroyed = ledger.vault.destroyed() if rows else set()
    again = [learner for learner, unfinished in rows if unfinished or learner not in destroyed]
    for learner in again:
        _complete(ledger, learner)
    return len(again)


def _authorised(actor: Actor, learner: UUID) -> AskedBy:
    if actor.role == "operator":
        require(actor, "operator")
        return "operator"
    if require_learner(actor) != learner:
        raise ForbiddenError("not_yours", "the trail is somebody else's")
    return "learner"


def _bury(
    ledger: Ledger,
    actor: Actor,
    learner: UUID,
    reason: Reason,
    asked_by: AskedBy,
    idempotency: Idempotency | None,
) -> None:
    """Record the tombstone with its row; nothing happens when another request was first."""
    ledger.vault.data_key(LEDGER_OWNER, create=True)  # the request's mark must outlive her key
    values = {"learner": learner, "reason": reason, "asked_by": asked_by, "certificate": None}
    row = RowInsert(tables.erasure, values, conflict_code="already_erased")
    memory = remember(ledger, actor.owner, idempotency, sealed_for=LEDGER_OWNER)
    for attempt in range(_ATTEMPTS_MAX):
        # By headers only: her events may be unreadable already.
        last = ledger.store.select_stream(learner, desc=True, limit=1)
        if not last or not last[0].sealed.type.startswith(f"{Learner.TOPIC}-"):
            raise NotFoundError("learner_unknown", "there is no such learner")
        version = last[0].sealed.version + 1
        fact = Learner.tombstone(learner, version=version, event_id=ledger.chance.uuid(), now=ledger.now())
        try:
            ledger.append(fact, memory=memory, rows=(row,))
            return
        except ConflictError as error:
            if _find(ledger, learner) is not None:
                return
            if error.code != "version_conflict" or attempt + 1 == _ATTEMPTS_MAX:
                raise


def _complete(ledger: Ledger, learner: UUID) -> bytes:
    """Do steps 2 to 4, as far as they are not done, and return the one certificate."""
    ledger.vault.destroy(learner, now=ledger.now())
    with transaction(ledger.engine) as connection:
        _remove_rows(connection, learner, now=int(ledger.now().timestamp()))
    begun = _find(ledger, learner)
    if begun is not None and begun.certificate is None:
        made = erasure_certificate.make(ledger, learner, reason=begun.reason, asked_by=begun.asked_by)
        # Of two that were made at once the first counts.
        ours = (tables.erasure.c.learner == learner, tables.erasure.c.certificate.is_(None))
        with transaction(ledger.engine) as connection:
            connection.execute(update(tables.erasure).where(*ours).values(certificate=made))
    return certificate(ledger, learner)


def _remove_rows(connection: Connection, learner: UUID, *, now: int) -> None:
    token, event, share = tables.token, tables.event.c, tables.share_token
    mine = (token.c.owner == learner, token.c.role == "learner", token.c.revoked_at.is_(None))
    connection.execute(update(token).where(*mine).values(revoked_at=now))
    granted = select(event.stream).where(event.subject == learner, event.type == Share.Granted.TOPIC)
    connection.execute(delete(share).where(share.c.share.in_(granted)))


def _find(ledger: Ledger, learner: UUID) -> _Begun | None:
    """Return what is kept of an erasure, None when none was begun."""
    erased = tables.erasure.c
    query = select(erased.reason, erased.asked_by, erased.certificate).where(erased.learner == learner)
    with reading(ledger.engine) as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _Begun(row.reason, row.asked_by, row.certificate)
