"""Attestations: signed here, brought finished, or prepared here and signed elsewhere; and their status."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from api.dependencies import ActorOf, IdempotencyOf, LedgerOf, reads
from api.wire import attestations as wire
from api.wire.examples import ATTESTATION, LEARNER
from api.wire.negotiation import prefers
from api.wire.openapi import accepts, refusals
from api.wire.response_headers import told_replayed
from api.wire.shapes import Id
from ledger.usecases import issue, prepare, status

router = APIRouter(prefix="/v1/attestations", tags=["attestations"])

_WRITES = refusals(400, 401, 403, 404, 409, 410, 413, 415, 422, 503)


@router.post(
    "",
    status_code=201,
    openapi_extra=accepts(
        wire.Attest,
        sign_here={"learner": LEARNER, "attestation": ATTESTATION},
        signed_elsewhere={"learner": LEARNER, "credential": "eyJhbGciOiJFZERTQSJ9.eyJ..."},
    ),
    responses=_WRITES,
)
def attest(
    ledger: LedgerOf,
    actor: ActorOf,
    body: Annotated[wire.IssueAttestation | wire.BringCredential, Depends(reads(wire.Attest))],
    idempotency: IdempotencyOf,
    response: Response,
) -> wire.IssuedAnswer:
    """Record an attestation (`attestations:write`; a learner's own self-claim: `trail`).

    The answer carries the receipt: the credential is recorded when it arrives, and stays so.
    """
    if isinstance(body, wire.BringCredential):
        done = issue.bring(ledger, actor, body.command(), idempotency=idempotency)
    else:
        done = issue.issue(ledger, actor, body.command(), idempotency=idempotency)
    return _issued(done, response)


@router.post(
    "/prepare",
    openapi_extra=accepts(wire.PrepareAttestation, usual={"learner": LEARNER, "attestation": ATTESTATION}),
    responses=_WRITES,
)
def prepare_attestation(
    ledger: LedgerOf,
    actor: ActorOf,
    body: Annotated[wire.PrepareAttestation, Depends(reads(wire.PrepareAttestation))],
) -> wire.PreparedAnswer:
    """Compose a credential and return the bytes to sign with one's own key; records nothing."""
    return wire.PreparedAnswer.of(prepare.prepare(ledger, actor, body.command()))


@router.post(
    "/complete",
    status_code=201,
    openapi_extra=accepts(
        wire.CompleteAttestation,
        usual={
            "draft": "as it was prepared",
            "signatures": [
                {"cryptosuite": "eddsa-rdfc-2022", "signature": "A" * 86},
                {"cryptosuite": "eddsa-jcs-2022", "signature": "A" * 86},
            ],
        },
    ),
    responses=_WRITES,
)
def complete_attestation(
    ledger: LedgerOf,
    actor: ActorOf,
    body: Annotated[wire.CompleteAttestation, Depends(reads(wire.CompleteAttestation))],
    idempotency: IdempotencyOf,
    response: Response,
) -> wire.IssuedAnswer:
    """Finish what was prepared with the signatures over it, and record it (`attestations:write`)."""
    return _issued(prepare.complete(ledger, actor, body.command(), idempotency=idempotency), response)


@router.get(
    "/{credential}",
    response_model=wire.IssuedAnswer,
    responses=refusals(401, 403, 404, 410, 422),
)
def read_attestation(ledger: LedgerOf, actor: ActorOf, credential: Id, request: Request) -> Any:
    """Return a recorded credential with a current receipt (`attestations:read`, or the learner's `trail`).

    An organisation's read is itself recorded, and the learner sees it. When `Accept` names the credential's
    own media type, the answer is the exact credential alone.
    """
    found = issue.read(ledger, actor, credential)
    if prefers(request.headers.get("accept"), found.media_type, over="application/json"):
        return Response(found.credential, media_type=found.media_type, headers={"vary": "Accept"})
    return wire.IssuedAnswer.of(found)


def _status_route(path: str) -> dict[str, Any]:
    return {
        "path": f"/{{credential}}/{path}",
        "openapi_extra": accepts(wire.ChangeStatus, on_request={"reason": "on_request"}),
        "responses": _WRITES,
    }


ReadsStatus = Annotated[wire.ChangeStatus, Depends(reads(wire.ChangeStatus))]


@router.post(**_status_route("suspend"))
def suspend(
    ledger: LedgerOf, actor: ActorOf, credential: Id, body: ReadsStatus, idempotency: IdempotencyOf,
    response: Response,
) -> wire.StatusAnswer:  # fmt: skip
    """Suspend a credential of one's own (`attestations:write`)."""
    done = status.suspend(ledger, actor, body.command(credential), idempotency=idempotency)
    return _changed(done, response)


@router.post(**_status_route("reinstate"))
def reinstate(
    ledger: LedgerOf, actor: ActorOf, credential: Id, body: ReadsStatus, idempotency: IdempotencyOf,
    response: Response,
) -> wire.StatusAnswer:  # fmt: skip
    """End a suspension (`attestations:write`)."""
    done = status.reinstate(ledger, actor, body.command(credential), idempotency=idempotency)
    return _changed(done, response)


@router.post(**_status_route("revoke"))
def revoke(
    ledger: LedgerOf, actor: ActorOf, credential: Id, body: ReadsStatus, idempotency: IdempotencyOf,
    response: Response,
) -> wire.StatusAnswer:  # fmt: skip
    """Revoke a credential of one's own, for ever (`attestations:write`)."""
    done = status.revoke(ledger, actor, body.command(credential), idempotency=idempotency)
    return _changed(done, response)


def _issued(done: issue.IssuedCredential, response: Response) -> wire.IssuedAnswer:
    response.headers["location"] = f"/v1/attestations/{done.id}"
    response.headers.update(told_replayed(done.replayed))
    return wire.IssuedAnswer.of(done)


def _changed(done: status.StatusChanged, response: Response) -> wire.StatusAnswer:
    response.headers.update(told_replayed(done.replayed))
    return wire.StatusAnswer.of(done)
