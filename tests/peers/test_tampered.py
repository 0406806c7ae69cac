"""Tampered at every leaf: no change of a full-size credential is valid at either side.

Each document is walked, changed at one leaf at a time, and shown to us and to the peers. Two things are
enumerated rather than averaged: how many leaves there are, and the few at which a side does not say
"invalid".

- With us, a changed `type` or `cryptosuite` of a proof is undetermined: it may be a proof of the future. A changed
  context is undetermined only where no eddsa-jcs-2022 proof signs the context's own name.
- The peers read eddsa-rdfc-2022 only. They pass over the other proof of a set, so what stands in it cannot make them
  refuse; its @context can, because they apply it.
"""

from collections import Counter
from typing import Any

import pytest

from schemas.attestation import KINDS
from tests.peers import ours
from tests.peers.ours import LIST_URL, NOW, Signer
from tests.peers.process import Peer
from tests.peers.tamper import Path, leaves, pointer, tampered
from tests.peers.test_theirs_here import issued
from tests.peers.verdicts import our_verdict
from verifiers.formats import jose
from verifiers.primitives import encoding, jcs, strict_json
from verifiers.primitives.encoding import format_time

ISSUER = Signer("11" * 32)
LEAVES = {
    "praktijkverklaring": 231,
    "workplace": 116,
    "training": 116,
    "microcredential": 109,
    "self_claim": 65,
}
THEIR_LEAVES: dict[str, dict[str, int]] = {
    # It signs the document it is given, with one proof; these carry no status.
    "javascript": dict[str, int](zip(KINDS, (218, 103, 103, 96, 52), strict=True)),
    # It keeps what its own model knows, and adds a context.
    "openbadgeslib": dict[str, int](zip(KINDS, (189, 84, 94, 88, 50), strict=True)),
}
UNREADABLE = {"/proof/0/type", "/proof/0/cryptosuite", "/proof/1/type", "/proof/1/cryptosuite"}
# Where a token is refused before its signature is looked at, and the code that says why.
REFUSED_EARLIER = {
    "header/kid": "key_not_in_document",
    "header/typ": "jwt_typ",
    "header/jwk/crv": "jwt_jwk_other",
    "header/jwk/kty": "jwt_jwk_other",
    "header/jwk/x": "jwt_jwk_other",
    "payload/issuer/id": "jwt_claims_disagree",
}
# What the peers cannot see: the members of the second proof, but for its contexts.
UNSEEN = {
    f"/proof/1/{member}"
    for member in ("type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue")
}


