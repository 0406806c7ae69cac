"""Status: revoked and suspended are invalid, everything that cannot be read is undetermined (THREATS D1, D6, D7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.verifiers.test_verify import codes, deciding
from tests.verifiers.world import (
    AT,
    ISSUER,
    LIST_URL,
    MALLORY,
    OTHER,
    Document,
    Log,
    credential,
    issue,
    key_compromised,
    key_event,
    list_credential,
    proof,
    status_entry,
    text,
    token,
)
from verifiers import Evidence, Report, TrustedIssuer, TrustPolicy, check
from verifiers.checks import keyring as keyrings
from verifiers.checks.status import StatusLists
from verifiers.formats import bundle

TRUST = {ISSUER.did: TrustedIssuer(ISSUER.did), OTHER.did: TrustedIssuer(OTHER.did)}
POLICY = TrustPolicy(issuers=TRUST)
CREDENTIAL = text(issue(credential(credentialStatus=status_entry())))


def run(
    lists: dict[str, bytes], data: bytes = CREDENTIAL, policy: TrustPolicy = POLICY, days: float = 0
) -> Report:
    return check(data, policy=policy, at=AT + timedelta(days=days), evidence=Evidence(status_lists=lists))


def status(lists: dict[str, bytes], data: bytes = CREDENTIAL, days: float = 0) -> tuple[str, str]:
    """Return the verdict and code of the only status check, which is also what decides."""
    report = run(lists, data, days=days)
    (found,) = codes(report, "status")
    assert report.verdict == found[0]
    return found


def at_url(document: Document | bytes) -> dict[str, bytes]:
    return {LIST_URL: document if isinstance(document, bytes) else text(document)}


def test_clear_revoked_and_the_neighbours_of_a_bit() -> None:
    assert status(at_url(list_credential())) == ("valid", "status_clear")
    assert status(at_url(list_credential(94_567))) == ("invalid", "status_revoked")
    assert status(at_url(list_credential(94_566, 94_568, 0))) == ("valid", "status_clear")


def test_a_list_may_be_a_token() -> None:
    for index, expected in ((94_567, ("invalid", "status_revoked")), (1, ("valid", "status_clear"))):
        assert status(at_url(token(list_credential(index, sign=False)))) == expected


def test_suspension_is_another_list_and_another_word() -> None:
    data = text(issue(credential(credentialStatus=status_entry(purpose="suspension"))))
    assert status(at_url(list_credential(94_567, purpose="suspension")), data) == (
        "invalid",
        "status_suspended",
    )
    assert status(at_url(list_credential(94_567)), data) == ("undetermined", "status_purpose_other")


def test_each_entry_is_checked() -> None:
    other = LIST_URL + "-2"
    entries = [status_entry(), status_entry(7, "suspension", statusListCredential=other)]
    data = text(issue(credential(credentialStatus=entries)))
    second = list_credential(7, purpose="suspension", id=other)
    report = run({LIST_URL: text(list_credential()), other: text(second)}, data)
    assert codes(report, "status") == [("valid", "status_clear"), ("invalid", "status_suspended")]
    assert report.verdict == "invalid"


CUT_OFF = {"type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": "uH4sI"}
NO_VALIDITY: Document = {"validFrom": None, "validUntil": None}


@pytest.mark.parametrize(
    ("lists", "code"),
    [
        ({}, "status_unavailable"),
        ({LIST_URL + "/other": text(list_credential())}, "status_unavailable"),
        (at_url(b"nonsense"), "status_list_unreadable"),
        (at_url(b"{}"), "status_list_unreadable"),
        (at_url(issue()), "status_list_unreadable"),
        (at_url(list_credential(sign=False)), "status_list_unverified"),
        (at_url(list_credential(issuer=MALLORY) | {"issuer": ISSUER.did}), "status_list_unverified"),
        (at_url(list_credential() | {"validUntil": "2099-01-01T00:00:00Z"}), "status_list_unverified"),
        (at_url(list_credential(issuer=OTHER)), "status_issuer_other"),
        (at_url(list_credential(issuer=MALLORY)), "status_issuer_other"),
        (at_url(list_credential(id=LIST_URL + "-2")), "status_list_other"),
        (at_url(list_credential(validUntil="2026-11-24T10:00:00Z")), "status_stale"),
        (at_url(list_credential(validFrom="2026-11-20T10:00:00Z", validUntil=None)), "status_stale"),
        (at_url(list_credential(validFrom="2025-11-23T10:00:00Z")), "status_stale"),
        (at_url(list_credential(validFrom="2026-11-24T10:00:01Z")), "status_too_new"),
        (at_url(list_credential(credentialSubject=CUT_OFF)), "status_list_unreadable"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_undetermined(lists: dict[str, bytes], code: str) -> None:
    assert status(lists) == ("undetermined", code)


def test_a_tampered_list_never_turns_revoked_into_clear() -> None:
    revoked, clear = list_credential(94_567), list_credential()
    mixed = revoked | {"credentialSubject": clear["credentialSubject"]}
    assert status(at_url(mixed)) == ("undetermined", "status_list_unverified")


def test_a_fetched_list_without_dates_is_as_fresh_as_the_fetch() -> None:
    assert status(at_url(list_credential(**NO_VALIDITY))) == ("valid", "status_clear")


@pytest.mark.parametrize(
    ("entry", "verdict", "code"),
    [
        (status_entry(131_072), "invalid", "status_index_range"),
        (status_entry(type="1EdTechRevocationList"), "undetermined", "status_type_unknown"),
        (status_entry(statusSize=2), "undetermined", "status_size_unknown"),
        (status_entry(statusListIndex="x"), "invalid", "status_entry_malformed"),
    ],
)
def test_entries_of_other_kinds(entry: Document, verdict: str, code: str) -> None:
    # Other kinds have terms of their own, which the contexts do not define: only the status check is looked at.
    report = run(
        at_url(list_credential()), text(issue(credential(credentialStatus=entry), proof(credential())))
    )
    assert codes(report, "status") == [(verdict, code)]
    assert report.verdict == "invalid"


def test_a_status_that_does_not_decide_is_only_shown() -> None:
    data = text(issue(credential(credentialStatus=status_entry(purpose="message"))))
    report = run({}, data)
    assert codes(report, "status") == [("undetermined", "status_not_deciding")]
    assert report.verdict == "valid"


def test_a_policy_can_do_without_status_but_never_ignores_a_revocation() -> None:
    relaxed = TrustPolicy(issuers=TRUST, require_status=False)
    assert run({}, policy=relaxed).verdict == "valid"
    assert run(at_url(list_credential(94_567)), policy=relaxed).verdict == "invalid"


@pytest.mark.parametrize(
    ("changes", "days", "expected"),
    [
        ({}, 0, ("valid", "status_clear")),
        ({}, 1, ("undetermined", "status_stale")),
        ({"validUntil": None}, 0.9, ("valid", "status_clear")),
        ({"validUntil": None}, 1, ("undetermined", "status_stale")),
        ({"validUntil": "2026-12-01T00:00:00Z"}, 5, ("valid", "status_clear")),
        ({"validUntil": None, "credentialSubject": None}, 0, ("undetermined", "status_stale")),
        ({"validFrom": None}, 0, ("undetermined", "status_stale")),
        ({"validUntil": "2099-01-01T00:00:00Z", "credentialSubject": None}, 30, ("valid", "status_clear")),
        (
            {"validUntil": "2099-01-01T00:00:00Z", "credentialSubject": None},
            32,
            ("undetermined", "status_stale"),
        ),
    ],
)
def test_a_list_in_a_bundle_must_say_how_long_it_holds(
    changes: Document, days: float, expected: tuple[str, str]
) -> None:
    unsigned: dict[str, Any] = list_credential(sign=False)
    if "credentialSubject" in changes:
        changes = {
            **changes,
            "credentialSubject": {k: v for k, v in unsigned["credentialSubject"].items() if k != "ttl"},
        }
    document = {name: value for name, value in (unsigned | changes).items() if value is not None}
    signed = text(issue(document, proof(document)))
    item = bundle.Item(CREDENTIAL, "application/vc")
    data = bundle.Bundle(AT, (item,), (), {}, {LIST_URL: signed}, None).dump()
    report = check(data, policy=POLICY, at=AT + timedelta(days=days))
    assert codes(report, "status") == [expected]
    assert report.verdict == expected[0]


def test_a_claimed_list_of_the_last_day_of_the_calendar_can_be_judged() -> None:
    document = list_credential(
        sign=False, validFrom="9999-12-31T00:00:00Z", validUntil="9999-12-31T23:59:59Z"
    )
    signed = text(issue(document, proof(document)))
    item = bundle.Item(CREDENTIAL, "application/vc")
    data = bundle.Bundle(AT, (item,), (), {}, {LIST_URL: signed}, None).dump()
    report = check(data, policy=POLICY, at=datetime(9999, 12, 31, 12, tzinfo=UTC))
    assert codes(report, "status") == [("valid", "status_clear")]


def test_in_a_bundle_the_list_must_name_its_address() -> None:
    document = {name: value for name, value in list_credential(sign=False).items() if name != "id"}
    signed = text(issue(document, proof(document)))
    item = bundle.Item(CREDENTIAL, "application/vc")
    data = bundle.Bundle(AT, (item,), (), {}, {LIST_URL: signed}, None).dump()
    assert deciding(check(data, policy=POLICY, at=AT)) == {"status_list_other"}
    assert status(at_url(signed)) == ("valid", "status_clear")  # fetched from that address, it need not


def test_what_the_verifier_fetched_outranks_the_bundle() -> None:
    item = bundle.Item(CREDENTIAL, "application/vc")
    data = bundle.Bundle(AT, (item,), (), {}, {LIST_URL: text(list_credential())}, None).dump()
    assert check(data, policy=POLICY, at=AT).verdict == "valid"
    assert run(at_url(list_credential(94_567)), data).verdict == "invalid"


def test_the_report_tells_of_when_the_list_is() -> None:
    report = run(at_url(list_credential()))
    (item,) = [item for item in report.all_checks() if item.name == "status"]
    assert item.detail == {
        "purpose": "revocation",
        "list": LIST_URL,
        "index": "94567",
        "list_of": "2026-11-24T09:55:00Z",
    }


CEASED = AT + timedelta(hours=2)


def lists_of(lists: dict[str, bytes], *, at: datetime, claimed: bool = False) -> StatusLists:
    keyring = keyrings.build(policy=POLICY, evidence=Evidence(), bundle=None, at=AT)
    return StatusLists(keyring, {} if claimed else lists, lists if claimed else {}, at)


@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize(
    ("bits", "days", "ceased_at", "expected"),
    [
        ((), 0.5, CEASED, ("valid", "status_clear")),  # it still holds: nothing is frozen yet
        ((), 400, CEASED, ("valid", "status_frozen")),
        ((94_567,), 400, CEASED, ("invalid", "status_revoked")),
        ((), 400, None, ("undetermined", "status_stale")),
        ((), 400, AT + timedelta(days=401), ("undetermined", "status_stale")),  # it has not ceased yet
        ((), 400, AT + timedelta(days=2), ("undetermined", "status_stale")),  # too old already when it ceased
        ((), 400, AT - timedelta(hours=1), ("undetermined", "status_stale")),  # made after the issuer had ceased
        ((), -0.5, CEASED, ("undetermined", "status_too_new")),  # what will hold when it ceases says nothing yet
    ],
)  # fmt: skip
def test_the_last_list_of_an_issuer_that_ceased_counts_for_ever(
    bits: tuple[int, ...], days: float, ceased_at: datetime | None, expected: tuple[str, str], claimed: bool
) -> None:
    lists = lists_of(at_url(list_credential(*bits)), at=AT + timedelta(days=days), claimed=claimed)
    found = lists.check(status_entry(), issuer=ISSUER.did, ceased_at=ceased_at)
    assert (found.verdict, found.code) == expected


def test_a_forged_list_is_not_the_last_one_of_anybody() -> None:
    forged = at_url(list_credential(issuer=MALLORY) | {"issuer": ISSUER.did})
    found = lists_of(forged, at=AT + timedelta(days=400)).check(
        status_entry(), issuer=ISSUER.did, ceased_at=CEASED
    )
    assert (found.verdict, found.code) == ("undetermined", "status_stale")


@pytest.mark.parametrize("claimed", [False, True])
def test_a_stolen_key_makes_no_last_list_of_an_issuer_that_ceased(claimed: bool) -> None:
    # Whoever stole the key later dates a clear list back to when the issuer was there.
    log = Log()
    events = (key_event(log, ISSUER), key_compromised(log, ISSUER, "2027-02-01T00:00:00Z"))
    keyring = keyrings.build(
        policy=TrustPolicy(issuers=TRUST, logs=(log.vkey,)),
        evidence=Evidence(key_events=events),
        bundle=None,
        at=AT + timedelta(days=400),
    )
    lists = at_url(list_credential())
    for days, expected in (
        (0.5, ("valid", "status_clear")),
        (30, ("valid", "status_frozen")),
        (400, ("undetermined", "status_stale")),
    ):
        at = AT + timedelta(days=days)
        found = StatusLists(keyring, {} if claimed else lists, lists if claimed else {}, at).check(
            status_entry(), issuer=ISSUER.did, ceased_at=CEASED
        )
        assert (found.verdict, found.code) == expected
