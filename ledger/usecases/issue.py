"""Issuing: an attestation becomes a signed credential and an event, in the numbered order of DESIGN section 4.

`issue` signs with the organisation's managed key; `bring` takes a finished credential signed elsewhere;
`prepare` and `complete` (own module) sign with an own key in two steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from ledger.usecases.access import Actor
from schemas.attestation import Attestation

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.usecases.idempotency import Idempotency

Form = Literal["proof-set", "single-proof", "jwt"]
Language = Literal["nl", "en"]


@dataclass(frozen=True, slots=True)
class IssueAttestation:
    """`form`: "proof-set" (eddsa-rdfc-2022 and eddsa-jcs-2022), "single-proof" (the rdfc one only) or "jwt" (VC-JWT)."""

    learner: UUID
    attestation: Attestation
    form: Form = "proof-set"
    language: Language = "nl"
    with_name: bool = True
    valid_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class BringCredential:
    """`credential`: the exact bytes, Data Integrity JSON or compact VC-JWT; stored as they are."""

    learner: UUID
    credential: bytes


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """`credential` is the exact text that was signed and recorded; `receipt` is a C2SP tlog-proof with its opening.

    `organisation` is None for a self-claim, which the learner signs.
    """

    id: UUID
    learner: UUID
    organisation: UUID | None
    media_type: Literal["application/vc", "application/vc+jwt"]
    credential: bytes
    position: int
    recorded_at: datetime
    receipt: str
    replayed: bool = False


def issue(
    ledger: Ledger, actor: Actor, command: IssueAttestation, *, idempotency: Idempotency | None = None
) -> IssuedCredential:
    """Compose, sign, seal and record an attestation (`attestations:write`; a self_claim: the learner's own `trail`).

    Raises: ForbiddenError: scope_missing, kind_not_yours, not_yours. NotFoundError: learner_unknown. GoneError: erased.
        RejectedError: validity_period_invalid. ConflictError: no_managed_key, idempotency_conflict.
    """
    ...


def bring(
    ledger: Ledger, actor: Actor, command: BringCredential, *, idempotency: Idempotency | None = None
) -> IssuedCredential:
    """Record a finished credential that the organisation signed itself (`attestations:write`).

    Raises: ForbiddenError: scope_missing. NotFoundError: learner_unknown. GoneError: erased.
        RejectedError: credential_not_valid (with the failed check's code as `got`), issuer_not_you, subject_not_learner,
        status_not_leased. ConflictError: credential_exists, idempotency_conflict.
    """
    ...


def read(ledger: Ledger, actor: Actor, credential_id: UUID) -> IssuedCredential:
    """Return a recorded credential with a current receipt.

    An organisation's read (`attestations:read`, its own credentials only) is itself recorded as credential-read.v1, which
    the learner sees; the learner's own read (`trail`) is not.

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: credential_unknown. GoneError: erased.
    """
    ...
