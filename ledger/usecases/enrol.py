"""Learners: giving a person a trail, a key to seal it with, and a token to read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.usecases.access import Actor, IssuedToken

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.usecases.idempotency import Idempotency


@dataclass(frozen=True, slots=True)
class EnrolLearner:
    """`name` as it should stand on credentials; `did` the learner's own identifier (did:key), when there is one."""

    name: str | None = None
    did: str | None = None


@dataclass(frozen=True, slots=True)
class EnrolledLearner:
    """The learner's id, the identifier credentials name as subject, a token with scope `trail` (shown once)."""

    id: UUID
    subject_id: str
    enrolled_at: datetime
    token: IssuedToken
    receipt: str


def enrol(
    ledger: Ledger, actor: Actor, command: EnrolLearner, *, idempotency: Idempotency | None = None
) -> EnrolledLearner:
    """Enrol a learner (`learners:write`).

    Raises: ForbiddenError: scope_missing. RejectedError: name_invalid, bsn_refused, did_invalid.
        ConflictError: idempotency_conflict, secret_already_shown.
    """
    ...
