"""Asking twice with the same key: the same answer and nothing added; with another body: a conflict."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.world import OPERATOR, Party, World, done, example, refused

ANCHOR = {"kind": "issuer", "value": "did:web:diplomas.example", "reason": "x"}
Request = tuple[str, dict[str, Any], dict[str, Any], str]


def _writes(world: World, roc: Party, learner: Party) -> dict[str, Request]:
    """Return every POST that takes a key: path, body, another body, token."""
    issued = world.issue(roc, learner)
    attest = {"learner": learner.id, "attestation": example("training")}
    keys, tokens = f"/v1/organisations/{roc.id}/keys", f"/v1/organisations/{roc.id}/tokens"
    scopes = {"scopes": ["learners:write"], "label": "a"}
    status = f"/v1/attestations/{issued['id']}"
    added = done(world.post(keys, {"key": {"type": "managed"}}, token=roc.token), 201)["keys"][-1]
    other = done(world.post(keys, {"key": {"type": "managed"}}, token=roc.token), 201)["keys"][-1]
    retire = f"{keys}/{added['multikey']}/retire"
    return {
        "register": (
            "/v1/organisations", {"name": "A", "role": "school"}, {"name": "B", "role": "school"}, OPERATOR,
        ),
        "add key": (
            keys, {"key": {"type": "managed"}}, {"key": {"type": "managed", "kind": "P-256"}}, roc.token,
        ),
        "retire key": (retire, {"reason": "rotated"}, {"reason": "unneeded"}, roc.token),
        "rotate key": (
            f"{keys}/{other['multikey']}/rotate", {}, {"key": {"type": "managed", "kind": "P-256"}}, roc.token,
        ),
        "compromise key": (f"{keys}/{other['multikey']}/compromise", {}, {"reason": "lost"}, roc.token),
        "set policy": ("/v1/registry/policy", {"text": "A"}, {"text": "B"}, OPERATOR),
        "add anchor": ("/v1/registry/anchors", ANCHOR, {**ANCHOR, "reason": "y"}, OPERATOR),
        "remove anchor": ("/v1/registry/anchors/remove", ANCHOR, {**ANCHOR, "reason": "y"}, OPERATOR),
        "issue token": (tokens, scopes, {**scopes, "label": "b"}, roc.token),
        "enrol": ("/v1/learners", {"name": "A"}, {"name": "B"}, roc.token),
        "issue": ("/v1/attestations", attest, {**attest, "language": "en"}, roc.token),
        "suspend": (f"{status}/suspend", {}, {"reason": "fraud"}, roc.token),
        "reinstate": (f"{status}/reinstate", {}, {"reason": "mistake"}, roc.token),
        "revoke": (f"{status}/revoke", {}, {"reason": "fraud"}, roc.token),
        "share": ("/v1/shares", {"purpose": "A"}, {"purpose": "B"}, learner.token),
        "erase": (f"/v1/learners/{learner.id}/erasure", {}, {"reason": "retention"}, OPERATOR),
    }  # fmt: skip


SECRET = {"register", "issue token", "enrol", "share"}
"""Their answers hold a secret that is not kept."""


def test_every_write_twice_and_then_with_another_body(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    for name, (path, body, other, token) in _writes(own_world, roc, learner).items():
        key = f"key of {name}"
        first = own_world.post(path, body, token=token, key=key)
        assert first.is_success, (name, first.text)
        before = own_world.snapshot()
        again = own_world.post(path, body, token=token, key=key)
        if name in SECRET:
            refused(again, 409, "secret_already_shown")
        else:
            assert again.status_code == first.status_code, (name, again.text)
        refused(own_world.post(path, other, token=token, key=key), 409, "idempotency_conflict")
        assert own_world.snapshot() == before, name


def test_a_refused_request_does_not_use_its_key_up(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    body = {"learner": learner.id, "attestation": example("training")}
    refused(own_world.post("/v1/attestations", {}, token=roc.token, key="k"), 422, "request_invalid")
    done(own_world.post("/v1/attestations", body, token=roc.token, key="k"), 201)


def test_a_key_is_of_one_organisation_and_one_address(own_world: World) -> None:
    roc, other = own_world.organisation(), own_world.organisation("Vakbloei", "bureau")
    done(own_world.post("/v1/learners", {}, token=roc.token, key="k"), 201)
    done(own_world.post("/v1/learners", {}, token=other.token, key="k"), 201)
    issued = own_world.issue(roc, own_world.learner(roc))
    path = f"/v1/attestations/{issued['id']}"
    done(own_world.post(f"{path}/suspend", {}, token=roc.token, key="s"))
    refused(own_world.post(f"{path}/revoke", {}, token=roc.token, key="s"), 409, "idempotency_conflict")


def test_the_same_request_many_times_at_once_is_done_once(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    body = {"learner": learner.id, "attestation": example("training")}
    size = own_world.snapshot()[0]
    ask: Callable[[int], Any] = lambda _: own_world.post(  # noqa: E731
        "/v1/attestations", body, token=roc.token, key="k"
    )
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(ask, range(24)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert own_world.snapshot()[0] == size + 1  # type: ignore[operator]


@pytest.mark.parametrize("key", ["", " ", "x" * 300, "\u00e9", "a\tb"])
def test_a_key_must_be_short_printable_ascii(own_world: World, key: str) -> None:
    roc = own_world.organisation()
    before = own_world.snapshot()
    answer = own_world.http.post(
        "/v1/learners",
        json={},
        headers=[(b"authorization", f"Bearer {roc.token}".encode()), (b"idempotency-key", key.encode())],
    )
    refused(answer, 422, "idempotency_key_malformed")
    assert own_world.snapshot() == before
