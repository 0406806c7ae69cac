"""The status lists of an organisation as their readers get them: the bytes that were published for this slot.

Not here: when a list is published (`status_publication`), how one is signed (`status_signing`).
Source: Bitstring Status List 1.0 §2.2.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from ledger.usecases import status_publication as publishing
from ledger.usecases.recording import MediaType

if TYPE_CHECKING:
    from ledger.application import Ledger

StatusPurpose = Literal["revocation", "suspension"]


@dataclass(frozen=True, slots=True)
class StatusList:
    """A signed BitstringStatusListCredential; `body` is served as it is.

    `ttl_seconds`: how long it stays the list that is served, so how long a cache may keep it.
    """

    body: bytes
    media_type: MediaType
    etag: str
    ttl_seconds: int
    valid_until: datetime


def status_list(
    ledger: Ledger,
    organisation_id: UUID,
    purpose: StatusPurpose,
    number: int = 0,
    *,
    media_type: MediaType = "application/vc",
    at: datetime | None = None,
) -> StatusList:
    """Return one of the organisation's signed status lists, as it is published for the present slot.

    Args:
        number: of the list; the next one begins when one is full.
        at: another moment: the list that was published then, and if there was none, the present one.

    Raises: NotFoundError: organisation_unknown, status_list_unknown (no such list, or never a managed key).
    """
    publication = None if at is None else publishing.as_of(ledger, organisation_id, at)
    publication = publication or publishing.current(ledger, organisation_id)
    published = publication.lists.get((purpose, number))
    if published is None:
        raise publishing.unknown()
    body = published.jwt if media_type == "application/vc+jwt" else published.body
    return StatusList(
        body,
        media_type,
        etag=hashlib.sha256(body).hexdigest()[:32],
        ttl_seconds=publishing.seconds_left(ledger),
        valid_until=publication.valid_until,
    )
