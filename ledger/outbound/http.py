"""A bounded HTTP client: however the other side behaves, a call ends in time and in bounded memory.

    deadline      over the whole call, from the name look-up to the last byte; a server that sends one byte
                  a second is as late as one that sends none
    size          of what arrives, and of what it inflates to
    redirects     none: a 3xx is an answer like any other
    environment   no proxies and no credentials are taken from it

Not here: what the answers mean; addresses that strangers chose (nothing fetches those).
Source: RFC 9110 for HTTP; THREATS C2 for what a hostile server does.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import anyio
import httpx
from anyio.from_thread import start_blocking_portal

from ledger.errors import UnavailableError

SECONDS_MAX = 10.0
CONNECTIONS_MAX = 16
_GZIP = zlib.MAX_WBITS | 16
_HEADERS = {"user-agent": "leerspoor", "accept-encoding": "gzip, identity"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: the status, the media type without parameters, and the body, inflated."""

    status: int
    content_type: str
    body: bytes


class Http:
    """A client that keeps its connections. Thread-safe: each call blocks only its own thread.

    Args:
        seconds_max: deadline of a whole call.
        headers: sent with every call beside our own, for example an authorization; so one server only.
        transport: another way to the servers, for tests.
    """

    def __init__(
        self,
        *,
        seconds_max: float = SECONDS_MAX,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._seconds_max = seconds_max
        with ExitStack() as stack:
            # Only an event loop can end a call between two bytes; it has a thread of its own.
            self._portal = stack.enter_context(start_blocking_portal())
            self._client = httpx.AsyncClient(
                headers=_HEADERS | dict(headers or {}),
                transport=transport,
                trust_env=False,
                follow_redirects=False,
                timeout=seconds_max,
                limits=httpx.Limits(max_connections=CONNECTIONS_MAX),
            )
            stack.callback(self._portal.call, self._client.aclose)
            self._closing = stack.pop_all()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._closing.close()

    def get(self, url: str, *, bytes_max: int) -> Answer:
        """Ask for a resource.

        Args:
            url: http or https, without user or password.
            bytes_max: largest body, as it arrives and inflated.

        Raises:
            UnavailableError: address_refused, it is no such url; address_unreachable; answer_too_slow;
                answer_too_large; answer_malformed, it breaks HTTP or its own encoding.
        """
        return self._portal.call(self._call, "GET", url, b"", bytes_max)

    def post(self, url: str, body: bytes, *, bytes_max: int) -> Answer:
        """Send bytes; otherwise as `get`."""
        return self._portal.call(self._call, "POST", url, body, bytes_max)

    async def _call(self, method: str, url: str, body: bytes, bytes_max: int) -> Answer:
        _check_address(url)
        try:
            with anyio.fail_after(self._seconds_max):
                async with self._client.stream(method, url, content=body or None) as response:
                    arrived = await _bounded(response, bytes_max)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise UnavailableError(
                "answer_too_slow",
                "the answer did not arrive in time",
                expected=f"{self._seconds_max} seconds",
            ) from error
        except httpx.ProtocolError as error:
            raise UnavailableError("answer_malformed", "the answer is not HTTP") from error
        except (httpx.TransportError, OSError) as error:
            raise UnavailableError("address_unreachable", "the address cannot be reached") from error
        content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Answer(response.status_code, content_type, _inflated(response, arrived, bytes_max))


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        good = good and bool(httpx.URL(url).host)  # stricter about characters, and reads names like xn--...
    except (ValueError, httpx.InvalidURL):
        good = False
    if not good:
        raise UnavailableError("address_refused", "the address is not an http or https url without user")


async def _bounded(response: httpx.Response, bytes_max: int) -> bytes:
    arrived = bytearray()
    async for chunk in response.aiter_raw():  # not inflated yet: a small chunk may hold a gigabyte
        arrived += chunk
        if len(arrived) > bytes_max:
            raise _too_large(bytes_max)
    return bytes(arrived)


def _inflated(response: httpx.Response, data: bytes, bytes_max: int) -> bytes:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        return data
    if encoding != "gzip":
        raise UnavailableError("answer_malformed", "the answer has an encoding nobody asked for")
    inflater = zlib.decompressobj(_GZIP)
    try:
        whole = inflater.decompress(data, bytes_max + 1)
    except zlib.error as error:
        raise UnavailableError("answer_malformed", "the answer is not gzip, as it says") from error
    if len(whole) > bytes_max:
        raise _too_large(bytes_max)
    if not inflater.eof or inflater.unused_data:
        raise UnavailableError("answer_malformed", "the answer is not one whole gzip stream")
    return whole


def _too_large(bytes_max: int) -> UnavailableError:
    return UnavailableError(
        "answer_too_large", "the answer is too large", expected=f"at most {bytes_max} bytes"
    )
