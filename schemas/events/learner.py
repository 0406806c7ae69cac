"""Payloads of a learner's events, sealed under that person's key."""

from __future__ import annotations

from uuid import UUID

from schemas.events.base import Payload


class LearnerEnrolledV1(Payload):
    """learner-enrolled.v1: `did` is what credentials name as subject; `token_id` of the first token."""

    person_name: str | None
    did: str
    token_id: UUID
