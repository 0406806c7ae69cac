"""Payloads of the registry's events: about nobody, and meant to be read by everybody."""

from __future__ import annotations

from schemas.events.base import Payload


class RegistryOpenedV1(Payload):
    """registry-opened.v1: nothing to say."""


class RegistrationPolicySetV1(Payload):
    """registration-policy-set.v1: `sha256` of the UTF-8 text, base64url."""

    sha256: str
    url: str | None
    text: str


class TrustAnchorV1(Payload):
    """trust-anchor-added.v1 and trust-anchor-removed.v1: kind "log", "issuer" or "witness"."""

    kind: str
    value: str
    reason: str
