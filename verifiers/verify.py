"""The one verification: bytes in, a report out. `check` reports, `verify` raises above it.

Pure: no clock, no network, no files; what it cannot know is an argument. The API, the pages and the command
line all run this function.

    1. What the file is                       format
    2. What we know about keys                (keyring: policy, log, did:key, documents, claims)
    3. Per credential:
       a. its shape                           schema
       b. its meaning, without loss           context
       c. the log, and its time               receipt
       d. every proof                         proof
       e. whom we believe                     issuer
       f. the key at the time that counts     key
       g. its validity period                 validity
       h. its status                          status
       i. who shows it                        binding

Not here: the questions themselves (`verifiers.checks`), gathering evidence (`ledger.usecases.verify`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.report import CheckName
from verifiers.checks import keyring as keyrings
from verifiers.checks import status_dates
from verifiers.checks.issuer import check_issuer, issuer_name
from verifiers.checks.key import check_key
from verifiers.checks.keyring import Keyring
from verifiers.checks.proofs import canonical_of, check_proofs
from verifiers.checks.receipt import check_receipt
from verifiers.checks.status import StatusLists
from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.evidence import Evidence
from verifiers.formats import bundle as bundles
from verifiers.formats import bundle_html
from verifiers.formats import credential as credentials
from verifiers.formats.bundle import Bundle
from verifiers.formats.credential import Credential
from verifiers.policy import TrustPolicy
from verifiers.primitives.strict_json import BYTES_MAX, loads_object
from verifiers.report import Check, CredentialReport, Format, Report

_NOT_BOUND = "Nobody has proven to be the person whom the credential is about."


@dataclass(frozen=True, slots=True)
class _Setting:
    """What holds for every credential of one verification."""

    keyring: Keyring
    lists: StatusLists
    evidence: Evidence
    at: datetime


def check(
    data: bytes,
    *,
    policy: TrustPolicy | None,
    at: datetime,
    evidence: Evidence | None = None,
    receipt: str | None = None,
) -> Report:
    """Return what is to be said about a credential, a VC-JWT or a bundle (JSON, or the page that holds it).

    Args:
        data: exact bytes as they came; white space around a credential is ignored.
        policy: whom the verifier believes; None believes nobody, so that nothing is valid.
        at: aware; the moment for which validity, status and keys are judged.
        evidence: what the verifier gathered itself.
        receipt: tlog-proof text of a single credential.

    Returns:
        A report whose verdict is valid, invalid or undetermined.

    Raises:
        MalformedError: the bytes are none of the three, with the code of what is wrong.
        ValueError: `at` has no time zone, or a receipt is given for a bundle: mistakes of the program.
    """
    if at.utcoffset() is None:
        raise ValueError("the moment of a verification needs a time zone")
    at = at.astimezone(UTC)
    evidence = evidence or Evidence()
    policy = policy or TrustPolicy.NOBODY
    # 1. What the file is.
    bundle = _bundle_in(data)
    if bundle is not None and receipt is not None:
        raise ValueError("a bundle brings its receipts itself")
    # 2. What we know about keys.
    keyring = keyrings.build(policy=policy, evidence=evidence, bundle=bundle, at=at)
    lists = _lists(keyring, evidence, bundle, at)
    setting = _Setting(keyring, lists, evidence, at)
    # 3. Each credential.
    if bundle is not None:
        return _check_bundle(bundle, setting)
    credential = credentials.parse(data)
    format_: Format = "credential" if credential.jwt is None else "jwt"
    own = Check("format", "valid", f"format_{format_}", "The file is a credential that can be read.")
    return Report(
        format_, at, (own, *_refused_events(setting)), (_check_credential(credential, receipt, setting),)
    )


def verify(
    data: bytes,
    *,
    policy: TrustPolicy | None,
    at: datetime,
    evidence: Evidence | None = None,
    receipt: str | None = None,
) -> Report:
    """Return the report only when everything in it is valid; args as `check`.

    Raises:
        InvalidError, UndeterminedError: with the code of the first check that decided, and the whole report
            in `.report`. MalformedError: as `check`.
    """
    report = check(data, policy=policy, at=at, evidence=evidence, receipt=receipt)
    if report.verdict == "valid":
        return report
    kind = InvalidError if report.verdict == "invalid" else UndeterminedError
    deciding = next(item for item in report.all_checks() if item.required and item.verdict == report.verdict)
    error = kind(deciding.code, deciding.message[:1].lower() + deciding.message[1:].rstrip("."))
    error.report = report
    raise error


def _lists(keyring: Keyring, evidence: Evidence, bundle: Bundle | None, at: datetime) -> StatusLists:
    """Gather the status lists at hand, and since when believed logs hold them."""
    fetched, claimed = evidence.status_lists, bundle.status_lists if bundle else {}
    events = [*evidence.status_events]
    events += ((event.payload, event.receipt) for event in (bundle.status_events if bundle else ()))
    dates = status_dates.prove(
        dict.fromkeys(events), lists=(*fetched.items(), *claimed.items()), policy=keyring.policy, at=at
    )
    return StatusLists(keyring, fetched, claimed, at, dates)


def _bundle_in(data: bytes) -> Bundle | None:
    if bundle_html.is_page(data):
        return bundles.parse(bundle_html.extract(data))
    if len(data) > BYTES_MAX:
        # Only a bundle may be this large; anything else is refused by its size.
        return bundles.parse(data)
    if not data.lstrip(b" \t\r\n").startswith(b"{"):
        return None
    document = loads_object(data)
    return bundles.from_document(document) if bundles.is_bundle(document) else None


def _check_bundle(bundle: Bundle, setting: _Setting) -> Report:
    reports = []
    for item in bundle.items:
        try:
            credential = credentials.parse(item.credential)
            if credential.media_type != item.media_type:
                raise MalformedError(
                    "media_type_other", "the bundle calls the credential by another media type"
                )
        except VerifierError as error:
            reports.append(_unreadable(error))
        else:
            reports.append(_check_credential(credential, item.receipt, setting, exact=item.credential))
    own = Check("format", "valid", "format_bundle", "The file is a bundle that can be read.")
    return Report("bundle", setting.at, (own, *_refused_events(setting)), tuple(reports))


def _check_credential(
    credential: Credential, receipt: str | None, setting: _Setting, *, exact: bytes | None = None
) -> CredentialReport:
    keyring, at = setting.keyring, setting.at
    # a. Shape.
    schema = _check_shape(credential)
    # b. Meaning: every member arrives in the signed form, under contexts that we know byte by byte.
    canonical = canonical_of(credential.document)
    context = Check("context", "valid", "context_known", "Every part of the credential has a known meaning.")
    if canonical.error is not None:
        context = Check.of_error("context", canonical.error)
    # c. The log, over the exact bytes. Its time decides about keys and algorithms.
    payload = credential.raw if exact is None else exact
    if receipt is None:
        receipt = setting.evidence.receipt_for(payload)
    recorded = check_receipt(payload, receipt, policy=keyring.policy, at=at)
    logged = recorded.logged
    # d. Proofs.
    proofs = check_proofs(credential, canonical=canonical, keyring=keyring, at=at, logged=logged)
    # e. Issuer.
    issuer = check_issuer(credential.issuer_id, keyring=keyring, at=at)
    end = keyring.ceased.get(credential.issuer_id or "")
    # f. Keys that verified something, at the log's time; or why none was found.
    keys = [check_key(known, logged=logged, signed_at=proofs.signed_at, at=at) for known in proofs.keys]
    keys += [Check.of_error("key", error) for error in proofs.key_errors[:1]]
    # g, h, i.
    validity, moments = _check_validity(credential, at)
    statuses = [
        setting.lists.check(
            entry, issuer=credential.issuer_id, ceased_at=None if end is None else end.ceased_at
        )
        for entry in credential.status_entries
    ]
    binding = Check("binding", "undetermined", "binding_not_shown", _NOT_BOUND, False)
    return CredentialReport(
        checks=(schema, context, *proofs.checks, issuer, *keys, recorded.check, validity, *statuses, binding),
        issuer_id=credential.issuer_id,
        issuer_name=issuer_name(credential.issuer_id, credential.issuer_name, keyring=keyring),
        name=credential.name,
        types=credential.types,
        valid_from=moments[0],
        valid_until=moments[1],
        awarded=moments[2],
        signed_at=proofs.signed_at,
        recorded_at=recorded.recorded_at,
        position=recorded.position,
        bound_to_person=False,
        logged_at=None if logged is None else logged.at,
        time_source=None if logged is None else logged.source,
    )


def _check_shape(credential: Credential) -> Check:
    try:
        credentials.check_shape(credential)
    except VerifierError as error:
        return Check.of_error("schema", error)
    return Check("schema", "valid", "schema_valid", "The document has the shape of a credential.")


def _check_validity(
    credential: Credential, at: datetime
) -> tuple[Check, tuple[datetime | None, datetime | None, datetime | None]]:
    """Judge the validity period, without any leeway: it is the issuer's word (THREATS B7)."""
    try:
        since, until = credential.moment("validFrom"), credential.moment("validUntil")
        awarded = credential.moment("awardedDate")
    except VerifierError as error:
        return Check.of_error("validity", error), (None, None, None)
    moments = (since, until, awarded)
    if since is not None and at < since:
        return Check("validity", "invalid", "not_yet_valid", "The credential is not valid yet."), moments
    if until is not None and at > until:
        return Check("validity", "invalid", "expired", "The credential has expired."), moments
    return Check(
        "validity", "valid", "validity_current", "The credential is within its validity period."
    ), moments


def _refused_events(setting: _Setting) -> tuple[Check, ...]:
    """Show events about keys and lists that proved nothing; they count for nothing, so they do not decide."""
    refused: tuple[tuple[CheckName, tuple[VerifierError, ...]], ...] = (
        ("key", setting.keyring.refused),
        ("status", setting.lists.dates.refused),
    )
    return tuple(
        Check.of_error(name, error, required=False, detail={"event": str(index)})
        for name, errors in refused
        for index, error in enumerate(errors)
    )


def _unreadable(error: VerifierError) -> CredentialReport:
    """Report an item of a bundle that is no credential: the rest of the file is still worth a report."""
    return CredentialReport(
        checks=(Check.of_error("format", error),),
        issuer_id=None,
        issuer_name=None,
        name=None,
        types=(),
        valid_from=None,
        valid_until=None,
        awarded=None,
        signed_at=None,
        recorded_at=None,
        position=None,
        bound_to_person=False,
    )
