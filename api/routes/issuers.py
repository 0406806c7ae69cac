"""What verifiers all over the world fetch from an issuer: its DID document, its status lists and what dates these.

All are public, without personal data; the status lists may be kept by caches until their slot ends.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.dependencies import LedgerOf
from api.wire import status_events as wire
from api.wire.negotiation import prefers
from api.wire.openapi import refusals, text
from api.wire.response_headers import PUBLIC
from api.wire.shapes import Count, Id, Moment
from ledger.application import Ledger
from ledger.usecases import register, status, status_events

router = APIRouter(tags=["issuers"])

VC: Literal["application/vc"] = "application/vc"
VC_JWT: Literal["application/vc+jwt"] = "application/vc+jwt"


@router.get(
    "/issuers/{organisation}/did.json",
    response_class=Response,
    responses={
        **text("The DID document.", "application/did+json", '{"id": "did:web:..."}'),
        **refusals(404, 422),
    },
)
def did_document(ledger: LedgerOf, organisation: Id) -> Response:
    """Return the DID document of an organisation with a did:web, as did:web resolvers ask for it."""
    document = register.did_document(ledger, organisation)
    return Response(document, media_type="application/did+json", headers=PUBLIC)


_LIST: dict[int | str, dict[str, Any]] = {
    **text("The signed status list.", VC, '{"type": ["...", "BitstringStatusListCredential"]}'),
    304: {"description": "Not changed since the entity tag that was sent"},
    **refusals(404, 422),
}


_STATUS = "/v1/organisations/{organisation}/status/{purpose}"


@router.get(_STATUS, response_class=Response, responses=_LIST)
def status_list(
    ledger: LedgerOf, organisation: Id, purpose: status.StatusPurpose, request: Request
) -> Response:
    """Return the first Bitstring Status List 1.0 of a purpose, signed.

    It changes only at the beginning of a slot (every quarter of an hour, unless the operator chose another
    length), and `Cache-Control` lasts until the slot ends. It comes as VC-JWT when `Accept` prefers
    `application/vc+jwt`.
    """
    return _status_list(ledger, organisation, purpose, 0, request)


@router.get(_STATUS + "/{number}", response_class=Response, responses=_LIST)
def further_status_list(
    ledger: LedgerOf,
    organisation: Id,
    purpose: status.StatusPurpose,
    number: Count,
    request: Request,
) -> Response:
    """Return a further list of a purpose: the next begins when one is full."""
    return _status_list(ledger, organisation, purpose, number, request)


@router.get("/v1/organisations/{organisation}/status-event", responses=refusals(404, 422))
def status_event(
    ledger: LedgerOf,
    organisation: Id,
    response: Response,
    at: Annotated[
        Moment | None, Query(description="The lists as they were then: `validFrom` of the one at hand; now.")
    ] = None,
) -> wire.StatusEventAnswer:
    """Return the event that published an organisation's status lists, with the receipt that opens it.

    It holds the hash of each list, so that a list counts beyond the end of its signature's algorithm.
    """
    response.headers.update(PUBLIC)
    return wire.StatusEventAnswer.of(status_events.status_event(ledger, organisation, at=at))


def _status_list(
    ledger: Ledger, organisation: UUID, purpose: status.StatusPurpose, number: int, request: Request
) -> Response:
    as_jwt = prefers(request.headers.get("accept"), VC_JWT, over=VC)
    media_type = VC_JWT if as_jwt else VC
    found = status.status_list(ledger, organisation, purpose, number, media_type=media_type)
    etag = f'"{found.etag}"'
    headers = {
        **PUBLIC,
        "cache-control": f"public, max-age={found.ttl_seconds}",
        "etag": etag,
        "vary": "Accept",
    }
    if etag in [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(found.body, media_type=found.media_type, headers=headers)
