"""Learners: giving a person a trail, reading it back as of two clocks, and erasing it with the person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.dependencies import ActorOf, IdempotencyOf, LedgerOf, reads
from api.wire import learners as wire
from api.wire.openapi import accepts, refusals, text
from api.wire.response_headers import told_replayed
from api.wire.shapes import Id, Moment
from ledger.usecases import enrol, erase, history, retention

router = APIRouter(prefix="/v1/learners", tags=["learners"])

BUNDLE_TYPE = "application/json"
CERTIFICATE_TYPE = "application/json"


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


@router.get("/{learner}/retention", responses=refusals(401, 403, 404, 410, 422))
def read_retention(ledger: LedgerOf, actor: ActorOf, learner: Id) -> wire.TermAnswer:
    """Return how long the learner's own trail is kept, and whether she was warned (`trail`)."""
    return wire.TermAnswer.of_term(retention.own_term(ledger, actor, learner))


_CERTIFICATE = text("The signed certificate.", CERTIFICATE_TYPE, '{"type": "leerspoor-erasure.v1"}')


@router.post(
    "/{learner}/erasure",
    response_class=Response,
    openapi_extra=accepts(wire.EraseLearner, asked={}, time_is_over={"reason": "retention"}),
    responses={**_CERTIFICATE, **refusals(400, 401, 403, 404, 409, 410, 413, 415, 422)},
)
def erase_learner(
    ledger: LedgerOf,
    actor: ActorOf,
    learner: Id,
    body: Annotated[wire.EraseLearner, Depends(reads(wire.EraseLearner))],
    idempotency: IdempotencyOf,
) -> Response:
    """Erase a person for ever (`trail`, her own; or the operator), and return the signed certificate.

    Her token is answered with 410 `erased` from then on; the certificate stays where it is read below.
    """
    done = erase.erase(ledger, actor, learner, reason=body.reason, idempotency=idempotency)
    headers = {"location": f"/v1/learners/{learner}/erasure", **told_replayed(done.replayed)}
    return Response(done.certificate, media_type=CERTIFICATE_TYPE, headers=headers)


@router.get(
    "/{learner}/erasure",
    response_class=Response,
    responses={**_CERTIFICATE, **refusals(404, 422)},
)
def read_erasure(ledger: LedgerOf, learner: Id) -> Response:
    """Return the certificate of an erased person to whoever has her random id; it names nobody."""
    return Response(erase.certificate(ledger, learner), media_type=CERTIFICATE_TYPE)
