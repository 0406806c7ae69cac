"""Erasure and retention over HTTP: who is answered what, before and after."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from ledger.domain.retention import RULES, WARNING
from ledger.usecases import retention
from ledger.usecases.access import operator_at_the_machine
from tests.api.world import OPERATOR, World, done, example, refused
from verifiers.formats import erasure as certificates


def test_a_learner_erases_herself(own_world: World) -> None:
    roc = own_world.organisation()
    learner, other = own_world.learner(roc), own_world.learner(roc, "Bea Bakker")
    issued, kept = own_world.issue(roc, learner), own_world.issue(roc, other)
    granted = own_world.share(learner)
    path = f"/v1/learners/{learner.id}"
    refused(own_world.get(f"{path}/erasure"), 404, "erasure_unknown")
    answer = own_world.post(f"{path}/erasure", {}, token=learner.token, key="once")
    assert answer.status_code == 200, answer.text
    assert answer.headers["location"] == f"{path}/erasure"
    assert answer.headers["idempotency-replayed"] == "false"
    certificate = certificates.parse(answer.content)
    certificates.verify(certificate, logs=(own_world.ledger.heads.verifier_key,))
    # The answer may be lost: it is there for whoever has the id, and her token says why it no longer works.
    assert own_world.get(f"{path}/erasure").content == answer.content
    for gone in (
        own_world.post(f"{path}/erasure", {}, token=learner.token, key="once"),
        own_world.get(f"{path}/history", token=learner.token),
        own_world.get(f"{path}/bundle", token=learner.token),
        own_world.get(f"{path}/retention", token=learner.token),
        own_world.get("/v1/shares", token=learner.token),
        own_world.get(f"/v1/attestations/{issued['id']}", token=roc.token),
        own_world.post(f"/v1/attestations/{issued['id']}/revoke", {}, token=roc.token),
    ):
        refused(gone, 410, "erased")
    refused(own_world.post("/v1/shares/open", {"token": granted["token"]}), 404, "share_not_found")
    done(own_world.get(f"/v1/attestations/{kept['id']}", token=roc.token))
    done(own_world.get(f"/v1/learners/{other.id}/history", token=other.token))


def test_a_replay_after_erasure_is_gone(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    body = {"learner": learner.id, "attestation": example("training")}
    done(own_world.post("/v1/attestations", body, token=roc.token, key="k"), 201)
    first = own_world.post(f"/v1/learners/{learner.id}/erasure", {}, token=OPERATOR, key="e")
    refused(own_world.post("/v1/attestations", body, token=roc.token, key="k"), 410, "erased")
    again = own_world.post(f"/v1/learners/{learner.id}/erasure", {}, token=OPERATOR, key="e")
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")


def test_bad_requests(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    path = f"/v1/learners/{learner.id}/erasure"
    before = own_world.snapshot()
    bodies: list[object] = [{"reason": "because"}, {"why": "asked"}, {"reason": None}, []]
    for body in bodies:
        refused(own_world.post(path, body, token=OPERATOR), 422, "request_invalid")
    refused(own_world.post(path, {"reason": "retention"}, token=learner.token), 422, "reason_not_yours")
    refused(own_world.post(f"/v1/learners/{roc.id}/erasure", {}, token=OPERATOR), 404, "learner_unknown")
    refused(own_world.post("/v1/learners/X/erasure", {}, token=OPERATOR), 422, "request_invalid")
    refused(own_world.get("/v1/learners/X/erasure"), 422, "request_invalid")
    assert own_world.snapshot() == before


def test_a_learner_sees_how_long_her_trail_is_kept_and_that_she_was_warned(own_world: World) -> None:
    learner = own_world.learner(own_world.organisation())
    path = f"/v1/learners/{learner.id}/retention"
    term = done(own_world.get(path, token=learner.token))
    assert (term["state"], term["kind"], term["basis"]) == ("kept", "enrolment", "consent")
    assert (term["warned_at"], term["erase_after"]) == (None, None)
    for _ in range(4):  # a ledger at work: a clock that leaps by years is refused
        own_world.clock.pass_by(days=RULES["enrolment"].term / timedelta(days=4))
        own_world.organisation()
    assert done(own_world.get(path, token=learner.token))["state"] == "due"
    retention.warn(own_world.ledger, operator_at_the_machine(), _only_due(own_world))
    term = done(own_world.get(path, token=learner.token))
    assert term["state"] == "warned"
    own_world.clock.pass_by(days=WARNING / timedelta(days=1))
    assert done(own_world.get(path, token=learner.token))["state"] == "ready"


def _only_due(world: World) -> UUID:
    (term,) = retention.due(world.ledger, operator_at_the_machine())
    return term.learner
