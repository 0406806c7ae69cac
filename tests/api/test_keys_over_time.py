"""A key's whole life, an organisation's end, and the registry, through HTTP and judged by `POST /v1/verify`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.api.test_walk import log_key
from tests.api.world import OPERATOR, OwnKey, Party, World, done, refused
from verifiers.formats import feed
from verifiers.recheck import Recheck

SHORT_LIST = {"kind": "issuer", "value": "did:web:diplomas.example", "reason": "issues diplomas"}


def verify(world: World, issued: dict[str, Any]) -> tuple[str, set[str]]:
    """Return the verdict of a credential's only report, and the codes of its checks."""
    answer = done(
        world.post(
            "/v1/verify", content=issued["credential"].encode(), headers={"content-type": "application/vc"}
        )
    )
    (report,) = answer["report"]["credentials"]
    return report["verdict"], {check["code"] for check in report["checks"]}


def key_path(party: Party, step: str, number: int = 0) -> str:
    multikey = party.answer["organisation"]["keys"][number]["multikey"]
    return f"/v1/organisations/{party.id}/keys/{multikey}/{step}"


def test_rotated_then_found_stolen(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    first = own_world.issue(roc, learner, "workplace")
    own_world.ledger.publisher.publish()  # as its thread does every second: this dates what was recorded
    own_world.clock.pass_by(days=30)
    second = own_world.issue(roc, learner, "workplace")
    own_world.ledger.publisher.publish()
    own_world.clock.pass_by(days=1)
    view = done(own_world.post(key_path(roc, "rotate"), {}, token=roc.token), 201)
    assert [key["retire_reason"] for key in view["keys"]] == ["rotated", None]
    third = own_world.issue(roc, learner, "workplace")
    own_world.clock.pass_by(days=1)
    for issued in (first, second, third):
        assert verify(own_world, issued)[0] == "valid"
    # Half a year later it turns out that the old key was copied on 10 December: between first and second.
    own_world.clock.pass_by(days=180)
    body = {"since": "2026-12-10T00:00:00Z", "reason": "stolen"}
    view = done(own_world.post(key_path(roc, "compromise"), body, token=roc.token))
    assert view["keys"][0]["compromised_since"] == "2026-12-10T00:00:00Z"
    for issued, verdict, code in (
        (first, "valid", "key_valid_when_recorded"),
        (second, "invalid", "key_compromised"),
    ):
        found, codes = verify(own_world, issued)
        assert (found, code in codes) == (verdict, True), codes
    assert verify(own_world, third)[0] == "valid"
    document = own_world.get(f"/issuers/{roc.id}/did.json").json()
    assert document["assertionMethod"] == [view["keys"][1]["verification_method"]]


def test_an_own_key_rotates_with_proof(own_world: World) -> None:
    roc, key = own_world.organisation(), OwnKey()
    text = own_world.get(f"/v1/possession-text?multikey={key.public.multikey}&organisation={roc.id}").text
    own = {"type": "own", "multikey": key.public.multikey, "possession": OwnKey().sign(text.encode())}
    refused(
        own_world.post(key_path(roc, "rotate"), {"key": own}, token=roc.token), 422, "possession_not_proven"
    )
    own["possession"] = key.sign(text.encode())
    view = done(own_world.post(key_path(roc, "rotate"), {"key": own}, token=roc.token), 201)
    assert [key["managed"] for key in view["keys"]] == [True, False]


def test_ceased_and_still_verified(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    issued = own_world.issue(roc, learner, "workplace")
    path = f"/v1/organisations/{roc.id}/cease"
    refused(
        own_world.post(path, {}, token=OPERATOR),
        422,
        "reference_required",
        member=("/reference", "reference_required"),
    )
    own_world.clock.pass_by(days=2)
    view = done(
        own_world.post(path, {"reason": "merged", "successor": "did:web:noord.example"}, token=roc.token)
    )
    assert view["ceasing"] == {
        "ceased_at": "2026-11-26T10:00:00Z",
        "successor": "did:web:noord.example",
        "archive": None,
        "reason": "merged",
        "reference": None,
    }
    assert done(own_world.get(f"/v1/organisations/{roc.id}")) == view
    before = own_world.snapshot()
    for body, where in (
        ({}, "/v1/learners"),
        ({"scopes": ["feed:read"], "label": "x"}, f"/v1/organisations/{roc.id}/tokens"),
        ({"key": {"type": "managed"}}, f"/v1/organisations/{roc.id}/keys"),
        ({}, f"/v1/attestations/{issued['id']}/revoke"),
        ({}, path),
    ):
        refused(own_world.post(where, body, token=roc.token), 409, "organisation_ceased")
    assert own_world.snapshot() == before
    own_world.clock.pass_by(days=300)
    verdict, codes = verify(own_world, issued)
    assert (verdict, {"key_valid_when_recorded", "status_frozen"} <= codes) == ("valid", True)


def test_the_feed_in_pages(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    for _ in range(3):
        own_world.issue(roc, learner)
    path = f"/v1/organisations/{roc.id}/feed"
    whole = done(own_world.get(path, token=roc.token))
    assert (len(whole["items"]), whole["next_after"]) == (6, None)
    checking = Recheck(UUID(roc.id), logs=(log_key(own_world),))
    items: list[object] = []
    after = ""
    while True:
        answer = own_world.get(f"{path}?limit=4{after}", token=roc.token)
        page = feed.parse(answer.content)
        assert list(checking.add(page)) == []
        items += done(answer)["items"]
        if page.next_after is None:
            break
        after = f"&after={page.next_after}"
    assert items == whole["items"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "limit_invalid"),
        ("limit=501", "limit_invalid"),
        ("limit=-1", "request_invalid"),
        ("limit=", "request_invalid"),
        ("limit=1_0", "request_invalid"),
        ("after=-1", "request_invalid"),
        ("after=x", "request_invalid"),
        ("after=99999999999999999999", "request_invalid"),
    ],
)
def test_a_page_that_cannot_be_asked_for(shared_world: World, query: str, code: str) -> None:
    roc = shared_world.organisation()
    refused(shared_world.get(f"/v1/organisations/{roc.id}/feed?{query}", token=roc.token), 422, code)


def test_the_registry_is_open_to_everybody(own_world: World) -> None:
    assert done(own_world.get("/v1/registry")) == {"version": 0, "policy": None, "anchors": []}
    done(own_world.post("/v1/registry/policy", {"text": "Iedere erkende school"}, token=OPERATOR), 201)
    done(own_world.post("/v1/registry/anchors", SHORT_LIST, token=OPERATOR), 201)
    found = own_world.get("/v1/registry")
    assert found.headers["access-control-allow-origin"] == "*"
    assert done(found)["anchors"] == [{**SHORT_LIST, "added_at": "2026-11-24T10:00:00Z"}]
    events = done(own_world.get("/v1/registry/events"))["events"]
    assert [event["version"] for event in events] == [1, 2, 3]
    assert done(own_world.get("/v1/registry/events?after=2"))["events"] == events[2:]
    policy = done(own_world.get("/v1/log/policy"))
    assert [issuer["id"] for issuer in policy["issuers"]] == [SHORT_LIST["value"]]
    before = own_world.snapshot()
    refused(own_world.post("/v1/registry/anchors", SHORT_LIST, token=OPERATOR), 409, "anchor_exists")
    other = {**SHORT_LIST, "value": "did:web:other.example"}
    refused(own_world.post("/v1/registry/anchors/remove", other, token=OPERATOR), 404, "anchor_unknown")
    wrong = {**SHORT_LIST, "kind": "log"}
    refused(
        own_world.post("/v1/registry/anchors", wrong, token=OPERATOR),
        422,
        "vkey_malformed",
        member=("/value", "vkey_malformed"),
    )
    assert own_world.snapshot() == before
