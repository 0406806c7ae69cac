"""Whether the verifier accepts the issuer at all; only the policy can say so."""

from __future__ import annotations

from verifiers.checks.keyring import Keyring
from verifiers.report import Check


def check_issuer(issuer: str | None, *, keyring: Keyring) -> Check:
    """Return whether the policy trusts the issuer, by name or by way of a log."""
    policy = keyring.policy
    if issuer is not None and issuer in policy.issuers:
        return Check("issuer", "valid", "issuer_trusted", "The policy names the issuer as trusted.")
    if issuer is not None and policy.log_issuers and keyring.is_recorded(issuer):
        return Check("issuer", "valid", "issuer_recorded", "A trusted log records the issuer and its keys.")
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
