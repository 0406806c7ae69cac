"""An organisation's feed: what the log holds in its name, with proofs, a page at a time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import ActorOf, LedgerOf
from api.wire.openapi import refusals
from api.wire.shapes import Count, Id
from ledger.usecases import feed
from schemas.feed import FeedModel

router = APIRouter(prefix="/v1", tags=["organisations"])


@router.get("/organisations/{organisation}/feed", responses=refusals(401, 403, 422))
def read_feed(
    ledger: LedgerOf,
    actor: ActorOf,
    organisation: Id,
    after: Annotated[Count | None, Query(description="Go on behind this position; the beginning.")] = None,
    limit: Annotated[Count, Query(description="How many events at most; 100.")] = 100,
) -> FeedModel:
    """Return every event that names the organisation as issuer, in the order of the log (`feed:read`).

    Each item proves its entry; `leerspoor recheck` compares them with what the organisation knows itself.
    """
    return feed.feed(ledger, actor, organisation, after=after, limit=limit).to_model()
