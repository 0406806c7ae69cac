"""An organisation's feed: every event that the log holds in its name, so that it finds what it did not do.

Entries are opaque to all who do not hold their openings; the feed hands the organisation its own. It holds no
credential: a hash, and who signed. What was erased stays in it without opening, because it stays in the log.
Not here: judging it (`verifiers.recheck`).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.domain.credential import Credential
from ledger.errors import ErasedError, ForbiddenError, RejectedError
from ledger.store.events import RecordedEvent
from ledger.usecases.access import Actor, require_organisation
from ledger.usecases.key_events import KEY_EVENTS
from schemas.feed import ITEMS_MAX
from verifiers.formats import credential as credentials
from verifiers.formats.feed import FeedItem, FeedPage

if TYPE_CHECKING:
    from ledger.application import Ledger

SCOPE = "feed:read"


def feed(
    ledger: Ledger, actor: Actor, organisation: UUID, *, after: int | None = None, limit: int = 100
) -> FeedPage:
    """Return the organisation's next events in the order of the log (`feed:read`).

    Args: after: the position to go on behind; None for the beginning. limit: how many at most.
    Raises: ForbiddenError: scope_missing, not_yours. RejectedError: limit_invalid.
    """
    if require_organisation(actor, SCOPE) != organisation:
        raise ForbiddenError("not_yours", "the feed is another organisation's")
    if not 0 < limit <= ITEMS_MAX:
        raise RejectedError(
            "limit_invalid", "a page has at least one event and not too many", expected=f"1 to {ITEMS_MAX}"
        )
    found = ledger.store.select_issuer(organisation, gt_position=after, limit=limit)
    return FeedPage(
        organisation=organisation,
        items=tuple(_item(ledger, recorded) for recorded in found),
        next_after=found[-1].position if len(found) == limit else None,
    )


def _item(ledger: Ledger, recorded: RecordedEvent) -> FeedItem:
    sealed = recorded.sealed
    try:
        payload, opening = ledger.sealing.opening(recorded)
    except ErasedError:
        payload, opening = None, None
    is_credential = payload is not None and sealed.type == Credential.Issued.TOPIC
    return FeedItem(
        position=recorded.position,
        type=sealed.type,
        stream=sealed.stream,
        recorded_at=sealed.recorded_at,
        header=sealed.header,
        signature=sealed.signature,
        credential_sha256=hashlib.sha256(payload).digest() if payload and is_credential else None,
        signed_by=credentials.parse(payload).signed_by if payload and is_credential else (),
        payload=payload if sealed.type in KEY_EVENTS else None,
        receipt=ledger.receipts.receipt(recorded, opening),
    )
