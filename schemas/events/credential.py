"""Payloads of a credential's later events. credential-issued.v1 has no model: it is the signed bytes."""

from __future__ import annotations

from schemas.events.base import Payload


class CredentialStatusChangedV1(Payload):
    """credential-suspended.v1, credential-reinstated.v1 and credential-revoked.v1: a closed reason code."""

    reason: str


class CredentialReadV1(Payload):
    """credential-read.v1: by which scope the organisation of the header looked."""

    scope: str
