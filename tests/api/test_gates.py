"""The layers in front of every route: sizes, times, hosts, headers, and a log without a word about a person."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from api.wire.access_log import AccessLog
from api.wire.body_limit import DRAIN_BYTES_MAX, BodyLimit
from api.wire.hosts import Hosts
from api.wire.response_headers import ALWAYS, ResponseHeaders
from tests.api.client import client_of
from verifiers.primitives.strict_json import BYTES_MAX

LIMIT = 100


async def _echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


def _app() -> Starlette:
    return Starlette(routes=[Route("/echo/{who}", _echo, methods=["POST", "GET"])])


async def _send(
    app: ASGIApp, chunks: Iterable[bytes], headers: Mapping[str, str], *, pause: float = 0
) -> list[Message]:
    """Send chunks as a client would, and return all messages of the answer."""
    waiting = list(chunks)
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(pause)
        if waiting:
            return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/echo/x",
        "raw_path": b"/echo/x",
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("testserver", 80),
        "client": ("192.0.2.1", 1),
    }
    await app(scope, receive, send)
    return sent


def _status(sent: list[Message]) -> tuple[int, bytes]:
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize(
    ("chunks", "headers", "status", "code"),
    [
        ([b"x" * LIMIT], {"content-length": str(LIMIT)}, 200, None),
        ([b"x" * 50, b"x" * 50], {}, 200, None),
        ([b""], {}, 200, None),
        ([b"x"], {"content-length": str(LIMIT + 1)}, 413, "body_too_large"),
        ([b"x" * (LIMIT + 1)], {}, 413, "body_too_large"),
        ([b"x" * 60, b"x" * 60], {}, 413, "body_too_large"),
        ([b"x" * 60, b"x" * 60], {"content-length": "7"}, 413, "body_too_large"),
        ([b"x"], {"content-length": "+5"}, 400, "content_length_invalid"),
        ([b"x"], {"content-length": "\xb2"}, 400, "content_length_invalid"),
        ([b"x"], {"content-length": "9" * 5_000}, 400, "content_length_invalid"),
    ],
)
def test_the_size_of_a_body_is_bounded(
    chunks: list[bytes], headers: dict[str, str], status: int, code: str | None
) -> None:
    found, body = _status(asyncio.run(_send(BodyLimit(_app(), bytes_max=LIMIT), chunks, headers)))
    assert found == status
    assert code is None or f'"code":"{code}"'.encode() in body


def test_a_refused_body_is_read_on_for_a_while_and_no_longer() -> None:
    """Whoever is still sending must get our answer and not a reset; whoever never stops, must not hold us."""
    asked: list[int] = []
    sent: list[Any] = []

    async def receive() -> Any:
        asked.append(1)
        return {"type": "http.request", "body": b"x" * BYTES_MAX, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/echo/x", "headers": [], "query_string": b""}
    asyncio.run(BodyLimit(_app(), bytes_max=LIMIT)(scope, receive, send))
    assert _status(sent)[0] == 413
    assert DRAIN_BYTES_MAX // BYTES_MAX <= len(asked) <= DRAIN_BYTES_MAX // BYTES_MAX + 2


def test_a_body_that_trickles_is_cut_off() -> None:
    app = BodyLimit(_app(), bytes_max=LIMIT, seconds_max=0.05)
    status, body = _status(asyncio.run(_send(app, [b"x"] * 50, {}, pause=0.02)))
    assert status == 408
    assert b'"code":"body_too_slow"' in body


def test_waiting_for_the_client_to_leave_is_not_cut_off() -> None:
    """After the body, `receive` means waiting for a disconnect; a long answer may take its time."""

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] != "http.disconnect":
            assert message["type"] == "http.request"
        await PlainTextResponse("done")(scope, receive, send)

    app = BodyLimit(slow, bytes_max=LIMIT, seconds_max=0.5)
    assert _status(asyncio.run(_send(app, [b"x"], {}, pause=0.3))) == (200, b"done")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("ledger.example", 200),
        ("LEDGER.example:8443", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("ledger.example.evil.example", 421),
        ("ledger.example@evil.example", 421),
        ("evil.example/ledger.example", 421),
        ("[::1", 421),
        ("", 421),
    ],
)
def test_only_known_hosts_are_answered_for(host: str, status: int) -> None:
    app = Hosts(_app(), allowed=("ledger.example", "::1"))
    found, body = _status(asyncio.run(_send(app, [b""], {"host": host})))
    assert found == status
    assert status == 200 or b'"code":"host_not_served"' in body


def test_a_request_without_host_is_refused() -> None:
    found, body = _status(asyncio.run(_send(Hosts(_app(), allowed=("ledger.example",)), [b""], {})))
    assert (found, b'"code":"host_not_served"' in body) == (421, True)


def test_every_answer_carries_the_headers_and_its_own_win() -> None:
    async def cached(_: Request) -> PlainTextResponse:
        return PlainTextResponse("x", headers={"cache-control": "public, max-age=60"})

    app = Starlette(routes=[Route("/cached", cached)])
    with client_of(ResponseHeaders(app, https=True)) as client:
        for path, cache in (("/cached", "public, max-age=60"), ("/nothing", "no-store")):
            headers = client.get(path).headers
            assert headers["cache-control"] == cache
            assert headers["strict-transport-security"].startswith("max-age=")
            for name in ALWAYS:
                assert headers.get_list(name), name
    with client_of(ResponseHeaders(app, https=False)) as client:
        assert "strict-transport-security" not in client.get("/cached").headers


CANARY = "jan-jansen-1985"


def _logged(app: Starlette, path: str) -> tuple[int, list[dict[str, Any]], str]:
    logs = structlog.testing.CapturingLogger()
    bound = structlog.make_filtering_bound_logger(20)
    logger = structlog.wrap_logger(logs, wrapper_class=bound, processors=[])
    app.add_middleware(AccessLog, logger=logger, monotonic=lambda: 1.0, new_incident=lambda: "i1")
    with client_of(app) as client:
        response = client.get(path)
    return response.status_code, [call.kwargs for call in logs.calls], response.text


def test_the_log_names_the_route_and_never_the_path() -> None:
    for path, route in (
        (f"/echo/{CANARY}?q={CANARY}", "/echo/{who}"),
        (f"/{CANARY}", "-"),
        (f"/echo/{CANARY}/{CANARY}", "-"),
    ):
        _, lines, _ = _logged(_app(), path)
        assert [line["route"] for line in lines] == [route]
        assert CANARY not in repr(lines)


def test_an_unexpected_failure_is_a_bare_500_with_an_incident() -> None:
    async def fail(_: Request) -> PlainTextResponse:
        raise RuntimeError(f"could not store {CANARY}")

    status, lines, text = _logged(Starlette(routes=[Route("/fail", fail)]), f"/fail?{CANARY}")
    assert status == 500
    assert '"code":"internal_error"' in text
    assert '"incident":"i1"' in text
    assert "RuntimeError" not in text
    failure, request = lines
    assert failure["error"] == "builtins.RuntimeError"
    assert failure["incident"] == "i1"
    assert any(frame.endswith(" fail") for frame in failure["frames"])
    assert request["status"] == 500
    assert CANARY not in repr(lines) + text
