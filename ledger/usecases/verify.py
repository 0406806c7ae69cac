"""Verifying for a visitor: gather what a pure function cannot fetch, then verify in a killable worker.

Evidence comes from this ledger only: its organisations' DID documents, key events, status lists and receipts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.domain.credential import Credential as CredentialAggregate
from ledger.domain.organisation import Organisation
from ledger.errors import ErasedError, UnavailableError
from ledger.usecases.bring import stream_of_brought
from ledger.usecases.bundle import own_status_lists, parse_list
from ledger.usecases.key_events import key_events
from ledger.usecases.register import organisation_of_did
from ledger.usecases.status_events import status_events
from ledger.views import status_list as status_views
from verifiers import Check, CredentialReport, Evidence, Report, UndeterminedError, VerifierError, check
from verifiers.formats import bundle as bundles
from verifiers.formats import bundle_html
from verifiers.formats import credential as credentials
from verifiers.formats.credential import Credential
from verifiers.primitives.encoding import format_time
from verifiers.primitives.strict_json import BYTES_MAX, loads_object

if TYPE_CHECKING:
    from ledger.application import Ledger

SECONDS_MAX = 10.0
"""How long one verification may take before its worker is killed."""
_URN = "urn:uuid:"

_CHANGED = {
    status_views.SUSPENDED: "suspended",
    status_views.REINSTATED: "reinstated",
    status_views.REVOKED: "revoked",
}

IssuerOf = Callable[[str], Organisation | None]


@dataclass(frozen=True, slots=True)
class Verification:
    """`report` as `verifiers.check` made it, with what this ledger knows of its own credentials' status.

    `recorded`: which credentials stand in this ledger (stream or None), in the order of the report.
    `evidence`: what this ledger added to what the file itself brought.
    """

    report: Report
    recorded: tuple[UUID | None, ...]
    evidence: Evidence


def verify_bytes(
    ledger: Ledger, data: bytes, *, at: datetime | None = None, seconds_max: float = SECONDS_MAX
) -> Verification:
    """Check a credential, a VC-JWT or a bundle, also one in its page.

    Args: at: aware; the moment for which is judged (now). seconds_max: for the work itself.
    Raises: verifiers.errors.MalformedError: the bytes are no such thing.
        UnavailableError: work_too_long, work_too_large, work_queue_full.
    """
    parts = _credentials_in(bundle_html.unwrap(data))
    # Each issuer is looked up once, however many of its credentials a stranger puts into one file.
    issuer_of = cache(partial(organisation_of_did, ledger))
    known = [None if part is None else _recorded(ledger, part, issuer_of) for part in parts]
    evidence = _gather(ledger, parts, known, issuer_of, at)
    # "Now" is read after gathering: a status list published meanwhile would be of a later moment than the
    # verification, and so could not be judged.
    moment = ledger.now() if at is None else at.astimezone(UTC)
    try:
        report = ledger.pool.run(
            check, data, policy=ledger.policy(), at=moment, evidence=evidence, seconds_max=seconds_max
        )
    except UndeterminedError as error:
        raise UnavailableError(error.code, str(error)) from error
    streams = tuple(None if found is None else found[0] for found in known)
    told = [
        _with_ledger_status(ledger, own, stream, moment)
        for own, stream in zip(report.credentials, streams, strict=True)
    ]
    return Verification(replace(report, credentials=tuple(told)), streams, evidence)


def _credentials_in(data: bytes) -> list[Credential | None]:
    """Return what is in a file, in its order; None for an item of a bundle that cannot be read.

    Raises: MalformedError: the bytes are neither a credential nor a bundle.
    """
    if data.lstrip(b" \t\r\n").startswith(b"{"):
        size_max = bundles.BUNDLE_BYTES_MAX if len(data) > BYTES_MAX else BYTES_MAX
        document = loads_object(data, bytes_max=size_max)
        if bundles.is_bundle(document):
            return [_read(item.credential) for item in bundles.from_document(document).items]
    return [credentials.parse(data)]


def _read(data: bytes) -> Credential | None:
    try:
        return credentials.parse(data)
    except VerifierError:
        return None


def _recorded(ledger: Ledger, credential: Credential, issuer_of: IssuerOf) -> tuple[UUID, str] | None:
    """Return stream and receipt of a credential that this ledger recorded with exactly these bytes.

    Who brings the bytes knows them already, so saying that they are here tells nothing of the person.
    """
    for stream in _streams(ledger, credential, issuer_of):
        first = ledger.store.select_stream(stream, lte=1)
        if not first or first[0].sealed.type != CredentialAggregate.Issued.TOPIC:
            continue
        try:
            payload, _ = ledger.sealing.opening(first[0])
        except ErasedError:
            continue
        if payload == credential.raw:
            return stream, ledger.receipt(first[0])
    return None


def _streams(ledger: Ledger, credential: Credential, issuer_of: IssuerOf) -> Iterable[UUID]:
    """Yield where the credential would stand: issued here under its own id, or brought by its issuer."""
    if credential.id is not None and credential.id.startswith(_URN):
        with suppress(ValueError):
            yield UUID(credential.id.removeprefix(_URN))
    if credential.id is not None and credential.issuer_id is not None:
        issuer = issuer_of(credential.issuer_id)
        if issuer is not None:
            yield stream_of_brought(ledger, issuer.id, credential.id)


def _with_ledger_status(
    ledger: Ledger, report: CredentialReport, stream: UUID | None, moment: datetime
) -> CredentialReport:
    """Let what the ledger recorded about a status count at once; a list tells it from the next slot on.

    An issuer with only an own key has no list here; its revocations are events, and must count here too. What
    happened before stays in sight: a suspension that was ended is told with its dates (THREATS D5).
    """
    if stream is None:
        return report
    events = [event.sealed for event in ledger.store.select_stream(stream)]
    changes = [event for event in events if event.type in status_views.TYPES]
    if not changes:
        return report
    history = ", ".join(f"{_CHANGED[event.type]} {format_time(event.recorded_at)}" for event in changes)
    told = {"source": "ledger", "history": history}
    state = status_views.state(event.type for event in changes)
    checks, seen = [], False
    for found in report.checks:
        if found.name == "status":
            found = replace(found, detail={**found.detail, "history": history})
            seen |= found.code == f"status_{state}"
            if found.code == "status_suspended" and state == "active" and changes[-1].recorded_at <= moment:
                message = "This ledger recorded that the issuer has ended the suspension."
                found = replace(found, verdict="valid", code="status_clear", message=message)
                found = replace(found, detail={**found.detail, **told})
        checks.append(found)
    if state != "active" and not seen:
        message = f"This ledger recorded that the issuer has {state} the credential."
        checks.append(Check("status", "invalid", f"status_{state}", message, detail=told))
    return replace(report, checks=tuple(checks))


def _gather(
    ledger: Ledger,
    parts: Iterable[Credential | None],
    known: Iterable[tuple[UUID, str] | None],
    issuer_of: IssuerOf,
    at: datetime | None,
) -> Evidence:
    """Return what this ledger itself can say: keys, lists and receipts of its own organisations."""
    lists: dict[str, bytes] = {}
    asked: set[str] = set()
    signed: dict[UUID, list[Credential]] = {}
    receipts = []
    for part, found in zip(parts, known, strict=True):
        if part is None:
            continue
        own = own_status_lists(ledger, part, asked=asked, at=at)
        lists |= own
        if found is not None:
            receipts.append((part.raw, found[1]))
        issuer = None if part.issuer_id is None else issuer_of(part.issuer_id)
        if issuer is not None:
            signed.setdefault(issuer.id, []).extend((part, *map(parse_list, own.values())))
    return Evidence(
        status_lists=lists,
        receipts=tuple(receipts),
        key_events=tuple(
            pair
            for issuer_id, documents in signed.items()
            for pair in key_events(ledger, issuer_id, signed=documents)
        ),
        status_events=status_events(ledger, lists),
    )
