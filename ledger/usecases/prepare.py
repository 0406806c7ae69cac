"""Signing with an own key in two steps: `prepare` gives the bytes to sign, `complete` takes the signatures.

Between the steps the ledger keeps nothing but the leased places: the draft travels with the client, sealed
under the learner's key (`ledger.usecases.drafts`), so it ends with her data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.domain.organisation import Key, Organisation
from ledger.errors import ConflictError, ForbiddenError, RejectedError
from ledger.usecases import drafts
from ledger.usecases.access import Actor, require_organisation, whole_seconds
from ledger.usecases.bring import stream_of_brought
from ledger.usecases.drafts import Draft, DraftProof
from ledger.usecases.idempotency import Idempotency, once, remember
from ledger.usecases.organisations import active_organisation
from ledger.usecases.recording import (
    IssuedCredential,
    Language,
    answer_again,
    compose_document,
    learner_of,
    lease_places,
    profile_of,
    proof_options,
    record_credential,
    to_sign,
    usual_suites,
)
from schemas.attestation import Attestation
from verifiers.errors import VerifierError
from verifiers.formats import data_integrity
from verifiers.primitives import jcs, keys, strict_json

if TYPE_CHECKING:
    from ledger.application import Ledger

DRAFT_LIFE = timedelta(hours=1)
"""Long enough to fetch a smart card; the signature's own moment is fixed when the draft is made."""


