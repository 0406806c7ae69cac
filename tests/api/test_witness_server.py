"""A witness over HTTP, asked by the log's own client: statuses and forms as C2SP tlog-witness has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.commands.witness_server import create_witness_app
from ledger.errors import ConflictError, UnavailableError
from ledger.outbound.http import Http
from ledger.outbound.witness_client import add_checkpoint
from ledger.oversight.witness import REQUEST_BYTES_MAX, Witness, origin_hash
from tests.faults.operator import (
    ORIGIN,
    START,
    Clock,
    MemoryStore,
    Operator,
    Rows,
    ask,
    cosigner,
    entry,
    request,
    without,
)
from verifiers.formats.checkpoint import NoteSignature
from verifiers.formats.cosignature import verify_cosignature
from verifiers.primitives.merkle import consistency_proof

URL = "http://witness.example/w1/"
OPERATOR = Operator()
ROWS = Rows(entry(number) for number in range(40))
FORK = without(ROWS, {2: b"other"})
KEYS = (cosigner("w.example/1"), cosigner("w.example/1", post_quantum=True))
PUBLIC = tuple(one.key for one in KEYS)


def _prefixed(app: Starlette) -> httpx.ASGITransport:
    outer = Starlette()
    outer.mount("/w1", app)
    return httpx.ASGITransport(outer)


class Scene:
    """A served witness and a client."""

    def __init__(self) -> None:
        self.store, self.clock = MemoryStore(), Clock()
        self.witness = Witness(KEYS, {ORIGIN: [OPERATOR.key]}, self.store, self.clock)
        self.http = Http(transport=_prefixed(create_witness_app(self.witness)))

    def post(self, body: bytes) -> tuple[int, str, bytes]:
        answer = self.http.post(URL + "add-checkpoint", body, bytes_max=100_000)
        return answer.status, answer.content_type, answer.body

    def ask(self, size: int, old_size: int, rows: Rows = ROWS) -> tuple[NoteSignature, ...]:
        def proof(first: int, second: int) -> list[bytes]:
            return consistency_proof(first, second, rows.node) if first <= second else []

        return add_checkpoint(
            self.http, URL, OPERATOR.head(rows, size), keys=PUBLIC, old_size=old_size, proof=proof
        )


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A witness that cosigned nothing yet."""
    made = Scene()
    yield made
    made.http.close()


def test_the_statuses_are_those_of_the_specification(scene: Scene) -> None:
    small, large = OPERATOR.head(ROWS, 9), OPERATOR.head(ROWS, 20)
    status, kind, body = scene.post(ask(ROWS, small, 0))
    assert (status, kind) == (200, "text/plain")
    lines = body.decode().split("\n")
    assert len(lines) == 3
    assert all(line.startswith("\N{EM DASH} w.example/1 ") for line in lines[:2])
    assert lines[2] == ""
    assert scene.post(b"nonsense")[0] == 400
    assert scene.post(ask(ROWS, small, 30))[0] == 400
    assert scene.post(request(Operator(1).head(ROWS, 20), 9, ()))[0] == 403
    assert scene.post(request(Operator(1, "x.example").head(ROWS, 20), 9, ()))[0] == 404
    assert scene.post(ask(ROWS, large, 3)) == (409, "text/x.tlog.size", b"9\n")
    assert scene.post(ask(FORK, OPERATOR.head(FORK, 9), 9))[:2] == (409, "text/plain")
    assert scene.post(ask(FORK, OPERATOR.head(FORK, 20), 9))[0] == 422
    assert scene.post(ask(ROWS, large, 9))[0] == 200


def test_the_size_has_its_media_type_without_parameters(scene: Scene) -> None:
    app = create_witness_app(scene.witness)

    async def post() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.post("http://w/add-checkpoint", content=ask(ROWS, OPERATOR.head(ROWS, 9), 3))

    answer = anyio.run(post)
    assert (answer.status_code, answer.headers["content-type"]) == (409, "text/x.tlog.size")


def test_it_says_that_it_cannot_decide_now(scene: Scene) -> None:
    scene.ask(9, 0)
    scene.clock.pass_(-5)
    assert scene.post(ask(ROWS, OPERATOR.head(ROWS, 20), 9))[0] == 503


def test_other_methods_and_paths_are_refused(scene: Scene) -> None:
    assert scene.http.get(URL + "add-checkpoint", bytes_max=99).status == 405
    assert scene.http.post(URL + "x/checkpoint", b"", bytes_max=99).status == 405
    assert scene.http.get(URL, bytes_max=99).status == 404


def test_a_body_that_is_too_large_is_not_read(scene: Scene) -> None:
    assert scene.post(b"x" * (REQUEST_BYTES_MAX + 1))[0] == 413


def test_monitors_can_read_the_last_head(scene: Scene) -> None:
    address = f"{URL}{origin_hash(ORIGIN)}/checkpoint"
    assert scene.http.get(address, bytes_max=99_999).status == 404
    scene.ask(9, 0)
    answer = scene.http.get(address, bytes_max=99_999)
    assert (answer.status, answer.body.decode()) == (200, scene.store.notes[ORIGIN])
    assert scene.http.get(f"{URL}{'0' * 64}/checkpoint", bytes_max=99_999).status == 404


