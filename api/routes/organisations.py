"""Organisations: registering them (operator), their keys, their tokens, and their end."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.responses import PlainTextResponse

from api.dependencies import ActorOf, IdempotencyOf, LedgerOf, reads
from api.wire import organisations as wire
from api.wire.openapi import accepts, refusals, text
from api.wire.shapes import Id
from ledger.usecases import access, register
from ledger.usecases import cease as ceasing
from verifiers.primitives.keys import parse_multikey

router = APIRouter(prefix="/v1", tags=["organisations"])

ROC = {"name": "ROC Voorbeeld", "role": "school", "website": "https://roc.example"}
OWN_KEY = {
    "type": "own",
    "multikey": "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
    "possession": "A" * 86,
}


@router.post(
    "/organisations",
    status_code=201,
    openapi_extra=accepts(
        wire.RegisterOrganisation,
        managed_key=ROC,
        own_key={**ROC, "did_method": "key", "key": OWN_KEY},
    ),
    responses=refusals(400, 401, 403, 409, 413, 415, 422),
)
def register_organisation(
    ledger: LedgerOf,
    actor: ActorOf,
    body: Annotated[wire.RegisterOrganisation, Depends(reads(wire.RegisterOrganisation))],
    idempotency: IdempotencyOf,
    response: Response,
) -> wire.RegisteredAnswer:
    """Register an organisation with its first key (operator). The token in the answer is shown this once."""
    done = register.register(ledger, actor, body.command(), idempotency=idempotency)
    response.headers["location"] = f"/v1/organisations/{done.organisation.id}"
    return wire.RegisteredAnswer.of(done)


@router.get("/organisations/{organisation}", responses=refusals(404, 422))
def read_organisation(ledger: LedgerOf, organisation: Id) -> wire.OrganisationAnswer:
    """Return an organisation as the world may see it: its DID and its keys over time."""
    return wire.OrganisationAnswer.of(register.organisation(ledger, organisation))


@router.get(
    "/possession-text",
    response_class=PlainTextResponse,
    responses={
        **text("The exact text to sign.", "text/plain", "leerspoor key possession v1\n..."),
        **refusals(422),
    },
)
def possession_text(
    ledger: LedgerOf, multikey: wire.Multikey, organisation: Id | None = None
) -> PlainTextResponse:
    """Return the text whose signature shows that one holds a key.

    `organisation` is the id of an organisation with a did:web, chosen beforehand when it is yet to be
    registered; left out, the DID is the key's own did:key.
    """
    key = parse_multikey(multikey)
    did = key.did_key if organisation is None else register.did_web(ledger, organisation)
    return PlainTextResponse(register.possession_text(did, key.multikey))


@router.post(
    "/organisations/{organisation}/keys",
    status_code=201,
    openapi_extra=accepts(
        wire.AddKey, managed_key={"key": {"type": "managed", "kind": "Ed25519"}}, own_key={"key": OWN_KEY}
    ),
    responses=refusals(400, 401, 403, 404, 409, 413, 415, 422),
)
def add_key(
    ledger: LedgerOf,
    actor: ActorOf,
    organisation: Id,
    body: Annotated[wire.AddKey, Depends(reads(wire.AddKey))],
    idempotency: IdempotencyOf,
) -> wire.OrganisationAnswer:
    """Add a key (`organisation:admin`); own keys come with proof of possession."""
    command = register.AddKey(organisation=organisation, key=body.key.command())
    return wire.OrganisationAnswer.of(register.add_key(ledger, actor, command, idempotency=idempotency))


@router.post(
    "/organisations/{organisation}/keys/{multikey}/retire",
    openapi_extra=accepts(wire.RetireKey, rotated={"reason": "rotated"}),
    responses=refusals(400, 401, 403, 404, 409, 413, 415, 422),
)
def retire_key(
    ledger: LedgerOf,
    actor: ActorOf,
    organisation: Id,
    multikey: wire.Multikey,
    body: Annotated[wire.RetireKey, Depends(reads(wire.RetireKey))],
    idempotency: IdempotencyOf,
) -> wire.OrganisationAnswer:
    """Retire a key (`organisation:admin`): what was recorded before stays good, what comes after does not."""
    command = register.RetireKey(organisation=organisation, multikey=multikey, reason=body.reason)
    return wire.OrganisationAnswer.of(register.retire_key(ledger, actor, command, idempotency=idempotency))


@router.post(
    "/organisations/{organisation}/keys/{multikey}/rotate",
    status_code=201,
    openapi_extra=accepts(wire.RotateKey, managed_key={}, own_key={"key": OWN_KEY}),
    responses=refusals(400, 401, 403, 404, 409, 413, 415, 422),
)
def rotate_key(
    ledger: LedgerOf,
    actor: ActorOf,
    organisation: Id,
    multikey: wire.Multikey,
    body: Annotated[wire.RotateKey, Depends(reads(wire.RotateKey))],
    idempotency: IdempotencyOf,
) -> wire.OrganisationAnswer:
    """Put a new key in the place of this one, in one step (`organisation:admin`)."""
    command = register.RotateKey(organisation=organisation, multikey=multikey, key=body.key.command())
    return wire.OrganisationAnswer.of(register.rotate_key(ledger, actor, command, idempotency=idempotency))


@router.post(
    "/organisations/{organisation}/keys/{multikey}/compromise",
    openapi_extra=accepts(
        wire.CompromiseKey, from_now_on={}, earlier={"since": "2026-11-01T00:00:00Z", "reason": "stolen"}
    ),
    responses=refusals(400, 401, 403, 404, 409, 413, 415, 422),
)
def compromise_key(
    ledger: LedgerOf,
    actor: ActorOf,
    organisation: Id,
    multikey: wire.Multikey,
    body: Annotated[wire.CompromiseKey, Depends(reads(wire.CompromiseKey))],
    idempotency: IdempotencyOf,
) -> wire.OrganisationAnswer:
    """Record since when a key is compromised (`organisation:admin`): it signs nothing more at once.

    What the log recorded before that moment stays good; what it recorded from then on does not count.
    """
    command = register.CompromiseKey(
        organisation=organisation, multikey=multikey, since=body.since, reason=body.reason
    )
    done = register.compromise_key(ledger, actor, command, idempotency=idempotency)
    return wire.OrganisationAnswer.of(done)


@router.post(
    "/organisations/{organisation}/cease",
    openapi_extra=accepts(
        wire.Cease,
        merged={
            "reason": "merged",
            "successor": "did:web:ledger.example:issuers:0d5a7d0e-6a49-4c36-9d0b-0f5b1c7d4a11",
            "archive": "https://archief.example/roc-voorbeeld",
        },
        by_the_operator={"reason": "bankrupt", "reference": "Rechtbank Rotterdam, F.10/26/123"},
    ),
    responses=refusals(400, 401, 403, 404, 409, 413, 415, 422),
)
def cease(
    ledger: LedgerOf,
    actor: ActorOf,
    organisation: Id,
    body: Annotated[wire.Cease, Depends(reads(wire.Cease))],
    idempotency: IdempotencyOf,
) -> wire.OrganisationAnswer:
    """End the organisation for ever (`organisation:admin`; the operator with a reference in law).

    Its keys are retired and nothing new begins; what it recorded stays good, and its tokens still read.
    """
    done = ceasing.cease(ledger, actor, body.command(organisation), idempotency=idempotency)
    return wire.OrganisationAnswer.of(done)


@router.post(
    "/organisations/{organisation}/tokens",
    status_code=201,
    openapi_extra=accepts(
        wire.IssueToken,
        reading={"scopes": ["attestations:read"], "label": "student system"},
        for_a_while={
            "scopes": ["attestations:write", "learners:write"],
            "label": "autumn batch",
            "expires_at": "2030-01-31T23:00:00Z",
        },
    ),
    responses=refusals(400, 401, 403, 404, 409, 413, 415, 422),
)
def issue_token(
    ledger: LedgerOf,
    actor: ActorOf,
    organisation: Id,
    body: Annotated[wire.IssueToken, Depends(reads(wire.IssueToken))],
    idempotency: IdempotencyOf,
) -> wire.TokenAnswer:
    """Give the organisation one more token (`organisation:admin`). Its secret is shown this once."""
    command = wire.token_command(body, organisation)
    return wire.TokenAnswer.of(access.issue_token(ledger, actor, command, idempotency=idempotency))


@router.delete(
    "/organisations/{organisation}/tokens/{token}",
    status_code=204,
    responses=refusals(401, 403, 404, 409, 422),
)
def revoke_token(ledger: LedgerOf, actor: ActorOf, organisation: Id, token: Id) -> None:
    """Make a token stop working, for ever (`organisation:admin`)."""
    access.revoke_token(ledger, actor, access.RevokeToken(organisation=organisation, token=token))
