"""The time that counts: whose word it is, what a lying operator can do with it, and keys judged by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from typing import Any

import pytest

from tests.verifiers.test_verify import codes, deciding
from tests.verifiers.witnesses import WitnessSigner
from tests.verifiers.world import (
    AT,
    ISSUER,
    JCS,
    RECORDED_AT,
    Cosigning,
    Document,
    Log,
    Signer,
    ceased,
    credential,
    issue,
    key_compromised,
    key_end,
    key_event,
    proof,
    stream,
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


# --- keys, by that time --------------------------------------------------------------------------------------

DID = "did:web:roc.example:issuers:1"
ROC = Signer("roc web", did=DID)
LOG_ISSUERS = TrustPolicy(logs=(Log().vkey,), log_issuers=True, operator_cosigners=(OPERATOR.key,))
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    """Return a day of the model: 0 is when the key was registered, 7 is today."""
    return BEGIN + timedelta(days=number)


def issued(signed: int) -> bytes:
    """Return a credential that claims to have been signed on a day."""
    document = credential(DID, validFrom=format_time(BEGIN))
    made: dict[str, Any] = {"created": format_time(day(signed))}
    return text(issue(document, proof(document, ROC, **made), proof(document, ROC, JCS, **made)))


def reference(
    signed: int, logged: int | None, compromised: int | None, rotated: int | None
) -> tuple[str, str]:
    """The rule a second time, small and obvious: days only, judged on day 7."""
    if compromised is None and rotated is None:
        return "valid", "key_valid"
    moment = logged if logged is not None else signed
    if compromised is not None and moment >= compromised:
        return "invalid", "key_compromised"
    if rotated is not None and moment >= rotated:
        return "invalid", "key_retired"
    return ("undetermined", "key_time_unknown") if logged is None else ("valid", "key_valid_when_recorded")


CASES = list(product((1, 5), (None, 1, 3, 5), (None, 2, 3, 6), (None, 3)))


def test_there_are_sixty_four_cases() -> None:
    assert len(CASES) == 64
    found = {reference(*case) for case in CASES}
    assert len({code for _, code in found}) == 5


@pytest.mark.parametrize(("signed", "logged", "compromised", "rotated"), CASES)
def test_the_verdict_on_a_key(
    signed: int, logged: int | None, compromised: int | None, rotated: int | None
) -> None:
    """THREATS C3: time claimed, time in the log, compromise, rotation: what the log proves decides."""
    log, data = Log(), issued(signed)
    events = [key_event(log, ROC, valid_from=format_time(BEGIN))]
    receipt = None
    steps: list[tuple[int, str]] = [
        (moment, name)
        for moment, name in ((logged, "log"), (compromised, "compromise"), (rotated, "rotate"))
        if moment is not None
    ]
    # In the order of time; what falls on one day, the credential last: then no order of the log acquits it.
    for moment, name in sorted(steps, key=lambda step: (step[0], step[1] == "log")):
        if name == "log":
            at = day(moment)
            receipt = log.record_text(data, cosigners((OPERATOR, at)), recorded_at=at)
        elif name == "compromise":
            events.append(key_compromised(log, ROC, format_time(day(moment))))
        else:
            events.append(key_end(log, ROC, format_time(day(moment))))
    report = check(
        data,
        policy=LOG_ISSUERS,
        at=day(7),
        receipt=receipt,
        evidence=Evidence(key_events=tuple(events)),
    )
    expected = reference(signed, logged, compromised, rotated)
    assert codes(report, "key") == [expected]
    assert report.verdict == expected[0]


def test_a_claim_of_an_earlier_signature_saves_nobody() -> None:
    """A thief signs after the theft, dates it before, and gets it into the log: the log's time condemns."""
    log = Log()
    events = (key_event(log, ROC), key_compromised(log, ROC, format_time(day(2))))
    data = issued(1)
    receipt = log.record_text(data, cosigners((OPERATOR, day(4))), recorded_at=day(1))
    report = check(data, policy=LOG_ISSUERS, at=day(7), receipt=receipt, evidence=Evidence(key_events=events))
    assert codes(report, "key") == [("invalid", "key_compromised")]
    # And without the cosigner's key in the policy, the operator's claim would have been believed.
    naive = replace(LOG_ISSUERS, operator_cosigners=())
    report = check(data, policy=naive, at=day(7), receipt=receipt, evidence=Evidence(key_events=events))
    assert codes(report, "key") == [("valid", "key_valid_when_recorded")]


