"""What issuing in every way has in common: composing with leased places, proofs, recording, answering.

Not here: who may do it and which key signs (`issue`, `bring`, `prepare`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import UUID

from ledger.application.status_indexes import Purpose, StatusIndex
from ledger.domain.credential import Credential
from ledger.domain.learner import Learner
from ledger.domain.organisation import Key, Organisation
from ledger.errors import NotFoundError, RejectedError
from ledger.store.events import RecordedEvent
from ledger.usecases.compose import IssuerProfile, StatusPointer, compose
from ledger.usecases.idempotency import Memory
from schemas.attestation import Attestation
from verifiers.errors import VerifierError
from verifiers.formats import data_integrity
from verifiers.primitives import keys
from verifiers.primitives.strict_json import JSON

if TYPE_CHECKING:
    from ledger.application import Ledger

MediaType = Literal["application/vc", "application/vc+jwt"]
Language = Literal["nl", "en"]
PURPOSES: tuple[Purpose, ...] = ("revocation", "suspension")


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """`credential` is the exact text that was signed and recorded; `receipt` a tlog-proof with its opening.

    `organisation` is None for a self-claim, which the learner signs.
    """

    id: UUID
    learner: UUID
    organisation: UUID | None
    media_type: MediaType
    credential: bytes
    position: int
    recorded_at: datetime
    receipt: str
    replayed: bool = False


def learner_of(ledger: Ledger, learner_id: UUID) -> Learner:
    """Return the learner a credential will be about.

    Raises: NotFoundError: learner_unknown. ErasedError: erased.
    """
    try:
        return ledger.load(Learner, learner_id)
    except NotFoundError as error:
        raise NotFoundError(error.code, error.message, pointer="/learner") from error


def status_list_url(ledger: Ledger, organisation: UUID, purpose: Purpose, number: int) -> str:
    """Return where a status list is published; the first has no number in its address."""
    tail = "" if number == 0 else f"/{number}"
    return f"{ledger.settings.base_url}/v1/organisations/{organisation}/status/{purpose}{tail}"


def lease_places(ledger: Ledger, organisation: Organisation, now: datetime) -> tuple[StatusIndex, ...]:
    """Return a place in each of the organisation's lists; none when the ledger holds no key to sign lists."""
    if next(organisation.signing_keys(now, managed=True), None) is None:
        return ()
    return tuple(ledger.status_indexes.take(organisation.id, purpose) for purpose in PURPOSES)


def compose_document(
    ledger: Ledger,
    *,
    credential_id: UUID,
    attestation: Attestation,
    issuer: IssuerProfile,
    learner: Learner,
    with_name: bool,
    valid_from: datetime,
    language: Language,
    organisation: UUID | None = None,
    places: Sequence[StatusIndex] = (),
) -> dict[str, JSON]:
    """Return the unsigned credential.

    Raises: RejectedError: validity_period_invalid.
    """
    if attestation.valid_until is not None and attestation.valid_until <= valid_from:
        raise RejectedError(
            "validity_period_invalid",
            "the credential would end before it begins",
            pointer="/attestation/valid_until",
        )
    document = compose(
        attestation,
        credential_id=f"urn:uuid:{credential_id}",
        issuer=issuer,
        subject_id=learner.did,
        learner_name=learner.person_name if with_name else None,
        valid_from=valid_from,
        status=[
            StatusPointer(
                place.purpose,
                status_list_url(ledger, _known(organisation), place.purpose, place.number),
                place.index,
            )
            for place in places
        ],
        language=language,
    )
    return cast(dict[str, JSON], document)


def profile_of(organisation: Organisation) -> IssuerProfile:
    """Return the organisation as a credential names it."""
    return IssuerProfile(organisation.did, organisation.name, organisation.website)


def usual_suites(kind: keys.Kind, *, single: bool = False) -> tuple[str, ...]:
    """Return the cryptosuites of a kind of key, the one every reader knows first."""
    if kind == "P-256":
        return ("ecdsa-rdfc-2019",)
    return ("eddsa-rdfc-2022",) if single else ("eddsa-rdfc-2022", "eddsa-jcs-2022")


