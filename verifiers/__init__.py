"""Offline and pure verification: no network, database, web framework or private key.

    from verifiers import TrustPolicy, check

    report = check(data, policy=TrustPolicy.from_json(policy_bytes), at=now)
    report.verdict                       # "valid", "invalid" or "undetermined"

Everything that outsiders need is in this list; other modules may change without notice.
"""

from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.evidence import Evidence
from verifiers.policy import TrustedIssuer, TrustPolicy, replace_policy
from verifiers.report import Check, CredentialReport, Report
from verifiers.verify import check, verify

__all__ = [
    "Check",
    "CredentialReport",
    "Evidence",
    "InvalidError",
    "MalformedError",
    "Report",
    "TrustPolicy",
    "TrustedIssuer",
    "UndeterminedError",
    "VerifierError",
    "check",
    "replace_policy",
    "verify",
]
