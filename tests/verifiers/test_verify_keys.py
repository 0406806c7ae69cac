"""Whose keys count, how we know, and for how long: THREATS C1, C3, C5 as a table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from tests.verifiers.test_verify import codes, deciding
from tests.verifiers.world import (
    AT,
    ISSUER,
    JCS,
    MALLORY,
    SIGNED_AT,
    Document,
    Log,
    Signer,
    ceased,
    credential,
    did_document,
    issue,
    key_compromised,
    key_end,
    key_event,
    proof,
    stream,
    text,
    token,
)
from verifiers import Evidence, TrustedIssuer, TrustPolicy, check
from verifiers.formats import bundle

DID = "did:web:roc.example:issuers:1"
ROC = Signer("roc web", did=DID)
OLD = Signer("roc old", did=DID)
NAMED = TrustPolicy(issuers={DID: TrustedIssuer(DID)})


def issued(signer: Signer = ROC, **changes: Any) -> Document:
    document = credential(signer.did)
    return issue(document, proof(document, signer, **changes), proof(document, signer, JCS, **changes))


def key_code(
    policy: TrustPolicy, evidence: Evidence | None = None, data: bytes | None = None
) -> tuple[str, str]:
    """Return the verdict and the code of the key check."""
    report = check(data or text(issued()), policy=policy, at=AT, evidence=evidence)
    found = set(codes(report, "key"))
    assert len(found) == 1
    assert report.verdict == found.copy().pop()[0]
    return found.pop()


def test_without_any_source_the_key_is_unknown() -> None:
    assert key_code(NAMED) == ("undetermined", "key_unknown")
    assert key_code(NAMED, data=token(credential(DID), ROC)) == ("undetermined", "key_unknown")


def test_a_document_that_the_verifier_fetched_is_believed() -> None:
    evidence = Evidence(did_documents={DID: did_document(ROC)})
    assert key_code(NAMED, evidence) == ("valid", "key_valid")
    assert key_code(NAMED, evidence, token(credential(DID), ROC)) == ("valid", "key_valid")
    assert key_code(NAMED, evidence, token(credential(DID), ROC, header={"kid": None})) == (
        "valid",
        "key_valid",
    )


@pytest.mark.parametrize(
    ("document", "verdict", "code"),
    [
        (did_document(OLD), "invalid", "key_not_in_document"),
        (
            did_document(ROC, assertionMethod=[], authentication=[ROC.method]),
            "invalid",
            "key_not_for_assertion",
        ),
        (did_document(ROC, id="did:web:other.example"), "invalid", "did_document_other"),
        (b"{", "invalid", "json_syntax"),
    ],
)
def test_a_document_that_does_not_list_the_key_refuses_it(document: bytes, verdict: str, code: str) -> None:
    assert key_code(NAMED, Evidence(did_documents={DID: document})) == (verdict, code)


def test_a_document_from_the_bundle_proves_nothing() -> None:
    item = bundle.Item(text(issued()), "application/vc")
    forged = bundle.Item(text(issued(Signer("thief", did=DID))), "application/vc")
    for one, signer in ((item, ROC), (forged, Signer("thief", did=DID))):
        data = bundle.Bundle(AT, (one,), (), {DID: did_document(signer)}, {}, None).dump()
        report = check(data, policy=NAMED, at=AT)
        assert report.verdict == "undetermined"
        assert deciding(report) == {"key_not_authenticated"}
        # What the verifier fetched itself outranks it: the forged one is then seen for what it is.
        fetched = check(data, policy=NAMED, at=AT, evidence=Evidence(did_documents={DID: did_document(ROC)}))
        assert fetched.verdict == ("valid" if signer is ROC else "invalid")


def test_an_issuer_that_the_log_vouches_for_has_the_name_that_the_log_records() -> None:
    log = Log()
    policy = TrustPolicy(logs=(log.vkey,), log_issuers=True)
    for recorded, name in (({"name": "Bureau Noord"}, "Bureau Noord"), ({}, None)):
        evidence = Evidence(key_events=(key_event(log, ROC, **recorded),))
        for data in (text(issued()), token(credential(DID), ROC)):
            report = check(data, policy=policy, at=AT, evidence=evidence)
            assert report.verdict == "valid"
            # The credential itself says "ROC Merwede": a registered issuer may not borrow another's name.
            assert [one.issuer_name for one in report.credentials] == [name]
    # Nobody vouches for it: then the claim is all there is, under a verdict that says so.
    report = check(text(issued()), policy=None, at=AT)
    assert (report.verdict, report.credentials[0].issuer_name) == ("undetermined", "ROC Merwede")


def test_pinned_keys_are_enough_and_are_all_that_counts() -> None:
    pinned = TrustPolicy(issuers={DID: TrustedIssuer(DID, keys=(ROC.key.multikey,))})
    assert key_code(pinned) == ("valid", "key_valid")
    named = Signer("roc web", did=DID, fragment="key-1")
    assert key_code(pinned, data=text(issued(named))) == ("valid", "key_valid")
    assert check(text(issued(OLD)), policy=pinned, at=AT).verdict == "invalid"
    evidence = Evidence(did_documents={DID: did_document(OLD)})
    assert key_code(pinned, evidence, text(issued(OLD))) == ("undetermined", "key_not_pinned")


def test_an_issuer_with_a_url_signs_with_a_pinned_did_key_only() -> None:
    url = "https://badges.example/issuer"
    document = credential(url)
    data = text(issue(document, proof(document, ISSUER)))
    pinned = TrustPolicy(issuers={url: TrustedIssuer(url, keys=(ISSUER.key.multikey,))})
    assert check(data, policy=pinned, at=AT).verdict == "valid"
    for policy in (
        TrustPolicy(issuers={url: TrustedIssuer(url)}),
        TrustPolicy(issuers={url: TrustedIssuer(url, keys=(MALLORY.key.multikey,))}),
    ):
        report = check(data, policy=policy, at=AT)
        assert (report.verdict, "proof_of_issuer_missing" in deciding(report)) == ("invalid", True)


def log_policy(log: Log) -> TrustPolicy:
    return TrustPolicy(logs=(log.vkey,), log_issuers=True)


def test_a_log_vouches_for_the_issuers_it_records() -> None:
    log = Log()
    evidence = Evidence(key_events=(key_event(log, ROC),))
    report = check(text(issued()), policy=log_policy(log), at=AT, evidence=evidence)
    assert (report.verdict, codes(report, "issuer")) == ("valid", [("valid", "issuer_recorded")])
    # The same events in a bundle are as good: they prove themselves.
    item = bundle.Item(text(issued()), "application/vc")
    keys = tuple(bundle.KeyEvent(*event) for event in evidence.key_events)
    data = bundle.Bundle(AT, (item,), keys, {}, {}, None).dump()
    assert check(data, policy=log_policy(log), at=AT).verdict == "valid"
    # But not under a policy that believes the log for receipts only, or not at all.
    for policy in (TrustPolicy(logs=(log.vkey,)), TrustPolicy.NOBODY, log_policy(Log(key="another log"))):
        assert check(data, policy=policy, at=AT).verdict == "undetermined"


def test_a_key_that_the_log_did_not_announce_does_not_count() -> None:
    log = Log()
    evidence = Evidence(did_documents={DID: did_document(ROC)}, key_events=(key_event(log, OLD),))
    assert key_code(log_policy(log), evidence) == ("undetermined", "key_not_announced")


def test_key_events_that_prove_nothing_are_shown_and_do_not_count() -> None:
    log, other = Log(), Log(key="another log")
    good, foreign = key_event(log, ROC), key_event(other, ROC)
    swapped = (
        text(
            {
                "did": DID,
                "key": MALLORY.key.multikey,
                "verification_method": f"{DID}#x",
                "valid_from": "2026-10-01T00:00:00Z",
            }
        ),
        good[1],
    )
    own = stream("roc")
    payload = good[0]
    stray = (
        payload,
        log.record_text(payload, type="organisation-registered.v1", stream_id=own, issuer=stream("hospital")),
    )
    wrong_type = (payload, log.record_text(payload, type="credential-issued.v1", stream_id=own, issuer=own))
    stolen = key_event(
        log, MALLORY, did=ISSUER.did, verification_method=f"{ISSUER.did}#{MALLORY.key.multikey}"
    )
    expected = {
        "log_not_trusted": foreign,
        "receipt_other_payload": swapped,
        "key_event_stream": stray,
        "key_event_type": wrong_type,
        "key_event_did": stolen,
        "receipt_malformed": (payload, "nonsense"),
    }
    for code, event in expected.items():
        report = check(text(issued()), policy=log_policy(log), at=AT, evidence=Evidence(key_events=(event,)))
        shown = [item for item in report.checks if item.name == "key"]
        assert [(item.code, item.required) for item in shown] == [(code, False)]
        assert report.verdict == "undetermined"


END = datetime(2026, 11, 10, tzinfo=UTC)
TIMES = {"before": END - timedelta(days=1), "at": END, "after": END + timedelta(days=1)}


@pytest.mark.parametrize(("signed", "recorded", "at"), list(product(TIMES, [None, *TIMES], TIMES)))
def test_a_retired_key_by_log_time(signed: str, recorded: str | None, at: str) -> None:
    """The rule, spelled a second time: log time decides; a claim can condemn but never acquit."""
    log = Log()
    events = (key_event(log, ROC), key_end(log, ROC, END.isoformat().replace("+00:00", "Z")))
    moment = max(TIMES[at], TIMES[signed])
    data = text(issued(created=TIMES[signed].isoformat().replace("+00:00", "Z")))
    receipt = None if recorded is None else log.record_text(data, recorded_at=TIMES[recorded])
    report = check(
        data, policy=log_policy(log), at=moment, evidence=Evidence(key_events=events), receipt=receipt
    )
    if moment < END:
        expected = ("valid", "key_valid")
    elif recorded is not None:
        expected = (
            ("valid", "key_valid_when_recorded") if recorded == "before" else ("invalid", "key_retired")
        )
    else:
        expected = ("undetermined", "key_time_unknown") if signed == "before" else ("invalid", "key_retired")
    assert codes(report, "key") == [expected]
    assert report.verdict == expected[0]


def test_an_end_in_the_log_holds_for_every_source_of_the_key() -> None:
    log = Log()
    ended = (key_event(log, ROC), key_end(log, ROC, "2026-11-10T00:00:00Z"))
    policy = TrustPolicy(issuers={DID: TrustedIssuer(DID, keys=(ROC.key.multikey,))}, logs=(log.vkey,))
    evidence = Evidence(did_documents={DID: did_document(ROC)}, key_events=ended)
    assert key_code(policy, evidence) == ("undetermined", "key_time_unknown")
    did_key = (key_event(log, ISSUER), key_end(log, ISSUER, "2026-11-10T00:00:00Z"))
    policy = TrustPolicy(issuers={ISSUER.did: TrustedIssuer(ISSUER.did)}, logs=(log.vkey,))
    assert key_code(policy, Evidence(key_events=did_key), text(issue())) == (
        "undetermined",
        "key_time_unknown",
    )


SINCE = "2026-11-10T00:00:00Z"


@pytest.mark.parametrize("write", [key_end, key_compromised])
@pytest.mark.parametrize("pins", [(), (ROC.key.multikey,)], ids=["by name", "pinned"])
@pytest.mark.parametrize("has_document", [False, True])
def test_a_key_under_another_name_ends_as_it_does_under_its_own(
    write: Callable[..., tuple[bytes, str]], pins: tuple[str, ...], has_document: bool
) -> None:
    """Whoever steals a key chooses how its proofs name it; the log knows the key, not the name."""
    log, renamed = Log(), Signer("roc web", did=DID, fragment="key-1")
    policy = TrustPolicy(issuers={DID: TrustedIssuer(DID, keys=pins)}, logs=(log.vkey,))
    evidence = Evidence(
        did_documents={DID: did_document(renamed)} if has_document else {},
        key_events=(key_event(log, ROC), write(log, ROC, SINCE)),
    )
    expected = "key_time_unknown" if pins or has_document else "key_unknown"
    assert key_code(policy, evidence, text(issued(renamed))) == ("undetermined", expected)


def test_a_document_ends_a_key_before_the_log_does() -> None:
    log, renamed = Log(), Signer("roc web", did=DID, fragment="key-1")
    method = {
        "id": renamed.method,
        "type": "Multikey",
        "controller": DID,
        "publicKeyMultibase": ROC.key.multikey,
        "expires": "2026-10-15T00:00:00Z",
    }
    evidence = Evidence(
        did_documents={DID: did_document(renamed, verificationMethod=[method])},
        key_events=(key_event(log, ROC), key_end(log, ROC, SINCE)),
    )
    policy = TrustPolicy(issuers={DID: TrustedIssuer(DID)}, logs=(log.vkey,))
    report = check(text(issued(renamed)), policy=policy, at=AT, evidence=evidence)
    assert {item.detail["valid_until"] for item in report.all_checks() if item.name == "key"} == {
        "2026-10-15T00:00:00Z"
    }


def test_another_organisation_cannot_end_a_key() -> None:
    log = Log()
    events = (key_event(log, ROC), key_end(log, ROC, "2026-11-10T00:00:00Z", organisation="hospital"))
    assert key_code(log_policy(log), Evidence(key_events=events)) == ("valid", "key_valid")


def test_a_key_counts_from_when_the_log_knew_it() -> None:
    log = Log()
    event = key_event(log, ROC, valid_from="2026-11-05T00:00:00Z")
    data = text(issued())
    for recorded_at, verdict in ((SIGNED_AT, "undetermined"), (datetime(2026, 11, 5, tzinfo=UTC), "valid")):
        receipt = log.record_text(data, recorded_at=recorded_at)
        report = check(
            data, policy=log_policy(log), at=AT, evidence=Evidence(key_events=(event,)), receipt=receipt
        )
        assert report.verdict == verdict
        assert deciding(report) == (set() if verdict == "valid" else {"key_not_yet_valid"})


def test_thirty_rotations_leave_every_credential_good() -> None:
    log = Log()
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    signers = [Signer(f"rotation {number}", did=DID) for number in range(30)]
    events, receipts = [], []
    for number, signer in enumerate(signers):
        since, until = (
            (begin + timedelta(days=days)).isoformat().replace("+00:00", "Z") for days in (number, number + 1)
        )
        events += [key_event(log, signer, valid_from=since), key_end(log, signer, until)]
        data = text(issued(signer, created=since))
        receipts.append((data, log.record_text(data, recorded_at=begin + timedelta(days=number, hours=1))))
    evidence = Evidence(key_events=tuple(events), receipts=tuple(receipts))
    for data, _ in receipts:
        assert key_code(log_policy(log), evidence, data) == ("valid", "key_valid_when_recorded")


def test_a_log_says_nothing_about_whom_one_named_before_it_announces() -> None:
    own, other = Log(), Log("other.example/log", key="another log")
    thief = Signer("thief", did=DID)
    for policy, expected in (
        (TrustPolicy(logs=(own.vkey, other.vkey), log_issuers=True), ("valid", "undetermined")),
        (TrustPolicy(logs=(other.vkey, own.vkey), log_issuers=True), ("undetermined", "valid")),
    ):
        events = [key_event(other, thief, name="Mallory"), key_event(own, ROC, name="ROC Merwede")]
        for order in (events, events[::-1]):
            evidence = Evidence(key_events=tuple(order))
            verdicts = [
                check(text(issued(signer)), policy=policy, at=AT, evidence=evidence).verdict
                for signer in (ROC, thief)
            ]
            assert tuple(verdicts) == expected


def test_a_log_ends_no_issuer_that_another_announces() -> None:
    own, other = Log(), Log("other.example/log", key="another log")
    policy = TrustPolicy(logs=(own.vkey, other.vkey), log_issuers=True)
    events = (
        key_event(own, ROC),
        # In the same stream, as the other log's operator may call it: an end would freeze an old status.
        ceased(other, DID, "2026-10-02T00:00:00Z"),
    )
    report = check(text(issued()), policy=policy, at=AT, evidence=Evidence(key_events=events))
    assert report.verdict == "valid"
    assert [item.detail for item in report.all_checks() if item.name == "issuer"] == [{}]
