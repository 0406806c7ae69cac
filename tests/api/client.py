"""A synchronous client of an ASGI application in this process, with a thread pool as the server has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import anyio.to_thread
import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp

BASE_URL = "http://ledger.example"


class _Transport(httpx.BaseTransport):
    def __init__(self, app: ASGIApp, portal: BlockingPortal) -> None:
        self._inner = httpx.ASGITransport(app)
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        return self._portal.call(self._answer, request, body)

    async def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=body)
        response = await self._inner.handle_async_request(sent)
        return httpx.Response(response.status_code, headers=response.headers, content=await response.aread())


@contextmanager
def client_of(app: ASGIApp, *, threads: int = 40) -> Iterator[httpx.Client]:
    """Give a client of the application; an exception that escapes the application escapes the client too."""

    async def limit() -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = threads

    with (
        start_blocking_portal() as portal,
        httpx.Client(transport=_Transport(app, portal), base_url=BASE_URL) as client,
    ):
        portal.call(limit)
        yield client
