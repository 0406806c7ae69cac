"""The registry: the operator changes it, everybody reads it with proofs. Nothing here is about a person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.dependencies import ActorOf, IdempotencyOf, LedgerOf, reads
from api.wire import registry as wire
from api.wire.openapi import accepts, refusals
from api.wire.response_headers import PUBLIC
from api.wire.shapes import Count
from ledger.usecases import registry

router = APIRouter(prefix="/v1/registry", tags=["registry"])

ANCHOR = {
    "kind": "issuer",
    "value": "did:web:diplomas.example",
    "reason": "issues the diplomas of secondary schools",
}


@router.get("")
def read_registry(ledger: LedgerOf, response: Response) -> wire.RegistryAnswer:
    """Return the registration policy and the trust anchors that are in force."""
    response.headers.update(PUBLIC)
    return wire.RegistryAnswer.of(registry.registry(ledger))


@router.get("/events", responses=refusals(422))
def read_registry_events(
    ledger: LedgerOf,
    response: Response,
    after: Annotated[Count, Query(description="Go on behind this version; the beginning.")] = 0,
) -> wire.RegistryEventsAnswer:
    """Return the events that made the registry, each with a receipt that opens it."""
    response.headers.update(PUBLIC)
    found = registry.registry_events(ledger, after=after)
    return wire.RegistryEventsAnswer(events=tuple(map(wire.RegistryEventAnswer.of, found)))


@router.post(
    "/policy",
    status_code=201,
    openapi_extra=accepts(
        wire.SetPolicy, dutch={"text": "Iedere erkende onderwijsinstelling (RIO) mag mee."}
    ),
    responses=refusals(400, 401, 403, 409, 413, 415, 422),
)
def set_policy(
    ledger: LedgerOf,
    actor: ActorOf,
    body: Annotated[wire.SetPolicy, Depends(reads(wire.SetPolicy))],
    idempotency: IdempotencyOf,
) -> wire.RegistryAnswer:
    """Set by which text organisations are registered from now on (operator)."""
    done = registry.set_policy(ledger, actor, body.command(), idempotency=idempotency)
    return wire.RegistryAnswer.of(done)


@router.post(
    "/anchors",
    status_code=201,
    openapi_extra=accepts(wire.ChangeAnchor, issuer=ANCHOR),
    responses=refusals(400, 401, 403, 409, 413, 415, 422),
)
def add_anchor(
    ledger: LedgerOf,
    actor: ActorOf,
    body: Annotated[wire.ChangeAnchor, Depends(reads(wire.ChangeAnchor))],
    idempotency: IdempotencyOf,
) -> wire.RegistryAnswer:
    """Believe a log, an issuer or a witness from now on (operator)."""
    done = registry.add_anchor(ledger, actor, body.command(), idempotency=idempotency)
    return wire.RegistryAnswer.of(done)


@router.post(
    "/anchors/remove",
    openapi_extra=accepts(wire.ChangeAnchor, issuer={**ANCHOR, "reason": "moved to another address"}),
    responses=refusals(400, 401, 403, 404, 409, 413, 415, 422),
)
def remove_anchor(
    ledger: LedgerOf,
    actor: ActorOf,
    body: Annotated[wire.ChangeAnchor, Depends(reads(wire.ChangeAnchor))],
    idempotency: IdempotencyOf,
) -> wire.RegistryAnswer:
    """Believe an anchor no longer (operator)."""
    done = registry.remove_anchor(ledger, actor, body.command(), idempotency=idempotency)
    return wire.RegistryAnswer.of(done)
