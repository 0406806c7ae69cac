"""Who may do what: every route, asked by every role, against one declared table (THREATS G1).

The table names the code of the refusal, or "" where the request is let through. A new route that needs a
token and is not in the table fails the last test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from api.dependencies import actor_of
from api.routes import ALL
from tests.api.world import OPERATOR, Party, World, done, example, refused

SCOPES = ("attestations:write", "attestations:read", "learners:write", "organisation:admin", "feed:read")


@dataclass(frozen=True)
class Cast:
    """An organisation and its learner, another of each, and a token for each single scope."""

    world: World
    roc: Party
    other: Party
    learner: Party
    other_learner: Party
    issued: dict[str, Any]
    share: dict[str, Any]
    scoped: dict[str, str]

    def token(self, who: str) -> str:
        """Return the token of a role."""
        named = {
            "operator": OPERATOR,
            "issuer": self.roc.token,
            "other organisation": self.other.token,
            "learner": self.learner.token,
            "other learner": self.other_learner.token,
        }
        return named.get(who) or self.scoped[who]


def cast_of(world: World) -> Cast:
    """Make a world where every request of the table would be good, were it the right one who asks."""
    roc, other = world.organisation(), world.organisation("Vakbloei", "bureau")
    learner, other_learner = world.learner(roc), world.learner(other)
    issued = world.issue(roc, learner)
    share = world.share(learner)
    path = f"/v1/organisations/{roc.id}/tokens"
    scoped = {
        scope: done(world.post(path, {"scopes": [scope], "label": "x"}, token=roc.token), 201)["secret"]
        for scope in SCOPES
    }
    return Cast(world, roc, other, learner, other_learner, issued, share, scoped)


@pytest.fixture
def cast(own_world: World) -> Cast:
    """A world for one test, which may change it."""
    return cast_of(own_world)


@pytest.fixture(scope="module")
def shared_cast(shared_world: World) -> Cast:
    """A world for tests that change nothing, and say so."""
    return cast_of(shared_world)


WHO = ("operator", "issuer", "other organisation", "learner", "other learner", *SCOPES)
NO, NOT_YOURS, YES = "scope_missing", "not_yours", ""


@dataclass(frozen=True)
class Row:
    """A route, how to ask for it, and what each of WHO is answered; those left out at its end may not."""

    method: str
    route: str
    path: Callable[[Cast], str]
    body: Callable[[Cast], dict[str, Any] | None]
    answers: tuple[str, ...]


def _key_path(step: str) -> Callable[[Cast], str]:
    def path(cast: Cast) -> str:
        multikey = cast.roc.answer["organisation"]["keys"][0]["multikey"]
        return f"/v1/organisations/{cast.roc.id}/keys/{multikey}/{step}"

    return path


def _token_path(cast: Cast) -> str:
    return f"/v1/organisations/{cast.roc.id}/tokens/{cast.roc.answer['token']['id']}"


def _attestation(cast: Cast) -> dict[str, Any]:
    return {"learner": cast.learner.id, "attestation": example("training")}


ORGANISATION = "/v1/organisations/{organisation}"
ATTESTATION = "/v1/attestations/{credential}"
ANCHOR = {"kind": "issuer", "value": "did:web:diplomas.example", "reason": "x"}
ADMIN = (YES, YES, NOT_YOURS, NO, NO, NO, NO, NO, YES)
OWN_WRITER = (NO, YES, NOT_YOURS, NOT_YOURS, NOT_YOURS, YES, NO, NO, NO)
LEARNER = (NO, NO, NO, YES, NOT_YOURS, NO, NO, NO, NO)
ANY_LEARNER = (NO, NO, NO, YES, YES, NO, NO, NO, NO)

TABLE = (
    Row("POST", "/v1/organisations", lambda _: "/v1/organisations", lambda _: {"name": "x", "role": "school"},
        (YES, NO, NO, NO, NO, NO, NO, NO, NO)),
    Row("POST", f"{ORGANISATION}/keys", lambda cast: f"/v1/organisations/{cast.roc.id}/keys",
        lambda _: {"key": {"type": "managed"}}, ADMIN),
    Row("POST", f"{ORGANISATION}/keys/{{multikey}}/retire", _key_path("retire"), lambda _: {}, ADMIN),
    Row("POST", f"{ORGANISATION}/keys/{{multikey}}/rotate", _key_path("rotate"), lambda _: {}, ADMIN),
    Row("POST", f"{ORGANISATION}/keys/{{multikey}}/compromise", _key_path("compromise"), lambda _: {}, ADMIN),
    Row("POST", f"{ORGANISATION}/cease", lambda cast: f"/v1/organisations/{cast.roc.id}/cease",
        lambda _: {"reference": "Stcrt. 2026, 1"}, ADMIN),
    Row("GET", f"{ORGANISATION}/feed", lambda cast: f"/v1/organisations/{cast.roc.id}/feed", lambda _: None,
        (NO, YES, NOT_YOURS, NO, NO, NO, NO, NO, NO, YES)),
    Row("POST", "/v1/registry/policy", lambda _: "/v1/registry/policy", lambda _: {"text": "x"}, (YES,)),
    Row("POST", "/v1/registry/anchors", lambda _: "/v1/registry/anchors", lambda _: ANCHOR, (YES,)),
    Row("POST", "/v1/registry/anchors/remove", lambda _: "/v1/registry/anchors/remove", lambda _: ANCHOR,
        ("anchor_unknown",)),
    Row("POST", f"{ORGANISATION}/tokens", lambda cast: f"/v1/organisations/{cast.roc.id}/tokens",
        lambda _: {"scopes": ["learners:write"], "label": "x"}, ADMIN),
    Row("DELETE", f"{ORGANISATION}/tokens/{{token}}", _token_path, lambda _: None, ADMIN),
    Row("POST", "/v1/learners", lambda _: "/v1/learners", lambda _: {},
        (NO, YES, YES, NO, NO, NO, NO, YES, NO)),
    Row("GET", "/v1/learners/{learner}/history", lambda cast: f"/v1/learners/{cast.learner.id}/history",
        lambda _: None, LEARNER),
    Row("GET", "/v1/learners/{learner}/bundle", lambda cast: f"/v1/learners/{cast.learner.id}/bundle",
        lambda _: None, LEARNER),
    Row("GET", "/v1/learners/{learner}/retention", lambda cast: f"/v1/learners/{cast.learner.id}/retention",
        lambda _: None, LEARNER),
    Row("POST", "/v1/learners/{learner}/erasure", lambda cast: f"/v1/learners/{cast.learner.id}/erasure",
        lambda _: {}, (YES, NO, NO, YES, NOT_YOURS, NO, NO, NO, NO)),
    Row("POST", "/v1/attestations", lambda _: "/v1/attestations", _attestation,
        (NO, YES, YES, "kind_not_yours", "kind_not_yours", YES, NO, NO, NO)),
    Row("POST", "/v1/attestations/prepare", lambda _: "/v1/attestations/prepare", _attestation,
        (NO, "no_own_key", "no_own_key", NO, NO, "no_own_key", NO, NO, NO)),
    Row("POST", "/v1/attestations/complete", lambda _: "/v1/attestations/complete",
        lambda _: {"draft": "x", "signatures": [{"cryptosuite": "eddsa-jcs-2022", "signature": "A" * 86}]},
        (NO, "draft_invalid", "draft_invalid", NO, NO, "draft_invalid", NO, NO, NO)),
    Row("GET", ATTESTATION, lambda cast: f"/v1/attestations/{cast.issued['id']}", lambda _: None,
        (NO, YES, NOT_YOURS, YES, NOT_YOURS, NO, YES, NO, NO)),
    Row("POST", f"{ATTESTATION}/suspend", lambda cast: f"/v1/attestations/{cast.issued['id']}/suspend",
        lambda _: {}, OWN_WRITER),
    Row("POST", f"{ATTESTATION}/reinstate", lambda cast: f"/v1/attestations/{cast.issued['id']}/reinstate",
        lambda _: {}, (NO, "not_suspended", NOT_YOURS, NOT_YOURS, NOT_YOURS, "not_suspended", NO, NO, NO)),
    Row("POST", f"{ATTESTATION}/revoke", lambda cast: f"/v1/attestations/{cast.issued['id']}/revoke",
        lambda _: {}, OWN_WRITER),
    Row("POST", "/v1/shares", lambda _: "/v1/shares",
        lambda cast: {"purpose": "x", "credentials": [cast.issued["id"]]}, LEARNER),
    Row("GET", "/v1/shares", lambda _: "/v1/shares", lambda _: None, ANY_LEARNER),
    Row("POST", "/v1/shares/{share_id}/withdraw", lambda cast: f"/v1/shares/{cast.share['id']}/withdraw",
        lambda _: None, LEARNER),
)  # fmt: skip
NAMES = [f"{row.method} {row.route}" for row in TABLE]


def _ask(cast: Cast, row: Row, token: str | None) -> httpx.Response:
    if row.method == "POST":
        return cast.world.post(row.path(cast), row.body(cast), token=token)
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return cast.world.http.request(row.method, row.path(cast), headers=headers)


@pytest.mark.parametrize("row", TABLE, ids=NAMES)
def test_every_route_answers_every_role_as_declared(cast: Cast, row: Row) -> None:
    """Refusals come first, for what is let through may change what the next one finds."""
    expected = dict(zip(WHO, (*row.answers, *[NO] * (len(WHO) - len(row.answers))), strict=True))
    before = cast.world.snapshot()
    for who, code in expected.items():
        if code:
            answer = _ask(cast, row, cast.token(who)).json()
            assert (who, answer.get("code")) == (who, code)
            assert cast.world.snapshot() == before
    welcome = [who for who, code in expected.items() if not code]
    if welcome:
        answer = _ask(cast, row, cast.token(welcome[0]))
        assert 200 <= answer.status_code < 300, answer.text


@pytest.mark.parametrize("row", TABLE, ids=NAMES)
def test_every_route_wants_a_token_that_works(shared_cast: Cast, row: Row) -> None:
    before = shared_cast.world.snapshot()
    refused(_ask(shared_cast, row, None), 401, "token_missing")
    good = shared_cast.token("issuer")
    for token in ("x", good[:-1], good[:-1] + "!", good.replace("organisation", "operator"), good + " ", ""):
        answer = _ask(shared_cast, row, token)
        refused(answer, 401, "token_invalid" if token else "token_missing")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert shared_cast.world.snapshot() == before


def test_a_token_is_read_from_one_bearer_header_only(shared_cast: Cast) -> None:
    token = shared_cast.learner.token
    for headers in (
        [("authorization", f"Basic {token}")],
        [("authorization", token)],
        [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")],
        [("cookie", f"authorization=Bearer {token}")],
    ):
        refused(shared_cast.world.http.get("/v1/shares", headers=headers), 401, "token_missing")
    refused(shared_cast.world.get(f"/v1/shares?access_token={token}"), 401, "token_missing")


def test_every_route_with_a_token_is_in_the_table() -> None:
    """Routes outside of it are open to the world on purpose, and these are they."""
    closed: set[str] = set()
    open_: set[str] = set()
    for router in ALL:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            asks = any(dependency.call is actor_of for dependency in route.dependant.dependencies)
            names = {f"{method} {route.path}" for method in route.methods or ()}
            (closed if asks else open_).update(names)
    assert closed == set(NAMES)
    assert open_ == {
        "GET /v1/organisations/{organisation}",
        "GET /v1/possession-text",
        "GET /v1/learners/{learner}/erasure",
        "GET /issuers/{organisation}/did.json",
        "GET /v1/organisations/{organisation}/status/{purpose}",
        "GET /v1/organisations/{organisation}/status/{purpose}/{number}",
        "GET /v1/organisations/{organisation}/status-event",
        "POST /v1/shares/open",
        "POST /v1/verify",
        "GET /v1/log/checkpoint",
        "GET /v1/log/key",
        "GET /v1/log/policy",
        "GET /v1/log/proof/{position}",
        "GET /v1/log/entries",
        "GET /log/checkpoint",
        "GET /log/tile/{path:path}",
        "GET /v1/health",
        "GET /v1/registry",
        "GET /v1/registry/events",
    }
