"""One line for each request, without a word about a person.

The line names the route's template and never the path: ids, share tokens and query strings are not in
templates, so they cannot leak. A path that no route knows can hold anything and is written as a dash. An
unexpected failure is written as the error's type and the places it passed, never its message: messages of
drivers repeat the values they choked on.
"""

from __future__ import annotations

import time
import traceback
import uuid
from collections.abc import Callable
from pathlib import Path

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.wire.problem import Answer, plain, problem

UNKNOWN_ROUTE = "-"


class AccessLog:
    """ASGI middleware around everything: it logs each request and turns a failure into a bare 500.

    Args:
        app: the application behind.
        logger: where the lines go.
        monotonic: seconds of a clock that never goes back.
        new_incident: makes the word that ties the answer 500 to its line.
        answer: makes the response that carries a refusal.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        logger: structlog.typing.FilteringBoundLogger,
        monotonic: Callable[[], float] = time.monotonic,
        new_incident: Callable[[], str] = lambda: uuid.uuid4().hex,
        answer: Answer = plain,
    ) -> None:
        self._app = app
        self._logger = logger
        self._monotonic = monotonic
        self._new_incident = new_incident
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, then write its line."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._monotonic()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            incident = self._new_incident()
            self._logger.error("request_failed", incident=incident, **describe(error))
            # When half an answer is out nothing more can be said; the server closes the connection over it.
            # It is not told the error: it would write the message.
            if not status:
                refusal = problem(500, "internal_error", _SORRY, incident=incident)
                await self._answer(scope, refusal, {})(scope, receive, watched)
        finally:
            self._logger.info(
                "request",
                method=scope["method"] if scope["method"] in _METHODS else UNKNOWN_ROUTE,
                route=getattr(scope.get("route"), "path", UNKNOWN_ROUTE),
                status=status,
                milliseconds=round((self._monotonic() - began) * 1000, 1),
            )


def describe(error: BaseException) -> dict[str, object]:
    """Return the type of an error and where it passed, without its message or any value."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
    }


_SORRY = "something went wrong on our side; the request may be sent again with the same idempotency key"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