@dataclass(frozen=True, slots=True)
class PrepareAttestation:
    """`key`: the Multikey that will sign (None: the organisation's only own key). `cryptosuites`: None for
    the usual ones of that key: eddsa-rdfc-2022 and eddsa-jcs-2022, or ecdsa-rdfc-2019."""

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
    """`draft` is opaque and must come back unchanged before `expires_at`; `credential` is the unsigned
    text, to look at before signing."""

    id: UUID
    draft: str
    credential: bytes
    to_sign: tuple[BytesToSign, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CompleteAttestation:
    """`signatures`: (cryptosuite, raw 64-byte signature), one for each of `to_sign`."""

    draft: str
    signatures: tuple[tuple[str, bytes], ...]


def prepare(ledger: Ledger, actor: Actor, command: PrepareAttestation) -> PreparedAttestation:
    """Compose a credential and return what must be signed (`attestations:write`). Records nothing.

    Raises: ForbiddenError: scope_missing, kind_not_yours. NotFoundError: learner_unknown, key_unknown.
        ErasedError: erased. ConflictError: organisation_ceased, no_own_key, key_retired.
        RejectedError: key_required, cryptosuite_unsuited, validity_period_invalid, time_invalid,
        not_signable.
    """
    organisation_id = require_organisation(actor, "attestations:write")
    if command.attestation.kind == "self_claim":
        raise ForbiddenError("kind_not_yours", "a self-claim is the learner's")
    now = ledger.now()
    organisation = active_organisation(ledger, organisation_id)
    learner = learner_of(ledger, command.learner)
    key = _own_key(organisation, command.key, now)
    suites = _suites(key, command.cryptosuites)
    places = lease_places(ledger, organisation, now)
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
    proofs = []
    for suite in suites:
        options = proof_options(
            document, suite=suite, verification_method=key.verification_method, created=now
        )
        proofs.append(DraftProof(options, to_sign(document, options)))
    text = jcs.canonicalise(document)
    draft = Draft(
        credential_id=credential_id,
        organisation=organisation_id,
        learner=learner.id,
        key=key.multikey,
        document=text.decode(),
        proofs=tuple(proofs),
        places=places,
        expires_at=now + DRAFT_LIFE,
    )
    asked = tuple(BytesToSign(proof.suite, key.verification_method, proof.to_sign) for proof in proofs)
    return PreparedAttestation(credential_id, drafts.seal(ledger, draft), text, asked, draft.expires_at)


def complete(
    ledger: Ledger, actor: Actor, command: CompleteAttestation, *, idempotency: Idempotency | None = None
) -> IssuedCredential:
    """Check the signatures, finish the proofs and record the credential (`attestations:write`).

    Raises: ForbiddenError: scope_missing, not_yours. RejectedError: draft_invalid, draft_expired,
        signatures_incomplete, signature_invalid. ConflictError: organisation_ceased,
        credential_exists, key_retired, idempotency_conflict. ErasedError: erased.
    """
    organisation = require_organisation(actor, "attestations:write")
    return once(
        ledger,
        organisation,
        idempotency,
        make=partial(_complete, ledger, organisation, command, idempotency),
        again=answer_again(ledger),
    )


def _complete(
    ledger: Ledger, organisation_id: UUID, command: CompleteAttestation, idempotency: Idempotency | None
) -> IssuedCredential:
    now = ledger.now()
    draft = drafts.open_draft(ledger, command.draft)
    if draft.organisation != organisation_id:
        raise ForbiddenError("not_yours", "the draft is another organisation's")
    if now >= draft.expires_at:
        raise RejectedError("draft_expired", "the draft was not completed in time", pointer="/draft")
    # The key must still be in use: between the two steps it may have been retired.
    organisation = active_organisation(ledger, organisation_id)
    if not organisation.key(draft.key).may_sign(now):
        raise ConflictError("key_retired", "the key was retired after the draft was made")
    # Brought meanwhile: a second record would have a state of its own.
    brought = stream_of_brought(ledger, organisation_id, f"urn:uuid:{draft.credential_id}")
    if ledger.store.select_stream(brought, limit=1):
        raise ConflictError("credential_exists", "the credential was recorded before")
    proofs = _finished(draft, dict(command.signatures))
    document = data_integrity.attach(strict_json.loads_object(draft.document.encode()), proofs)
    try:
        return record_credential(
            ledger,
            id=draft.credential_id,
            learner=draft.learner,
            organisation=organisation_id,
            credential=jcs.canonicalise(document),
            now=now,
            places=draft.places,
            memory=remember(ledger, organisation_id, idempotency, sealed_for=draft.learner),
        )
    except ConflictError as error:
        if error.code not in ("version_conflict", "status_index_taken"):
            raise
        raise ConflictError("credential_exists", "the draft was completed before") from error


def _finished(draft: Draft, signatures: Mapping[str, bytes]) -> list[dict[str, strict_json.JSON]]:
    if signatures.keys() != {proof.suite for proof in draft.proofs}:
        raise RejectedError(
            "signatures_incomplete",
            "the signatures are not those the draft asks for",
            expected=" ".join(proof.suite for proof in draft.proofs),
            pointer="/signatures",
        )
    key = keys.parse_multikey(draft.key)
    proofs = []
    for proof in draft.proofs:
        try:
            key.verify(signatures[proof.suite], proof.to_sign)
        except VerifierError as error:
            raise RejectedError(
                "signature_invalid",
                "a signature does not fit the draft and the key",
                got=proof.suite,
                pointer="/signatures",
            ) from error
        proofs.append(data_integrity.seal_proof(proof.options, signatures[proof.suite]))
    return proofs


def _own_key(organisation: Organisation, multikey: str | None, now: datetime) -> Key:
    if multikey is not None:
        key = organisation.key(multikey)
        if key.managed:
            raise ConflictError("no_own_key", "the ledger holds this key; issue with it instead")
        if not key.may_sign(now):
            raise ConflictError("key_retired", "the key was retired")
        return key
    own = list(organisation.signing_keys(now, managed=False))
    if not own:
        raise ConflictError("no_own_key", "the organisation has no own key in use")
    if len(own) > 1:
        raise RejectedError("key_required", "the organisation has several own keys: name one", pointer="/key")
    return own[0]


def _suites(key: Key, asked: tuple[str, ...] | None) -> tuple[str, ...]:
    kind = keys.parse_multikey(key.multikey).kind
    usual = usual_suites(kind)
    suites = usual if asked is None else asked
    if not suites or len(set(suites)) != len(suites) or not set(suites) <= set(usual):
        raise RejectedError(
            "cryptosuite_unsuited",
            "the cryptosuites do not go with the key",
            expected=" ".join(usual),
            pointer="/cryptosuites",
        )
    return suites
