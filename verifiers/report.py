"""What a verification found: checks, verdicts, and the credential's own words, frozen and easy to print.

The three verdicts are never mixed up: invalid outranks undetermined, undetermined outranks valid, and nothing
at all is undetermined. Only required checks decide; the others are there to be shown.

Not here: making checks (`verifiers.checks`), the wire form (`schemas.report`), words for pages (`api.web`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from schemas.report import CheckModel, CheckName, CredentialReportModel, ReportModel, TimeSource
from verifiers.errors import InvalidError, MalformedError, VerifierError
from verifiers.primitives.encoding import format_time

Verdict = Literal["valid", "invalid", "undetermined"]
Format = Literal["credential", "jwt", "bundle"]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of several together: one invalid spoils all, and nothing proves nothing."""
    found = set(verdicts)
    if "invalid" in found:
        return "invalid"
    return "valid" if found == {"valid"} else "undetermined"


def verdict_of(error: VerifierError) -> Verdict:
    """Return the verdict an error means inside a document that is one: malformed parts are invalid."""
    return "invalid" if isinstance(error, InvalidError | MalformedError) else "undetermined"


@dataclass(frozen=True, slots=True)
class Check:
    """One test and what it found.

    Args:
        code: stable and snake_case; what exactly was found.
        message: one plain English sentence, without personal data.
        required: whether the verdict of the whole depends on it.
        detail: short texts for programs, for example the cryptosuite of a proof.
    """

    name: CheckName
    verdict: Verdict
    code: str
    message: str
    required: bool = True
    detail: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_error(
        cls,
        name: CheckName,
        error: VerifierError,
        *,
        required: bool = True,
        detail: Mapping[str, str] | None = None,
    ) -> Check:
        """Return the check that failed with this error."""
        extra = {key: value for key, value in (("expected", error.expected), ("got", error.got)) if value}
        message = error.message[:1].upper() + error.message[1:] + "."
        return cls(name, verdict_of(error), error.code, message, required, {**(detail or {}), **extra})

    def to_model(self) -> CheckModel:
        """Return the wire form."""
        return CheckModel(
            name=self.name,
            verdict=self.verdict,
            code=self.code,
            message=self.message,
            required=self.required,
            detail=dict(self.detail),
        )


def decide(checks: Iterable[Check]) -> Verdict:
    """Return the verdict of checks: that of the required ones together."""
    return worst(check.verdict for check in checks if check.required)


@dataclass(frozen=True, slots=True)
class CredentialReport:
    """What was found about one credential, and what it says of itself.

    Args:
        signed_at: when the signer says to have signed.
        recorded_at: when the ledger recorded it, from a verified receipt only.
        position: place in that log, from a verified receipt only.
        logged_at: the time by which keys are judged, from a verified receipt that the policy accepts.
        time_source: whose word that is: "witnesses", "operator" (its own cosigner) or "log" (a bare claim).
        bound_to_person: whether whoever shows it has proven to be its subject.
    """

    checks: tuple[Check, ...]
    issuer_id: str | None
    issuer_name: str | None
    name: str | None
    types: tuple[str, ...]
    valid_from: datetime | None
    valid_until: datetime | None
    awarded: datetime | None
    signed_at: datetime | None
    recorded_at: datetime | None
    position: int | None
    bound_to_person: bool
    logged_at: datetime | None = None
    time_source: TimeSource | None = None

    @property
    def verdict(self) -> Verdict:
        """The verdict of the required checks together."""
        return decide(self.checks)

    def to_model(self) -> CredentialReportModel:
        """Return the wire form."""
        return CredentialReportModel(
            verdict=self.verdict,
            checks=[check.to_model() for check in self.checks],
            issuer_id=self.issuer_id,
            issuer_name=self.issuer_name,
            name=self.name,
            types=list(self.types),
            valid_from=_time(self.valid_from),
            valid_until=_time(self.valid_until),
            awarded=_time(self.awarded),
            signed_at=_time(self.signed_at),
            recorded_at=_time(self.recorded_at),
            position=self.position,
            logged_at=_time(self.logged_at),
            time_source=self.time_source,
            bound_to_person=self.bound_to_person,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """A whole verification.

    Args:
        at: the moment for which the checks were made.
        checks: those of the file itself; each credential has its own.
    """

    format: Format
    at: datetime
    checks: tuple[Check, ...]
    credentials: tuple[CredentialReport, ...]

    @property
    def verdict(self) -> Verdict:
        """Valid only when the file and every credential in it are."""
        own = [check.verdict for check in self.checks if check.required]
        return worst([*own, *(credential.verdict for credential in self.credentials)])

    def all_checks(self) -> tuple[Check, ...]:
        """Return the file's checks and those of every credential, in order."""
        return self.checks + tuple(check for item in self.credentials for check in item.checks)

    def to_model(self) -> ReportModel:
        """Return the wire form."""
        return ReportModel(
            verdict=self.verdict,
            format=self.format,
            at=format_time(self.at),
            checks=[check.to_model() for check in self.checks],
            credentials=[credential.to_model() for credential in self.credentials],
        )

    def to_json(self) -> str:
        """Return the wire form as JSON text, its members in the order of `schemas.report`."""
        return self.to_model().model_dump_json()


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
