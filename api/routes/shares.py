"""Shares: the learner permits a look for a purpose, sees who looked, and ends it; a visitor opens it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.dependencies import ActorOf, IdempotencyOf, LedgerOf, reads
from api.wire import shares as wire
from api.wire.examples import CREDENTIAL
from api.wire.learners import HistoryAnswer
from api.wire.openapi import accepts, refusals
from api.wire.shapes import Id
from ledger.usecases import share, verify_share

router = APIRouter(prefix="/v1/shares", tags=["shares"])


@router.post(
    "",
    status_code=201,
    openapi_extra=accepts(
        wire.GrantShare,
        everything={"purpose": "Sollicitatie bij het ziekenhuis"},
        a_part={"purpose": "Sollicitatie", "credentials": [CREDENTIAL], "with_name": False},
    ),
    responses=refusals(400, 401, 403, 404, 409, 410, 413, 415, 422),
)
def grant_share(
    ledger: LedgerOf,
    actor: ActorOf,
    body: Annotated[wire.GrantShare, Depends(reads(wire.GrantShare))],
    idempotency: IdempotencyOf,
    response: Response,
) -> wire.GrantedAnswer:
    """Permit a look at the trail or a part of it (`trail`). The link in the answer is shown this once."""
    done = share.grant(ledger, actor, body.command(), idempotency=idempotency)
    response.headers["location"] = "/v1/shares"
    return wire.GrantedAnswer.of(done)


@router.get("", responses=refusals(401, 403, 410))
def list_shares(ledger: LedgerOf, actor: ActorOf) -> wire.SharesAnswer:
    """Return the learner's own shares, newest first, with every look at them (`trail`)."""
    views = share.shares(ledger, actor)
    return wire.SharesAnswer(shares=tuple(wire.ShareAnswer.of(view) for view in views))


@router.post(
    "/open",
    openapi_extra=accepts(
        wire.OpenShare,
        usual={"token": "as it stands in the link, after /s/"},
        named={"token": "as it stands in the link, after /s/", "opened_by": "Zorggroep Waterland"},
    ),
    responses=refusals(400, 404, 409, 413, 415, 422, 503),
)
def open_share(
    ledger: LedgerOf, body: Annotated[wire.OpenShare, Depends(reads(wire.OpenShare))]
) -> wire.OpenedAnswer:
    """Open a share by its token and check all that is in it. The look is recorded; the learner sees it.

    Unknown, expired and withdrawn tokens are answered alike.
    """
    opened = verify_share.verify_share(ledger, body.token, opened_by=body.opened_by)
    return wire.OpenedAnswer(
        id=opened.share.id,
        purpose=opened.share.purpose,
        expires_at=opened.share.expires_at,
        opened_at=opened.share.opened_at,
        history=HistoryAnswer.of(opened.share.history),
        report=opened.report.to_model(),
        bundle=opened.share.bundle.decode(),
    )


@router.post("/{share_id}/withdraw", responses=refusals(401, 403, 404, 409, 410, 422))
def withdraw_share(ledger: LedgerOf, actor: ActorOf, share_id: Id) -> wire.ShareAnswer:
    """End a share (`trail`): from now on its link answers like one that never was."""
    return wire.ShareAnswer.of(share.withdraw(ledger, actor, share_id))
