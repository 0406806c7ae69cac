"""The names under which this server answers: a request for another host is refused before any route runs."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.wire.problem import problem, respond


def host_of(url: str) -> str:
    """Return the host name of a URL in lower case, an IPv6 address without its brackets."""
    return (urlsplit(url).hostname or "").lower()


class Hosts:
    """ASGI middleware that answers only for known hosts, whatever the port.

    Links and DIDs are made from the configured address and never from the `Host` header; this refuses the
    header all the same, so that no cache or proxy in front can be poisoned with it.

    Args:
        app: the application behind.
        allowed: host names in lower case, without port.
    """

    def __init__(self, app: ASGIApp, *, allowed: Iterable[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when its one `Host` header is known."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        values = Headers(scope=scope).getlist("host")
        if len(values) != 1 or _hostname(values[0]) not in self._allowed:
            refusal = problem(421, "host_not_served", "this server does not answer for that host")
            await respond(refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _hostname(value: str) -> str | None:
    """Return the host part of a `Host` header, or None when it is no such thing."""
    if any(mark in value for mark in "/@?#\\"):
        return None
    try:
        return host_of(f"//{value}")
    except ValueError:
        return None
