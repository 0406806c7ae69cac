"""Credentials that the peers made and signed, at our side: full-size, each kind, each form, valid and not."""

from typing import Any

import pytest

from schemas.attestation import KINDS
from tests.peers import ours
from tests.peers.ours import VALID_FROM, Signer
from tests.peers.process import Peer
from tests.peers.verdicts import our_report, our_verdict
from verifiers.primitives.encoding import format_time

SEED = "33" * 32


def issued(peer: Peer, kind: str, form: str, *, status: bool = False) -> tuple[str, Any]:
    """Let a peer sign the credential of a kind with its own key, and return its DID and what it made.

    openbadgeslib first reads the document into its own model and signs what the model writes.
    """
    did: str = peer.ask("key", seed=SEED)["did"]
    document = ours.unsigned(kind, did, status=status)
    answer = peer.ask("issue", seed=SEED, date=format_time(VALID_FROM), form=form, documents=[document])
    (made,) = answer["documents"]
    return did, made


@pytest.fixture(params=["javascript", "openbadgeslib", "openbadgeslib jwt"])
def peer(request: pytest.FixtureRequest) -> tuple[Peer, str]:
    """Return each peer with each form it can issue."""
    name, _, form = request.param.partition(" ")
    return request.getfixturevalue(name), form or "data-integrity"


@pytest.mark.parametrize("kind", KINDS)
def test_theirs_is_valid_here(kind: str, peer: tuple[Peer, str]) -> None:
    did, document = issued(peer[0], kind, peer[1])
    report = our_report(document, issuer=did, status_list=None)
    assert report.verdict == "valid", report.to_json()
    (credential,) = report.credentials
    assert credential.issuer_id == did
    assert credential.name == ours.example(kind).title


@pytest.mark.parametrize("kind", KINDS)
def test_theirs_from_an_issuer_we_do_not_trust_is_undetermined(kind: str, peer: tuple[Peer, str]) -> None:
    _, document = issued(peer[0], kind, peer[1])
    stranger = Signer("44" * 32).did
    assert our_verdict(document, issuer=stranger, status_list=None) == (
        "undetermined",
        frozenset({"issuer_not_trusted"}),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_theirs_with_a_status_reads_the_list_of_its_issuer(kind: str, peer: tuple[Peer, str]) -> None:
    did, document = issued(peer[0], kind, peer[1], status=True)
    signer = Signer(SEED)
    assert signer.did == did
    for revoked, expected in ((False, "valid"), (True, "invalid")):
        found = ours.list_document(did, revoked=revoked)
        for status_list in (signer.issue(found), signer.jwt(found)):
            assert our_verdict(document, issuer=did, status_list=status_list)[0] == expected
    assert our_verdict(document, issuer=did, status_list=None) == (
        "undetermined",
        frozenset({"status_unavailable"}),
    )
