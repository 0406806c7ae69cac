"""Our verdict on a credential, with trust in one issuer and its status list at hand."""

import json
from typing import Any

from tests.peers.ours import LIST_URL, NOW
from verifiers import Evidence, MalformedError, Report, TrustPolicy, check
from verifiers.policy import TrustedIssuer


def our_report(
    document: dict[str, Any] | str, *, issuer: str, status_list: dict[str, Any] | str | None
) -> Report:
    """Return what we say about a credential (an object) or a VC-JWT (a text)."""
    lists = {} if status_list is None else {LIST_URL: _bytes(status_list)}
    policy = TrustPolicy(issuers={issuer: TrustedIssuer(id=issuer)})
    return check(_bytes(document), policy=policy, at=NOW, evidence=Evidence(status_lists=lists))


def our_verdict(
    document: dict[str, Any] | str, *, issuer: str, status_list: dict[str, Any] | str | None
) -> tuple[str, frozenset[str]]:
    """Return the verdict and the codes of the checks that were needed and not met.

    A document that is no credential any more counts as invalid, with the code of what is malformed.
    """
    try:
        report = our_report(document, issuer=issuer, status_list=status_list)
    except MalformedError as error:
        return "invalid", frozenset({error.code})
    unmet = {found.code for found in report.all_checks() if found.required and found.verdict != "valid"}
    return report.verdict, frozenset(unmet)


def _bytes(document: dict[str, Any] | str) -> bytes:
    return (
        document.encode() if isinstance(document, str) else json.dumps(document, ensure_ascii=False).encode()
    )
