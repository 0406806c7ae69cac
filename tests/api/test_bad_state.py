"""Good requests in the wrong state: each a 4xx with its code, and the store as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from tests.api.world import OPERATOR, OwnKey, Party, World, done, example, refused
from verifiers.primitives.encoding import b64url_decode


@contextmanager
def unchanged(world: World) -> Iterator[None]:
    """Check that whatever is refused inside leaves the store as it was."""
    before = world.snapshot()
    yield
    assert world.snapshot() == before


@pytest.fixture
def roc(own_world: World) -> Party:
    """An organisation with a managed key."""
    return own_world.organisation()


@pytest.fixture
def hospital(own_world: World) -> Party:
    """An organisation with a key of its own."""
    return own_world.own_key_organisation()


@pytest.fixture
def learner(own_world: World, roc: Party) -> Party:
    """A learner."""
    return own_world.learner(roc)


def _attest(learner: Party, kind: str = "training") -> dict[str, Any]:
    return {"learner": learner.id, "attestation": example(kind)}


def test_status_changes_in_the_wrong_order(own_world: World, roc: Party, learner: Party) -> None:
    issued = own_world.issue(roc, learner)

    def change(step: str) -> Any:
        return own_world.post(f"/v1/attestations/{issued['id']}/{step}", {}, token=roc.token)

    with unchanged(own_world):
        refused(change("reinstate"), 409, "not_suspended")
    done(change("suspend"))
    with unchanged(own_world):
        refused(change("suspend"), 409, "already_suspended")
    done(change("revoke"))
    with unchanged(own_world):
        for step in ("suspend", "reinstate", "revoke"):
            refused(change(step), 409, "already_revoked")


def test_things_that_are_not_there(own_world: World, roc: Party, learner: Party) -> None:
    nobody = str(uuid4())
    with unchanged(own_world):
        refused(own_world.get(f"/v1/organisations/{nobody}"), 404, "organisation_unknown")
        refused(own_world.get(f"/issuers/{nobody}/did.json"), 404, "organisation_unknown")
        refused(own_world.get(f"/v1/organisations/{nobody}/status/revocation"), 404, "organisation_unknown")
        body: dict[str, Any] = {"key": {"type": "managed"}}
        refused(
            own_world.post(f"/v1/organisations/{nobody}/keys", body, token=OPERATOR),
            404,
            "organisation_unknown",
        )
        body = {"scopes": ["learners:write"], "label": "x"}
        refused(
            own_world.post(f"/v1/organisations/{nobody}/tokens", body, token=OPERATOR),
            404,
            "organisation_unknown",
        )
        path = f"/v1/organisations/{roc.id}/keys/z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2/retire"
        refused(own_world.post(path, {}, token=roc.token), 404, "key_unknown")
        answer = own_world.http.delete(
            f"/v1/organisations/{roc.id}/tokens/{nobody}", headers={"authorization": f"Bearer {roc.token}"}
        )
        refused(answer, 404, "token_unknown")
        unknown = {**_attest(learner), "learner": nobody}
        refused(
            own_world.post("/v1/attestations", unknown, token=roc.token),
            404, "learner_unknown", member=("/learner", "learner_unknown"),
        )  # fmt: skip
        bring = {"learner": nobody, "credential": "{}"}
        refused(own_world.post("/v1/attestations", bring, token=roc.token), 404, "learner_unknown")
        refused(own_world.get(f"/v1/attestations/{nobody}", token=roc.token), 404, "credential_unknown")
        refused(own_world.get(f"/v1/attestations/{roc.id}", token=roc.token), 404, "credential_unknown")
        for step in ("suspend", "reinstate", "revoke"):
            answer = own_world.post(f"/v1/attestations/{nobody}/{step}", {}, token=roc.token)
            refused(answer, 404, "credential_unknown")
        share = {"purpose": "x", "credentials": [nobody]}
        refused(own_world.post("/v1/shares", share, token=learner.token), 404, "credential_unknown")
        refused(own_world.post(f"/v1/shares/{nobody}/withdraw", token=learner.token), 404, "share_unknown")
        refused(own_world.get("/v1/log/proof/1000000"), 404, "position_unknown")
        refused(own_world.get("/v1/log/entries?start=0&end=900"), 404, "position_unknown")
        refused(own_world.get("/v1/log/entries?start=0&end=2000"), 422, "range_invalid")
        refused(own_world.get("/v1/log/entries?start=2&end=1"), 422, "range_invalid")


def test_keys_that_cannot_be(own_world: World, roc: Party, hospital: Party) -> None:
    other, path = OwnKey(), f"/v1/organisations/{roc.id}/keys"
    text = own_world.get(f"/v1/possession-text?multikey={other.public.multikey}&organisation={roc.id}").text
    good = {"type": "own", "multikey": other.public.multikey, "possession": other.sign(text.encode())}
    assert hospital.key is not None
    with unchanged(own_world):
        wrong = {"key": {**good, "possession": OwnKey().sign(text.encode())}}
        refused(
            own_world.post(path, wrong, token=roc.token),
            422, "possession_not_proven", member=("/key/possession", "possession_not_proven"),
        )  # fmt: skip
        for multikey, code in (
            ("z6Mk", "key_malformed"),
            ("x" + good["multikey"][1:], "multibase_invalid"),
            ("z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP", "key_small_order"),
        ):
            wrong = {"key": {**good, "multikey": multikey}}
            answer = own_world.post(path, wrong, token=roc.token)
            assert answer.status_code == 422, (code, answer.text)
        answer = own_world.post(
            f"/v1/organisations/{hospital.id}/keys", {"key": {"type": "managed"}}, token=hospital.token
        )
        refused(answer, 409, "did_key_has_one_key")
    done(own_world.post(path, {"key": good}, token=roc.token), 201)
    with unchanged(own_world):
        refused(own_world.post(path, {"key": good}, token=roc.token), 409, "key_in_use")
        body = {"name": "x", "role": "school", "id": roc.id}
        refused(own_world.post("/v1/organisations", body, token=OPERATOR), 409, "organisation_exists")
        own = {"name": "x", "role": "school", "key": good}
        refused(own_world.post("/v1/organisations", own, token=OPERATOR), 422, "organisation_id_required")
    retire = f"{path}/{good['multikey']}/retire"
    done(own_world.post(retire, {}, token=roc.token))
    with unchanged(own_world):
        refused(own_world.post(retire, {}, token=roc.token), 409, "already_retired")


def test_signing_with_a_key_that_is_not_there(own_world: World, roc: Party, hospital: Party) -> None:
    learner = own_world.learner(roc)
    with unchanged(own_world):
        refused(
            own_world.post("/v1/attestations", _attest(learner), token=hospital.token), 409, "no_managed_key"
        )
        answer = own_world.post("/v1/attestations/prepare", _attest(learner), token=roc.token)
        refused(answer, 409, "no_own_key")
        refused(
            own_world.post("/v1/attestations", _attest(learner, "self_claim"), token=roc.token),
            403, "kind_not_yours",
        )  # fmt: skip
        other = own_world.post(
            "/v1/attestations/prepare",
            {**_attest(learner), "cryptosuites": ["ecdsa-rdfc-2019"]},
            token=hospital.token,
        )
        refused(other, 422, "cryptosuite_unsuited")
    path = f"/v1/organisations/{roc.id}/keys/{roc.answer['organisation']['keys'][0]['multikey']}/retire"
    done(own_world.post(path, {}, token=roc.token))
    with unchanged(own_world):
        refused(own_world.post("/v1/attestations", _attest(learner), token=roc.token), 409, "no_managed_key")


def test_drafts_that_cannot_be_completed(own_world: World, roc: Party, hospital: Party) -> None:
    learner = own_world.learner(roc)
    prepared = done(
        own_world.post("/v1/attestations/prepare", _attest(learner, "workplace"), token=hospital.token)
    )
    assert hospital.key is not None
    good = [
        {"cryptosuite": item["cryptosuite"], "signature": hospital.key.sign(b64url_decode(item["data"]))}
        for item in prepared["to_sign"]
    ]
    swapped = [
        {"cryptosuite": one["cryptosuite"], "signature": two["signature"]}
        for one, two in zip(good, reversed(good), strict=True)
    ]
    stranger = own_world.own_key_organisation("Vakbloei")

    def complete(draft: str, signatures: list[dict[str, str]], token: str = hospital.token) -> Any:
        return own_world.post(
            "/v1/attestations/complete", {"draft": draft, "signatures": signatures}, token=token
        )

    draft = prepared["draft"]
    with unchanged(own_world):
        refused(complete(draft, swapped), 422, "signature_invalid")
        refused(complete(draft, good[:1]), 422, "signatures_incomplete")
        refused(complete(draft, [good[0], good[0]]), 422, "signatures_incomplete")
        refused(complete(draft[:-2] + "AA", good), 422, "draft_invalid")
        refused(complete("no draft", good), 422, "draft_invalid")
        refused(complete(draft, good, stranger.token), 403, "not_yours")
    own_world.clock.pass_by(days=40)
    with unchanged(own_world):
        refused(complete(draft, good), 422, "draft_expired")


def test_credentials_that_cannot_be_brought(own_world: World, roc: Party, hospital: Party) -> None:
    learner, other = own_world.learner(roc), own_world.learner(roc, "Noor")
    issued = own_world.issue(roc, learner)

    def bring(credential: str, to: Party = learner, by: Party = roc) -> Any:
        return own_world.post(
            "/v1/attestations", {"learner": to.id, "credential": credential}, token=by.token
        )

    document = json.loads(issued["credential"])
    del document["credentialStatus"]  # its places are leased, and to another credential
    with unchanged(own_world):
        for text in ("{}", "no credential", "a.b.c", "[]", "\u0000"):
            refused(bring(text), 422, "credential_not_valid", member=("/credential", "credential_not_valid"))
        refused(bring(issued["credential"]), 422, "status_not_leased")
        refused(bring(json.dumps(document)), 422, "credential_not_valid")
        refused(bring(issued["credential"], by=hospital), 422, "issuer_not_you")
        refused(bring(issued["credential"], to=other), 422, "subject_not_learner")


def test_shares_that_cannot_be(own_world: World, roc: Party) -> None:
    learner, other = own_world.learner(roc), own_world.learner(roc, "Noor")
    with unchanged(own_world):
        refused(own_world.post("/v1/shares", {"purpose": "x"}, token=learner.token), 422, "nothing_to_share")
    issued = own_world.issue(roc, learner)

    def share(**more: object) -> Any:
        return own_world.post(
            "/v1/shares", {"purpose": "x", "credentials": [issued["id"]], **more}, token=learner.token
        )

    with unchanged(own_world):
        body = {"purpose": "x", "credentials": [issued["id"]]}
        refused(own_world.post("/v1/shares", body, token=other.token), 403, "not_yours")
        refused(share(expires_at="2026-11-24T10:00:00Z"), 422, "expiry_in_past")
        refused(share(expires_at="2030-01-01T00:00:00Z"), 422, "expiry_too_far")
    granted = own_world.share(learner, expires_at="2026-11-24T11:00:00Z")
    spoiled = granted["token"][:-1] + ("A" if granted["token"][-1] != "A" else "B")
    with unchanged(own_world):
        for token in (spoiled, "x", "A" * 43):
            refused(own_world.post("/v1/shares/open", {"token": token}), 404, "share_not_found")
        for link in ("http://elsewhere.example/s/" + granted["token"], "x", "http://ledger.example/t/x"):
            refused(own_world.post("/v1/verify", {"link": link}), 422, "link_not_ours")
        refused(own_world.post("/v1/verify", {"link": "http://ledger.example/s/x"}), 404, "share_not_found")
    own_world.clock.pass_by(hours=1)
    unknown = own_world.post("/v1/shares/open", {"token": "A" * 43})
    with unchanged(own_world):
        expired = own_world.post("/v1/shares/open", {"token": granted["token"]})
        refused(expired, 404, "share_not_found")
        assert expired.content == unknown.content  # what there was is not told
    second = own_world.share(learner)
    path = f"/v1/shares/{second['id']}/withdraw"
    with unchanged(own_world):
        refused(own_world.post(path, token=other.token), 403, "not_yours")
    done(own_world.post(path, token=learner.token))
    with unchanged(own_world):
        refused(own_world.post(path, token=learner.token), 409, "share_withdrawn")
        withdrawn = own_world.post("/v1/shares/open", {"token": second["token"]})
        assert withdrawn.content == unknown.content


def test_expired_and_revoked_tokens(own_world: World, roc: Party) -> None:
    path = f"/v1/organisations/{roc.id}/tokens"
    body = {"scopes": ["learners:write"], "label": "x", "expires_at": "2026-11-24T10:00:30Z"}
    token = done(own_world.post(path, body, token=roc.token), 201)
    own_world.clock.pass_by(seconds=30)
    with unchanged(own_world):
        refused(own_world.post("/v1/learners", {}, token=token["secret"]), 401, "token_expired")
        refused(own_world.post(path, body, token=roc.token), 422, "expiry_in_past")
        body["scopes"] = ["trail"]
        refused(own_world.post(path, body, token=roc.token), 422, "request_invalid")
    headers = {"authorization": f"Bearer {roc.token}"}
    delete = f"{path}/{token['id']}"
    assert own_world.http.delete(delete, headers=headers).status_code == 204
    with unchanged(own_world):
        refused(own_world.http.delete(delete, headers=headers), 409, "already_revoked")
        refused(own_world.post("/v1/learners", {}, token=token["secret"]), 401, "token_invalid")
