"""The published log as static files: C2SP tlog-tiles, with the prefix <base_url>/log.

What was published never changes, so caches keep it as long as they like; only the checkpoint moves. There
are no query parameters, so that no cache can answer one question with the answer to another (THREATS M8).
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from api.dependencies import LedgerOf
from api.wire.openapi import refusals, text
from api.wire.response_headers import PUBLIC
from ledger.usecases import transparency

FOR_SECONDS = {**PUBLIC, "cache-control": "public, max-age=1"}
FOR_EVER = {**PUBLIC, "cache-control": "public, max-age=31536000, immutable"}

router = APIRouter(prefix="/log", tags=["log"])


@router.get(
    "/checkpoint",
    response_class=PlainTextResponse,
    responses={
        **text("The published head.", "text/plain", "log.example/leerspoor\n42\n...\n\n— ...\n"),
        **refusals(404),
    },
)
def checkpoint(ledger: LedgerOf) -> PlainTextResponse:
    """Return the last published checkpoint, with the cosignatures it has by now."""
    return PlainTextResponse(transparency.published_checkpoint(ledger), headers=FOR_SECONDS)


@router.get(
    "/tile/{path:path}",
    response_class=Response,
    responses={
        200: {"description": "The tile or bundle.", "content": {"application/octet-stream": {}}},
        **refusals(404),
    },
)
def tile(ledger: LedgerOf, path: str) -> Response:
    """Return hashes, `<L>/<N>[.p/<W>]`, or entries, `entries/<N>[.p/<W>]`, of the published tree."""
    content = transparency.tile(ledger, f"tile/{path}")
    return Response(content, media_type="application/octet-stream", headers=FOR_EVER)
