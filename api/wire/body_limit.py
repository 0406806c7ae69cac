"""The gate in front of every route: how large a body may be, and how long it may take to arrive.

It counts what really arrives and not only what `Content-Length` says, so that chunked bodies are bounded
too. Not here: what the bytes must be (`api.dependencies`).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.wire.problem import Answer, Problem, plain, problem
from verifiers.primitives.strict_json import BYTES_MAX

BODY_SECONDS_MAX = 30.0  # a megabyte over a slow telephone takes about ten; an attacker, for ever
DRAIN_BYTES_MAX = 8 * BYTES_MAX  # a photo of a diploma, say, sent by mistake
DRAIN_SECONDS_MAX = 5.0
LENGTH_DIGITS_MAX = 12  # longer numbers are not lengths


class _RefusedError(Exception):
    """Stops the route that is reading; never seen outside this module."""

    def __init__(self, body: Problem) -> None:
        super().__init__(body.code)
        self.body = body


class BodyLimit:
    """ASGI middleware that answers 413 or 408 itself and lets no route see more than the limit.

    Args:
        app: the application behind the gate.
        bytes_max: largest body, in bytes.
        seconds_max: longest time from the first byte asked for to the last one received.
        answer: makes the response that carries a refusal.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        bytes_max: int = BYTES_MAX,
        seconds_max: float = BODY_SECONDS_MAX,
        answer: Answer = plain,
    ) -> None:
        self._app = app
        self._bytes_max = bytes_max
        self._seconds_max = seconds_max
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a counted `receive`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._declared(Headers(scope=scope))
        started = False
        received = 0
        complete = False
        deadline: float | None = None

        async def counted() -> Message:
            nonlocal received, complete, deadline, refused
            if complete:
                return await receive()
            if deadline is None:
                deadline = asyncio.get_running_loop().time() + self._seconds_max
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                refused = problem(408, "body_too_slow", "the request body took too long to arrive")
                raise _RefusedError(refused) from None
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received > self._bytes_max:
                refused = self._too_large(None)
                raise _RefusedError(refused)
            return message

        async def guarded(message: Message) -> None:
            nonlocal started
            # Whatever a route makes of the interruption, the answer is ours.
            if refused is None:
                started = True
                await send(message)

        if refused is None:
            try:
                await self._app(scope, counted, guarded)
            except _RefusedError:
                if started:
                    raise
        if refused is not None and not started:
            if refused.status == 413 and not complete:
                await self._drain(receive)
            # The rest of the body is not waited for: the connection cannot be used again.
            await self._answer(scope, refused, {"connection": "close"})(scope, receive, send)

    async def _drain(self, receive: Receive) -> None:
        """Throw away a bounded rest of the body: a client that is still sending would lose our answer to a reset."""
        drained = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS_MAX):
                while drained <= DRAIN_BYTES_MAX:
                    message = await receive()
                    drained += len(message.get("body", b""))
                    if message["type"] != "http.request" or not message.get("more_body", False):
                        return

    def _declared(self, headers: Headers) -> Problem | None:
        """Return the refusal that the declared length alone already earns."""
        declared = headers.get("content-length")
        if declared is None:
            return None
        if not (declared.isascii() and declared.isdigit() and len(declared) <= LENGTH_DIGITS_MAX):
            return problem(400, "content_length_invalid", "the content-length is not a number of bytes")
        return self._too_large(int(declared)) if int(declared) > self._bytes_max else None

    def _too_large(self, got: int | None) -> Problem:
        return problem(
            413,
            "body_too_large",
            "the request body is too large",
            expected=f"at most {self._bytes_max} bytes",
            got=None if got is None else f"{got} bytes",
        )
