"""Payloads of a learner's events, sealed under that person's key."""

from __future__ import annotations

from uuid import UUID

from schemas.events.base import Moment, Payload


class LearnerEnrolledV1(Payload):
    """learner-enrolled.v1: `did` is what credentials name as subject; `token_id` of the first token."""

    person_name: str | None
    did: str
    token_id: UUID


class LearnerWarnedV1(Payload):
    """learner-warned.v1: which kind's term was the longest and is over, and when she may be erased."""

    kind: str
    kept_until: Moment
    erase_after: Moment
