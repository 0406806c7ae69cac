"""Bad input, systematically: every member of every body that a POST reads, spoiled in every way.

Each refusal must be a 4xx problem with a stable code, and must leave the store as it was: head and rows are
compared after every single request.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from api.wire import attestations, learners, organisations, registry, shares, verification
from tests.api import mutations
from tests.api.world import OPERATOR, OwnKey, Party, World, example

CODE = re.compile(r"[a-z][a-z0-9_]{2,63}")
CANARY = "Wilhelmina-Kanarie"


@dataclass(frozen=True)
class Cast:
    """Who the bodies are about."""

    world: World
    roc: Party
    hospital: Party
    learner: Party
    issued: dict[str, Any]
    draft: dict[str, Any]
    token: str


@dataclass(frozen=True)
class Case:
    """A route with a good body.

    Args:
        count: how many ways to spoil it there are at least, so that the generator cannot go quiet.
    """

    name: str
    model: Any
    path: Callable[[Cast], str]
    token: Callable[[Cast], str | None]
    body: Callable[[Cast], dict[str, Any]]
    count: int


def _own_key(_: Cast) -> dict[str, Any]:
    key = OwnKey()
    return {
        "name": "Vakbloei",
        "role": "bureau",
        "website": "https://vakbloei.example",
        "did_method": "key",
        "key": {"type": "own", "multikey": key.public.multikey, "possession": key.sign(b"something else")},
    }


def _of_key(step: str) -> Callable[[Cast], str]:
    def path(cast: Cast) -> str:
        multikey = cast.roc.answer["organisation"]["keys"][0]["multikey"]
        return f"/v1/organisations/{cast.roc.id}/keys/{multikey}/{step}"

    return path


def _attest(kind: str) -> Callable[[Cast], dict[str, Any]]:
    return lambda cast: {"learner": cast.learner.id, "attestation": example(kind), "form": "proof-set"}


def _issuer(kind: str) -> Callable[[Cast], str | None]:
    return lambda cast: cast.learner.token if kind == "self_claim" else cast.roc.token


CASES = [
    Case(
        "register", organisations.RegisterOrganisation, lambda _: "/v1/organisations", lambda _: OPERATOR,
        _own_key, 60,
    ),
    Case(
        "add key", organisations.AddKey, lambda cast: f"/v1/organisations/{cast.roc.id}/keys",
        lambda cast: cast.roc.token, lambda cast: {"key": _own_key(cast)["key"]}, 25,
    ),
    Case(
        "retire key", organisations.RetireKey, _of_key("retire"),
        lambda cast: cast.roc.token, lambda _: {"reason": "rotated"}, 10,
    ),
    Case(
        "rotate key", organisations.RotateKey, _of_key("rotate"), lambda cast: cast.roc.token,
        lambda cast: {"key": _own_key(cast)["key"]}, 25,
    ),
    Case(
        "compromise key", organisations.CompromiseKey, _of_key("compromise"), lambda cast: cast.roc.token,
        lambda _: {"since": "2026-11-01T00:00:00Z", "reason": "stolen"}, 18,
    ),
    Case(
        "cease", organisations.Cease, lambda cast: f"/v1/organisations/{cast.roc.id}/cease",
        lambda cast: cast.roc.token,
        lambda _: {
            "reason": "merged", "successor": "did:web:other.example", "archive": "https://archief.example",
            "reference": "Stcrt. 2026, 1",
        },
        30,
    ),
    Case(
        "set policy", registry.SetPolicy, lambda _: "/v1/registry/policy", lambda _: OPERATOR,
        lambda _: {"text": "Iedere erkende school", "url": "https://ledger.example/policy"}, 18,
    ),
    *(
        Case(
            f"{step} anchor", registry.ChangeAnchor,
            lambda _, end=end: f"/v1/registry/anchors{end}", lambda _: OPERATOR,  # type: ignore[misc]
            lambda _: {"kind": "issuer", "value": "did:web:diplomas.example", "reason": "diplomas"}, 25,
        )
        for step, end in (("add", ""), ("remove", "/remove"))
    ),
    Case(
        "issue token", organisations.IssueToken, lambda cast: f"/v1/organisations/{cast.roc.id}/tokens",
        lambda cast: cast.roc.token,
        lambda _: {"scopes": ["learners:write"], "label": "x", "expires_at": "2030-01-01T00:00:00Z"}, 30,
    ),
    Case(
        "enrol", learners.EnrolLearner, lambda _: "/v1/learners", lambda cast: cast.roc.token,
        lambda _: {"name": "Samira Haddad"}, 15,
    ),
    *(
        Case(
            f"attest {kind}", attestations.IssueAttestation, lambda _: "/v1/attestations", _issuer(kind),
            _attest(kind), 150,
        )
        for kind in ("training", "workplace", "praktijkverklaring", "microcredential", "self_claim")
    ),
    Case(
        "bring", attestations.BringCredential, lambda _: "/v1/attestations", lambda cast: cast.roc.token,
        lambda cast: {"learner": cast.learner.id, "credential": cast.issued["credential"]}, 15,
    ),
    Case(
        "prepare", attestations.PrepareAttestation, lambda _: "/v1/attestations/prepare",
        lambda cast: cast.hospital.token,
        lambda cast: {
            "learner": cast.learner.id,
            "attestation": example("workplace"),
            "cryptosuites": ["eddsa-jcs-2022"],
        },
        150,
    ),
    Case(
        "complete", attestations.CompleteAttestation, lambda _: "/v1/attestations/complete",
        lambda cast: cast.hospital.token,
        lambda cast: {
            "draft": cast.draft["draft"],
            "signatures": [{"cryptosuite": "eddsa-rdfc-2022", "signature": "A" * 86}],
        },
        25,
    ),
    *(
        Case(
            step, attestations.ChangeStatus,
            lambda cast, step=step: f"/v1/attestations/{cast.issued['id']}/{step}",  # type: ignore[misc]
            lambda cast: cast.roc.token, lambda _: {"reason": "other"}, 10,
        )
        for step in ("suspend", "reinstate", "revoke")
    ),
    Case(
        "share", shares.GrantShare, lambda _: "/v1/shares", lambda cast: cast.learner.token,
        lambda cast: {
            "purpose": "Sollicitatie",
            "credentials": [cast.issued["id"]],
            "with_name": True,
            "expires_at": "2026-12-01T00:00:00Z",
        },
        30,
    ),
    Case(
        "open", shares.OpenShare, lambda _: "/v1/shares/open", lambda _: None,
        lambda cast: {"token": cast.token}, 10,
    ),
    Case(
        "verify link", verification.Link, lambda _: "/v1/verify", lambda _: None,
        lambda cast: {"link": f"http://ledger.example/s/{cast.token}"}, 10,
    ),
]  # fmt: skip
NAMES = [case.name for case in CASES]
NO_TEXT = ("multikey", "did", "key", "website", "url", "token", "successor", "archive", "value")


@pytest.fixture(scope="module")
def cast(shared_world: World) -> Cast:
    """A world in which every body of CASES is good."""
    roc, hospital = shared_world.organisation(), shared_world.own_key_organisation()
    learner = shared_world.learner(roc)
    issued = shared_world.issue(roc, learner)
    body = {"learner": learner.id, "attestation": example("workplace")}
    draft = shared_world.post("/v1/attestations/prepare", body, token=hospital.token).json()
    return Cast(shared_world, roc, hospital, learner, issued, draft, shared_world.share(learner)["token"])


def problem_with(response: httpx.Response) -> str | None:
    """Return what is wrong with a refusal, or None when it is as it should be."""
    if not 400 <= response.status_code < 500:
        return f"answered {response.status_code}"
    if response.headers["content-type"] != "application/problem+json":
        return "is no problem document"
    body = response.json()
    codes = [body["code"], *(error["code"] for error in body.get("errors", []))]
    return None if all(CODE.fullmatch(code) for code in codes) else f"has no stable code: {codes}"


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_every_member_spoiled_in_every_way_is_refused(cast: Cast, case: Case) -> None:
    schema = TypeAdapter(case.model).json_schema()
    world, path, token, body = cast.world, case.path(cast), case.token(cast), case.body(cast)
    before = world.snapshot()
    tried, wrong = 0, []
    for spoiled in mutations.spoil(schema, body):
        tried += 1
        found = problem_with(world.post(path, spoiled.body, token=token))
        if world.snapshot() != before:
            found = "changed the store"
            before = world.snapshot()
        if found is not None:
            wrong.append(f"{spoiled.pointer or '(whole)'}, {spoiled.how}: {found}")
    assert wrong == []
    assert tried >= case.count


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_missing_member_is_named(cast: Cast, case: Case) -> None:
    schema = TypeAdapter(case.model).json_schema()
    body = case.body(cast)
    for member in mutations.members(schema, body):
        if not member.required or member.pointer in ("/attestation/kind", "/key/type"):
            continue
        if case.name in ("bring", "verify link") and member.path[-1] in ("credential", "link"):
            continue  # then it is another kind of body
        spoiled = mutations.without(body, member.path)
        answer = cast.world.post(case.path(cast), spoiled, token=case.token(cast)).json()
        assert answer["code"] == "request_invalid"
        assert (member.pointer, "missing") in [
            (error["pointer"], error["code"]) for error in answer["errors"]
        ]


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name not in ("complete", "verify link", "bring")],
    ids=lambda case: case.name,
)  # fmt: skip
def test_a_bsn_is_refused_in_every_text(cast: Cast, case: Case) -> None:
    schema = TypeAdapter(case.model).json_schema()
    world, body = cast.world, case.body(cast)
    before = world.snapshot()
    unseen = []
    for member in mutations.texts(schema, body):
        if member.path[-1] in NO_TEXT:
            continue  # no text: parsed as a key, a DID or an address
        for text in (f"nummer {mutations.BSN}", "1112.22.333", "111 222 333"):
            answer = world.post(case.path(cast), mutations.put(body, member, text), token=case.token(cast))
            if answer.status_code != 422 or answer.json()["code"] != "bsn_refused":
                unseen.append(f"{member.pointer} {text}: {answer.status_code} {answer.json()['code']}")
    assert unseen == []
    assert world.snapshot() == before


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_no_refusal_repeats_what_was_sent(cast: Cast, case: Case) -> None:
    """Names and values of a body may be personal data, so neither comes back."""
    schema = TypeAdapter(case.model).json_schema()
    body = case.body(cast)
    echoes = []
    for member in mutations.members(schema, body):
        for value in (CANARY, [CANARY], {CANARY: CANARY}, {"kind": CANARY, "type": CANARY}):
            spoiled = mutations.put(body, member, value)
            spoiled[CANARY] = CANARY  # so that it is refused whatever the member accepts
            answer = cast.world.post(case.path(cast), spoiled, token=case.token(cast))
            if problem_with(answer) is not None or CANARY in answer.text:
                echoes.append(f"{member.pointer}: {answer.text[:300]}")
    assert echoes == []
