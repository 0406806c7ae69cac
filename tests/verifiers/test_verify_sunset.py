"""Clock 2066, Ed25519 broken since 2040: what was cosigned with ML-DSA-44 before that still stands, nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.verifiers.test_verify import codes, deciding
from tests.verifiers.test_verify_time import cosigners, seconds
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
    key_end,
    key_event,
    list_credential,
    proof,
    status_entry,
    text,
    token,
)
from verifiers import Evidence, Report, TrustedIssuer, TrustPolicy, check
from verifiers.formats import bundle, witness_policy
from verifiers.formats.checkpoint import Checkpoint, NoteSignature

BREAK = datetime(2040, 1, 1, tzinfo=UTC)
CLOCK = datetime(2066, 11, 24, 10, tzinfo=UTC)
NAMES = ("w0.example", "w1.example", "w2.example")
ED = [WitnessSigner(name) for name in NAMES]
PQ = [WitnessSigner(name, "ML-DSA-44") for name in NAMES]
OPERATOR_ED, OPERATOR_PQ = WitnessSigner("log.example/op"), WitnessSigner("log.example/op", "ML-DSA-44")
# Each witness is one party with two keys; two of three parties are enough.
HYBRID = witness_policy.parse(
    "".join(
        f"witness w{number}-ed {ED[number].key.dump()}\nwitness w{number}-pq {PQ[number].key.dump()}\n"
        f"group w{number} any w{number}-ed w{number}-pq\n"
        for number in range(3)
    )
    + "group g 2 w0 w1 w2\nquorum g\n"
)
POLICY = TrustPolicy(
    issuers={ISSUER.did: TrustedIssuer(ISSUER.did)},
    logs=(Log().vkey,),
    witnesses=HYBRID,
    operator_cosigners=(OPERATOR_ED.key, OPERATOR_PQ.key),
    sunsets={"Ed25519": BREAK},
)
STRICT = replace(POLICY, require_witnesses=True)
DATA = text(issue())
T = seconds(9)
OLD = cosigners(*((one, T) for one in (*ED, *PQ, OPERATOR_ED, OPERATOR_PQ)))


def judge(
    policy: TrustPolicy, cosigned: Cosigning | None, *, at: datetime = CLOCK, data: bytes = DATA
) -> Report:
    """Verify a credential of 2026 with a receipt that has these cosignatures, or without one."""
    receipt = None if cosigned is None else Log().record_text(data, cosigned)
    return check(data, policy=policy, at=at, receipt=receipt)


@pytest.mark.parametrize("policy", [POLICY, STRICT], ids=["open", "strict"])
@pytest.mark.parametrize("data", [DATA, token()], ids=["proof set", "token"])
def test_a_credential_of_2026_is_valid_in_2066(policy: TrustPolicy, data: bytes) -> None:
    report = judge(policy, OLD, data=data)
    (one,) = report.credentials
    assert (report.verdict, one.logged_at, one.time_source) == ("valid", T, "witnesses")


def without(*signers: WitnessSigner) -> Cosigning:
    """Return the good cosignatures, those of some left out."""
    return cosigners(*((one, T) for one in (*ED, *PQ, OPERATOR_ED, OPERATOR_PQ) if one not in signers))


def at_time(moment: datetime, *signers: WitnessSigner) -> Cosigning:
    """Return cosignatures of these at a moment."""
    return cosigners(*((one, moment) for one in signers))


@pytest.mark.parametrize(
    ("policy", "cosigned", "verdict", "code"),
    [
        # The chain is cut: no receipt, no cosignature, or only ones that anyone can make by now.
        (POLICY, None, "undetermined", "algorithm_broken"),
        (STRICT, None, "undetermined", "algorithm_broken"),
        (POLICY, cosigners(), "undetermined", "algorithm_broken"),
        (POLICY, at_time(T, *ED, OPERATOR_ED), "undetermined", "algorithm_broken"),
        (STRICT, at_time(T, *ED, OPERATOR_ED), "undetermined", "algorithm_broken"),
        # One party with ML-DSA is no quorum; the operator's own word counts where nobody asks for more.
        (POLICY, at_time(T, *ED, PQ[0]), "undetermined", "algorithm_broken"),
        (POLICY, at_time(T, PQ[0], PQ[2]), "valid", None),
        (STRICT, at_time(T, PQ[0], PQ[2]), "valid", None),
        (POLICY, at_time(T, OPERATOR_PQ), "valid", None),
        (STRICT, at_time(T, OPERATOR_PQ), "undetermined", "algorithm_broken"),
        (replace(POLICY, operator_cosigners=()), at_time(T, OPERATOR_PQ), "undetermined", "algorithm_broken"),
        (replace(POLICY, witnesses=None), at_time(T, PQ[0], PQ[2]), "undetermined", "algorithm_broken"),
        # Cosigned too late: whoever broke Ed25519 could have written it.
        (POLICY, at_time(BREAK - timedelta(seconds=1), PQ[0], PQ[1]), "valid", None),
        (POLICY, at_time(BREAK, PQ[0], PQ[1]), "undetermined", "algorithm_broken"),
        (STRICT, at_time(BREAK, PQ[0], PQ[1]), "undetermined", "algorithm_broken"),
        (POLICY, at_time(CLOCK, *PQ, OPERATOR_PQ), "undetermined", "algorithm_broken"),
        # One early and one late: the quorum is met by the later.
        (STRICT, cosigners((PQ[0], T), (PQ[1], BREAK)), "undetermined", "algorithm_broken"),
        # ML-DSA falls as well: nothing is left.
        (replace(POLICY, sunsets={"Ed25519": BREAK, "ML-DSA-44": CLOCK}), OLD, "undetermined", "algorithm_broken"),
        (replace(POLICY, sunsets={"ML-DSA-44": BREAK}), OLD, "valid", None),
        (replace(POLICY, sunsets={"P-256": BREAK}), cosigners(), "valid", None),
        (replace(POLICY, sunsets={}), cosigners(), "valid", None),
    ],
)  # fmt: skip
def test_what_the_chain_of_cosignatures_holds(
    policy: TrustPolicy, cosigned: Cosigning | None, verdict: str, code: str | None
) -> None:
    report = judge(policy, cosigned)
    assert report.verdict == verdict
    assert (code in deciding(report)) == (code is not None)


def test_until_the_day_itself_nothing_is_broken() -> None:
    for at, verdict in ((BREAK - timedelta(seconds=1), "valid"), (BREAK, "undetermined")):
        assert judge(POLICY, None, at=at).verdict == verdict
        assert judge(POLICY, cosigners(), at=at).verdict == verdict
        assert judge(POLICY, OLD, at=at).verdict == "valid"


def moved(head: Checkpoint) -> Checkpoint:
    """Cosign another root than the one that is shown."""
    other = Checkpoint(head.origin, head.size, bytes(32), head.signatures)
    for signer in PQ:
        head = head.cosigned(signer.line(other, T))
    return head


def renamed_time(head: Checkpoint) -> Checkpoint:
    """Set the time of late ML-DSA cosignatures back, without signing again."""
    for signer in PQ:
        line = signer.line(head, BREAK)
        early = int(T.timestamp()).to_bytes(8, "big")
        head = head.cosigned(NoteSignature(line.name, line.key_id, early + line.signature[8:]))
    return head


@pytest.mark.parametrize("cosigned", [moved, renamed_time])
def test_a_forged_chain_is_invalid(cosigned: Cosigning) -> None:
    for policy in (POLICY, STRICT):
        report = judge(policy, cosigned)
        assert (report.verdict, "cosignature_invalid" in deciding(report)) == ("invalid", True)


def test_what_anyone_can_forge_by_now_does_not_spoil_a_good_chain() -> None:
    """After the break, wrong Ed25519 lines in a witness's name are noise that anyone can add."""

    def sign(head: Checkpoint) -> Checkpoint:
        head = at_time(T, *PQ)(head)
        return head.cosigned(NoteSignature(ED[0].key.name, ED[0].key.key_id, bytes(72)))

    assert judge(STRICT, sign).verdict == "valid"
    assert judge(STRICT, sign, at=BREAK - timedelta(days=1)).verdict == "invalid"


