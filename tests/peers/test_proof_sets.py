"""How each peer reads a set of two proofs: docs/decisions/0005-proof-sets.md says what follows from it."""

from typing import Any

import pytest

from tests.peers import ours
from tests.peers.ours import LIST_URL, NOW, Signer
from tests.peers.process import Peer
from tests.peers.verdicts import our_verdict
from verifiers.formats import data_integrity
from verifiers.primitives.encoding import format_time

ISSUER = Signer("11" * 32)
RDFC, JCS = "eddsa-rdfc-2022", "eddsa-jcs-2022"


def document_with(*suites: str) -> dict[str, Any]:
    """Return the training credential with proofs of these suites in this order."""
    return ISSUER.issue(ours.unsigned("training", ISSUER.did), suites)


def said_by(peer: Peer, document: dict[str, Any]) -> tuple[bool, list[str]]:
    """Return whether a peer verified a document, and its errors; each peer gets the list in the form it
    reads."""
    found = ours.list_document(ISSUER.did)
    (result,) = peer.ask(
        "verify", now=format_time(NOW), documents=[document], lists={LIST_URL: ISSUER.issue(found)}
    )["results"]
    return bool(result["verified"]), list(result["errors"])


def said_by_openbadgeslib(peer: Peer, document: dict[str, Any]) -> tuple[bool, list[str]]:
    """Return whether openbadgeslib verified a document, and its errors."""
    lists = {LIST_URL: ISSUER.jwt(ours.list_document(ISSUER.did))}
    answer = peer.ask("verify", form="data-integrity", issuer=ISSUER.did, documents=[document], lists=lists)
    (result,) = answer["results"]
    return bool(result["verified"]), list(result["errors"])


def said_by_us(document: dict[str, Any]) -> tuple[str, frozenset[str]]:
    """Return our verdict."""
    return our_verdict(document, issuer=ISSUER.did, status_list=ISSUER.issue(ours.list_document(ISSUER.did)))


@pytest.mark.parametrize("suites", [(RDFC,), (RDFC, JCS), (JCS, RDFC)])
def test_everybody_reads_one_rdfc_proof_wherever_it_stands(
    suites: tuple[str, ...], javascript: Peer, openbadgeslib: Peer
) -> None:
    document = document_with(*suites)
    assert said_by_us(document) == ("valid", frozenset())
    assert said_by(javascript, document) == (True, [])
    assert said_by_openbadgeslib(openbadgeslib, document) == (True, [])


def test_the_peers_do_not_read_a_jcs_proof_alone(javascript: Peer, openbadgeslib: Peer) -> None:
    document = document_with(JCS)
    assert said_by_us(document) == ("valid", frozenset())
    verified, errors = said_by(javascript, document)
    assert verified is False
    assert "NotFoundError" in errors
    verified, errors = said_by_openbadgeslib(openbadgeslib, document)
    assert verified is False
    assert "no supported Data Integrity proof (found: eddsa-jcs-2022" in errors[0]


def test_openbadgeslib_refuses_two_rdfc_proofs_so_only_the_issuer_writes_one(
    javascript: Peer, openbadgeslib: Peer
) -> None:
    unsigned = ours.unsigned("training", ISSUER.did)
    cosigner = Signer("55" * 32)
    document = data_integrity.attach(unsigned, [ISSUER.proof(unsigned, RDFC), cosigner.proof(unsigned, RDFC)])
    assert said_by_us(document) == ("valid", frozenset())
    assert said_by(javascript, document)[0] is True
    verified, errors = said_by_openbadgeslib(openbadgeslib, document)
    assert verified is False
    assert "multiple supported Data Integrity proofs" in errors[0]


def test_a_cosigner_with_jcs_is_read_by_everybody(javascript: Peer, openbadgeslib: Peer) -> None:
    unsigned = ours.unsigned("praktijkverklaring", ISSUER.did)
    company = Signer("55" * 32)
    proofs = [ISSUER.proof(unsigned, RDFC), ISSUER.proof(unsigned, JCS), company.proof(unsigned, JCS)]
    document = data_integrity.attach(unsigned, proofs)
    assert said_by_us(document) == ("valid", frozenset())
    assert said_by(javascript, document) == (True, [])
    assert said_by_openbadgeslib(openbadgeslib, document) == (True, [])


def test_a_bad_rdfc_proof_is_refused_by_everybody_although_the_jcs_proof_is_good(
    javascript: Peer, openbadgeslib: Peer
) -> None:
    document = document_with(RDFC, JCS)
    other = ISSUER.proof(ours.unsigned("workplace", ISSUER.did), RDFC)
    document["proof"][0] = other
    assert said_by_us(document) == ("invalid", frozenset({"signature_invalid"}))
    verified, errors = said_by(javascript, document)
    assert verified is False
    assert "Invalid signature." in errors
    assert said_by_openbadgeslib(openbadgeslib, document)[0] is False


def test_a_bad_jcs_proof_is_refused_by_us_and_passed_over_by_the_peers(
    javascript: Peer, openbadgeslib: Peer
) -> None:
    document = document_with(RDFC, JCS)
    other = ISSUER.proof(ours.unsigned("workplace", ISSUER.did), JCS)
    document["proof"][1] = other
    assert said_by_us(document) == ("invalid", frozenset({"signature_invalid"}))
    assert said_by(javascript, document) == (True, [])
    assert said_by_openbadgeslib(openbadgeslib, document) == (True, [])
