"""Learners: giving a person a trail, a key to seal it with, and a token to read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.domain.learner import Learner
from ledger.errors import RejectedError
from ledger.usecases import learner_key
from ledger.usecases.access import (
    LEARNER_SCOPES,
    Actor,
    IssuedToken,
    new_token,
    require_organisation,
)
from ledger.usecases.idempotency import Idempotency, once, remember, secret_was_shown
from ledger.usecases.organisations import active_organisation
from ledger.usecases.text import line
from verifiers.errors import VerifierError
from verifiers.primitives import keys

if TYPE_CHECKING:
    from ledger.application import Ledger


@dataclass(frozen=True, slots=True)
class EnrolLearner:
    """`name` as it should stand on credentials; `did` the learner's own did:key, when there is one.

    Without a did the ledger derives a key for the learner, with which she can sign what she claims herself.
    """

    name: str | None = None
    did: str | None = None


@dataclass(frozen=True, slots=True)
class EnrolledLearner:
    """The learner's id, the identifier credentials name as subject, and a `trail` token, shown once."""

    id: UUID
    subject_id: str
    enrolled_at: datetime
    token: IssuedToken
    receipt: str


def enrol(
    ledger: Ledger, actor: Actor, command: EnrolLearner, *, idempotency: Idempotency | None = None
) -> EnrolledLearner:
    """Enrol a learner (`learners:write`).

    Raises: ForbiddenError: scope_missing. RejectedError: did_invalid, and the codes of a line of text.
        ConflictError: organisation_ceased, idempotency_conflict, secret_already_shown.
    """
    organisation = require_organisation(actor, "learners:write")
    name = None if command.name is None else line(command.name, pointer="/name")
    did = None if command.did is None else _checked_did(command.did)

    def make() -> EnrolledLearner:
        active_organisation(ledger, organisation)
        # The person's key comes before anything that is sealed under it; an orphan key is harmless.
        learner_id = ledger.chance.uuid()
        ledger.vault.data_key(learner_id, create=True)
        subject_id = did or learner_key.public_key(ledger, learner_id).did_key
        token, row = new_token(
            ledger,
            role="learner",
            owner=learner_id,
            scopes=LEARNER_SCOPES,
            label="first token",
            expires_at=None,
        )
        made = Learner.enrol(
            id=learner_id,
            event_id=ledger.chance.uuid(),
            now=ledger.now(),
            organisation=organisation,
            person_name=name,
            did=subject_id,
            token_id=token.id,
        )
        (recorded,) = ledger.record(
            made,
            memory=remember(ledger, actor.owner, idempotency, sealed_for=learner_id),
            rows=(row,),
        )
        return EnrolledLearner(learner_id, subject_id, made.created_on, token, ledger.receipt(recorded))

    return once(ledger, actor.owner, idempotency, make=make, again=secret_was_shown)


def _checked_did(did: str) -> str:
    try:
        return keys.parse_did_key(did).did_key
    except VerifierError as error:
        raise RejectedError(
            "did_invalid", "the learner's did is not a did:key we can check", pointer="/did"
        ) from error
