"""Bringing a finished credential: the organisation signed it, the ledger checks and records it as it is."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.domain.organisation import Organisation
from ledger.errors import ConflictError, ErasedError, RejectedError, UnavailableError
from ledger.usecases.access import Actor, require_organisation
from ledger.usecases.idempotency import Idempotency, once, remember
from ledger.usecases.key_events import key_events
from ledger.usecases.organisations import active_organisation
from ledger.usecases.recording import IssuedCredential, answer_again, learner_of, record_credential
from schemas.bsn import contains_bsn
from verifiers import Evidence, Report, check
from verifiers.errors import UndeterminedError, VerifierError
from verifiers.formats import credential as credentials
from verifiers.formats.credential import Credential
from verifiers.primitives.strict_json import JSON

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.application import Ledger

SECONDS_MAX = 10.0
"""How long checking a brought credential may take before it is given up."""

_MUST_BE_VALID = frozenset({"format", "schema", "context", "proof", "issuer", "key"})
# Keys and pictures, whose digits mean nothing. Other addresses are searched, as those of attestations are.
_NOT_TEXT = re.compile(r"did:\S+|data:[^\s,]*;base64,\S*")


@dataclass(frozen=True, slots=True)
class BringCredential:
    """`credential`: the exact bytes, Data Integrity JSON or compact VC-JWT; stored as they are."""

    learner: UUID
    credential: bytes


def bring(
    ledger: Ledger, actor: Actor, command: BringCredential, *, idempotency: Idempotency | None = None
) -> IssuedCredential:
    """Record a finished credential that the organisation signed itself (`attestations:write`).

    Raises: ForbiddenError: scope_missing. NotFoundError: learner_unknown. ErasedError: erased.
        RejectedError: credential_not_valid (`got` is the code of the failed check), issuer_not_you,
        subject_not_learner, status_not_leased, bsn_refused. ConflictError: credential_exists,
        organisation_ceased, idempotency_conflict. UnavailableError: work_too_long, work_too_large, work_queue_full.
    """
    organisation = require_organisation(actor, "attestations:write")
    return once(
        ledger,
        organisation,
        idempotency,
        make=partial(_bring, ledger, organisation, command, idempotency),
        again=answer_again(ledger),
    )


def _bring(
    ledger: Ledger, organisation_id: UUID, command: BringCredential, idempotency: Idempotency | None
) -> IssuedCredential:
    now = ledger.now()
    organisation = active_organisation(ledger, organisation_id)
    learner = learner_of(ledger, command.learner)
    credential = _parse(command.credential)
    # 1. It is about this learner, by this organisation, and claims no place in our lists.
    if credential.issuer_id != organisation.did:
        raise RejectedError(
            "issuer_not_you", "the issuer is not this organisation", expected=organisation.did
        )
    if credential.subject_id != learner.did:
        raise RejectedError("subject_not_learner", "the credential is not about this learner")
    _refuse_our_places(ledger, credential)
    _refuse_bsn(credential)
    # 2. It verifies under a key of the organisation that counts now.
    _require_valid(ledger, credential, organisation, now)
    # 3. Recorded under an id that follows from issuer and credential, so that once is once. The id is made
    #    under the organisation's key: a bare hash of a guessable name would tell who has it.
    if credential.id is None:
        raise _not_valid("schema_invalid")
    stream = stream_of_brought(ledger, organisation_id, credential.id)
    if _was_signed_here(ledger, organisation_id, credential.id):
        raise _exists()  # a second record would have a state of its own: revoked here, active there
    try:
        return record_credential(
            ledger,
            id=stream,
            learner=learner.id,
            organisation=organisation_id,
            credential=credential.raw,
            now=now,
            memory=remember(ledger, organisation_id, idempotency, sealed_for=learner.id),
        )
    except ConflictError as error:
        if error.code != "version_conflict":
            raise
        raise _exists() from error


def stream_of_brought(ledger: Ledger, organisation: UUID, credential_id: str) -> UUID:
    """Return the stream of a brought credential: the same for the same issuer and credential id.

    Source: RFC 9562 §5.8 (UUID version 8).
    """
    key = ledger.vault.data_key(organisation)
    if key is None:
        raise ErasedError("erased", "the organisation's data were erased")
    digest = hmac.digest(key, b"leerspoor brought credential v1\n" + credential_id.encode(), "sha256")
    value = int.from_bytes(digest[:16], "big")
    value = value & ~(0xF << 76) | 0x8 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def _was_signed_here(ledger: Ledger, organisation: UUID, credential_id: str) -> bool:
    """Return whether the organisation issued or completed this credential here, under its own id."""
    try:
        own = UUID(credential_id.removeprefix("urn:uuid:"))
    except ValueError:
        return False
    first = ledger.store.select_stream(own, limit=1)
    return bool(first) and first[0].sealed.issuer == organisation


def _exists() -> ConflictError:
    return ConflictError("credential_exists", "the credential was recorded before")


def _parse(data: bytes) -> Credential:
    try:
        return credentials.parse(data)
    except VerifierError as error:
        raise _not_valid(error.code) from error


def _require_valid(ledger: Ledger, credential: Credential, organisation: Organisation, now: datetime) -> None:
    # With the same eyes as whoever verifies it later: the organisation's keys as the log records them.
    policy = replace(ledger.policy(), require_status=False)
    evidence = Evidence(key_events=tuple(key_events(ledger, organisation.id, signed=(credential,))))
    try:
        report: Report = ledger.pool.run(
            check, credential.raw, policy=policy, at=now, evidence=evidence, seconds_max=SECONDS_MAX
        )
    except UndeterminedError as error:
        raise UnavailableError(error.code, str(error)) from error
    except VerifierError as error:
        raise _not_valid(error.code) from error
    for found in report.all_checks():
        if found.name in _MUST_BE_VALID and found.required and found.verdict != "valid":
            raise _not_valid(found.code)


def _refuse_our_places(ledger: Ledger, credential: Credential) -> None:
    for entry in credential.status_entries:
        texts = entry.values() if isinstance(entry, dict) else ()
        if any(isinstance(text, str) and text.startswith(ledger.settings.base_url) for text in texts):
            raise RejectedError(
                "status_not_leased", "the credential names a place in a status list that was not leased to it"
            )


def _refuse_bsn(credential: Credential) -> None:
    if any(contains_bsn(text) for text in _texts(dict(credential.document))):
        raise RejectedError(
            "bsn_refused",
            "a text of the credential holds a number that passes the BSN check; "
            "a BSN may not be processed here (art. 46 UAVG)",
        )


def _texts(value: JSON) -> Iterator[str]:
    """Yield every text that people could read a number in."""
    if isinstance(value, str):
        if not _NOT_TEXT.fullmatch(value):
            yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _not_valid(code: str) -> RejectedError:
    return RejectedError(
        "credential_not_valid", "the credential does not verify as yours", got=code, pointer="/credential"
    )
