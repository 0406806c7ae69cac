"""Payloads of a share's events, sealed under the learner's key."""

from __future__ import annotations

from uuid import UUID

from schemas.events.base import Moment, Payload


class ShareGrantedV1(Payload):
    """share-granted.v1: which credentials (stream ids), for what, until when."""

    purpose: str
    credentials: tuple[UUID, ...]
    with_name: bool
    expires_at: Moment


class ShareOpenedV1(Payload):
    """share-opened.v1: how the visitor is named to the learner."""

    opened_by: str


class ShareWithdrawnV1(Payload):
    """share-withdrawn.v1: nothing to say."""
