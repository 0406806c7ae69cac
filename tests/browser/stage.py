"""A real server on a real port, over a fresh ledger with a trail in it: what the browser tests look at.

Everything is made through the API, as the world would do it, at one fixed moment.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from ledger import bootstrap
from ledger.application import Ledger
from ledger.settings import Settings
from ledger.usecases import tokens
from verifiers.primitives.strict_json import loads_object

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
OPERATOR = tokens.write("operator", bytes(range(32)))
NOW = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)
LEARNER = "Samira Haddad"
PURPOSE = "Sollicitatie als helpende bij de thuiszorg in Dordrecht"
START_SECONDS_MAX = 30

Body = dict[str, Any]


def example(kind: str) -> Body:
    """Return the full-size example of a kind of attestation."""
    return loads_object((EXAMPLES / f"{kind}.json").read_bytes())


@dataclass(frozen=True)
class Party:
    """An organisation or a learner with its token."""

    id: str
    token: str


class Stage:
    """The server and shorthand for what happens on it."""

    def __init__(self, ledger: Ledger, *, base_url: str, address: str) -> None:
        """Remember where the server is.

        Args:
            base_url: its public address, which links and identifiers hold.
            address: where it really listens.
        """
        self.ledger, self.base_url, self.address = ledger, base_url, address
        self.http = httpx.Client(base_url=address, timeout=60)

    def post(self, path: str, body: object, token: str = OPERATOR) -> Body:
        """Send JSON and return the answer, which must be a good one."""
        answer = self.http.post(path, json=body, headers={"authorization": f"Bearer {token}"})
        assert answer.is_success, f"{answer.status_code} {answer.text[:2_000]}"
        found: Body = answer.json()
        return found

    def organisation(self, name: str, role: str) -> Party:
        """Register an organisation."""
        answer = self.post("/v1/organisations", {"name": name, "role": role})
        return Party(answer["organisation"]["id"], answer["token"]["secret"])

    def learner(self, by: Party, name: str = LEARNER) -> Party:
        """Enrol a learner."""
        answer = self.post("/v1/learners", {"name": name}, by.token)
        return Party(answer["id"], answer["token"]["secret"])

    def issue(self, by: Party, learner: Party, attestation: Body, **more: object) -> Body:
        """Issue an attestation; `by` the learner herself for an own claim."""
        return self.post(
            "/v1/attestations", {"learner": learner.id, "attestation": attestation, **more}, by.token
        )

    def share(self, learner: Party, **more: object) -> str:
        """Share everything and return the link."""
        answer = self.post("/v1/shares", {"purpose": PURPOSE, **more}, learner.token)
        url: str = answer["url"]
        return url

    def openings(self, learner: Party) -> list[Mapping[str, str]]:
        """Return every look at the learner's shares."""
        answer = self.http.get("/v1/shares", headers={"authorization": f"Bearer {learner.token}"}).json()
        return [look for share in answer["shares"] for look in share["openings"]]


@contextmanager
def served(app_of: Callable[[str], FastAPI]) -> Iterator[str]:
    """Serve an application on a free port of this machine and give its address."""

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        app_of(base_url), log_level="critical", access_log=False, lifespan="on", ws="none"
    )
    server = uvicorn.Server(config)
    started = threading.Event()
    run = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    run.start()
    while not server.started and run.is_alive():
        started.wait(0.02)
    try:
        yield base_url
    finally:
        server.should_exit = True
        run.join(START_SECONDS_MAX)
        listener.close()


@contextmanager
def stage(folder: Path, *, public: str | None = None) -> Iterator[Stage]:
    """Give a running server over a fresh ledger in a folder; `public`: another address than its own."""
    made: list[Ledger] = []

    def app_of(base_url: str) -> FastAPI:
        settings = Settings(
            data_dir=folder / "data",
            base_url=public or base_url,
            operator_token=SecretStr(OPERATOR),
            origin="leerspoor.example/log",
        )
        made.append(bootstrap.build(settings, clock=lambda: NOW))
        return create_app(made[0])

    try:
        with served(app_of) as base_url:
            found = Stage(made[0], base_url=public or base_url, address=base_url)
            try:
                yield found
            finally:
                found.http.close()
    finally:
        for ledger in made:
            ledger.close()


@dataclass(frozen=True)
class Cast:
    """The usual trail: three organisations, one learner, what they issued, and a link to all of it."""

    school: Party
    hospital: Party
    bureau: Party
    learner: Party
    issued: Mapping[str, Body]
    link: str


def usual_trail(on: Stage) -> Cast:
    """Make the usual trail."""
    school = on.organisation("ROC Alblas", "school")
    hospital = on.organisation("Merwede Ziekenhuis", "employer")
    bureau = on.organisation("Vakbloei Opleidingen", "bureau")
    learner = on.learner(school)
    by = {
        "praktijkverklaring": school,
        "workplace": hospital,
        "training": bureau,
        "microcredential": school,
        "self_claim": learner,
    }
    issued = {kind: on.issue(party, learner, example(kind)) for kind, party in by.items()}
    return Cast(school, hospital, bureau, learner, issued, on.share(learner))
