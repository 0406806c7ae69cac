"""Our credentials at the peers: full-size, each kind, each form, valid and revoked, in live processes."""

from typing import Any

import pytest

from schemas.attestation import KINDS
from tests.peers import ours
from tests.peers.ours import LIST_URL, NOW, Signer
from tests.peers.process import Peer
from tests.peers.verdicts import our_verdict
from verifiers.primitives.encoding import format_time

ISSUER = Signer("11" * 32)


def at_javascript(peer: Peer, document: dict[str, Any], *, revoked: bool = False) -> dict[str, Any]:
    """Return what @digitalbazaar/vc says."""
    lists = {LIST_URL: ISSUER.issue(ours.list_document(ISSUER.did, revoked=revoked))}
    answer = peer.ask("verify", now=format_time(NOW), documents=[document], lists=lists)
    (result,) = answer["results"]
    return dict(result)


def at_openbadgeslib(peer: Peer, document: Any, *, form: str, revoked: bool = False) -> dict[str, Any]:
    """Return what openbadgeslib says; it reads status lists as VC-JWT only."""
    lists = {LIST_URL: ISSUER.jwt(ours.list_document(ISSUER.did, revoked=revoked))}
    answer = peer.ask("verify", form=form, issuer=ISSUER.did, documents=[document], lists=lists)
    (result,) = answer["results"]
    return dict(result)


@pytest.mark.parametrize("kind", KINDS)
def test_the_proof_set_is_read_by_javascript(kind: str, javascript: Peer) -> None:
    document = ISSUER.issue(ours.unsigned(kind, ISSUER.did))
    assert len(document["proof"]) == 2
    assert at_javascript(javascript, document) == {"verified": True, "errors": [], "status": None}


@pytest.mark.parametrize("kind", KINDS)
def test_the_single_proof_is_read_by_javascript(kind: str, javascript: Peer) -> None:
    document = ISSUER.issue(ours.unsigned(kind, ISSUER.did), ("eddsa-rdfc-2022",))
    assert at_javascript(javascript, document)["verified"] is True


@pytest.mark.parametrize("kind", KINDS)
def test_the_proof_set_is_read_by_openbadgeslib(kind: str, openbadgeslib: Peer) -> None:
    unsigned = ours.unsigned(kind, ISSUER.did)
    result = at_openbadgeslib(openbadgeslib, ISSUER.issue(unsigned), form="data-integrity")
    assert result == {"verified": True, "errors": [], "name": unsigned["name"]}


@pytest.mark.parametrize("kind", KINDS)
def test_the_single_proof_is_read_by_openbadgeslib(kind: str, openbadgeslib: Peer) -> None:
    document = ISSUER.issue(ours.unsigned(kind, ISSUER.did), ("eddsa-rdfc-2022",))
    assert at_openbadgeslib(openbadgeslib, document, form="data-integrity")["verified"] is True


@pytest.mark.parametrize("kind", KINDS)
def test_the_token_is_read_by_openbadgeslib(kind: str, openbadgeslib: Peer) -> None:
    unsigned = ours.unsigned(kind, ISSUER.did)
    result = at_openbadgeslib(openbadgeslib, ISSUER.jwt(unsigned), form="jwt")
    assert result == {"verified": True, "errors": [], "name": unsigned["name"]}


def test_a_revoked_credential_is_refused_by_javascript_for_its_status(javascript: Peer) -> None:
    document = ISSUER.issue(ours.unsigned("training", ISSUER.did))
    result = at_javascript(javascript, document, revoked=True)
    assert result == {"verified": False, "errors": [], "status": "the credential has status revocation"}


@pytest.mark.parametrize("form", ["jwt", "data-integrity"])
def test_a_revoked_credential_is_refused_by_openbadgeslib_for_its_status(
    form: str, openbadgeslib: Peer
) -> None:
    unsigned = ours.unsigned("training", ISSUER.did)
    document: Any = ISSUER.jwt(unsigned) if form == "jwt" else ISSUER.issue(unsigned)
    result = at_openbadgeslib(openbadgeslib, document, form=form, revoked=True)
    assert result["verified"] is False
    assert result["errors"] == [
        f"Credential status 'revocation' is set at index {ours.STATUS_INDEX} in {LIST_URL}"
    ]


@pytest.mark.parametrize("form", ["jwt", "data-integrity"])
def test_we_say_the_same_of_our_own(form: str) -> None:
    for kind in KINDS:
        unsigned = ours.unsigned(kind, ISSUER.did)
        document: Any = ISSUER.jwt(unsigned) if form == "jwt" else ISSUER.issue(unsigned)
        outcomes = {False: ("valid", frozenset()), True: ("invalid", frozenset({"status_revoked"}))}
        for revoked, expected in outcomes.items():
            status_list = ISSUER.issue(ours.list_document(ISSUER.did, revoked=revoked))
            assert our_verdict(document, issuer=ISSUER.did, status_list=status_list) == expected


def test_another_issuers_key_is_refused_everywhere(javascript: Peer, openbadgeslib: Peer) -> None:
    stranger = Signer("22" * 32)
    unsigned = ours.unsigned("workplace", ISSUER.did)
    document = stranger.issue(unsigned)
    status_list = ISSUER.issue(ours.list_document(ISSUER.did))
    assert our_verdict(document, issuer=ISSUER.did, status_list=status_list) == (
        "invalid",
        frozenset({"proof_of_issuer_missing"}),
    )
    result = at_javascript(javascript, document)
    assert result["verified"] is False
    assert "Credential issuer must match the verification method controller." in result["errors"]
    result = at_openbadgeslib(openbadgeslib, document, form="data-integrity")
    assert result["verified"] is False
    assert "does not belong to the anchored DID" in result["errors"][0]


def test_a_learner_who_signs_her_own_claim_is_read_everywhere(javascript: Peer, openbadgeslib: Peer) -> None:
    # Issuer and subject are one node here, which each side must put together in the same way.
    unsigned = ours.unsigned("self_claim", ISSUER.did)
    unsigned["credentialSubject"]["id"] = ISSUER.did
    document = ISSUER.issue(unsigned)
    status_list = ISSUER.issue(ours.list_document(ISSUER.did))
    assert our_verdict(document, issuer=ISSUER.did, status_list=status_list) == ("valid", frozenset())
    assert at_javascript(javascript, document)["verified"] is True
    assert at_openbadgeslib(openbadgeslib, document, form="data-integrity")["verified"] is True