# The client.


def test_the_client_returns_what_verifies(scene: Scene) -> None:
    head = OPERATOR.head(ROWS, 9)
    for line in (lines := scene.ask(9, 0)):
        head = head.cosigned(line)
    assert len(lines) == 2
    assert {verify_cosignature(head, key) for key in PUBLIC} == {START}


@pytest.mark.parametrize("old_size", [0, 3, 20])
def test_the_client_asks_again_from_the_size_that_the_witness_has(scene: Scene, old_size: int) -> None:
    scene.ask(9, 0)
    assert len(scene.ask(20, old_size)) == 2


def test_the_client_says_when_the_witness_knows_more_or_otherwise(scene: Scene) -> None:
    scene.ask(20, 0)
    with pytest.raises(ConflictError) as refused:
        scene.ask(9, 0)
    assert (refused.value.code, refused.value.got) == ("witness_ahead", "20")
    with pytest.raises(ConflictError) as refused:
        scene.ask(20, 20, FORK)
    assert refused.value.code == "witness_conflict"
    with pytest.raises(UnavailableError) as broken:
        scene.ask(30, 20, FORK)
    assert (broken.value.code, broken.value.got) == ("witness_refused", "422")


def _answering(*answers: Response) -> Http:
    waiting = list(answers)

    async def answer(_: Request) -> Response:
        return waiting.pop(0)

    return Http(transport=_prefixed(Starlette(routes=[Route("/add-checkpoint", answer, methods=["POST"])])))


def _text(body: str, status: int = 200, kind: str = "text/plain") -> Response:
    return Response(body.encode(), status, headers={"content-type": kind})


def _cosigned(size: int, name: str = "w.example/1") -> str:
    witness = Witness([cosigner(name)], {ORIGIN: [OPERATOR.key]}, MemoryStore(), Clock())
    return witness.add_checkpoint(request(OPERATOR.head(ROWS, size), 0, ())).decode()


SIZE = "text/x.tlog.size"
ANSWERS: dict[str, tuple[Callable[[], tuple[Response, ...]], str]] = {
    "nothing": (lambda: (_text(""),), "witness_malformed"),
    "nonsense": (lambda: (_text("hello\n"),), "witness_malformed"),
    "no newline": (lambda: (_text(_cosigned(9)[:-1]),), "witness_malformed"),
    "of another head": (lambda: (_text(_cosigned(8)),), "witness_malformed"),
    "of another key": (lambda: (_text(_cosigned(9, "x.example")),), "witness_malformed"),
    "twice": (lambda: (_text(_cosigned(9) * 2),), "witness_malformed"),
    "too long": (lambda: (_text("x" * 200_000),), "witness_unreachable"),
    "refusal": (lambda: (_text("no", 403),), "witness_refused"),
    "redirect": (lambda: (Response(b"", 302, headers={"location": "/"}),), "witness_refused"),
    "size with sign": (lambda: (_text("+3\n", 409, SIZE),), "witness_malformed"),
    "size without newline": (lambda: (_text("3", 409, SIZE),), "witness_malformed"),
    "size of another alphabet": (lambda: (_text("\u0663\n", 409, SIZE),), "witness_malformed"),
    "two sizes": (lambda: (_text("3\n", 409, SIZE), _text("4\n", 409, SIZE)), "witness_busy"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_no_answer_of_a_witness_is_refused(name: str) -> None:
    answers, code = ANSWERS[name]
    with _answering(*answers()) as http, pytest.raises(UnavailableError) as refused:
        add_checkpoint(
            http,
            URL,
            OPERATOR.head(ROWS, 9),
            keys=PUBLIC,
            old_size=0,
            proof=lambda first, second: consistency_proof(first, second, ROWS.node),
        )
    assert refused.value.code == code


def test_lines_of_strangers_beside_ours_are_left_out() -> None:
    with _answering(PlainTextResponse(_cosigned(9, "x.example") + _cosigned(9))) as http:
        lines = add_checkpoint(
            http, URL, OPERATOR.head(ROWS, 9), keys=PUBLIC, old_size=0, proof=lambda first, second: ()
        )
    assert [line.name for line in lines] == ["w.example/1"]


def test_only_the_logs_own_signatures_are_sent(scene: Scene) -> None:
    head = OPERATOR.head(ROWS, 9).cosigned(Operator(1, "x.example").head(ROWS, 9).signatures[0])
    bodies: list[bytes] = []

    async def answer(asked: Request) -> Response:
        bodies.append(await asked.body())
        return PlainTextResponse(_cosigned(9))

    app = Starlette(routes=[Route("/add-checkpoint", answer, methods=["POST"])])
    with Http(transport=_prefixed(app)) as http:
        add_checkpoint(http, URL, head, keys=PUBLIC, old_size=0, proof=lambda first, second: ())
    assert bodies == [request(OPERATOR.head(ROWS, 9), 0, ())]
