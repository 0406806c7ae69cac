"""Receipts and bundles: what a log adds, what may be missing, and that one bad part is enough."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.verifiers.test_verify import codes, deciding
from tests.verifiers.world import (
    AT,
    ISSUER,
    MALLORY,
    RECORDED_AT,
    Log,
    credential,
    issue,
    key_event,
    text,
    token,
)
from verifiers import Evidence, MalformedError, TrustedIssuer, TrustPolicy, check, verify
from verifiers.formats import bundle
from verifiers.formats.bundle import Bundle, Item

LOG = Log()
DATA = text(issue())
OTHERS = [LOG.record(text(credential(id=f"urn:x:{number}"))) for number in range(5)]
POSITION = LOG.record(DATA)
RECEIPT = LOG.receipt(POSITION).dump()
TRUST = {ISSUER.did: TrustedIssuer(ISSUER.did)}
POLICY = TrustPolicy(issuers=TRUST, logs=(LOG.vkey,))
STRICT = replace(POLICY, require_receipt=True)
UNLOGGED = TrustPolicy(issuers=TRUST)


def test_a_good_receipt_tells_time_and_place() -> None:
    (one,) = verify(DATA, policy=STRICT, at=AT, receipt=RECEIPT).credentials
    assert (one.recorded_at, one.position) == (RECORDED_AT, POSITION)
    # Nobody but the log itself dates it.
    assert (one.logged_at, one.time_source) == (RECORDED_AT, "log")
    (item,) = [item for item in one.checks if item.name == "receipt"]
    assert item.detail == {
        "origin": LOG.origin,
        "position": str(POSITION),
        "recorded_at": "2026-11-01T09:00:05Z",
        "logged_at": "2026-11-01T09:00:05Z",
        "time_source": "log",
    }


@pytest.mark.parametrize(
    ("receipt", "policy", "verdict", "code"),
    [
        (None, POLICY, "valid", "receipt_absent"),
        (None, STRICT, "undetermined", "receipt_absent"),
        (RECEIPT, UNLOGGED, "valid", "log_not_trusted"),
        (RECEIPT, replace(STRICT, logs=(Log(key="another").vkey,)), "undetermined", "log_not_trusted"),
        (LOG.receipt(POSITION, opening=False).dump(), POLICY, "valid", "receipt_opening_missing"),
        (LOG.receipt(POSITION, opening=False).dump(), STRICT, "undetermined", "receipt_opening_missing"),
        (LOG.receipt(0).dump(), POLICY, "invalid", "receipt_other_payload"),
        (
            RECEIPT.replace(f"index {POSITION}", f"index {POSITION - 1}"),
            POLICY,
            "invalid",
            "receipt_not_in_log",
        ),
        (RECEIPT + "x", POLICY, "invalid", "checkpoint_malformed"),
        ("", POLICY, "invalid", "receipt_malformed"),
    ],
)
def test_receipts(receipt: str | None, policy: TrustPolicy, verdict: str, code: str) -> None:
    report = check(DATA, policy=policy, at=AT, receipt=receipt)
    assert report.verdict == verdict
    assert [found for _, found in codes(report, "receipt")] == [code]
    assert report.credentials[0].recorded_at is None


def test_an_event_of_another_type_is_no_receipt_of_a_credential() -> None:
    log = Log()
    receipt = log.record_text(DATA, type="credential-read.v1")
    report = check(DATA, policy=TrustPolicy(issuers=TRUST, logs=(log.vkey,)), at=AT, receipt=receipt)
    assert (report.verdict, deciding(report)) == ("invalid", {"receipt_other_type"})


def make(*items: Item) -> bytes:
    return Bundle(AT, items, (), {}, {}, (LOG.origin, LOG.vkey.dump())).dump()


GOOD = Item(DATA, "application/vc", RECEIPT)
JWT = Item(token(), "application/vc+jwt", LOG.record_text(token()))


def test_a_whole_bundle_is_valid_when_everything_in_it_is() -> None:
    report = verify(make(GOOD, JWT), policy=STRICT, at=AT)
    assert (report.format, report.verdict, len(report.credentials)) == ("bundle", "valid", 2)


UNTRUSTED = Item(token(credential(MALLORY.did), MALLORY), "application/vc+jwt")


@pytest.mark.parametrize(
    ("items", "verdicts", "verdict"),
    [
        ((GOOD, Item(text(issue() | {"name": "x"}), "application/vc")), ["valid", "invalid"], "invalid"),
        ((GOOD, Item(b"nonsense", "application/vc")), ["valid", "invalid"], "invalid"),
        ((GOOD, Item(token(), "application/vc")), ["valid", "invalid"], "invalid"),
        ((GOOD, UNTRUSTED), ["valid", "undetermined"], "undetermined"),
        ((replace(GOOD, receipt=JWT.receipt), JWT), ["invalid", "valid"], "invalid"),
    ],
)  # fmt: skip
def test_one_bad_part_is_enough_and_the_others_are_still_told(
    items: tuple[Item, ...], verdicts: list[str], verdict: str
) -> None:
    report = check(make(*items), policy=POLICY, at=AT)
    assert [one.verdict for one in report.credentials] == verdicts
    assert report.verdict == verdict


def test_the_log_that_a_bundle_names_is_not_believed_for_it() -> None:
    own = Log("mallory.example", key="mallory log")
    data = text(issue(credential(MALLORY.did)))
    item = Item(data, "application/vc", own.record_text(data))
    keys = (bundle.KeyEvent(*key_event(own, MALLORY)),)
    forged = Bundle(AT, (item,), keys, {}, {}, (own.origin, own.vkey.dump())).dump()
    for policy in (None, POLICY, replace(POLICY, log_issuers=True)):
        assert check(forged, policy=policy, at=AT).verdict != "valid"


def test_white_space_inside_a_bundle_is_exact() -> None:
    spaced = Item(DATA + b"\n", "application/vc", RECEIPT)
    report = check(make(spaced), policy=POLICY, at=AT)
    assert codes(report, "receipt") == [("invalid", "receipt_other_payload")]
    own = Item(DATA + b"\n", "application/vc", LOG.record_text(DATA + b"\n"))
    assert check(make(own), policy=STRICT, at=AT).verdict == "valid"


@pytest.mark.parametrize(
    "data", [b'{"type":"leerspoor-bundle.v2"}', b'{"type":"leerspoor-bundle.v1"}', make(GOOD)[:-1]]
)
def test_what_is_no_bundle_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        check(data, policy=POLICY, at=AT)


def test_only_a_bundle_may_be_large() -> None:
    big = Item(text(issue(credential(description="x" * 400_000))), "application/vc")
    data = make(big, big, big, big)
    assert len(data) > 1 << 20
    assert len(check(data, policy=POLICY, at=AT).credentials) == 4
    with pytest.raises(MalformedError) as caught:
        check(text(issue(credential(description="x" * 1_100_000))), policy=POLICY, at=AT)
    assert caught.value.code == "bundle_version"


def test_a_bundle_brings_its_receipts_itself() -> None:
    with pytest.raises(ValueError, match="receipts itself"):
        check(make(GOOD), policy=POLICY, at=AT, receipt=RECEIPT)


def test_evidence_fills_in_for_a_bundle_without_receipts() -> None:
    bare = make(replace(GOOD, receipt=None))
    assert check(bare, policy=STRICT, at=AT).verdict == "undetermined"
    assert (
        check(bare, policy=STRICT, at=AT, evidence=Evidence(receipts=((DATA, RECEIPT),))).verdict == "valid"
    )
