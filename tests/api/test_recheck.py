"""`leerspoor recheck` against a real server: fine, misissue, and what could not be checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typer.testing import CliRunner

from api.commands import application, recheck
from ledger.outbound.http import Http
from tests.api.world import OwnKey, example
from tests.faults.server import Server, free_port
from verifiers.formats.checkpoint import VerifierKey, parse_vkey


@dataclass(frozen=True)
class School:
    """An organisation on a running server, what it issued, and files as it would keep them."""

    url: str
    log: str
    folder: Path
    issued: list[dict[str, Any]]
    http: httpx.Client

    def file(self, name: str, text: str) -> str:
        """Write a file and return where it is."""
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def run(self, **options: str) -> tuple[int, str]:
        """Run the command; an option replaces the good one."""
        token = str(self.folder / "token")
        words = {"url": self.url, "token_file": token, "log": self.log} | options
        arguments = [part for name, text in words.items() for part in (f"--{name.replace('_', '-')}", text)]
        done = CliRunner().invoke(application, ["recheck", *arguments])
        return done.exit_code, done.output

    @property
    def register(self) -> str:
        """The ids of what was issued."""
        return "".join(f"urn:uuid:{one['id']}\n" for one in self.issued)


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """A school with two credentials, and a token that reads its feed and nothing else."""
    folder = tmp_path_factory.mktemp("recheck")
    data = folder / "data"
    server = Server({"LEERSPOOR_DATA_DIR": str(data)}, port=free_port(), log_path=folder / "log")
    try:
        server.start()
        server.wait_until_healthy()
        with httpx.Client(base_url=server.base_url, trust_env=False) as http:

            def post(path: str, body: dict[str, Any], token: str) -> dict[str, Any]:
                answer = http.post(path, json=body, headers={"authorization": f"Bearer {token}"})
                assert answer.is_success, answer.text
                found: dict[str, Any] = answer.json()
                return found

            operator = (data / "operator.token").read_text().strip()
            made = post("/v1/organisations", {"name": "ROC", "role": "school"}, operator)
            id_, token = made["organisation"]["id"], made["token"]["secret"]
            learner = post("/v1/learners", {}, token)["id"]
            attest = {"learner": learner, "attestation": example("training")}
            issued = [post("/v1/attestations", attest, token) for _ in range(2)]
            reading = {"scopes": ["feed:read"], "label": "recheck"}
            secret = post(f"/v1/organisations/{id_}/tokens", reading, token)["secret"]
            url = f"{server.base_url}/v1/organisations/{id_}"
            found = School(url, http.get("/v1/log/key").text, folder, issued, http)
            found.file("token", f"{secret}\n")
            yield found
    finally:
        server.close()


def test_all_is_well(school: School) -> None:
    status, output = school.run()
    assert status == 0, output
    assert "6 events, 0 findings" in output
    assert "2 credential-issued.v1" in output
    status, output = school.run(register=school.file("ids", school.register))
    assert status == 0, output
    credentials = school.folder / "credentials"
    credentials.mkdir(exist_ok=True)
    for number, one in enumerate(school.issued):
        (credentials / f"{number}.json").write_text(one["credential"])
    assert school.run(credentials=str(credentials))[0] == 0


def test_misissue_is_named_and_the_status_says_so(school: School) -> None:
    first, second = school.issued
    digest = hashlib.sha256(first["credential"].encode()).hexdigest()
    status, output = school.run(register=school.file("short", f"# autumn\nsha256:{digest}\n"))
    assert status == 1
    line = f"credential_unknown position {second['position']} urn:uuid:{second['id']}: "
    assert output.startswith(line), output
    assert "1 findings" in output


def test_what_is_missing_is_named(school: School) -> None:
    stranger = "urn:uuid:019abc12-3456-7abc-8def-0123456789ab"
    status, output = school.run(register=school.file("long", f"{school.register}{stranger}\n"))
    assert (status, output.startswith(f"credential_missing {stranger}: ")) == (1, True), output


def test_another_log_key_proves_nothing(school: School) -> None:
    other = VerifierKey(parse_vkey(school.log).name, OwnKey().public)
    status, output = school.run(log=other.dump())
    assert (status, output.count("log_not_trusted")) == (2, 6), output


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"log": "x"}, "vkey_malformed"),
        ({"url": "http://127.0.0.1:9"}, "url_malformed"),
        ({"url": "ftp://127.0.0.1/019abc12-3456-7abc-8def-0123456789ab"}, "address_refused"),
        (
            {"url": "http://127.0.0.1:9/v1/organisations/019abc12-3456-7abc-8def-0123456789ab"},
            "address_unreachable",
        ),
        ({"token_file": "/nowhere"}, "cannot be read"),
        ({"register": "/nowhere"}, "cannot be read"),
        ({"credentials": "/nowhere"}, "cannot be read"),
    ],
)
def test_what_cannot_be_checked_is_said_and_is_not_fine(
    school: School, options: dict[str, str], code: str
) -> None:
    status, output = school.run(**options)
    assert (status, code in output) == (2, True), output


@pytest.mark.parametrize(
    ("name", "text", "option", "code"),
    [
        ("bad register", "x\n", "register", "register_malformed"),
        ("no token", "\0\n", "token_file", "token_malformed"),
        ("another token", "lsp_organisation_x\n", "token_file", "token_invalid"),
    ],
)
def test_files_that_are_none(school: School, name: str, text: str, option: str, code: str) -> None:
    path = school.file(name, text)
    status, output = school.run(**{option: path})
    assert (status, code in output) == (2, True), output
    assert text.strip() not in output or text.strip() == "x"


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([(403, b'{"code": "not_yours"}')], "not_yours"),
        ([(403, b'{"code": "\\u001b[2J"}')], "answer_refused"),
        ([(503, b"<html>")], "answer_refused"),
        ([(200, b"[]")], "json_not_object"),
        ([(200, b"{}")], "feed_malformed"),
        ([7, 7], "feed_malformed"),
        ([7, 6], "feed_malformed"),
    ],
    ids=["a refusal", "a code for the terminal", "no code", "no object", "no feed", "a circle", "a way back"],
)
def test_a_server_that_gives_no_feed_is_not_followed(
    school: School, monkeypatch: pytest.MonkeyPatch, answers: list[Any], code: str
) -> None:
    """Where only a number stands, the answer is an empty page that leads behind this position."""
    page = {"type": "leerspoor-feed.v1", "organisation": school.url.rpartition("/")[2], "items": []}
    waiting = [
        (200, json.dumps({**page, "next_after": one})) if isinstance(one, int) else one for one in answers
    ]

    async def answer(_: Request) -> Response:
        status, content = waiting.pop(0)
        return Response(content, status)

    def http(**more: Any) -> Http:
        app = Starlette(routes=[Route("/{path:path}", answer)])
        return Http(transport=httpx.ASGITransport(app), **more)

    monkeypatch.setattr(recheck, "Http", http)
    status, output = school.run()
    assert (status, f"({code})" in output) == (2, True), output
    assert "\x1b" not in output
    assert waiting == []
