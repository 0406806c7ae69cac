"""The publication of an organisation's status lists: one event that holds what was published, by its hashes.

Its stream is named by its own content, so that whoever holds the lists and the public-safe header can tell
that they belong together, without opening a body: see `content_id`.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.domain.aggregate import FirstFact, Root
from schemas.events.status import PublishedListV1, StatusListsPublishedV1


class StatusLists(Root):
    """What one organisation's lists were from one moment on. It never changes: the next ones are others."""

    TOPIC = "status-lists"

    class Published(FirstFact):
        """The lists are there for everyone, about no person and, as an event, the ledger's own."""

        TOPIC: ClassVar[str] = "status-lists-published.v1"
        slot: datetime
        valid_until: datetime
        size: int
        lists: tuple[PublishedListV1, ...]

        def aggregate_class(self) -> type[Root]:
            """Return StatusLists."""
            return StatusLists

        def apply(self, aggregate: StatusLists) -> None:
            """Nothing: that they were published is all there is to know."""

    @classmethod
    def publish(
        cls, *, event_id: UUID, now: datetime, content: StatusListsPublishedV1, payload: bytes
    ) -> StatusLists:
        """Return the publication of these lists; a second one of the same content is the same stream.

        Args: payload: the content in the bytes that will be sealed.
        """
        return cls.begin(
            cls.Published,
            id=content_id(payload),
            event_id=event_id,
            timestamp=now,
            subject=None,
            issuer=None,
            **dict(content),
        )


def content_id(payload: bytes) -> UUID:
    """Return the stream of a publication: the first 122 bits of its payload's SHA-256 as UUID version 8.

    Source: RFC 9562 §5.8.
    """
    value = int.from_bytes(hashlib.sha256(payload).digest()[:16], "big")
    value = value & ~(0xF << 76) | 0x8 << 76  # version
    value = value & ~(0x3 << 62) | 0x2 << 62  # variant
    return UUID(int=value)
