"""A witness over HTTP: two paths, and statuses exactly as C2SP tlog-witness names them.

    POST /add-checkpoint               200 400 403 404 409 422, 503 when it cannot be decided now
    GET  /<origin hash>/checkpoint     the last head that was cosigned, for monitors; 404

Not here: what a witness does (`ledger.oversight.witness`).
Source: https://c2sp.org/tlog-witness.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.wire.body_limit import BodyLimit
from ledger.errors import LedgerError
from ledger.oversight.witness import REQUEST_BYTES_MAX, Witness

SIZE_TYPE = "text/x.tlog.size"
STATUS: Mapping[str, int] = {
    "request_malformed": 400,
    "old_size_too_large": 400,
    "checkpoint_not_signed": 403,
    "log_unknown": 404,
    "old_size_conflict": 409,
    "root_conflict": 409,
    "proof_wrong": 422,
}
"""By code; whatever is not named here cannot be decided now."""
UNAVAILABLE = 503


def create_witness_app(witness: Witness) -> Starlette:
    """Return the application of a witness."""
    log = structlog.get_logger("leerspoor.witness")

    async def add_checkpoint(request: Request) -> Response:
        body = await request.body()
        # In a thread: it waits for the disk, and for whoever else asks about the same log.
        return await run_in_threadpool(_answer, body)

    def _answer(body: bytes) -> Response:
        try:
            lines = witness.add_checkpoint(body)
        except LedgerError as error:
            status = STATUS.get(error.code, UNAVAILABLE)
            tell = log.error if status == UNAVAILABLE else log.warning
            tell("not_cosigned", status=status, code=error.code, got=error.got)
            return _refusal(status, error)
        log.info("cosigned")
        return PlainTextResponse(lines)

    async def latest(request: Request) -> Response:
        try:
            note = await run_in_threadpool(witness.latest, request.path_params["name"])
        except LedgerError as error:
            return _refusal(STATUS.get(error.code, UNAVAILABLE), error)
        return PlainTextResponse(note, headers={"cache-control": "no-cache"})

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{name}/checkpoint", latest, methods=["GET"]),
        ],
        middleware=[Middleware(BodyLimit, bytes_max=REQUEST_BYTES_MAX)],
    )


def _refusal(status: int, error: LedgerError) -> Response:
    if error.code == "old_size_conflict":
        # The one answer with a form of its own: the size to ask again with. Starlette would add a charset.
        return Response(f"{error.got}\n".encode(), status, headers={"content-type": SIZE_TYPE})
    return PlainTextResponse(f"{error.code}: {error}\n", status)
