"""The time that counts: whose word it is, what a lying operator can do with it, and keys judged by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations, product

import pytest

from tests.verifiers.test_verify import codes, deciding
from tests.verifiers.witnesses import WitnessSigner
from tests.verifiers.world import (
    AT,
    ISSUER,
    JCS,
    RECORDED_AT,
    Cosigning,
    Log,
    Signer,
    credential,
    issue,
    key_event,
    proof,
    text,
)
from verifiers import CredentialReport, Evidence, Report, TrustedIssuer, TrustPolicy, check
from verifiers.formats import witness_policy
from verifiers.formats.checkpoint import Checkpoint, NoteSignature
from verifiers.primitives.encoding import format_time

WITNESSES = [WitnessSigner(f"witness.example/w{number}") for number in range(3)]
OPERATOR = WitnessSigner("log.example/cosigner")
SECOND_OPERATOR = WitnessSigner("log.example/cosigner", "ML-DSA-44")
TWO_OF_THREE = witness_policy.parse(
    "".join(f"witness w{number} {one.key.dump()}\n" for number, one in enumerate(WITNESSES))
    + "group g 2 w0 w1 w2\nquorum g\n"
)
DATA = text(issue())
NAMED = TrustPolicy(issuers={ISSUER.did: TrustedIssuer(ISSUER.did)}, logs=(Log().vkey,))
OPEN = replace(NAMED, witnesses=TWO_OF_THREE, operator_cosigners=(OPERATOR.key,))
STRICT = replace(OPEN, require_witnesses=True)


def seconds(number: float) -> datetime:
    """Return a moment after the recording."""
    return RECORDED_AT + timedelta(seconds=number)


def cosigners(*pairs: tuple[WitnessSigner, datetime]) -> Cosigning:
    """Return what adds these cosignatures to a head."""

    def sign(head: Checkpoint) -> Checkpoint:
        for signer, at in pairs:
            head = signer.cosigned(head, at)
        return head

    return sign


def judge(policy: TrustPolicy, cosigned: Cosigning, *, recorded_at: datetime = RECORDED_AT) -> Report:
    """Verify a credential whose receipt has these cosignatures."""
    receipt = Log().record_text(DATA, cosigned, recorded_at=recorded_at)
    return check(DATA, policy=policy, at=AT, receipt=receipt)


def only(report: Report) -> CredentialReport:
    """Return the one credential of a report."""
    (one,) = report.credentials
    return one


# --- whose word ----------------------------------------------------------------------------------------------

ALL = cosigners(
    (WITNESSES[0], seconds(30)),
    (WITNESSES[1], seconds(10)),
    (WITNESSES[2], seconds(20)),
    (OPERATOR, seconds(1)),
)
ONE = cosigners((WITNESSES[0], seconds(3)), (OPERATOR, seconds(1)))
NONE = cosigners()


@pytest.mark.parametrize(
    ("policy", "cosigned", "logged_at", "source"),
    [
        (OPEN, ALL, seconds(20), "witnesses"),
        (STRICT, ALL, seconds(20), "witnesses"),
        (replace(OPEN, operator_cosigners=()), ALL, seconds(20), "witnesses"),
        (replace(OPEN, witnesses=None), ALL, seconds(1), "operator"),
        (
            replace(OPEN, operator_cosigners=(SECOND_OPERATOR.key, OPERATOR.key)),
            cosigners((OPERATOR, seconds(1)), (SECOND_OPERATOR, seconds(2))),
            seconds(1),
            "operator",
        ),
        (OPEN, ONE, seconds(1), "operator"),
        (replace(OPEN, operator_cosigners=()), ONE, RECORDED_AT, "log"),
        (NAMED, ALL, RECORDED_AT, "log"),
        (OPEN, NONE, RECORDED_AT, "log"),
    ],
)
def test_the_best_word_that_the_policy_accepts_counts(
    policy: TrustPolicy, cosigned: Cosigning, logged_at: datetime, source: str
) -> None:
    report = judge(policy, cosigned)
    one = only(report)
    assert (report.verdict, one.logged_at, one.time_source) == ("valid", logged_at, source)
    assert one.recorded_at == RECORDED_AT
    (item,) = [item for item in one.checks if item.name == "receipt"]
    assert (item.detail["logged_at"], item.detail["time_source"]) == (format_time(logged_at), source)


@pytest.mark.parametrize("cosigned", [ONE, NONE], ids=["one witness", "no witness"])
def test_without_the_quorum_that_is_asked_for_nothing_is_valid(cosigned: Cosigning) -> None:
    report = judge(STRICT, cosigned)
    one = only(report)
    assert (report.verdict, deciding(report)) == ("undetermined", {"witnesses_missing"})
    # The ledger's claim is told; no time counts.
    assert (one.recorded_at, one.logged_at, one.time_source) == (RECORDED_AT, None, None)


def test_who_asks_for_witnesses_asks_for_a_receipt() -> None:
    report = check(DATA, policy=STRICT, at=AT)
    assert (report.verdict, deciding(report)) == ("undetermined", {"receipt_absent"})


def test_the_operator_cannot_date_earlier_than_the_witnesses() -> None:
    """THREATS C4: with the log's key, its cosigner's key and a clock of his own, he still needs two witnesses."""
    for hours in (1, 24 * 365):
        past = RECORDED_AT - timedelta(hours=hours)
        cosigned = cosigners((OPERATOR, past), (WITNESSES[0], seconds(2)), (WITNESSES[1], seconds(4)))
        one = only(judge(OPEN, cosigned, recorded_at=past))
        assert (one.logged_at, one.time_source) == (seconds(4), "witnesses")
        # One witness that helps him moves nothing either: the quorum is met when the honest one signs.
        helped = cosigners((OPERATOR, past), (WITNESSES[0], past), (WITNESSES[1], seconds(4)))
        assert only(judge(STRICT, helped, recorded_at=past)).logged_at == seconds(4)
        # Two that help him are the quorum, and no policy survives that.
        bought = cosigners((WITNESSES[0], past), (WITNESSES[1], past))
        assert only(judge(STRICT, bought, recorded_at=past)).logged_at == past


@pytest.mark.parametrize(
    ("cosigned", "late", "code"),
    [
        (ALL, timedelta(seconds=61), "receipt_valid"),
        (ALL, timedelta(seconds=62), "recorded_after_cosignature"),
        (cosigners((WITNESSES[0], seconds(5))), timedelta(seconds=66), "recorded_after_cosignature"),
        (cosigners((OPERATOR, seconds(5))), timedelta(seconds=66), "recorded_after_cosignature"),
        (NONE, timedelta(days=9), "receipt_valid"),
    ],
)
def test_nobody_cosigns_what_is_not_there_yet(cosigned: Cosigning, late: timedelta, code: str) -> None:
    report = judge(OPEN, cosigned, recorded_at=RECORDED_AT + late)
    verdict = "valid" if code == "receipt_valid" else "invalid"
    assert (report.verdict, codes(report, "receipt")) == (verdict, [(verdict, code)])


def spoiled(signer: WitnessSigner, change: bytes = b"\1") -> Cosigning:
    """Return what adds a wrong cosignature in this name."""

    def sign(head: Checkpoint) -> Checkpoint:
        line = signer.line(head, RECORDED_AT)
        wrong = line.signature[:-1] + bytes([line.signature[-1] ^ change[0]])
        return head.cosigned(NoteSignature(line.name, line.key_id, wrong))

    return sign


@pytest.mark.parametrize("signer", [WITNESSES[2], OPERATOR], ids=["a witness", "the operator"])
def test_one_wrong_line_of_a_known_cosigner_spoils_the_receipt(signer: WitnessSigner) -> None:
    def sign(head: Checkpoint) -> Checkpoint:
        return spoiled(signer)(cosigners((WITNESSES[0], RECORDED_AT), (WITNESSES[1], RECORDED_AT))(head))

    for policy in (OPEN, STRICT):
        report = judge(policy, sign)
        assert (report.verdict, codes(report, "receipt")) == ("invalid", [("invalid", "cosignature_invalid")])
    # A cosigner that the policy does not know is nobody's business.
    assert judge(NAMED, sign).verdict == "valid"


STATES = ("good", "silent", "forged", "other head")


@pytest.mark.parametrize("states", list(product(STATES, repeat=3)), ids="-".join)
def test_every_subset_of_witnesses_killed_or_forged(states: tuple[str, ...]) -> None:
    """THREATS E11: only whole and enough cosignatures pass; whatever is forged is told."""

    def sign(head: Checkpoint) -> Checkpoint:
        other = Checkpoint(head.origin, head.size + 1, head.root, head.signatures)
        for signer, state in zip(WITNESSES, states, strict=True):
            if state == "good":
                head = signer.cosigned(head, RECORDED_AT)
            elif state == "forged":
                head = spoiled(signer)(head)
            elif state == "other head":
                head = head.cosigned(signer.line(other, RECORDED_AT))
        return head

    report = judge(STRICT, sign)
    if {"forged", "other head"} & set(states):
        expected = ("invalid", {"cosignature_invalid"})
    elif states.count("good") >= 2:
        expected = ("valid", set())
    else:
        expected = ("undetermined", {"witnesses_missing"})
    assert (report.verdict, deciding(report)) == expected


def test_a_key_event_that_no_witness_saw_counts_for_nothing_when_witnesses_are_asked_for() -> None:
    did = "did:web:roc.example:issuers:1"
    signer = Signer("roc web", did=did)
    log = Log()
    quorum = cosigners((WITNESSES[0], RECORDED_AT), (WITNESSES[1], RECORDED_AT))
    document = credential(did)
    data = text(issue(document, proof(document, signer), proof(document, signer, JCS)))
    payload, unseen = key_event(log, signer)
    seen = log.receipt(0, cosigned=quorum).dump()
    receipt = log.record_text(data, quorum)
    policy = replace(STRICT, issuers={}, log_issuers=True)
    for event, verdict in ((unseen, "undetermined"), (seen, "valid")):
        evidence = Evidence(key_events=((payload, event),))
        report = check(data, policy=policy, at=AT, receipt=receipt, evidence=evidence)
        assert report.verdict == verdict
        assert [item.code for item in report.checks if item.name == "key"] == (
            [] if verdict == "valid" else ["witnesses_missing"]
        )


def test_all_pairs_of_witnesses_are_a_quorum() -> None:
    for pair in combinations(WITNESSES, 2):
        assert only(judge(STRICT, cosigners(*((one, seconds(7)) for one in pair)))).logged_at == seconds(7)
