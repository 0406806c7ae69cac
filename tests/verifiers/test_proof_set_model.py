"""Proof sets against a small reference model: all subsets and orders of five proofs (THREATS A12).

The model knows only what each proof is, never how it is checked:

    good      by the issuer and right
    good_jcs  the same in the other canonical form
    other     by somebody else and right, which decides nothing
    bad       by the issuer and wrong
    unknown   by the issuer in a cryptosuite that we do not know
"""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.verifiers.world import AT, ISSUER, JCS, OTHER, credential, proof, text
from verifiers import TrustedIssuer, TrustPolicy, check

DOCUMENT = credential()
PROOFS = {
    "good": proof(DOCUMENT),
    "good_jcs": proof(DOCUMENT, suite=JCS),
    "other": proof(DOCUMENT, OTHER, JCS),
    "bad": proof(credential(name="another"), suite=JCS),
    "unknown": proof(DOCUMENT) | {"cryptosuite": "mldsa44-rdfc-2030"},
}
POLICY = TrustPolicy(issuers={ISSUER.did: TrustedIssuer(ISSUER.did)})


def model(names: tuple[str, ...]) -> str:
    """Return the verdict as the rule says it."""
    by_issuer = [name for name in names if name != "other"]
    if not by_issuer or "bad" in by_issuer:
        return "invalid"
    return "undetermined" if "unknown" in by_issuer else "valid"


CASES = [names for size in range(1, 6) for names in permutations(PROOFS, size)]


def test_there_are_as_many_cases_as_there_should_be() -> None:
    assert len(CASES) == 5 + 20 + 60 + 120 + 120


@pytest.mark.parametrize("first", list(PROOFS))
def test_every_subset_in_every_order(first: str) -> None:
    for names in CASES:
        if names[0] == first:
            document = DOCUMENT | {"proof": [PROOFS[name] for name in names]}
            report = check(text(document), policy=POLICY, at=AT)
            assert (names, report.verdict) == (names, model(names))
            shown = [item.detail.get("proof") for item in report.all_checks() if item.name == "proof"]
            assert shown[: len(names)] == [str(position) for position in range(len(names))]


def test_proofs_of_one_document_do_not_serve_another() -> None:
    others = credential(id="urn:uuid:00000000-0000-4000-8000-000000000000")
    for proofs in ([PROOFS["good"]], [PROOFS["good_jcs"]], [PROOFS["good"], PROOFS["good_jcs"]]):
        report = check(text(others | {"proof": proofs}), policy=POLICY, at=AT)
        assert report.verdict == "invalid"
    crossed = check(text(others | {"proof": [proof(others), PROOFS["good_jcs"]]}), policy=POLICY, at=AT)
    assert crossed.verdict == "invalid"


def test_a_stranger_cannot_speak_for_the_issuer() -> None:
    imposter = proof(DOCUMENT, OTHER, verificationMethod=ISSUER.method)
    report = check(text(DOCUMENT | {"proof": imposter}), policy=POLICY, at=AT)
    assert report.verdict == "invalid"
    alone = check(text(DOCUMENT | {"proof": PROOFS["other"]}), policy=POLICY, at=AT)
    (own, missing) = [item for item in alone.all_checks() if item.name == "proof"]
    assert (own.verdict, own.required, own.detail["by"]) == ("valid", False, "other")
    assert (missing.verdict, missing.code) == ("invalid", "proof_of_issuer_missing")
