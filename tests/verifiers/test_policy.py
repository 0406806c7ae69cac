"""Trust policies and evidence as files, and the public surface."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

import verifiers
from tests.verifiers.world import ISSUER, OTHER, Log, text
from verifiers import Evidence, MalformedError, TrustedIssuer, TrustPolicy
from verifiers import evidence as evidences

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


def test_policies_go_round() -> None:
    for policy in (POLICY, TrustPolicy.NOBODY):
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
