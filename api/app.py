"""The application: routes, pages and the layers around them, for one ledger. Importing it does nothing.

Layers from the outside in: headers, access log (and the bare 500), hosts, body limit, routes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import anyio.to_thread
import structlog
from fastapi import FastAPI

from api import problems
from api.routes import ALL
from api.web import pages
from api.wire.access_log import AccessLog
from api.wire.body_limit import BodyLimit
from api.wire.hosts import Hosts, host_of
from api.wire.openapi import describe
from api.wire.response_headers import ResponseHeaders
from ledger.application import Ledger

THREADS_MAX = 256
"""Requests that are worked on at a time; anyio's own 40 is below the load, and waiting threads are cheap."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Health checks from the same machine use these; a page of another site cannot have such a name."""
VERSION = "0.1.0"

DESCRIPTION = """\
A ledger of lifelong-learning credentials: signed together, verifiable offline, owned by the learner.

Refusals are problem details (RFC 9457) with a stable `code`. Bodies are read strictly: unknown members,
duplicate names and wrong types are refused. Every POST that writes takes an `Idempotency-Key`.
"""


def create_app(ledger: Ledger, *, logger: structlog.typing.FilteringBoundLogger | None = None) -> FastAPI:
    """Return the application over a ledger; whoever built the ledger closes it.

    Args:
        ledger: a running ledger.
        logger: where request lines go; None: structlog's configured logger.
    """
    app = FastAPI(
        title="Leerspoor",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=_lifespan,
        openapi_url="/v1/openapi.json",
        # Swagger and ReDoc pages load scripts from elsewhere; a person reads docs/, a program the document.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.ledger = ledger
    for router in ALL:
        app.include_router(router)
    app.include_router(pages.router)
    problems.install(app)
    base_url = ledger.settings.base_url
    app.add_middleware(BodyLimit, answer=pages.answer)
    app.add_middleware(Hosts, allowed=(host_of(base_url), *LOOPBACK))
    app.add_middleware(
        AccessLog, logger=logger or structlog.get_logger("leerspoor.access"), answer=pages.answer
    )
    app.add_middleware(ResponseHeaders, https=urlsplit(base_url).scheme == "https")
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS_MAX
    yield
