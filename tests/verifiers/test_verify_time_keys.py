"""Keys judged by the time that counts: retired, stolen, and of issuers that ceased."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from tests.verifiers.test_verify import codes
from tests.verifiers.test_verify_time import (
    OPERATOR,
    cosigners,
    only,
)
from tests.verifiers.world import (
    AT,
    JCS,
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
from verifiers import Evidence, TrustPolicy, check
from verifiers.primitives.encoding import format_time

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
    assert [item.detail for item in only(early).checks if item.name == "issuer"] == [{}]
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


def test_of_several_ends_of_an_issuer_the_first_counts() -> None:
    log, data = Log(), issued(1)
    added = key_event(log, ROC)
    ends = tuple(ceased(log, DID, format_time(day(number))) for number in (5, 2, 6))
    receipt = log.record_text(data, cosigners((OPERATOR, day(4))), recorded_at=day(4))
    for order in (ends, ends[::-1]):
        evidence = Evidence(key_events=(added, *order))
        report = check(data, policy=LOG_ISSUERS, at=day(7), receipt=receipt, evidence=evidence)
        assert codes(report, "key") == [("invalid", "key_retired")]
        (item,) = [item for item in only(report).checks if item.name == "issuer"]
        assert item.detail["ceased_at"] == "2026-11-03T00:00:00Z"


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
