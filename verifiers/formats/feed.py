"""Pages of an organisation's feed: every event that the log holds in its name.

Not here: checking them against the log (`verifiers.recheck`), making them (`ledger.usecases.feed`).
Source: docs/formats.md, "leerspoor-feed.v1"; `schemas.feed` is the wire form.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from schemas.feed import FeedItemModel, FeedModel
from verifiers.errors import MalformedError
from verifiers.primitives.encoding import b64url_decode, b64url_encode, format_time, parse_time
from verifiers.primitives.strict_json import loads_object

FEED_BYTES_MAX = 16 * 1_048_576


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One event, as whoever serves the feed tells it.

    Args:
        position: in the log, 0-based.
        header: canonical bytes; signature: 64 bytes, the log's, over it.
        credential_sha256: 32 bytes, of an issued credential; None for the rest, and where it is erased.
        signed_by: verification methods of the credential's proofs.
        payload: exact bytes of an event about keys or the end of the organisation.
        receipt: tlog-proof text, with an opening unless it is erased.
    """

    position: int
    type: str
    stream: UUID
    recorded_at: datetime
    header: bytes
    signature: bytes
    credential_sha256: bytes | None
    signed_by: tuple[str, ...]
    payload: bytes | None
    receipt: str


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Some events in the order of the log; `next_after` None on the last page."""

    organisation: UUID
    items: tuple[FeedItem, ...]
    next_after: int | None

    def to_model(self) -> FeedModel:
        """Return the wire form."""
        return FeedModel(
            organisation=str(self.organisation),
            items=[_model(item) for item in self.items],
            next_after=self.next_after,
        )


def parse(data: bytes) -> FeedPage:
    """Read a page.

    Raises:
        MalformedError: feed_malformed, or a json_* code.
    """
    document = loads_object(data, bytes_max=FEED_BYTES_MAX)
    try:
        model = FeedModel.model_validate(document)
        return FeedPage(UUID(model.organisation), tuple(map(_item, model.items)), model.next_after)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = "/".join(map(str, first["loc"]))
        raise MalformedError("feed_malformed", f"the page does not have its shape at {where}") from error
    except MalformedError as error:
        raise MalformedError("feed_malformed", f"a part of the page cannot be read: {error}") from error


def _item(model: FeedItemModel) -> FeedItem:
    return FeedItem(
        position=model.position,
        type=model.type,
        stream=UUID(model.stream),
        recorded_at=parse_time(model.recorded_at),
        header=b64url_decode(model.header),
        signature=b64url_decode(model.signature),
        credential_sha256=(
            None if model.credential_sha256 is None else b64url_decode(model.credential_sha256)
        ),
        signed_by=tuple(model.signed_by),
        payload=None if model.payload is None else model.payload.encode(),
        receipt=model.receipt,
    )


def _model(item: FeedItem) -> FeedItemModel:
    return FeedItemModel(
        position=item.position,
        type=item.type,
        stream=str(item.stream),
        recorded_at=format_time(item.recorded_at),
        header=b64url_encode(item.header),
        signature=b64url_encode(item.signature),
        credential_sha256=None if item.credential_sha256 is None else b64url_encode(item.credential_sha256),
        signed_by=list(item.signed_by),
        payload=None if item.payload is None else item.payload.decode(),
        receipt=item.receipt,
    )
