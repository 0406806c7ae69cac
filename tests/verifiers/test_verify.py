"""One credential, from good to every way of being bad: verdict and code of each check."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from schemas.report import ReportModel
from tests.verifiers.world import (
    AT,
    ISSUER,
    JCS,
    MALLORY,
    OTHER,
    RDFC,
    Log,
    Signer,
    credential,
    issue,
    proof,
    text,
    token,
)
from verifiers import (
    Evidence,
    InvalidError,
    MalformedError,
    Report,
    TrustedIssuer,
    TrustPolicy,
    UndeterminedError,
    check,
    verify,
)

POLICY = TrustPolicy(issuers={ISSUER.did: TrustedIssuer(ISSUER.did, "ROC Merwede (ours)")})


def codes(report: Report, name: str) -> list[tuple[str, str]]:
    """Return (verdict, code) of the checks of one name."""
    return [(item.verdict, item.code) for item in report.all_checks() if item.name == name]


def deciding(report: Report) -> set[str]:
    """Return the codes of the required checks that are not valid."""
    return {item.code for item in report.all_checks() if item.required and item.verdict != "valid"}


@pytest.mark.parametrize(
    ("data", "format_"),
    [
        (text(issue()), "credential"),
        (text(issue(credential(), proof(credential()))), "credential"),
        (text(issue(credential(), proof(credential(), suite=JCS))), "credential"),
        (json.dumps(issue(), indent=1).encode(), "credential"),
        (token(), "jwt"),
        (token(iss=ISSUER.did, iat=1_793_523_600) + b"\n", "jwt"),
        (token(header={"kid": None}), "jwt"),
        (token(header={"kid": ISSUER.did}), "jwt"),
        (token(header={"kid": "#" + ISSUER.key.multikey}), "jwt"),
        (token(header={"kid": ISSUER.key.multikey}), "jwt"),
        (token(header={"kid": None, "jwk": ISSUER.jwk, "typ": "JWT"}), "jwt"),
    ],
)
def test_good_credentials_of_a_trusted_issuer_are_valid(data: bytes, format_: str) -> None:
    report = verify(data, policy=POLICY, at=AT)
    assert (report.verdict, report.format, deciding(report)) == ("valid", format_, set())
    (one,) = report.credentials
    assert one.issuer_id == ISSUER.did
    assert one.issuer_name == "ROC Merwede (ours)"
    assert one.name == "Praktijkverklaring Verzorgende IG"
    assert one.valid_from == datetime(2026, 11, 1, 9, tzinfo=UTC)
    assert (one.recorded_at, one.position, one.bound_to_person) == (None, None, False)


@pytest.mark.parametrize("kind", ["Ed25519", "P-256"])
def test_both_kinds_of_keys_work_in_both_securings(kind: Any) -> None:
    signer = Signer("school", kind)
    document = credential(signer.did)
    suite = RDFC if kind == "Ed25519" else "ecdsa-rdfc-2019"
    policy = TrustPolicy(issuers={signer.did: TrustedIssuer(signer.did)})
    assert (
        check(text(issue(document, proof(document, signer, suite))), policy=policy, at=AT).verdict == "valid"
    )
    assert check(token(document, signer), policy=policy, at=AT).verdict == "valid"


@pytest.mark.parametrize(
    "policy", [None, TrustPolicy.NOBODY, TrustPolicy(issuers={OTHER.did: TrustedIssuer(OTHER.did)})]
)
def test_without_trust_nothing_is_valid(policy: TrustPolicy | None) -> None:
    report = check(text(issue()), policy=policy, at=AT)
    assert report.verdict == "undetermined"
    assert deciding(report) == {"issuer_not_trusted"}
    with pytest.raises(UndeterminedError) as caught:
        verify(text(issue()), policy=policy, at=AT)
    assert caught.value.code == "issuer_not_trusted"
    assert caught.value.report == report


def test_an_invalid_proof_outranks_an_unknown_issuer() -> None:
    tampered = issue() | {"name": "Something else"}
    with pytest.raises(InvalidError) as caught:
        verify(text(tampered), policy=None, at=AT)
    assert caught.value.code == "signature_invalid"


@pytest.mark.parametrize("at", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
@pytest.mark.parametrize("data", [text(issue()), token(iat=253_402_300_799)], ids=["credential", "jwt"])
def test_the_first_and_the_last_moment_can_be_judged_for(data: bytes, at: datetime) -> None:
    report = check(data, policy=POLICY, at=at)
    first = at.year == 1
    assert (report.verdict, codes(report, "validity")) == (
        ("invalid", [("invalid", "not_yet_valid")]) if first else ("valid", [("valid", "validity_current")])
    )


DOCUMENT = credential()
BEFORE = [proof(DOCUMENT), proof(DOCUMENT, suite=JCS)]


@pytest.mark.parametrize(
    ("changes", "verdict", "expected"),
    [
        ({"name": "Other"}, "invalid", {"signature_invalid"}),
        ({"validUntil": "2099-01-01T00:00:00Z"}, "invalid", {"signature_invalid"}),
        ({"issuer": MALLORY.did}, "invalid", {"proof_of_issuer_missing", "issuer_not_trusted"}),
        ({"unknownTerm": "x"}, "invalid", {"term_dropped", "signature_invalid"}),
        ({"type": ["AchievementCredential"]}, "invalid", {"schema_invalid", "term_dropped", "signature_invalid"}),
        ({"credentialSubject": DOCUMENT["credentialSubject"] | {"id": "relative"}}, "invalid",
         {"schema_invalid", "iri_relative", "signature_invalid"}),
        ({"@context": ["https://evil.example/c"]}, "invalid", {"context_unknown", "proof_context"}),
        ({"@context": [*DOCUMENT["@context"], {"@vocab": "https://x.example/"}]}, "invalid",
         {"context_inline", "proof_context"}),
        ({"@context": DOCUMENT["@context"][::-1]}, "invalid", {"context_order", "proof_context"}),
        ({"@context": DOCUMENT["@context"][:1]}, "invalid", None),
    ],
)  # fmt: skip
def test_changes_after_signing(changes: dict[str, Any], verdict: str, expected: set[str] | None) -> None:
    report = check(text(DOCUMENT | changes | {"proof": BEFORE}), policy=POLICY, at=AT)
    assert report.verdict == verdict
    if expected is not None:
        assert deciding(report) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"@context": ["https://evil.example/c"]}, {"context_unknown"}),
        ({"@context": [*DOCUMENT["@context"], "https://evil.example/c"]}, {"context_unknown"}),
    ],
)
def test_an_unknown_context_cannot_be_checked(changes: dict[str, Any], expected: set[str]) -> None:
    # Only an rdfc proof here: nothing of it can be checked without the context.
    report = check(text(DOCUMENT | changes | {"proof": BEFORE[0]}), policy=POLICY, at=AT)
    assert (report.verdict, deciding(report)) == ("undetermined", expected)


@pytest.mark.parametrize(
    ("member", "value", "verdict", "code"),
    [
        ("cryptosuite", "bbs-2023", "undetermined", "cryptosuite_unknown"),
        ("type", "Ed25519Signature2020", "undetermined", "proof_type_unknown"),
        ("proofPurpose", "authentication", "invalid", "proof_purpose"),
        ("verificationMethod", ISSUER.did + "#other", "invalid", "key_not_in_document"),
        ("verificationMethod", MALLORY.method, "invalid", "proof_of_issuer_missing"),
        ("verificationMethod", 5, "invalid", "proof_malformed"),
        ("created", "2026-11-24T10:01:01Z", "invalid", "proof_not_yet_made"),
        ("created", "x", "invalid", "proof_malformed"),
        ("proofValue", "z1", "invalid", "proof_value_malformed"),
        ("previousProof", "urn:x:1", "invalid", "proof_previous_missing"),
        ("@context", ["https://evil.example/c"], "invalid", "proof_context"),
        ("unknown", 1, "invalid", "proof_malformed"),
    ],
)
@pytest.mark.parametrize("position", [0, 1])
def test_changes_in_a_proof(position: int, member: str, value: Any, verdict: str, code: str) -> None:
    alone = check(text(DOCUMENT | {"proof": BEFORE[position] | {member: value}}), policy=POLICY, at=AT)
    assert alone.verdict == verdict
    assert code in deciding(alone)
    # Beside a good proof of the issuer only what is still the issuer's own counts.
    both = [dict(one) for one in BEFORE]
    both[position][member] = value
    report = check(text(DOCUMENT | {"proof": both}), policy=POLICY, at=AT)
    somebody_elses = member == "verificationMethod" and value == MALLORY.method
    assert report.verdict == ("valid" if somebody_elses else verdict)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"proofPurpose": "authentication"}, "proof_purpose"),
        ({"created": "2026-11-24T10:01:01Z"}, "proof_not_yet_made"),
        ({"expires": "2026-11-24T10:00:00Z"}, "proof_expired"),
        ({"verificationMethod": f"{ISSUER.did}#{MALLORY.key.multikey}"}, "key_not_in_document"),
    ],
)
def test_well_signed_proofs_for_something_else(changes: dict[str, Any], code: str) -> None:
    for suite in (RDFC, JCS):
        report = check(text(issue(DOCUMENT, proof(DOCUMENT, suite=suite, **changes))), policy=POLICY, at=AT)
        assert (report.verdict, code in deciding(report)) == ("invalid", True)


def test_a_clock_that_is_a_little_ahead_is_forgiven_for_proofs() -> None:
    for created, verdict in (("2026-11-24T10:01:00Z", "valid"), ("2026-11-24T10:01:01Z", "invalid")):
        report = check(text(issue(DOCUMENT, proof(DOCUMENT, created=created))), policy=POLICY, at=AT)
        assert report.verdict == verdict


@pytest.mark.parametrize(
    ("changes", "at", "code"),
    [
        ({"validFrom": "2026-11-24T10:00:00Z"}, AT, "validity_current"),
        ({"validFrom": "2026-11-24T10:00:01Z"}, AT, "not_yet_valid"),
        ({"validFrom": "2026-11-24T11:00:00+01:00"}, AT, "validity_current"),
        ({"validFrom": "2026-11-24T10:00:00-00:01"}, AT, "not_yet_valid"),
        ({"validUntil": "2026-11-24T10:00:00Z"}, AT, "validity_current"),
        ({"validUntil": "2026-11-24T09:59:59Z"}, AT, "expired"),
        ({"validUntil": "2026-11-24T09:59:59.999Z"}, AT, "expired"),
        ({"validUntil": "2027-03-28T03:00:00+02:00"}, datetime(2027, 3, 28, 1, 0, 1, tzinfo=UTC), "expired"),
        ({}, datetime(2066, 1, 1, tzinfo=UTC), "validity_current"),
        ({}, datetime(2026, 11, 24, 12, tzinfo=timezone(timedelta(hours=2))), "validity_current"),
    ],
)
def test_validity_has_no_leeway(changes: dict[str, Any], at: datetime, code: str) -> None:
    document = credential(**changes)
    report = check(text(issue(document)), policy=POLICY, at=at)
    assert [found for _, found in codes(report, "validity")] == [code]
    assert report.verdict == ("valid" if code == "validity_current" else "invalid")


@pytest.mark.parametrize(
    ("data", "verdict", "code"),
    [
        (token(header={"alg": "none"}), "invalid", "jwt_alg_refused"),
        (token(header={"alg": "HS256"}), "invalid", "jwt_alg_refused"),
        (token(header={"alg": "RS256"}), "undetermined", "jwt_alg_unknown"),
        (token(header={"alg": "ES256"}), "invalid", "jwt_alg_key"),
        (token(header={"crit": ["x"], "x": 1}), "invalid", "jwt_header_refused"),
        (token(header={"b64": False, "crit": ["b64"]}), "invalid", "jwt_header_refused"),
        (token(header={"jku": "https://evil.example"}), "invalid", "jwt_header_refused"),
        (token(signer=MALLORY, header={"jwk": MALLORY.jwk, "kid": None}), "invalid", "jwt_jwk_other"),
        (token(signer=MALLORY), "invalid", "proof_of_issuer_missing"),
        (token(signer=MALLORY, header={"kid": ISSUER.method}), "invalid", "signature_invalid"),
        (token(header={"kid": "key-1"}), "invalid", "key_not_in_document"),
        (token(header={"kid": "../../etc/passwd"}), "invalid", "key_not_in_document"),
        (token(header={"kid": "http://169.254.169.254/latest#x"}), "invalid", "proof_of_issuer_missing"),
        (token(header={"typ": "vp+jwt"}), "invalid", "jwt_typ"),
        (token(iss=MALLORY.did), "invalid", "jwt_claims_disagree"),
        (token(exp=1), "invalid", "jwt_claims_disagree"),
        (token(proof=BEFORE[0]), "invalid", "jwt_with_proof"),
        (token(payload=text({"vc": credential(), "iss": ISSUER.did})), "undetermined", None),
        (token(unknownTerm=1), "invalid", "term_dropped"),
    ],
)
def test_tokens(data: bytes, verdict: str, code: str | None) -> None:
    report = check(data, policy=POLICY, at=AT)
    if code is not None:
        assert (report.verdict, code in deciding(report)) == (verdict, True)
    else:
        assert codes(report, "schema") == [("undetermined", "jwt_vc_claim")]
        assert report.verdict != "valid"


@pytest.mark.parametrize(
    "proofs",
    [[], [BEFORE[0], BEFORE[0]], [BEFORE[0], "x"], "x", 5],
)
def test_proofs_that_are_none(proofs: Any) -> None:
    report = check(text(DOCUMENT | {"proof": proofs}), policy=POLICY, at=AT)
    assert report.verdict == "invalid"
    assert {code for _, code in codes(report, "proof")} <= {
        "proof_missing", "proof_duplicate", "proof_malformed", "proof_valid", "proof_of_issuer_missing"
    }  # fmt: skip


def test_a_credential_without_proof_is_invalid() -> None:
    report = check(text(DOCUMENT), policy=POLICY, at=AT)
    assert (report.verdict, codes(report, "proof")) == ("invalid", [("invalid", "proof_missing")])


def test_a_chained_proof_of_the_issuer() -> None:
    first = proof(DOCUMENT, id="urn:x:1")
    second = proof(DOCUMENT, over=[first], previousProof="urn:x:1", id="urn:x:2")
    good = check(text(issue(DOCUMENT, first, second)), policy=POLICY, at=AT)
    assert good.verdict == "valid"
    assert check(text(issue(DOCUMENT, second)), policy=POLICY, at=AT).verdict == "invalid"
    other_first = proof(DOCUMENT, id="urn:x:1", created="2026-11-01T10:00:00Z")
    swapped = check(text(issue(DOCUMENT, other_first, second)), policy=POLICY, at=AT)
    assert codes(swapped, "proof") == [("valid", "proof_valid"), ("invalid", "signature_invalid")]
    looped = [first | {"previousProof": "urn:x:2"}, second]
    assert "proof_previous_cycle" in deciding(check(text(DOCUMENT | {"proof": looped}), policy=POLICY, at=AT))


def test_the_same_report_in_any_time_zone_and_every_run() -> None:
    reports = {
        check(text(issue()), policy=POLICY, at=AT.astimezone(timezone(timedelta(hours=hours)))).to_json()
        for hours in (-12, 0, 5, 14)
    }
    assert len(reports) == 1
    model = ReportModel.model_validate_json(reports.pop())
    assert (model.verdict, model.at, model.credentials[0].verdict) == (
        "valid",
        "2026-11-24T10:00:00Z",
        "valid",
    )


def test_every_check_appears_in_order() -> None:
    report = check(text(issue()), policy=POLICY, at=AT)
    assert [item.name for item in report.all_checks()] == [
        "format", "schema", "context", "proof", "proof", "issuer", "key", "receipt", "validity", "binding"
    ]  # fmt: skip
    required = {item.name for item in report.all_checks() if item.required}
    assert "binding" not in required
    assert "receipt" not in required


def test_messages_hold_no_words_of_the_document() -> None:
    secret = "Samira El Idrissi"
    document = credential(name=secret, unknownTerm=secret)
    document["credentialSubject"]["id"] = f"urn:x:{secret}"
    document["issuer"] |= {"unknown": secret}
    for data in (text(document | {"proof": BEFORE}), token(document), text(document | {"validFrom": secret})):
        report = check(data, policy=POLICY, at=AT)
        for item in report.all_checks():
            assert "Samira" not in item.message
            assert "Samira" not in "".join(item.detail.values())


@pytest.mark.parametrize("data", [b"", b"{}", b"x", b"[1]", b"\x00", b"1.2.3", text(DOCUMENT)[:-1]])
def test_bytes_that_are_no_such_thing_are_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        check(data, policy=POLICY, at=AT)


def test_mistakes_of_the_program_are_told_as_such() -> None:
    with pytest.raises(ValueError, match="time zone"):
        check(text(issue()), policy=POLICY, at=datetime(2026, 11, 24))  # noqa: DTZ001


def test_a_receipt_counts_by_the_exact_bytes() -> None:
    log = Log()
    data = json.dumps(issue(), indent=1).encode()
    policy = TrustPolicy(issuers=POLICY.issuers, logs=(log.vkey,), require_receipt=True)
    receipt = log.record_text(data)
    good = check(data, policy=policy, at=AT, receipt=receipt)
    assert (good.verdict, good.credentials[0].position) == ("valid", 0)
    assert (
        check(data, policy=policy, at=AT, evidence=Evidence(receipts=((data, receipt),))).verdict == "valid"
    )
    respelled = check(text(issue()), policy=policy, at=AT, receipt=receipt)
    assert (respelled.verdict, deciding(respelled)) == ("invalid", {"receipt_other_payload"})
