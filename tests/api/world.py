"""A small world to test the API in: a ledger on SQLite, an operator, two organisations, learners, and a clock.

Everything is made through HTTP, as the world would do it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import httpx
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from sqlalchemy import func, select

from api.app import create_app
from ledger import bootstrap
from ledger.application import Ledger
from ledger.settings import Settings
from ledger.store import tables
from ledger.usecases import tokens
from tests.api.client import BASE_URL, client_of
from verifiers.primitives.encoding import b64url_encode
from verifiers.primitives.keys import PublicKey, from_raw
from verifiers.primitives.strict_json import loads_object

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
OPERATOR = tokens.write("operator", bytes(range(32)))
JSON = dict[str, Any]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the moment that it is here."""
        return self.now

    def pass_by(self, **period: float) -> None:
        """Let time go by; `period` as for timedelta."""
        self.now += timedelta(**period)


def example(kind: str) -> JSON:
    """Return the full-size example of a kind of attestation."""
    return loads_object((EXAMPLES / f"{kind}.json").read_bytes())


@dataclass(frozen=True)
class OwnKey:
    """A key that an organisation keeps itself."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return from_raw("Ed25519", self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> str:
        """Return a signature as the wire wants it."""
        return b64url_encode(self.private.sign(message))


@dataclass(frozen=True)
class Party:
    """An organisation or a learner: an id, a token, and what was answered when it came."""

    id: str
    token: str
    answer: JSON
    key: OwnKey | None = None


class World:
    """The ledger, its API, and shorthand for what most tests begin with."""

    def __init__(
        self, ledger: Ledger, http: httpx.Client, clock: Clock, logged: list[Mapping[str, object]]
    ) -> None:
        self.ledger, self.http, self.clock, self.logged = ledger, http, clock, logged

    def post(
        self,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        key: str | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send JSON, or bytes as they are, and return whatever is answered."""
        sent = dict(headers or {})
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        if key is not None:
            sent["idempotency-key"] = key
        if content is not None:
            return self.http.post(path, content=content, headers=sent)
        return self.http.post(path, json=body, headers=sent)

    def get(self, path: str, *, token: str | None = None, **headers: str) -> httpx.Response:
        """Read, and return whatever is answered."""
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return self.http.get(path, headers=headers)

    def organisation(self, name: str = "ROC Alblas", role: str = "school", **more: object) -> Party:
        """Register an organisation with a managed key."""
        answer = done(
            self.post("/v1/organisations", {"name": name, "role": role, **more}, token=OPERATOR), 201
        )
        return Party(answer["organisation"]["id"], answer["token"]["secret"], answer)

    def own_key_organisation(self, name: str = "Merwede Ziekenhuis") -> Party:
        """Register an organisation with a did:key and a key of its own."""
        key = OwnKey()
        text = self.get(f"/v1/possession-text?multikey={key.public.multikey}").text
        body = {
            "name": name,
            "role": "employer",
            "did_method": "key",
            "key": {"type": "own", "multikey": key.public.multikey, "possession": key.sign(text.encode())},
        }
        answer = done(self.post("/v1/organisations", body, token=OPERATOR), 201)
        return Party(answer["organisation"]["id"], answer["token"]["secret"], answer, key)

    def learner(self, by: Party, name: str | None = "Samira Haddad") -> Party:
        """Enrol a learner."""
        answer = done(self.post("/v1/learners", {"name": name}, token=by.token), 201)
        return Party(answer["id"], answer["token"]["secret"], answer)

    def issue(self, by: Party, learner: Party, kind: str = "training", **more: object) -> JSON:
        """Issue the example of a kind with the organisation's managed key."""
        body = {"learner": learner.id, "attestation": example(kind), **more}
        return done(self.post("/v1/attestations", body, token=by.token), 201)

    def share(self, learner: Party, **more: object) -> JSON:
        """Grant a share of everything."""
        return done(self.post("/v1/shares", {"purpose": "Sollicitatie", **more}, token=learner.token), 201)

    def snapshot(self) -> tuple[object, ...]:
        """Return what must not change when a request is refused: the head, and how many rows each table has.

        Leased status places may grow: they are taken beforehand, and one that is not used stays unused.
        """
        head = self.ledger.store.head()
        counted = [
            table
            for table in tables.metadata.sorted_tables
            if table.name not in ("status_allocation", "status_index", "status_list")
        ]
        with self.ledger.engine.connect() as connection:
            counts = [
                connection.execute(select(func.count()).select_from(table)).scalar() for table in counted
            ]
        return head.size, head.root, *counts


def done(response: httpx.Response, status: int = 200) -> JSON:
    """Return the body of an answer that should be this status."""
    assert response.status_code == status, f"{response.status_code} {response.text[:2_000]}"
    body: JSON = response.json()
    return body


def refused(
    response: httpx.Response, status: int, code: str, *, member: tuple[str, str] | None = None
) -> JSON:
    """Return the problem of an answer that should be a refusal with this code, and check its form.

    Args:
        member: pointer and code that must be among the problem's errors.
    """
    assert response.headers["content-type"] == "application/problem+json", response.text[:2_000]
    body: JSON = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    if member is not None:
        assert member in [(error["pointer"], error["code"]) for error in body.get("errors", [])], body
    return body


def _logger(lines: list[Mapping[str, object]]) -> structlog.typing.FilteringBoundLogger:
    """Return a logger that keeps its lines."""

    def keep(_: object, __: str, line: MutableMapping[str, object]) -> NoReturn:
        lines.append(dict(line))
        raise structlog.DropEvent

    bound = structlog.make_filtering_bound_logger(logging.INFO)
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        None, processors=[keep], wrapper_class=bound
    )
    return logger


@contextmanager
def world(folder: Path, **more: Any) -> Iterator[World]:
    """Give a fresh world in a folder; more: settings."""
    clock = Clock()
    settings = Settings(
        data_dir=folder / "data", base_url=BASE_URL, operator_token=SecretStr(OPERATOR), **more
    )
    ledger = bootstrap.build(settings, clock=clock)
    try:
        logged: list[Mapping[str, object]] = []
        with client_of(create_app(ledger, logger=_logger(logged))) as http:
            yield World(ledger, http, clock, logged)
    finally:
        ledger.close()
