"""The happy path of each route, through HTTP."""

from __future__ import annotations

import json
from typing import Any

from tests.api.world import OPERATOR, World, done, example, refused
from verifiers import TrustPolicy
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import receipt as receipts
from verifiers.formats import status_event
from verifiers.formats.checkpoint import VerifierKey
from verifiers.primitives.encoding import b64url_decode


def log_key(world: World) -> VerifierKey:
    """Return the log's key."""
    return checkpoints.parse_vkey(world.get("/v1/log/key").text)


def test_register_and_read_an_organisation(own_world: World) -> None:
    roc = own_world.organisation(website="https://roc.example")
    found = done(own_world.get(f"/v1/organisations/{roc.id}"))
    assert found == roc.answer["organisation"]
    assert found["did"] == f"did:web:ledger.example:issuers:{roc.id}"
    document = own_world.get(f"/issuers/{roc.id}/did.json")
    assert document.headers["content-type"] == "application/did+json"
    assert document.headers["access-control-allow-origin"] == "*"
    assert document.json()["id"] == found["did"]
    assert "token" not in json.dumps(found)


def test_keys_come_and_go(own_world: World) -> None:
    roc = own_world.organisation()
    path = f"/v1/organisations/{roc.id}/keys"
    added = done(own_world.post(path, {"key": {"type": "managed", "kind": "P-256"}}, token=roc.token), 201)
    first, second = added["keys"]
    own_world.clock.pass_by(seconds=5)
    retired = done(
        own_world.post(f"{path}/{first['multikey']}/retire", {"reason": "rotated"}, token=roc.token)
    )
    assert [key["valid_until"] is None for key in retired["keys"]] == [False, True]
    assert retired["keys"][0]["retire_reason"] == "rotated"
    assert second["kind"] == "P-256"


def test_tokens_come_and_go(own_world: World) -> None:
    roc = own_world.organisation()
    path = f"/v1/organisations/{roc.id}/tokens"
    body = {"scopes": ["learners:write"], "label": "system", "expires_at": "2026-11-24T11:00:00Z"}
    token = done(own_world.post(path, body, token=roc.token), 201)
    assert token["scopes"] == ["learners:write"]
    done(own_world.post("/v1/learners", {}, token=token["secret"]), 201)
    own_world.clock.pass_by(hours=1)
    refused(own_world.post("/v1/learners", {}, token=token["secret"]), 401, "token_expired")
    other = done(own_world.post(path, {"scopes": ["learners:write"], "label": "x"}, token=OPERATOR), 201)
    answer = own_world.http.delete(f"{path}/{other['id']}", headers={"authorization": f"Bearer {roc.token}"})
    assert (answer.status_code, answer.content) == (204, b"")
    refused(own_world.post("/v1/learners", {}, token=other["secret"]), 401, "token_invalid")