def test_the_order_of_the_log_acquits_of_a_rotation_and_not_of_a_theft() -> None:
    """Witnesses sign after the log records; a key that is rotated in between has not ended before."""
    data, late = issued(1), cosigners((OPERATOR, day(5)))
    for write_end, code in ((key_end, "key_valid_when_recorded"), (key_compromised, "key_compromised")):
        log = Log()
        added = key_event(log, ROC)
        position = log.record(data, recorded_at=day(1))
        ended = write_end(log, ROC, format_time(day(2)))
        receipt = log.receipt(position, cosigned=late).dump()
        evidence = Evidence(key_events=(added, ended))
        report = check(data, policy=LOG_ISSUERS, at=day(7), receipt=receipt, evidence=evidence)
        assert {found for _, found in codes(report, "key")} == {code}


def test_a_rotation_after_a_theft_acquits_of_nothing() -> None:
    log, data = Log(), issued(1)
    added = key_event(log, ROC)
    position = log.record(data, recorded_at=day(1))
    ends = (key_end(log, ROC, format_time(day(2))), key_compromised(log, ROC, format_time(day(2))))
    receipt = log.receipt(position, cosigned=cosigners((OPERATOR, day(5)))).dump()
    evidence = Evidence(key_events=(added, *ends))
    report = check(data, policy=LOG_ISSUERS, at=day(7), receipt=receipt, evidence=evidence)
    assert codes(report, "key") == [("invalid", "key_compromised")]


def test_a_late_cosignature_makes_no_key_older() -> None:
    log, data = Log(), issued(1)
    receipt = log.record_text(data, cosigners((OPERATOR, day(5))), recorded_at=day(1))
    evidence = Evidence(key_events=(key_event(log, ROC, valid_from=format_time(day(3))),))
    report = check(data, policy=LOG_ISSUERS, at=day(7), receipt=receipt, evidence=evidence)
    assert codes(report, "key") == [("undetermined", "key_not_yet_valid")]


def test_the_order_acquits_of_no_end_before_its_own_event_and_in_no_other_log() -> None:
    data, late = issued(1), cosigners((OPERATOR, day(5)))
    log, other = Log(), Log("other.example/log")
    policy = replace(LOG_ISSUERS, logs=(log.vkey, other.vkey))
    added = key_event(log, ROC)
    position = log.record(data, recorded_at=day(1))
    # RECORDED_AT is the day of every key event here; this one says that the key ended the day before.
    backdated = key_end(log, ROC, format_time(BEGIN - timedelta(days=1)))
    for _ in range(9):
        other.record(b"filler")
    elsewhere = key_end(other, ROC, format_time(day(2)))
    receipt = log.receipt(position, cosigned=late).dump()
    for ended in (backdated, elsewhere):
        report = check(
            data, policy=policy, at=day(7), receipt=receipt, evidence=Evidence(key_events=(added, ended))
        )
        assert codes(report, "key") == [("invalid", "key_retired")]


def test_every_end_of_a_key_must_come_after_the_entry() -> None:
    log = Log()
    added, data = key_event(log, ROC), issued(1)
    first = key_end(log, ROC, format_time(day(3)))
    position = log.record(data, recorded_at=day(4))
    # The last event names an earlier end; the entry stands before it, and after the first.
    second = ceased(log, DID, format_time(day(2)))
    receipt = log.receipt(position, cosigned=cosigners((OPERATOR, day(4)))).dump()
    for events, expected in (
        ((added, second), ("valid", "key_valid_when_recorded")),
        ((added, first, second), ("invalid", "key_retired")),
        ((added, second, first), ("invalid", "key_retired")),
    ):
        report = check(
            data, policy=LOG_ISSUERS, at=day(7), receipt=receipt, evidence=Evidence(key_events=events)
        )
        assert codes(report, "key") == [expected]


def test_the_earliest_theft_counts_and_another_organisation_reports_none() -> None:
    log = Log()
    data = issued(1)
    receipt = log.record_text(data, cosigners((OPERATOR, day(3))), recorded_at=day(3))
    added = key_event(log, ROC)
    events = [key_compromised(log, ROC, format_time(day(number))) for number in (5, 2, 6)]
    foreign = key_compromised(log, ROC, format_time(day(1)), organisation="hospital")
    for chosen, expected in (
        ([foreign], ("valid", "key_valid")),
        (events[:1], ("valid", "key_valid_when_recorded")),
        (events, ("invalid", "key_compromised")),
    ):
        evidence = Evidence(key_events=(added, *chosen))
        report = check(data, policy=LOG_ISSUERS, at=day(7), receipt=receipt, evidence=evidence)
        assert codes(report, "key") == [expected]
    (item,) = [item for item in report.all_checks() if item.name == "key"]
    assert item.detail["compromised_since"] == "2026-11-03T00:00:00Z"


# --- issuers that ceased -------------------------------------------------------------------------------------


