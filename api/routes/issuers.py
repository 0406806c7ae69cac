"""What verifiers all over the world fetch from an issuer: its DID document and its status lists.

Both are public, without personal data, and the only answers that caches may keep.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response

from api.dependencies import LedgerOf
from api.wire.negotiation import prefers
from api.wire.openapi import refusals, text
from api.wire.response_headers import PUBLIC
from api.wire.shapes import Id
from ledger.usecases import register, status

router = APIRouter(tags=["issuers"])

LISTS_MAX = 1_000_000  # far more lists than there are people
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


@router.get("/v1/organisations/{organisation}/status/{purpose}", response_class=Response, responses=_LIST)
@router.get(
    "/v1/organisations/{organisation}/status/{purpose}/{number}", response_class=Response, responses=_LIST
)
def status_list(
    ledger: LedgerOf,
    organisation: Id,
    purpose: status.StatusPurpose,
    request: Request,
    number: Annotated[int, Path(ge=0, le=LISTS_MAX)] = 0,
) -> Response:
    """Return a Bitstring Status List 1.0, signed; as VC-JWT when `Accept` prefers `application/vc+jwt`.

    The first list of a purpose has no number in its address.
    """
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
