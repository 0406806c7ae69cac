"""Expansion with kept active contexts against PyLD without any: the same, in whatever order documents come."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from pyld import jsonld  # type: ignore[import-untyped]
from pyld.context_resolver import ContextResolver  # type: ignore[import-untyped]

import schemas.contexts
from tests.peers.ours import Signer, unsigned
from tests.verifiers.primitives.full_credential import CREDENTIAL, DI, OB3, V2
from verifiers.errors import VerifierError
from verifiers.primitives.linked_data import expansion

ISSUER = Signer("22" * 32)
ENDORSED = {
    "@context": [V2, OB3],
    "type": ["VerifiableCredential", "EndorsementCredential"],
    "issuer": "did:example:issuer",
    "credentialSubject": {"id": "urn:x:1", "type": ["EndorsementSubject"], "endorsementComment": "goed"},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "proofPurpose": "assertionMethod",
    },
}
DOCUMENTS: list[dict[str, Any]] = [
    CREDENTIAL,
    *(unsigned(kind, ISSUER.did) for kind in ("workplace", "microcredential", "self_claim")),
    ENDORSED,
    # The same members under fewer, more and reordered contexts, and a type within a type's own context.
    ENDORSED | {"@context": [V2, DI, OB3]},
    ENDORSED | {"@context": [V2, OB3, DI]},
    {"@context": [V2], "type": "VerifiableCredential", "credentialSubject": {"id": "urn:x:2"}},
    {"@context": V2, "type": "VerifiablePresentation", "verifiableCredential": [copy.deepcopy(ENDORSED)]},
    {"@context": [V2, OB3], "type": ["Profile", "AchievementCredential"], "name": "x"},
    {"@context": [V2, OB3], "type": "Achievement", "creator": {"type": "Profile", "name": "y"}},
    # One word as a type, whose context ends at the next node, and as a member, whose context reaches further.
    {"@context": [V2, OB3], "type": "Achievement", "criteria": {"id": "urn:x:3", "achievementType": "Badge"}},
    {"@context": [V2, OB3], "Achievement": {"criteria": {"id": "urn:x:3", "achievementType": "Badge"}}},
    {"@context": [V2, OB3], "type": "Profile", "creator": {"id": "urn:x:4", "phone": "1"}},
    {"@context": [V2, OB3], "Profile": {"parentOrg": {"id": "urn:x:4", "phone": "1"}}},
]


def plain(document: dict[str, Any]) -> Any:
    """Return what PyLD makes of a document by a processor that has never seen another."""
    fresh = expansion.Expander(schemas.contexts.context)
    options = {
        "base": None,
        "documentLoader": fresh._load,
        "contextResolver": ContextResolver({}, fresh._load),
        "processingMode": "json-ld-1.1",
    }
    try:
        return jsonld.expand(document, options, on_property_dropped=expansion._refuse_dropped)
    except VerifierError as error:
        return error.code
    except Exception:
        return "json_ld_invalid"


def ours(expander: expansion.Expander, document: dict[str, Any]) -> Any:
    try:
        return expander.expand(document)
    except VerifierError as error:
        return error.code


@pytest.mark.parametrize("kept_max", [expansion.ACTIVE_CONTEXTS_MAX, 3])
def test_what_was_expanded_before_changes_nothing(kept_max: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "ACTIVE_CONTEXTS_MAX", kept_max)
    expected = [plain(document) for document in DOCUMENTS]
    assert sum(isinstance(found, list) for found in expected) >= 8  # not all of them refusals
    expander = expansion.Expander(schemas.contexts.context)
    order = [*range(len(DOCUMENTS))] * 3
    random.Random(1).shuffle(order)
    for at in order:
        assert ours(expander, DOCUMENTS[at]) == expected[at]
    assert 0 < len(expander._processor._made) <= kept_max


def test_what_is_kept_does_not_grow_with_the_documents() -> None:
    expander = expansion.Expander(schemas.contexts.context)
    kept = []
    for number in range(3):
        ours(expander, CREDENTIAL | {"name": f"number {number}"})
        kept.append(len(expander._processor._made))
    assert kept[0] == kept[1] == kept[2]


def test_a_refused_document_leaves_nothing_that_others_meet() -> None:
    expander = expansion.Expander(schemas.contexts.context)
    spoiled = copy.deepcopy(CREDENTIAL)
    spoiled["issuer"]["unheard_of"] = "x"
    assert ours(expander, spoiled) == "term_dropped"
    assert ours(expander, CREDENTIAL) == plain(CREDENTIAL)
