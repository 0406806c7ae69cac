"""The wire form of a report: what a verification found, for programs and for pages.

Times are RFC 3339 in UTC. `message` is one plain English sentence without personal data; pages translate by
`code` and never show another verdict than the one that stands here.
Source: docs/formats.md, "leerspoor-report.v1".
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

TYPE: Literal["leerspoor-report.v1"] = "leerspoor-report.v1"
VerdictText = Literal["valid", "invalid", "undetermined"]
CheckName = Literal[
    "format", "schema", "context", "proof", "issuer", "key", "receipt", "validity", "status", "binding"
]

TimeSource = Literal["witnesses", "operator", "log"]


class ReportPart(BaseModel):
    """Base of the parts of a report: closed and unchangeable."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CheckModel(ReportPart):
    """One test and what it found; only a required one decides."""

    name: CheckName
    verdict: VerdictText
    code: Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=64)]
    message: str
    required: bool
    detail: dict[str, str] = {}


class CredentialReportModel(ReportPart):
    """One credential: its verdict, its checks, and what it says of itself."""

    verdict: VerdictText
    checks: list[CheckModel]
    issuer_id: str | None
    issuer_name: str | None
    name: str | None
    types: list[str]
    valid_from: str | None
    valid_until: str | None
    awarded: str | None
    signed_at: Annotated[str | None, Field(description="A claim of the signer.")]
    recorded_at: Annotated[str | None, Field(description="The ledger's own time, from a verified receipt.")]
    position: Annotated[int | None, Field(ge=0, description="Place in the log, from a verified receipt.")]
    logged_at: Annotated[
        str | None, Field(description="The time that counts for keys, from a verified receipt.")
    ] = None
    time_source: Annotated[
        TimeSource | None, Field(description="Whose word logged_at is; only witnesses are independent.")
    ] = None
    bound_to_person: bool


class ReportModel(ReportPart):
    """A whole report; `checks` are those of the file itself."""

    type: Literal["leerspoor-report.v1"] = TYPE
    verdict: VerdictText
    format: Literal["credential", "jwt", "bundle"]
    at: Annotated[str, Field(description="The moment for which the checks were made.")]
    checks: list[CheckModel]
    credentials: list[CredentialReportModel]
