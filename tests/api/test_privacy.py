"""What leaves the server beside the answer: headers on all of them, and logs and failures without a person in them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from api.wire.response_headers import ALWAYS
from ledger.errors import CorruptError, UnavailableError
from ledger.usecases import share, transparency
from tests.api.world import World, done, example, refused

NAME = "Wilhelmina Kanarie"
PURPOSE = "Kanarievogels bewaken"


def test_every_answer_carries_the_headers(shared_world: World) -> None:
    answers = [
        shared_world.get("/v1/health"),
        shared_world.get("/nothing"),
        shared_world.get("/v1/health", host="evil.example"),
        shared_world.post("/v1/shares", {}),
        shared_world.post("/v1/verify", content=b"x" * 2_000_000, headers={"content-type": "text/plain"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 421, 401, 413]
    for answer in answers:
        for name, value in ALWAYS.items():
            assert answer.headers[name] == value, (answer.status_code, name)
        assert "server" not in answer.headers
        assert "set-cookie" not in answer.headers


def test_no_person_and_no_secret_is_logged(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc, NAME)
    issued = own_world.issue(roc, learner)
    granted = own_world.share(learner, purpose=PURPOSE)
    own_world.get(f"/v1/learners/{learner.id}/history?valid_at=2026-11-24T10:00:00Z", token=learner.token)
    own_world.get(f"/s/{granted['token']}")
    own_world.get(f"/S/{granted['token']}/{NAME}?q={NAME}")
    own_world.post("/v1/shares/open", {"token": granted["token"]})
    own_world.post("/v1/verify", {"link": granted["url"]})
    own_world.post("/v1/learners", {"name": 7, NAME: NAME}, token=roc.token)
    own_world.post("/v1/attestations", {"learner": learner.id, "attestation": example("training")}, token="x")
    logged = repr(own_world.logged)
    assert "/v1/attestations" in logged
    secrets = (NAME, "Kanarie", PURPOSE, granted["token"], learner.token, roc.token, learner.id, issued["id"])
    for secret in secrets:
        assert secret not in logged


@pytest.mark.parametrize("error", [RuntimeError(NAME), CorruptError("row_tampered", NAME), KeyError(NAME)])
def test_a_failure_of_ours_shows_nothing(
    own_world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(share, "shares", fail)
    learner = own_world.learner(own_world.organisation())
    answer = own_world.get("/v1/shares", token=learner.token)
    body = refused(answer, 500, "internal_error")
    assert NAME not in answer.text
    assert type(error).__name__ not in answer.text
    assert NAME not in repr(own_world.logged)
    (failure,) = [line for line in own_world.logged if "incident" in line]
    assert failure["incident"] == body["incident"]
    assert str(failure["error"]).endswith(type(error).__name__)


def test_what_other_libraries_say_is_logged_without_their_words() -> None:
    """A driver repeats the row that it could not store, with the idempotency key of a client in it."""
    program = (
        "import logging\n"
        "from api.commands.logs import configure\n"
        "configure()\n"
        "logging.getLogger('psycopg').warning('ignored %r', 'key Kanarie exists')\n"
        "try: int('Kanarie')\n"
        "except ValueError: logging.getLogger('asyncio').exception('Kanarie')\n"
        "logging.getLogger('httpx').info('Kanarie')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Kanarie" not in done.stderr + done.stdout
    first, second = [json.loads(line) for line in done.stderr.splitlines()]
    assert {"event": "library", "level": "warning", "library": "psycopg"}.items() <= first.items()
    assert {"level": "error", "library": "asyncio", "error": "builtins.ValueError"}.items() <= second.items()
    assert first["place"] == "<string>:4"


def test_what_may_work_later_says_so(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise UnavailableError("store_unavailable", "the store does not answer")

    monkeypatch.setattr(transparency, "health", fail)
    answer = own_world.get("/v1/health")
    refused(answer, 503, "store_unavailable")
    assert answer.headers["retry-after"]


def test_reads_of_a_credential_by_an_organisation_are_seen_by_the_learner(own_world: World) -> None:
    """THREATS G10: as many reads served as reads recorded."""
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    issued = own_world.issue(roc, learner)
    path = f"/v1/attestations/{issued['id']}"
    for _ in range(3):
        done(own_world.get(path, token=roc.token))
        done(own_world.get(path, token=learner.token))
    trail = done(own_world.get(f"/v1/learners/{learner.id}/history", token=learner.token))
    assert [reading["organisation"] for reading in trail["entries"][0]["readings"]] == [roc.id] * 3


def test_a_standard_error_that_was_closed_breaks_nothing() -> None:
    script = (
        "import io, logging, sys\n"
        "from api.commands.logs import configure\n"
        "sys.stderr = io.StringIO()\n"
        "configure()\n"
        "logging.getLogger('x').warning('first')\n"
        "sys.stderr.close()\n"
        "sys.stderr = io.StringIO()\n"
        "logging.getLogger('x').warning('second')\n"
        "sys.stdout.write(sys.stderr.getvalue())\n"
    )
    written = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert [json.loads(line)["library"] for line in written.stdout.splitlines()] == ["x"]
