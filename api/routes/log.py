"""The public face of the log, and the health of the server. Nothing here is about a person."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from api.dependencies import LedgerOf
from api.wire import log as wire
from api.wire.openapi import refusals, text
from api.wire.response_headers import PUBLIC
from api.wire.shapes import Count
from ledger.usecases import transparency

router = APIRouter(prefix="/v1", tags=["log"])


@router.get(
    "/log/checkpoint",
    response_class=PlainTextResponse,
    responses=text("The latest signed head.", "text/plain", "log.example/leerspoor\n42\n...\n\n— ...\n"),
)
def checkpoint(ledger: LedgerOf) -> PlainTextResponse:
    """Return the latest checkpoint (C2SP tlog-checkpoint)."""
    return PlainTextResponse(transparency.checkpoint(ledger), headers=PUBLIC)


@router.get(
    "/log/key",
    response_class=PlainTextResponse,
    responses=text("The log's key.", "text/plain", "log.example/leerspoor+1a2b3c4d+AQ..."),
)
def log_key(ledger: LedgerOf) -> PlainTextResponse:
    """Return the log's verifier key (C2SP signed-note). Pin it: whoever serves it could serve another."""
    return PlainTextResponse(transparency.log_key(ledger), headers=PUBLIC)


@router.get(
    "/log/policy",
    response_class=Response,
    responses=text("A trust policy.", "application/json", '{"type": "leerspoor-policy.v1"}'),
)
def policy(ledger: LedgerOf) -> Response:
    """Return this server's trust policy, for `python -m verifiers --policy`; pin it as one pins the key."""
    return Response(ledger.policy().dump(), media_type="application/json", headers=PUBLIC)


@router.get(
    "/log/proof/{position}",
    response_class=PlainTextResponse,
    responses={
        **text("The proof.", "text/plain", "c2sp.org/tlog-proof@v1\nindex 7\n..."),
        **refusals(404, 422),
    },
)
def proof(ledger: LedgerOf, position: Count) -> PlainTextResponse:
    """Return the proof that an entry is in the log (C2SP tlog-proof), without opening it."""
    return PlainTextResponse(transparency.proof(ledger, position), headers=PUBLIC)


@router.get("/log/entries", responses=refusals(404, 422))
def entries(ledger: LedgerOf, start: Count, end: Count, response: Response) -> wire.EntriesAnswer:
    """Return the entries from `start` up to `end`, opaque to all who do not hold their openings."""
    found = transparency.entries(ledger, start, end)
    response.headers.update(PUBLIC)
    return wire.EntriesAnswer(start=start, end=end, entries=found)


@router.get("/health", responses=refusals(503))
def health(ledger: LedgerOf) -> wire.HealthAnswer:
    """Return where the log stands; that it answers means that the store does."""
    return wire.HealthAnswer.of(transparency.health(ledger))