def proof_options(
    document: Mapping[str, JSON], *, suite: str, verification_method: str, created: datetime
) -> dict[str, JSON]:
    """Return the options of one proof; a JCS suite signs the document's contexts in them too."""
    is_jcs = data_integrity.SUITES[suite].canonical == "jcs"
    return data_integrity.proof_options(
        cryptosuite=suite,
        verification_method=verification_method,
        created=created,
        context=document["@context"] if is_jcs else None,
    )


def add_proofs(
    document: Mapping[str, JSON],
    *,
    suites: Sequence[str],
    verification_method: str,
    created: datetime,
    sign: Callable[[bytes], bytes],
) -> dict[str, JSON]:
    """Return the document with one proof a suite, by the same key.

    Raises: RejectedError: not_signable.
    """
    proofs = []
    for suite in suites:
        options = proof_options(
            document, suite=suite, verification_method=verification_method, created=created
        )
        proofs.append(data_integrity.seal_proof(options, sign(to_sign(document, options))))
    return data_integrity.attach(document, proofs)


def to_sign(document: Mapping[str, JSON], options: Mapping[str, JSON]) -> bytes:
    """Return the bytes that a proof signs; nothing is signed that a verifier could not read in full.

    Raises: RejectedError: not_signable (`got` is the verifier's code).
    """
    try:
        return data_integrity.hash_data(document, options)
    except VerifierError as error:
        raise not_signable(error) from error


def not_signable(error: VerifierError) -> RejectedError:
    """Return the refusal of a document that would not verify."""
    return RejectedError(
        "not_signable",
        "the credential cannot be signed so that it verifies",
        got=error.code,
        pointer="/attestation",
    )


def managed_key(organisation: Organisation, now: datetime) -> Key | None:
    """Return the newest key the ledger holds for the organisation that may sign now, or None."""
    return next(reversed(list(organisation.signing_keys(now, managed=True))), None)


def record_credential(
    ledger: Ledger,
    *,
    id: UUID,  # noqa: A002
    learner: UUID,
    organisation: UUID | None,
    credential: bytes,
    now: datetime,
    places: Sequence[StatusIndex] = (),
    memory: Memory | None = None,
) -> IssuedCredential:
    """Seal and record a signed credential with its places in one transaction, and answer with the receipt.

    Raises: ConflictError: version_conflict (the id is taken), idempotency_key_used.
    """
    made = Credential.issue(
        id=id,
        event_id=ledger.chance.uuid(),
        now=now,
        learner=learner,
        organisation=organisation,
        credential=credential,
    )
    (recorded,) = ledger.record(made, memory=memory, rows=[place.taken_by(id) for place in places])
    return answer(ledger, recorded)


def answer(ledger: Ledger, recorded: RecordedEvent, *, replayed: bool = False) -> IssuedCredential:
    """Return a recorded credential with a current receipt.

    Raises: ErasedError: erased.
    """
    event: Any = ledger.open(recorded)
    return IssuedCredential(
        id=event.originator_id,
        learner=_known(event.subject),
        organisation=event.issuer,
        media_type=media_type_of(event.credential),
        credential=event.credential,
        position=recorded.position,
        recorded_at=event.timestamp,
        receipt=ledger.receipt(recorded),
        replayed=replayed,
    )


def answer_again(ledger: Ledger) -> Callable[[tuple[RecordedEvent, ...]], IssuedCredential]:
    """Return what answers a repeated request from its event."""
    return lambda events: answer(ledger, events[0], replayed=True)


def media_type_of(credential: bytes) -> MediaType:
    """Return how a stored credential is secured; one that was stored is one or the other."""
    return "application/vc" if credential.startswith(b"{") else "application/vc+jwt"


def _known(value: UUID | None) -> UUID:
    if value is None:
        raise ValueError("an id that must be there is missing")
    return value
