"""Whether the verifier accepts the issuer at all; only the policy can say so."""

from __future__ import annotations

from datetime import datetime

from verifiers.checks.keyring import Keyring
from verifiers.primitives.encoding import format_time
from verifiers.report import Check


def check_issuer(issuer: str | None, *, keyring: Keyring, at: datetime) -> Check:
    """Return whether the policy trusts the issuer, by name or by way of a log.

    An issuer that has ceased is as trusted as before: what it signed while it was there still stands. When it
    ceased, its successor and its archive are in the detail.
    """
    policy = keyring.policy
    if policy.expires is not None and at >= policy.expires:
        # An old list of whom to trust may be one that somebody kept from being renewed (THREATS J4).
        return Check(
            "issuer", "undetermined", "policy_expired", "The list of whom to trust is no longer current."
        )
    detail = _end_of(issuer, keyring, at)
    ceased = f" It ceased on {detail['ceased_at'][:10]}." if detail else ""
    if issuer is not None and issuer in policy.issuers:
        message = f"The policy names the issuer as trusted.{ceased}"
        return Check("issuer", "valid", "issuer_trusted", message, True, detail)
    if issuer is not None and policy.log_issuers and keyring.is_recorded(issuer):
        message = f"A trusted log records the issuer and its keys.{ceased}"
        return Check("issuer", "valid", "issuer_recorded", message, True, detail)
    return Check(
        "issuer", "undetermined", "issuer_not_trusted", "Nothing says that this issuer is to be trusted."
    )


def issuer_name(issuer: str | None, claimed: str | None, *, keyring: Keyring) -> str | None:
    """Return the name to show: the verifier's own for a trusted issuer, else the one that the log records.

    What the credential claims is shown only of an issuer whom nobody vouches for: whoever is in the log may
    sign, and so may write any name into its credentials.
    """
    trusted = keyring.policy.issuers.get(issuer or "")
    if trusted is not None and trusted.name:
        return trusted.name
    if trusted is None and issuer is not None and keyring.policy.log_issuers and keyring.is_recorded(issuer):
        return keyring.names.get(issuer)
    return claimed


def _end_of(issuer: str | None, keyring: Keyring, at: datetime) -> dict[str, str]:
    end = keyring.ceased.get(issuer or "")
    if end is None or end.ceased_at > at:
        return {}
    said = {"successor": end.successor, "archive": end.archive}
    return {"ceased_at": format_time(end.ceased_at)} | {name: text for name, text in said.items() if text}
