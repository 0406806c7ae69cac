"""Learners: giving a person a trail, and reading the trail back as of two clocks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.dependencies import ActorOf, IdempotencyOf, LedgerOf, reads
from api.wire import learners as wire
from api.wire.openapi import accepts, refusals, text
from api.wire.shapes import Id, Moment
from ledger.usecases import enrol, history

router = APIRouter(prefix="/v1/learners", tags=["learners"])

BUNDLE_TYPE = "application/json"


@router.post(
    "",
    status_code=201,
    openapi_extra=accepts(wire.EnrolLearner, named={"name": "Samira de Vries"}, pseudonym={}),
    responses=refusals(400, 401, 403, 409, 413, 415, 422),
)
def enrol_learner(
    ledger: LedgerOf,
    actor: ActorOf,
    body: Annotated[wire.EnrolLearner, Depends(reads(wire.EnrolLearner))],
    idempotency: IdempotencyOf,
    response: Response,
) -> wire.EnrolledAnswer:
    """Enrol a learner (`learners:write`). The token in the answer is hers, and shown this once."""
    done = enrol.enrol(ledger, actor, body.command(), idempotency=idempotency)
    response.headers["location"] = f"/v1/learners/{done.id}/history"
    return wire.EnrolledAnswer.of(done)


@router.get("/{learner}/history", responses=refusals(401, 403, 404, 410, 422))
def read_history(
    ledger: LedgerOf,
    actor: ActorOf,
    learner: Id,
    valid_at: Annotated[Moment | None, Query(description="The moment the states speak of; now.")] = None,
    known_at: Annotated[
        Moment | None, Query(description="Leave out what was recorded after this moment; now.")
    ] = None,
) -> wire.HistoryAnswer:
    """Return the learner's own trail (`trail`), rebuilt from the events."""
    found = history.history(ledger, actor, learner, valid_at=valid_at, known_at=known_at)
    return wire.HistoryAnswer.of(found)


@router.get(
    "/{learner}/bundle",
    response_class=Response,
    responses={
        **text("The bundle.", BUNDLE_TYPE, '{"type": "leerspoor-bundle.v1"}'),
        **refusals(401, 403, 404, 409, 410, 422),
    },
)
def read_bundle(ledger: LedgerOf, actor: ActorOf, learner: Id) -> Response:
    """Return the learner's whole trail as one file that verifies offline (`trail`)."""
    bundle = history.history_bundle(ledger, actor, learner)
    headers = {"content-disposition": 'attachment; filename="leerspoor-bundle.json"'}
    return Response(bundle, media_type=BUNDLE_TYPE, headers=headers)
