"""Payloads of an organisation's events. Those of keys, and of its end, are read by verifiers."""

from __future__ import annotations

from uuid import UUID

from schemas.events.base import Moment, Payload


class OrganisationRegisteredV1(Payload):
    """organisation-registered.v1: `key` in Multikey text, `verification_method` a DID URL."""

    did: str
    name: str
    role: str
    website: str | None
    key: str
    verification_method: str
    managed: bool
    valid_from: Moment


class OrganisationKeyAddedV1(Payload):
    """organisation-key-added.v1."""

    did: str
    key: str
    verification_method: str
    managed: bool
    valid_from: Moment


class OrganisationKeyRetiredV1(Payload):
    """organisation-key-retired.v1: reason "rotated", "unneeded" or "ceased"."""

    did: str
    key: str
    valid_until: Moment
    reason: str


class OrganisationKeyCompromisedV1(Payload):
    """organisation-key-compromised.v1: from that moment on somebody else may have signed; reason is a code."""

    key: str
    compromised_since: Moment
    reason: str


class OrganisationCeasedV1(Payload):
    """organisation-ceased.v1: `successor` a DID, `archive` an address, `reference` a decision in law."""

    did: str
    ceased_at: Moment
    successor: str | None
    archive: str | None
    reason: str
    reference: str | None = None


class OrganisationTokenIssuedV1(Payload):
    """organisation-token-issued.v1: never the secret, nor its hash."""

    token_id: UUID
    scopes: tuple[str, ...]
    label: str
    expires_at: Moment | None


class OrganisationTokenRevokedV1(Payload):
    """organisation-token-revoked.v1."""

    token_id: UUID
