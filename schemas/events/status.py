"""Payload of the event that binds published status lists to the log."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from schemas.events.base import Moment, Payload


class PublishedListV1(BaseModel):
    """One list: where it is, and base64url of the SHA-256 of its bytes as a document and as a JWT."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    sha256: str
    jwt_sha256: str


class StatusListsPublishedV1(Payload):
    """status-lists-published.v1: all lists of one organisation, as they are from `slot` on.

    `size`: how many events of the log, counted from its beginning, the lists take into account.
    """

    slot: Moment
    valid_until: Moment
    size: int
    lists: tuple[PublishedListV1, ...]