def test_issue_read_and_verify(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    for kind in ("training", "workplace", "praktijkverklaring", "microcredential"):
        issued = own_world.issue(roc, learner, kind)
        header = receipts.verify_receipt(
            receipts.parse(issued["receipt"]), issued["credential"].encode(), logs=[log_key(own_world)]
        )
        assert header.type == "credential-issued.v1"
        again = done(own_world.get(f"/v1/attestations/{issued['id']}", token=roc.token))
        assert again["credential"] == issued["credential"]
        raw = own_world.get(
            f"/v1/attestations/{issued['id']}", token=learner.token, accept="application/vc, */*;q=0.1"
        )
        assert raw.headers["content-type"] == "application/vc"
        assert raw.text == issued["credential"]
        report = done(
            own_world.post("/v1/verify", content=raw.content, headers={"content-type": "application/vc"})
        )
        assert report["report"]["verdict"] == "valid", report
        assert report["recorded"] == [issued["id"]]
    spoiled = issued["credential"].replace("Samira", "Samiro").encode()
    assert spoiled != issued["credential"].encode()
    for headers in ({"content-type": "application/json"}, {"content-type": "text/plain"}):
        report = done(own_world.post("/v1/verify", content=spoiled, headers=headers))
        assert report["report"]["verdict"] == "invalid"
    file = own_world.http.post("/v1/verify", files={"file": ("a.json", issued["credential"])})
    assert done(file)["report"]["verdict"] == "valid"


def test_forms_of_a_credential(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    jwt = own_world.issue(roc, learner, form="jwt", language="en", with_name=False)
    assert jwt["media_type"] == "application/vc+jwt"
    for media_type in ("application/vc+jwt", "text/plain"):
        report = done(
            own_world.post(
                "/v1/verify", content=jwt["credential"].encode(), headers={"content-type": media_type}
            )
        )
        assert report["report"]["verdict"] == "valid", report
    single = own_world.issue(roc, learner, form="single-proof", valid_from="2026-12-01T00:00:00Z")
    document = json.loads(single["credential"])
    assert document["proof"]["cryptosuite"] == "eddsa-rdfc-2022"
    assert document["validFrom"] == "2026-12-01T00:00:00Z"
    verify: dict[str, Any] = {
        "content": single["credential"].encode(),
        "headers": {"content-type": "application/json"},
    }
    own_world.clock.pass_by(days=8)
    assert done(own_world.post("/v1/verify", **verify))["report"]["verdict"] == "valid"
    report = done(own_world.post("/v1/verify?at=2026-11-30T23:59:59Z", **verify))["report"]
    assert report["verdict"] == "invalid"
    checks = report["credentials"][0]["checks"]
    assert "not_yet_valid" in [check["code"] for check in checks]


def test_prepare_complete_and_bring(own_world: World) -> None:
    roc, hospital = own_world.organisation(), own_world.own_key_organisation()
    learner = own_world.learner(roc)
    assert hospital.key is not None
    body = {"learner": learner.id, "attestation": example("workplace")}
    before = own_world.snapshot()
    prepared = done(own_world.post("/v1/attestations/prepare", body, token=hospital.token))
    assert own_world.snapshot() == before
    signatures = [
        {"cryptosuite": item["cryptosuite"], "signature": hospital.key.sign(b64url_decode(item["data"]))}
        for item in prepared["to_sign"]
    ]
    finished = {"draft": prepared["draft"], "signatures": signatures}
    issued = done(own_world.post("/v1/attestations/complete", finished, token=hospital.token), 201)
    assert issued["id"] == prepared["id"]
    check = own_world.post(
        "/v1/verify", content=issued["credential"].encode(), headers={"content-type": "application/vc"}
    )
    assert done(check)["report"]["verdict"] == "valid"
    refused(
        own_world.post("/v1/attestations/complete", finished, token=hospital.token), 409, "credential_exists"
    )


def test_status_changes_are_seen_by_verifiers(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    issued = own_world.issue(roc, learner)

    def verdict() -> str:
        found = done(
            own_world.post(
                "/v1/verify",
                content=issued["credential"].encode(),
                headers={"content-type": "application/vc"},
            )
        )
        verdict: str = found["report"]["verdict"]
        return verdict

    for step, status, seen in (
        ("suspend", "suspended", "invalid"),
        ("reinstate", "active", "valid"),
        ("revoke", "revoked", "invalid"),
    ):
        own_world.clock.pass_by(minutes=10)
        path = f"/v1/attestations/{issued['id']}/{step}"
        changed = done(own_world.post(path, {"reason": "under_review"}, token=roc.token))
        assert (changed["status"], verdict()) == (status, seen)
    again = own_world.post(f"/v1/attestations/{issued['id']}/revoke", {}, token=roc.token)
    refused(again, 409, "already_revoked")


def test_status_lists_are_public_and_cached(own_world: World) -> None:
    roc = own_world.organisation()
    own_world.issue(roc, own_world.learner(roc))
    for purpose in ("revocation", "suspension"):
        path = f"/v1/organisations/{roc.id}/status/{purpose}"
        found = own_world.get(path)
        assert found.headers["content-type"] == "application/vc"
        assert found.headers["cache-control"].startswith("public, max-age=")
        assert found.json()["credentialSubject"]["statusPurpose"] == purpose
        same = own_world.get(path, **{"if-none-match": found.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        jwt = own_world.get(path, accept="application/vc+jwt")
        assert jwt.headers["content-type"] == "application/vc+jwt"
        assert jwt.text.count(".") == 2
        refused(own_world.get(f"{path}/7"), 404, "status_list_unknown")


def test_the_event_that_published_a_list_is_open_to_everybody(own_world: World) -> None:
    roc = own_world.organisation()
    own_world.issue(roc, own_world.learner(roc))
    path = f"/v1/organisations/{roc.id}/status-event"
    first = own_world.get(f"/v1/organisations/{roc.id}/status/revocation")
    found = own_world.get(path)
    assert found.headers["access-control-allow-origin"] == "*"
    event = done(found)
    assert set(event) == {"payload", "receipt"}
    own_world.clock.pass_by(days=1)
    second = own_world.get(f"/v1/organisations/{roc.id}/status/revocation")
    for held, answer in (
        (first, own_world.get(f"{path}?at={first.json()['validFrom']}")),
        (second, own_world.get(path)),
    ):
        told = done(answer)
        payload = told["payload"].encode()
        header = receipts.verify_receipt(
            receipts.parse(told["receipt"]), payload, logs=(own_world.ledger.heads.verifier_key,)
        )
        assert (header.type, header.issuer, header.subject) == (status_event.TYPE, None, None)
        url = held.json()["id"]
        assert status_event.parse(payload).holds(url, held.content)
    refused(own_world.get(f"{path}?at=2020-01-01T00:00:00Z"), 404, "status_list_unknown")
    refused(own_world.get(f"{path}?at=yesterday"), 422, "request_invalid", member=("/at", "time_invalid"))
    unknown = "6f9c1f0e-2a51-4f6c-9b1e-3f2a7c5d8e90"
    refused(own_world.get(f"/v1/organisations/{unknown}/status-event"), 404, "organisation_unknown")
    refused(
        own_world.get(f"/v1/organisations/{unknown}/status-event?at=2026-11-24T10:00:00Z"),
        404,
        "organisation_unknown",
    )


def test_a_status_list_stays_the_same_until_its_slot_ends(own_world: World) -> None:
    roc = own_world.organisation()
    issued = own_world.issue(roc, own_world.learner(roc))
    path = f"/v1/organisations/{roc.id}/status/revocation"
    first = own_world.get(path)
    assert first.headers["cache-control"] == "public, max-age=900"
    done(own_world.post(f"/v1/attestations/{issued['id']}/revoke", {}, token=roc.token))
    own_world.clock.pass_by(seconds=899)
    same = own_world.get(path)
    assert (same.content, same.headers["etag"]) == (first.content, first.headers["etag"])
    assert same.headers["cache-control"] == "public, max-age=1"
    own_world.clock.pass_by(seconds=1)
    next_ = own_world.get(path, **{"if-none-match": first.headers["etag"]})
    assert next_.status_code == 200
    assert next_.headers["etag"] != first.headers["etag"]
    assert next_.json()["validFrom"] == "2026-11-24T10:15:00Z"


def test_history_share_open_and_withdraw(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    first = own_world.issue(roc, learner)
    own_world.clock.pass_by(days=1)
    claim = {"learner": learner.id, "attestation": example("self_claim")}
    own = done(own_world.post("/v1/attestations", claim, token=learner.token), 201)
    assert own["organisation"] is None
    path = f"/v1/learners/{learner.id}/history"
    trail = done(own_world.get(path, token=learner.token))
    assert {entry["id"] for entry in trail["entries"]} == {first["id"], own["id"]}
    known = done(own_world.get(f"{path}?known_at=2026-11-24T12:00:00Z", token=learner.token))
    assert [entry["id"] for entry in known["entries"]] == [first["id"]]
    bundle = own_world.get(f"/v1/learners/{learner.id}/bundle", token=learner.token)
    assert bundle.json()["type"] == "leerspoor-bundle.v1"
    check = own_world.post("/v1/verify", content=bundle.content, headers={"content-type": "application/json"})
    verdicts = [found["verdict"] for found in done(check)["report"]["credentials"]]
    assert sorted(verdicts) == ["undetermined", "valid"]  # nobody vouches for what one claims oneself

    share = own_world.share(learner, credentials=[first["id"]], with_name=False)
    assert share["url"] == f"http://ledger.example/s/{share['token']}"
    look = {"token": share["token"], "opened_by": "Zorggroep Waterland"}
    opened = done(own_world.post("/v1/shares/open", look))
    assert [entry["id"] for entry in opened["history"]["entries"]] == [first["id"]]
    assert opened["history"]["name"] is None
    assert opened["report"]["verdict"] == "valid", opened["report"]
    assert json.loads(opened["bundle"])["type"] == "leerspoor-bundle.v1"
    linked = done(own_world.post("/v1/verify", {"link": share["url"]}))
    assert linked["recorded"] == [first["id"]]
    (listed,) = done(own_world.get("/v1/shares", token=learner.token))["shares"]
    assert listed["state"] == "open"
    looks = [opening["opened_by"] for opening in listed["openings"]]
    assert looks == ["Zorggroep Waterland", "a visitor"]
    ended = done(own_world.post(f"/v1/shares/{share['id']}/withdraw", token=learner.token))
    assert ended["state"] == "withdrawn"
    refused(own_world.post("/v1/shares/open", {"token": share["token"]}), 404, "share_not_found")


def test_the_log_is_public(own_world: World) -> None:
    roc = own_world.organisation()
    issued = own_world.issue(roc, own_world.learner(roc))
    note = own_world.get("/v1/log/checkpoint").text
    health = done(own_world.get("/v1/health"))
    checkpoint = checkpoints.parse(note)
    assert (checkpoint.size, health["size"], health["status"]) == (health["size"], checkpoint.size, "ok")
    proof = receipts.parse(own_world.get(f"/v1/log/proof/{issued['position']}").text)
    assert proof.opening is None
    entries = done(own_world.get(f"/v1/log/entries?start=0&end={checkpoint.size}"))["entries"]
    assert len(entries) == checkpoint.size
    assert {len(b64url_decode(entry)) for entry in entries} == {32}
    policy = TrustPolicy.from_json(own_world.get("/v1/log/policy").content)
    assert policy.logs == (log_key(own_world),)


def test_an_idempotency_key_adds_nothing_the_second_time(own_world: World) -> None:
    roc = own_world.organisation()
    learner = own_world.learner(roc)
    body = {"learner": learner.id, "attestation": example("training")}
    first = own_world.post("/v1/attestations", body, token=roc.token, key="k-1")
    before = own_world.snapshot()
    second = own_world.post("/v1/attestations", body, token=roc.token, key="k-1")
    assert own_world.snapshot() == before
    assert (first.headers["idempotency-replayed"], second.headers["idempotency-replayed"]) == (
        "false",
        "true",
    )
    assert done(second, 201)["credential"] == done(first, 201)["credential"]
    assert second.headers["location"] == f"/v1/attestations/{first.json()['id']}"