def ours_with_lists(kind: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Return our credential of a kind, and its status list in both forms."""
    found = ours.list_document(ISSUER.did)
    return ISSUER.issue(ours.unsigned(kind, ISSUER.did)), ISSUER.issue(found), ISSUER.jwt(found)


def split(document: dict[str, Any]) -> tuple[list[Path], list[dict[str, Any]]]:
    """Return every path with its changed document."""
    pairs = list(tampered(document))
    return [path for path, _ in pairs], [changed for _, changed in pairs]


@pytest.mark.parametrize("kind", KINDS)
def test_ours_here(kind: str) -> None:
    document, status_list, _ = ours_with_lists(kind)
    assert our_verdict(document, issuer=ISSUER.did, status_list=status_list) == ("valid", frozenset())
    verdicts: Counter[str] = Counter()
    not_invalid = {}
    for path, changed in tampered(document):
        verdict, codes = our_verdict(changed, issuer=ISSUER.did, status_list=status_list)
        verdicts[verdict] += 1
        assert codes, pointer(path)
        if verdict != "invalid":
            not_invalid[pointer(path)] = (verdict, codes)
    assert verdicts == {"invalid": LEAVES[kind] - len(UNREADABLE), "undetermined": len(UNREADABLE)}
    assert set(not_invalid) == UNREADABLE
    assert {codes for _, codes in not_invalid.values()} == {
        frozenset({"proof_type_unknown"}),
        frozenset({"cryptosuite_unknown"}),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_ours_at_javascript(kind: str, javascript: Peer) -> None:
    document, status_list, _ = ours_with_lists(kind)
    paths, changed = split(document)
    lists = {LIST_URL: status_list}
    results = javascript.ask("verify", now=format_time(NOW), documents=changed, lists=lists)["results"]
    assert len(results) == LEAVES[kind]
    found = {pointer(path) for path, result in zip(paths, results, strict=True) if result["verified"]}
    assert found == UNSEEN
    assert all(result["errors"] for result in results if not result["verified"])


@pytest.mark.parametrize("kind", KINDS)
def test_ours_at_openbadgeslib(kind: str, openbadgeslib: Peer) -> None:
    document, _, status_list = ours_with_lists(kind)
    paths, changed = split(document)
    results = at_openbadgeslib(openbadgeslib, changed, ISSUER.did, status_list)
    assert len(results) == LEAVES[kind]
    found = {pointer(path) for path, result in zip(paths, results, strict=True) if result["verified"]}
    assert found == UNSEEN


@pytest.mark.parametrize("kind", KINDS)
def test_our_token_here_and_at_openbadgeslib(kind: str, openbadgeslib: Peer) -> None:
    token = ISSUER.jwt(ours.unsigned(kind, ISSUER.did))
    found = ours.list_document(ISSUER.did)
    status_list = ISSUER.issue(found)
    verdicts = {
        place: our_verdict(changed, issuer=ISSUER.did, status_list=status_list)
        for place, changed in tampered_tokens(token)
    }
    assert_refused(token, verdicts)
    tokens = [changed for _, changed in tampered_tokens(token)]
    answer = openbadgeslib.ask(
        "verify", form="jwt", issuer=ISSUER.did, documents=tokens, lists={LIST_URL: ISSUER.jwt(found)}
    )
    assert [result["verified"] for result in answer["results"]] == [False] * len(tokens)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["javascript", "openbadgeslib"])
def test_theirs_here(kind: str, name: str, request: pytest.FixtureRequest) -> None:
    peer: Peer = request.getfixturevalue(name)
    did, document = issued(peer, kind, "data-integrity")
    paths, changed = split(document)
    assert len(paths) == THEIR_LEAVES[name][kind]
    not_invalid = {}
    for path, other in zip(paths, changed, strict=True):
        verdict, codes = our_verdict(other, issuer=did, status_list=None)
        if verdict != "invalid":
            not_invalid[pointer(path)] = (verdict, codes)
    # Without the VC context the others stand alone, which is an order that nobody writes.
    unknown = {f"/@context/{index}": "context_unknown" for index in range(1, len(document["@context"]))}
    expected = unknown | {
        "/@context/0": "context_order",
        "/proof/type": "proof_type_unknown",
        "/proof/cryptosuite": "cryptosuite_unknown",
    }
    assert not_invalid == {place: ("undetermined", frozenset({code})) for place, code in expected.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_their_token_here(kind: str, openbadgeslib: Peer) -> None:
    did, token = issued(openbadgeslib, kind, "jwt")
    verdicts = {
        place: our_verdict(changed, issuer=did, status_list=None) for place, changed in tampered_tokens(token)
    }
    assert_refused(token, verdicts)


def assert_refused(token: str, verdicts: dict[str, tuple[str, frozenset[str]]]) -> None:
    """Check that every leaf of a token was tried and none was valid; only another algorithm is
    undetermined."""
    assert len(verdicts) == token_leaves(token) >= 50
    assert verdicts.pop("header/alg") == ("undetermined", frozenset({"jwt_alg_unknown"}))
    assert {verdict for verdict, _ in verdicts.values()} == {"invalid"}
    for place, (_, codes) in verdicts.items():
        assert REFUSED_EARLIER.get(place, "signature_invalid") in codes, place


def at_openbadgeslib(peer: Peer, documents: list[Any], issuer: str, status_list: str) -> list[dict[str, Any]]:
    """Return what openbadgeslib says of documents with Data Integrity proofs."""
    lists = {LIST_URL: status_list}
    answer = peer.ask("verify", form="data-integrity", issuer=issuer, documents=documents, lists=lists)
    return list(answer["results"])


def token_leaves(token: str) -> int:
    """Count the leaves of header and payload, and the signature as one."""
    jwt = jose.parse(token.encode())
    header, payload = dict(jwt.header), strict_json.loads_object(jwt.payload)
    return len(list(leaves(header))) + len(list(leaves(payload))) + 1


def tampered_tokens(token: str) -> list[tuple[str, str]]:
    """Return the token changed at every leaf of header and payload, and in its signature, with the place."""
    jwt = jose.parse(token.encode())
    header, payload, signature = token.split(".")
    found = [
        ("header" + pointer(path), f"{encoded(changed)}.{payload}.{signature}")
        for path, changed in tampered(dict(jwt.header))
    ]
    found += [
        ("payload" + pointer(path), f"{header}.{encoded(changed)}.{signature}")
        for path, changed in tampered(strict_json.loads_object(jwt.payload))
    ]
    flipped = bytes([jwt.signature[0] ^ 1]) + jwt.signature[1:]
    return [*found, ("signature", f"{header}.{payload}.{encoding.b64url_encode(flipped)}")]


def encoded(members: dict[str, Any]) -> str:
    """Return a part of a token."""
    return encoding.b64url_encode(jcs.canonicalise(members))