def test_an_issuer_that_ceased_is_trusted_for_what_it_signed_while_it_was_there() -> None:
    """THREATS C6: nobody answers any more; the bundle and the log are enough."""
    log, data = Log(), issued(1)
    added = key_event(log, ROC)
    receipt = log.record_text(data, cosigners((OPERATOR, day(1))), recorded_at=day(1))
    end = ceased(
        log, DID, format_time(day(3)), successor="did:web:next.example", archive="https://a.example/"
    )
    evidence = Evidence(key_events=(added, end))
    early = check(data, policy=LOG_ISSUERS, at=day(2), receipt=receipt, evidence=evidence)
    assert (early.verdict, codes(early, "key")) == ("valid", [("valid", "key_valid")])
    report = check(data, policy=LOG_ISSUERS, at=day(9_999), receipt=receipt, evidence=evidence)
    assert (report.verdict, codes(report, "key")) == ("valid", [("valid", "key_valid_when_recorded")])
    (item,) = [item for item in only(report).checks if item.name == "issuer"]
    assert item.detail == {
        "ceased_at": "2026-11-04T00:00:00Z",
        "successor": "did:web:next.example",
        "archive": "https://a.example/",
    }
    assert item.message == "A trusted log records the issuer and its keys. It ceased on 2026-11-04."


@pytest.mark.parametrize(
    ("signed", "logged", "expected"),
    [
        (1, None, ("undetermined", "key_time_unknown")),
        (5, None, ("invalid", "key_retired")),
        (5, 5, ("invalid", "key_retired")),
        (1, 5, ("invalid", "key_retired")),
        (1, 3, ("valid", "key_valid_when_recorded")),  # within its last second
    ],
)
def test_whoever_keeps_the_key_of_an_issuer_that_ceased_signs_in_vain(
    signed: int, logged: int | None, expected: tuple[str, str]
) -> None:
    log, data = Log(), issued(signed)
    evidence = Evidence(key_events=(key_event(log, ROC), ceased(log, DID, format_time(day(3)))))
    receipt = None
    if logged is not None:
        receipt = log.record_text(data, cosigners((OPERATOR, day(logged))), recorded_at=day(logged))
    report = check(data, policy=LOG_ISSUERS, at=day(9), receipt=receipt, evidence=evidence)
    assert (report.verdict, codes(report, "key")) == (expected[0], [expected])


@pytest.mark.parametrize("organisation", ["hospital", "roc"])
def test_nobody_ends_an_issuer_whose_keys_stand_elsewhere(organisation: str) -> None:
    log, data = Log(), issued(1)
    did = DID if organisation == "hospital" else "did:web:other.example"
    events = (key_event(log, ROC), ceased(log, did, format_time(day(2)), organisation=organisation))
    report = check(data, policy=LOG_ISSUERS, at=day(7), evidence=Evidence(key_events=events))
    assert (report.verdict, codes(report, "key")[-1]) == ("valid", ("valid", "key_valid"))
    assert [item.code for item in report.checks if item.name == "key"] == ["key_event_did"]
    assert [item.detail for item in only(report).checks if item.name == "issuer"] == [{}]


LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_an_end_on_the_last_day_of_the_calendar_crashes_nothing() -> None:
    log = Log()
    events = (key_event(log, ROC), ceased(log, DID, format_time(LAST)))
    assert (
        check(issued(1), policy=LOG_ISSUERS, at=AT, evidence=Evidence(key_events=events)).verdict == "valid"
    )


MALFORMED: list[tuple[str, Document]] = [
    ("organisation-key-compromised.v1", {"key": ROC.key.multikey, "reason": "stolen"}),
    ("organisation-key-compromised.v1", {"key": "z", "compromised_since": "2026-11-03T00:00:00Z", "reason": "x"}),
    ("organisation-key-compromised.v1", {"key": ROC.key.multikey, "compromised_since": "soon", "reason": "x"}),
    ("organisation-ceased.v1", {"ceased_at": "2026-11-03T00:00:00Z", "reason": "x"}),
    ("organisation-ceased.v1", {"did": DID, "ceased_at": 3, "reason": "x"}),
    ("organisation-ceased.v1", {"did": DID, "ceased_at": "2026-11-03T00:00:00Z", "reason": "x", "successor": 3}),
    ("organisation-ceased.v1", {"did": DID, "ceased_at": "2026-11-03T00:00:00Z", "reason": "x", "archive": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "payload"), MALFORMED)
def test_events_that_say_nothing_readable_are_refused(kind: str, payload: Document) -> None:
    log = Log()
    added = key_event(log, ROC)
    raw = text(payload)
    receipt = log.record_text(raw, type=kind, stream_id=stream("roc"), issuer=stream("roc"))
    evidence = Evidence(key_events=(added, (raw, receipt)))
    report = check(issued(1), policy=LOG_ISSUERS, at=AT, evidence=evidence)
    assert [item.code for item in report.checks if item.name == "key"] == ["key_event_malformed"]
    assert report.verdict == "valid"


def test_all_pairs_of_witnesses_are_a_quorum() -> None:
    for pair in combinations(WITNESSES, 2):
        assert only(judge(STRICT, cosigners(*((one, seconds(7)) for one in pair)))).logged_at == seconds(7)