@pytest.mark.parametrize(
    ("old", "new", "verdict", "code"),
    [
        (b"Praktijkverklaring", b"Praktijkverklarinh", "invalid", "signature_invalid"),
        (b"index 0", b"index 1", "invalid", "receipt_malformed"),
        (b"log.example/leerspoor", b"log.example/leerspoon", "undetermined", "log_not_trusted"),
        (b"2026-11-01T09:00:00Z", b"2026-11-01T09:00:01Z", "invalid", "receipt_other_payload"),
    ],
)
def test_a_good_chain_saves_no_wrong_document(old: bytes, new: bytes, verdict: str, code: str) -> None:
    receipt = Log().record_text(DATA, OLD).encode()
    report = check(
        DATA.replace(old, new), policy=STRICT, at=CLOCK, receipt=receipt.replace(old, new).decode()
    )
    assert report.verdict == verdict
    assert code in {item.code for item in report.all_checks() if item.required}


DID = "did:web:roc.example:issuers:1"
ROC = Signer("roc web", did=DID)


def bundle_of_2026(*, cosigned: Cosigning = OLD, events: Cosigning = OLD, history: bool = True) -> bytes:
    """Return a bundle with key history, made in 2026; the key was retired a month later."""
    log = Log()
    document = credential(DID)
    data = text(issue(document, proof(document, ROC), proof(document, ROC, JCS)))
    key_event(log, ROC)
    position = log.record(data)
    payloads = [key_event(Log(), ROC)[0], key_end(Log(), ROC, "2026-12-01T00:00:00Z")[0]]
    key_end(log, ROC, "2026-12-01T00:00:00Z")
    keys = [
        bundle.KeyEvent(payload, log.receipt(index, cosigned=events).dump())
        for payload, index in zip(payloads, (0, 2), strict=True)
    ]
    item = bundle.Item(data, "application/vc", log.receipt(position, cosigned=cosigned).dump())
    return bundle.Bundle(
        RECORDED_AT, (item,), tuple(keys) if history else (), {}, {}, (log.origin, log.vkey.dump())
    ).dump()


