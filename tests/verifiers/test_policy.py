"""Trust policies and evidence as files, and the public surface."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import verifiers
from tests.verifiers.test_verify import codes
from tests.verifiers.witnesses import WitnessSigner
from tests.verifiers.world import AT, ISSUER, OTHER, Log, issue, text
from verifiers import (
    Evidence,
    InvalidError,
    MalformedError,
    TrustedIssuer,
    TrustPolicy,
    check,
    replace_policy,
)
from verifiers import evidence as evidences
from verifiers.formats import witness_policy
from verifiers.formats.cosignature import WitnessKey

LOG = Log()
POLICY = TrustPolicy(
    issuers={
        ISSUER.did: TrustedIssuer(ISSUER.did, "ROC", (ISSUER.key.multikey,)),
        OTHER.did: TrustedIssuer(OTHER.did),
    },
    logs=(LOG.vkey,),
    log_issuers=True,
    require_receipt=True,
    require_status=False,
)


WITNESSES = [WitnessSigner(f"w{number}.example") for number in range(4)]
NAMES = "w0 w1 w2 w3"
THREE_OF_FOUR = "".join(f"witness w{number} {one.key.dump()}\n" for number, one in enumerate(WITNESSES)) + (
    f"group g 3 {NAMES}\nquorum g\n"
)
OPERATOR = WitnessSigner("log.example/cosigner", "ML-DSA-44")
OWN_WITNESS = WitnessKey("w.example", "Ed25519", LOG.vkey.key.raw)
WATCHED = replace(
    POLICY,
    witnesses=witness_policy.parse(THREE_OF_FOUR),
    require_witnesses=True,
    operator_cosigners=(OPERATOR.key,),
    sunsets={"Ed25519": datetime(2040, 1, 1, tzinfo=UTC), "ML-DSA-44": datetime(2060, 1, 1, tzinfo=UTC)},
    version=7,
    expires=datetime(2027, 1, 1, tzinfo=UTC),
)


def test_policies_go_round() -> None:
    for policy in (POLICY, TrustPolicy.NOBODY, WATCHED):
        assert TrustPolicy.from_json(policy.dump()) == policy
        assert pickle.loads(pickle.dumps(policy)) == policy  # they travel to worker processes


def test_nothing_is_trusted_by_default() -> None:
    nobody = TrustPolicy.from_json(b"{}")
    assert nobody == TrustPolicy.NOBODY
    assert (nobody.issuers, nobody.logs, nobody.log_issuers, nobody.require_status) == ({}, (), False, True)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"type": "leerspoor-policy.v2"}, "policy_malformed"),
        ({"issuers": {}}, "policy_malformed"),
        ({"issuers": [{"name": "x"}]}, "policy_malformed"),
        ({"issuers": [{"id": ""}]}, "policy_malformed"),
        ({"issuers": [{"id": "did:x:1", "keys": ["z6Mk"]}]}, "policy_malformed"),
        ({"issuers": [{"id": "did:x:1"}, {"id": "did:x:1"}]}, "policy_malformed"),
        ({"logs": ["log.example"]}, "vkey_malformed"),
        ({"logs": [5]}, "policy_malformed"),
        ({"log_issuers": True}, "policy_malformed"),
        ({"log_issuers": 1, "logs": [LOG.vkey.dump()]}, "policy_malformed"),
        ({"require_receipt": "yes"}, "policy_malformed"),
        ({"trust_everyone": True}, "policy_malformed"),
        ({"require_witnesses": True}, "policy_malformed"),
        ({"require_witnesses": True, "witnesses": "quorum none\n"}, "policy_malformed"),
        ({"witnesses": "quorum none"}, "witness_policy_malformed"),
        ({"witnesses": "quorum nobody\n"}, "witness_policy_unknown_name"),
        ({"witnesses": ["quorum none\n"]}, "policy_malformed"),
        ({"witnesses": THREE_OF_FOUR.replace("g 3", "g 5")}, "quorum_unreachable"),
        ({"witnesses": THREE_OF_FOUR.replace("g 3", "g 2")}, "quorum_splits"),
        (
            {"witnesses": f"log {LOG.vkey.dump()}\nwitness w {OWN_WITNESS.dump()}\nquorum w\n"},
            "witness_is_log",
        ),
        ({"operator_cosigners": [LOG.vkey.dump()]}, "vkey_malformed"),
        ({"operator_cosigners": [OPERATOR.key.dump()] * 2}, "policy_malformed"),
        ({"operator_cosigners": [WITNESSES[0].key.dump()], "witnesses": THREE_OF_FOUR}, "policy_malformed"),
        ({"sunsets": {"ed25519": "2040-01-01T00:00:00Z"}}, "policy_malformed"),
        ({"sunsets": {"Ed25519": "2040"}}, "policy_malformed"),
        ({"sunsets": {"Ed25519": "2040-01-01T00:00:00.5Z"}}, "policy_malformed"),
        ({"sunsets": {"Ed25519": 2040}}, "policy_malformed"),
        ({"version": 0}, "policy_malformed"),
        ({"version": True}, "policy_malformed"),
        ({"expires": "never"}, "policy_malformed"),
    ],
)
def test_a_policy_that_cannot_mean_anything_is_refused(document: dict[str, Any], code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        TrustPolicy.from_json(text(document))
    assert caught.value.code == code


def test_a_policy_is_strict_json() -> None:
    with pytest.raises(MalformedError) as caught:
        TrustPolicy.from_json(b'{"log_issuers":false,"log_issuers":true}')
    assert caught.value.code == "json_duplicate_key"


def test_an_issuer_stands_under_its_own_id() -> None:
    with pytest.raises(MalformedError) as caught:
        TrustPolicy(issuers={OTHER.did: TrustedIssuer(ISSUER.did)})
    assert caught.value.code == "policy_malformed"


@pytest.mark.parametrize(
    "change",
    [
        {"sunsets": {"RSA": datetime(2040, 1, 1, tzinfo=UTC)}},
        {"sunsets": {"Ed25519": datetime(2040, 1, 1)}},  # noqa: DTZ001
        {"expires": datetime(2040, 1, 1)},  # noqa: DTZ001
    ],
)
def test_a_policy_made_by_hand_obeys_the_same_rules(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError) as caught:
        replace(POLICY, **change)
    assert caught.value.code == "policy_malformed"


def test_an_expired_list_of_whom_to_trust_trusts_nobody() -> None:
    """THREATS J4: whoever hides the new list cannot make the old one last."""
    end = AT + timedelta(seconds=1)
    policy = TrustPolicy(issuers={ISSUER.did: TrustedIssuer(ISSUER.did)}, expires=end)
    for at, verdict, code in ((AT, "valid", "issuer_trusted"), (end, "undetermined", "policy_expired")):
        report = check(text(issue()), policy=policy, at=at)
        assert (report.verdict, codes(report, "issuer")) == (verdict, [(verdict, code)])


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [(None, None, True), (None, 1, True), (7, 8, True), (7, 7, False), (7, 6, False), (7, None, False)],
)
def test_an_older_list_never_replaces_a_newer_one(old: int | None, new: int | None, allowed: bool) -> None:
    before, after = TrustPolicy(version=old), TrustPolicy(version=new)
    if allowed:
        assert replace_policy(before, after) is after
        return
    with pytest.raises(InvalidError) as caught:
        replace_policy(before, after)
    assert caught.value.code == "policy_rolled_back"


def test_evidence_goes_round() -> None:
    own = Evidence(
        {"did:web:x": b"{}"}, {"https://x.example": b"ey"}, ((b"a", "r1"), (b"a", "r2")), ((b"k", "r"),)
    )
    assert evidences.parse(own.dump()) == own
    assert evidences.parse(Evidence().dump()) == Evidence()
    assert (own.receipt_for(b"a"), own.receipt_for(b"b")) == ("r2", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "x"},
        {"did_documents": []},
        {"did_documents": {"x": {}}},
        {"receipts": {}},
        {"receipts": [{"payload": "x"}]},
        {"key_events": ["x"]},
        {"status_events": ["x"]},
        {"trusted": True},
    ],
)
def test_evidence_that_cannot_be_read(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError) as caught:
        evidences.parse(text({"type": evidences.TYPE} | changes))
    assert caught.value.code == "evidence_malformed"


def test_the_public_surface_is_what_it_says() -> None:
    assert sorted(verifiers.__all__) == verifiers.__all__
    for name in verifiers.__all__:
        assert getattr(verifiers, name).__doc__
