"""Signing with an own key in two steps: `prepare` gives the bytes to sign, `complete` takes the signatures.

Between the steps the ledger keeps nothing: the draft travels with the client, sealed under the learner's key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.usecases.access import Actor
from ledger.usecases.issue import IssuedCredential, Language
from schemas.attestation import Attestation

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.usecases.idempotency import Idempotency


@dataclass(frozen=True, slots=True)
class PrepareAttestation:
    """`key`: the Multikey that will sign (None: the organisation's only own key). `cryptosuites`: None for the usual ones
    of that key: eddsa-rdfc-2022 and eddsa-jcs-2022, or ecdsa-rdfc-2019."""

    learner: UUID
    attestation: Attestation
    key: str | None = None
    cryptosuites: tuple[str, ...] | None = None
    language: Language = "nl"
    with_name: bool = True
    valid_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class BytesToSign:
    """`data` are the exact bytes to sign (Ed25519: as the message; P-256: ECDSA with SHA-256 over them)."""

    cryptosuite: str
    verification_method: str
    data: bytes


@dataclass(frozen=True, slots=True)
class PreparedAttestation:
    """`draft` is opaque and must come back unchanged before `expires_at`; `credential` is the unsigned text, to look at."""

    id: UUID
    draft: str
    credential: bytes
    to_sign: tuple[BytesToSign, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CompleteAttestation:
    """`signatures`: cryptosuite -> raw 64-byte signature, one for each of `to_sign`."""

    draft: str
    signatures: tuple[tuple[str, bytes], ...]


def prepare(ledger: Ledger, actor: Actor, command: PrepareAttestation) -> PreparedAttestation:
    """Compose a credential and return what must be signed (`attestations:write`). Records nothing.

    Raises: ForbiddenError: scope_missing. NotFoundError: learner_unknown, key_unknown. GoneError: erased.
        ConflictError: no_own_key, key_retired. RejectedError: cryptosuite_unsuited, validity_period_invalid.
    """
    ...


def complete(
    ledger: Ledger, actor: Actor, command: CompleteAttestation, *, idempotency: Idempotency | None = None
) -> IssuedCredential:
    """Check the signatures, finish the proofs and record the credential (`attestations:write`).

    Raises: ForbiddenError: scope_missing, not_yours. RejectedError: draft_invalid, draft_expired, signatures_incomplete,
        signature_invalid. ConflictError: credential_exists, key_retired, idempotency_conflict. GoneError: erased.
    """
    ...
