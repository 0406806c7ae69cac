"""Issuing: an attestation becomes a signed credential and an event, in numbered steps.

`issue` signs with the organisation's managed key, and with the learner's own for what she claims herself.
`bring` (own module) takes a finished credential; `prepare` and `complete` sign with an own key in two steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from ledger.domain.learner import Learner
from ledger.domain.organisation import Organisation
from ledger.errors import ConflictError, ForbiddenError
from ledger.usecases import learner_key
from ledger.usecases.access import Actor, require, require_learner, require_organisation, whole_seconds
from ledger.usecases.bring import BringCredential, bring
from ledger.usecases.compose import IssuerProfile
from ledger.usecases.idempotency import Idempotency, once, remember
from ledger.usecases.organisations import active_organisation
from ledger.usecases.reading import read
from ledger.usecases.recording import (
    IssuedCredential,
    Language,
    add_proofs,
    answer_again,
    compose_document,
    learner_of,
    lease_places,
    managed_key,
    not_signable,
    profile_of,
    record_credential,
    usual_suites,
)
from schemas.attestation import Attestation
from verifiers.errors import VerifierError
from verifiers.formats import jose
from verifiers.primitives import jcs, keys, linked_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.application import Ledger
    from verifiers.primitives.strict_json import JSON

__all__ = [
    "BringCredential",
    "Form",
    "IssueAttestation",
    "IssuedCredential",
    "Language",
    "bring",
    "issue",
    "read",
]

Form = Literal["proof-set", "single-proof", "jwt"]

SELF_CLAIMANT = "The learner"
"""How a self-claim names its issuer when the learner leaves her name out."""


@dataclass(frozen=True, slots=True)
class IssueAttestation:
    """`form`: "proof-set" (eddsa-rdfc-2022 and eddsa-jcs-2022), "single-proof" (the first only) or "jwt"."""

    learner: UUID
    attestation: Attestation
    form: Form = "proof-set"
    language: Language = "nl"
    with_name: bool = True
    valid_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Signer:
    """A key that is about to sign, and how."""

    key: keys.PublicKey
    verification_method: str
    sign: Callable[[bytes], bytes]


def issue(
    ledger: Ledger, actor: Actor, command: IssueAttestation, *, idempotency: Idempotency | None = None
) -> IssuedCredential:
    """Compose, sign, seal and record an attestation.

    For an organisation with `attestations:write`; a self_claim is for the learner, with `trail`.

    Raises: ForbiddenError: scope_missing, kind_not_yours, not_yours. NotFoundError: learner_unknown.
        ErasedError: erased. RejectedError: validity_period_invalid, time_invalid, not_signable.
        ConflictError: organisation_ceased, no_managed_key, idempotency_conflict.
    """
    is_self_claim = command.attestation.kind == "self_claim"
    if is_self_claim != (actor.role == "learner"):
        require(actor, "trail" if actor.role == "learner" else "attestations:write")
        raise ForbiddenError("kind_not_yours", "a self-claim is the learner's, the other kinds are not")
    make = _issue_self_claim if is_self_claim else _issue_for_organisation
    owner = require_learner(actor) if is_self_claim else require_organisation(actor, "attestations:write")
    return once(
        ledger,
        owner,
        idempotency,
        make=partial(make, ledger, owner, command, idempotency),
        again=answer_again(ledger),
    )


def _issue_for_organisation(
    ledger: Ledger, organisation_id: UUID, command: IssueAttestation, idempotency: Idempotency | None
) -> IssuedCredential:
    now = ledger.now()
    # 1. Whose key signs, and about whom. The person's key exists since enrolment, so nothing is sealed
    #    before it.
    organisation = active_organisation(ledger, organisation_id)
    learner = learner_of(ledger, command.learner)
    signer = _managed_signer(ledger, organisation, now)
    # 2. Places in the status lists, leased beforehand, because the credential names them before it is signed.
    places = lease_places(ledger, organisation, now)
    # 3. Compose and sign.
    credential_id = ledger.chance.uuid7(now)
    document = compose_document(
        ledger,
        credential_id=credential_id,
        attestation=command.attestation,
        issuer=profile_of(organisation),
        learner=learner,
        with_name=command.with_name,
        valid_from=whole_seconds(command.valid_from) or now,
        language=command.language,
        organisation=organisation_id,
        places=places,
    )
    credential = _secure(document, signer, command.form, now)
    # 4. Seal and commit: event, position, places and idempotency key together, or nothing.
    # 5. The head is signed after the commit, so the answer already carries a receipt.
    return record_credential(
        ledger,
        id=credential_id,
        learner=learner.id,
        organisation=organisation_id,
        credential=credential,
        now=now,
        places=places,
        memory=remember(ledger, organisation_id, idempotency, sealed_for=learner.id),
    )


def _issue_self_claim(
    ledger: Ledger, learner_id: UUID, command: IssueAttestation, idempotency: Idempotency | None
) -> IssuedCredential:
    if command.learner != learner_id:
        raise ForbiddenError("not_yours", "one claims for oneself only")
    now = ledger.now()
    learner = learner_of(ledger, learner_id)
    signer = _learner_signer(ledger, learner)
    credential_id = ledger.chance.uuid7(now)
    name = learner.person_name if command.with_name and learner.person_name else SELF_CLAIMANT
    document = compose_document(
        ledger,
        credential_id=credential_id,
        attestation=command.attestation,
        issuer=IssuerProfile(learner.did, name),
        learner=learner,
        with_name=command.with_name,
        valid_from=whole_seconds(command.valid_from) or now,
        language=command.language,
    )
    return record_credential(
        ledger,
        id=credential_id,
        learner=learner_id,
        organisation=None,
        credential=_secure(document, signer, command.form, now),
        now=now,
        memory=remember(ledger, learner_id, idempotency, sealed_for=learner_id),
    )


def _managed_signer(ledger: Ledger, organisation: Organisation, now: datetime) -> _Signer:
    key = managed_key(organisation, now)
    if key is None:
        raise ConflictError("no_managed_key", "the ledger holds no key in use for this organisation")
    return _Signer(
        keys.parse_multikey(key.multikey),
        key.verification_method,
        partial(ledger.keys.sign, key.multikey),
    )


def _learner_signer(ledger: Ledger, learner: Learner) -> _Signer:
    key = learner_key.public_key(ledger, learner.id)
    if learner.did != key.did_key:
        raise ConflictError("no_managed_key", "the learner brought a did whose key the ledger does not hold")
    return _Signer(key, key.did_key_verification_method, partial(learner_key.sign, ledger, learner.id))


def _secure(document: dict[str, JSON], signer: _Signer, form: Form, now: datetime) -> bytes:
    """Return the signed text: JSON in its RFC 8785 spelling, or a compact token."""
    if form == "jwt":
        # A token signs bytes, whatever they mean; a verifier asks for their meaning all the same.
        try:
            linked_data.canonicalise(document)
        except VerifierError as error:
            raise not_signable(error) from error
        header = jose.header_for(signer.key, key_id=signer.verification_method)
        to_sign = jose.signing_input(header, jcs.canonicalise(document))
        return jose.seal(to_sign, signer.sign(to_sign))
    signed = add_proofs(
        document,
        suites=usual_suites(signer.key.kind, single=form == "single-proof"),
        verification_method=signer.verification_method,
        created=now,
        sign=signer.sign,
    )
    return jcs.canonicalise(signed)
