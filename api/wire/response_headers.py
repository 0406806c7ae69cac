"""The headers that every response carries, whatever route made it.

A route or page that needs another value sets the header itself; what is set is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Nothing we serve is to be framed, sniffed, indexed, cached or to tell the next site where one came from.
ALWAYS: Mapping[str, str] = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}
TWO_YEARS = "max-age=63072000; includeSubDomains"

# What anyone may read from any web page: public keys, status lists and the log hold no personal data.
PUBLIC: Mapping[str, str] = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
}


def told_replayed(replayed: bool) -> Mapping[str, str]:
    """Return the header that says whether an answer is that of an earlier request with the same idempotency key."""
    return {"idempotency-replayed": "true" if replayed else "false"}


class ResponseHeaders:
    """ASGI middleware that adds the headers of `ALWAYS` where the response has none of its own.

    Args:
        app: the application behind.
        https: whether the public address is https, so that browsers may be told to keep to it.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = {**ALWAYS, **({"strict-transport-security": TWO_YEARS} if https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the headers of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, completed)