LOG_ISSUERS = replace(STRICT, issuers={}, log_issuers=True)


@pytest.mark.parametrize(
    ("data", "verdict", "code"),
    [
        (bundle_of_2026(), "valid", None),
        (bundle_of_2026(history=False), "undetermined", "key_unknown"),
        (bundle_of_2026(events=at_time(T, *ED)), "undetermined", "key_unknown"),
        (bundle_of_2026(cosigned=at_time(T, *ED)), "undetermined", "algorithm_broken"),
        (bundle_of_2026(cosigned=at_time(datetime(2027, 1, 1, tzinfo=UTC), *PQ)), "valid", None),
        (bundle_of_2026(cosigned=moved), "invalid", "cosignature_invalid"),
    ],
    ids=[
        "whole",
        "no history",
        "history without ML-DSA",
        "receipt without ML-DSA",
        "cosigned late",
        "other root",
    ],
)
def test_a_bundle_of_2026_with_every_issuer_gone(data: bytes, verdict: str, code: str | None) -> None:
    report = check(data, policy=LOG_ISSUERS, at=CLOCK)
    assert (report.verdict, code in deciding(report)) == (verdict, code is not None)


def test_key_events_that_nothing_dates_are_shown_as_refused() -> None:
    report = check(bundle_of_2026(events=at_time(T, *ED)), policy=LOG_ISSUERS, at=CLOCK)
    assert [item.code for item in report.checks if item.name == "key"] == ["algorithm_broken"] * 2


def test_a_broken_issuer_key_of_another_kind_is_saved_by_any_dated_receipt() -> None:
    """P-256 falls in 2040 and Ed25519 holds: the log's cosignatures of both kinds still date it."""
    signer = Signer("p256 roc", "P-256")
    policy = replace(
        POLICY,
        issuers={signer.did: TrustedIssuer(signer.did)},
        sunsets={"P-256": BREAK},
    )
    data = token(credential(signer.did), signer)
    assert judge(policy, at_time(T, ED[0], ED[1]), data=data).verdict == "valid"
    for cosigned in (None, cosigners()):
        report = judge(policy, cosigned, data=data)
        assert (report.verdict, codes(report, "proof")) == (
            "undetermined",
            [("undetermined", "algorithm_broken")],
        )


def test_a_status_list_signed_with_a_broken_algorithm_says_nothing() -> None:
    document = credential(credentialStatus=status_entry())
    data = text(issue(document, proof(document), proof(document, suite=JCS)))
    lists = {status_entry()["statusListCredential"]: text(list_credential())}
    receipt = Log().record_text(data, OLD)
    fallen = replace(STRICT, sunsets={"Ed25519": AT})
    for policy, at, expected in (
        (STRICT, AT, ("valid", "status_clear")),
        (fallen, AT, ("undetermined", "status_list_unverified")),
        (STRICT, CLOCK, ("undetermined", "status_stale")),
    ):
        report = check(data, policy=policy, at=at, receipt=receipt, evidence=Evidence(status_lists=lists))
        assert codes(report, "status") == [expected]
