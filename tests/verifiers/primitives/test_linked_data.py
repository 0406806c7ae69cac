"""Linked data: outside vectors, every refusal by its code, and an account of every leaf.

The oracle for the reading of expanded JSON-LD is PyLD's own conversion to RDF, on documents that lose nothing.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld  # type: ignore[import-untyped]
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

import schemas.contexts
from tests.verifiers.primitives.support import (
    DATA_INTEGRITY_CASES,
    VECTORS,
    contexts_with_examples,
    read_json,
    refusal,
)
from verifiers.errors import InvalidError, UndeterminedError
from verifiers.primitives import encoding, jcs, keys, linked_data

V2 = schemas.contexts.CREDENTIALS_V2
OB3 = schemas.contexts.OPEN_BADGES_3_0_3
DI = schemas.contexts.DATA_INTEGRITY_V2

CREDENTIAL: dict[str, Any] = {
    "@context": [V2, OB3],
    "id": "urn:uuid:7d1f6f0e-3a4b-4d55-9f3c-2f0e6a1d1111",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "name": "Praktijkverklaring",
    "description": [{"@value": "Zorg", "@language": "nl"}, {"@value": "Care", "@language": "en-GB"}],
    "issuer": {
        "id": "did:web:roc.example",
        "type": ["Profile"],
        "name": "ROC Voorbeeld",
        "url": "https://roc.example",
        "address": {
            "type": ["Address"],
            "addressLocality": "Delft",
            "geo": {"type": "GeoCoordinates", "latitude": 52.01, "longitude": 4.36},
        },
    },
    "validFrom": "2026-11-24T10:00:00Z",
    "credentialSubject": {
        "id": "did:example:learner",
        "type": ["AchievementSubject"],
        "creditsEarned": 2.5,
        "activityStartDate": "2026-01-05T00:00:00Z",
        "identifier": [
            {
                "type": "IdentityObject",
                "identityHash": "Sanne",
                "identityType": "name",
                "hashed": False,
                "salt": "x",
            }
        ],
        "achievement": {
            "id": "https://roc.example/achievements/1",
            "type": ["Achievement"],
            "achievementType": "Certificate",
            "name": "Werkprocessen",
            "criteria": {"id": "https://roc.example/achievements/1", "narrative": "Seen at work"},
            "creator": {
                "id": "did:web:roc.example",
                "type": ["Profile"],
                "name": "ROC Voorbeeld",
                "address": {
                    "type": ["Address"],
                    "addressLocality": "Delft",
                    "geo": {"type": "GeoCoordinates", "latitude": 52.01, "longitude": 4.36},
                },
            },
            "creditsAvailable": 40,
            "tag": ["zorg", "mbo"],
            "resultDescription": [
                {
                    "id": "urn:uuid:7d1f6f0e-3a4b-4d55-9f3c-2f0e6a1d2222",
                    "type": ["ResultDescription"],
                    "name": "B1-K1-W1",
                    "resultType": "Status",
                    "allowedValue": ["A", "B", "B"],
                }
            ],
        },
        "result": [
            {
                "type": ["Result"],
                "resultDescription": "urn:uuid:7d1f6f0e-3a4b-4d55-9f3c-2f0e6a1d2222",
                "value": "A",
                "alignment": [
                    {
                        "type": ["Alignment"],
                        "targetCode": "25475",
                        "targetName": "Zorg",
                        "targetUrl": "https://crebo.example/25475",
                    }
                ],
            },
            {
                "type": ["Result"],
                "resultDescription": "urn:uuid:7d1f6f0e-3a4b-4d55-9f3c-2f0e6a1d2222",
                "value": "B",
            },
        ],
    },
    "endorsement": [
        {
            "@context": [V2, OB3, DI],
            "id": "urn:uuid:7d1f6f0e-3a4b-4d55-9f3c-2f0e6a1d3333",
            "type": ["VerifiableCredential", "EndorsementCredential"],
            "name": "Endorsement",
            "issuer": {"id": "did:web:hospital.example", "type": ["Profile"], "name": "Hospital"},
            "validFrom": "2026-11-24T10:00:00Z",
            "credentialSubject": {
                "id": "did:web:roc.example",
                "type": ["EndorsementSubject"],
                "endorsementComment": "In good standing",
            },
            "proof": [
                {
                    "type": "DataIntegrityProof",
                    "cryptosuite": "eddsa-rdfc-2022",
                    "created": "2026-11-24T10:00:00Z",
                    "verificationMethod": "did:web:hospital.example#key",
                    "proofPurpose": "assertionMethod",
                    "proofValue": "z3FXQjecWufY46yg5abdVZsXqLhxhueuSoZgaSg7k",
                }
            ],
        }
    ],
    "credentialStatus": {
        "id": "https://roc.example/status/1#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://roc.example/status/1",
    },
}


def with_(path: str, value: Any, document: dict[str, Any] = CREDENTIAL) -> dict[str, Any]:
    """Return a copy of the credential with one place changed; a path like "issuer/name" or "result/0/value"."""
    changed = copy.deepcopy(document)
    *parents, last = path.split("/")
    node: Any = changed
    for part in parents:
        node = node[int(part)] if part.isdigit() else node[part]
    node[int(last) if last.isdigit() else last] = value
    return changed


# --- outside vectors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", DATA_INTEGRITY_CASES)
def test_w3c_vectors_down_to_the_signature(case: str) -> None:
    document = read_json("data_integrity", case, "signed.json")
    proofs = document.pop("proof")
    proofs = proofs if isinstance(proofs, list) else [proofs]
    folder = VECTORS / "data_integrity" / case
    for proof in proofs:

        def canonical(value: dict[str, Any], suite: str = proof["cryptosuite"]) -> bytes:
            if "jcs" in suite:
                return jcs.canonicalise(value)
            return linked_data.canonicalise(value, contexts=contexts_with_examples)

        options = {key: value for key, value in proof.items() if key != "proofValue"}
        options["@context"] = document["@context"]
        secured = dict(document)
        if "previousProof" in proof:
            secured["proof"] = [other for other in proofs if other["id"] in proof["previousProof"]]
        document_hash = hashlib.sha256(canonical(secured)).digest()
        options_hash = hashlib.sha256(canonical(options)).digest()
        for name, digest in (("document-hash.hex", document_hash), ("proof-options-hash.hex", options_hash)):
            if (folder / name).exists():
                assert digest.hex() == (folder / name).read_text().strip()
        key = keys.parse_multikey(proof["verificationMethod"].partition("#")[2])
        key.verify(encoding.multibase_decode(proof["proofValue"]), options_hash + document_hash)


def test_the_canonical_form_of_the_open_badges_specification() -> None:
    folder = VECTORS / "open_badges" / "linked-data-proof"
    document = read_json("open_badges", "linked-data-proof", "document.json")
    assert linked_data.canonicalise(document) == (folder / "canonical.nq").read_bytes()


def test_every_vector_names_its_source() -> None:
    cases = {path.parent for path in VECTORS.rglob("*") if path.is_file() and path.name != "source"}
    assert len(cases) >= 8
    for case in cases:
        assert any(
            (folder / "source").is_file() for folder in (case, *case.parents) if VECTORS in folder.parents
        ), case


# --- an own reading against PyLD's ------------------------------------------------------------------------


def by_pyld(document: dict[str, Any]) -> bytes:
    """The same lines by the usual road: PyLD to N-Quads text, pyoxigraph for the labels."""

    def load(url: str, _options: object = None) -> dict[str, Any]:
        thawed = json.loads(json.dumps(contexts_with_examples(url), default=lambda value: dict(value)))
        return {"contextUrl": None, "documentUrl": url, "document": thawed}

    options = {"base": None, "documentLoader": load, "format": "application/n-quads"}
    dataset = Dataset(parse(jsonld.to_rdf(document, options).encode(), format=RdfFormat.N_QUADS))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return "".join(sorted(f"{quad} .\n" for quad in dataset)).encode()


def test_the_full_credential_reads_as_pyld_reads_it() -> None:
    assert linked_data.canonicalise(CREDENTIAL) == by_pyld(CREDENTIAL)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    TEXTS,
    st.lists(TEXTS.filter(bool), min_size=1, max_size=4, unique=True),
    st.floats(0, 1e6).map(lambda value: round(value, 3)),
    st.booleans(),
    st.lists(TEXTS, min_size=1, max_size=4),
)
def test_other_values_read_as_pyld_reads_them(
    name: str, tags: list[str], points: float, hashed: bool, allowed: list[str]
) -> None:
    document = with_("name", name)
    document = with_("credentialSubject/achievement/tag", tags, document)
    document = with_(
        "credentialSubject/creditsEarned", int(points) if points.is_integer() else points, document
    )
    document = with_("credentialSubject/identifier/0/hashed", hashed, document)
    document = with_("credentialSubject/achievement/resultDescription/0/allowedValue", allowed, document)
    assert linked_data.canonicalise(document) == by_pyld(document)


def test_lines_are_sorted_and_ended_and_split_by_newline_only() -> None:
    lines = linked_data.canonicalise(with_("name", "a\u2028b\u0085c\x0bd\ne")).split(b"\n")
    assert lines[-1] == b""
    assert lines[:-1] == sorted(lines[:-1])
    assert any("a\u2028b\u0085c\\u000Bd\\ne".encode() in line for line in lines)


def test_the_order_of_members_and_the_language_tag_s_case_do_not_matter() -> None:
    turned = dict(reversed(copy.deepcopy(CREDENTIAL).items()))
    assert linked_data.canonicalise(turned) == linked_data.canonicalise(CREDENTIAL)
    upper = with_("description/1/@language", "EN-gb")
    assert linked_data.canonicalise(upper) == linked_data.canonicalise(CREDENTIAL)


def test_three_and_three_point_zero_are_one_number() -> None:
    whole, point = (with_("credentialSubject/creditsEarned", value) for value in (3, 3.0))
    assert linked_data.canonicalise(whole) == linked_data.canonicalise(point)


# --- every leaf counts ------------------------------------------------------------------------------------


def leaf_paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key != "@context":
                yield from leaf_paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaf_paths(item, (*path, index))
    else:
        yield path


def node_paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        if "@value" not in value:
            yield path
        for key, item in value.items():
            if key != "@context":
                yield from node_paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from node_paths(item, (*path, index))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        document = document[part]
    return document


LEAVES = list(leaf_paths(CREDENTIAL))
NODES = list(node_paths(CREDENTIAL))


def test_the_walks_cover_the_whole_credential() -> None:
    assert (len(LEAVES), len(NODES)) == (83, 20)


@pytest.mark.parametrize("path", LEAVES, ids=str)
def test_a_changed_leaf_changes_the_signed_form_or_is_refused(path: tuple[Any, ...]) -> None:
    before = linked_data.canonicalise(CREDENTIAL)
    value = at(CREDENTIAL, path)
    if isinstance(value, bool):
        changes: list[Any] = [not value, str(value).lower(), 0, None]
    elif isinstance(value, str):
        changes = [
            value + "x",
            "x" + value,
            value.swapcase(),
            "",
            None,
            0,
            True,
            [],
            {},
            [value, value],
            [[value]],
        ]
    else:
        changes = [value + 1, str(value), -value, None, True, {}]
    for change in changes:
        if change == value and type(change) is type(value):
            continue
        changed = copy.deepcopy(CREDENTIAL)
        at(changed, path[:-1])[path[-1]] = change
        try:
            after = linked_data.canonicalise(changed)
        except (InvalidError, UndeterminedError):
            continue
        if path[-1] == "@language" and change == str(value).swapcase():
            assert after == before  # language tags have no case: RFC 5646 §2.1.1
        else:
            assert after != before, (path, change)


@pytest.mark.parametrize("path", NODES, ids=str)
def test_an_added_property_is_refused_at_every_node(path: tuple[Any, ...]) -> None:
    """THREATS A10, and the ways to smuggle a known property past a reader of the JSON."""
    additions = {
        "unknownTerm": "term_dropped",
        "foo:bar": "term_alias",
        "https://www.w3.org/2018/credentials#validUntil": "term_alias",
        "Image": "term_alias",
        "": "term_dropped",
        "../x": "term_dropped",
        "@index": "term_dropped",
        "@unknown": "term_dropped",
        "@graph": "term_dropped",
        "@included": "term_dropped",
        "@reverse": "term_dropped",
        "@nest": "term_dropped",
        "@id": "term_dropped",
        "@type": "term_dropped",
    }
    for key, code in additions.items():
        changed = copy.deepcopy(CREDENTIAL)
        at(changed, path)[key] = "x"
        assert refusal(linked_data.canonicalise, changed) == code, key


# --- contexts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("context", "code"),
    [
        ([V2, "https://example.org/unknown"], "context_unknown"),
        ([V2, OB3, "https://www.w3.org/ns/credentials/examples/v2"], "context_unknown"),
        (["https://www.w3.org/2018/credentials/v1"], "context_unknown"),
        ([V2, OB3, {}], "context_inline"),
        ([V2, OB3, {"@vocab": "https://example.org/"}], "context_inline"),
        ([V2, OB3, {"name": "https://example.org/other"}], "context_inline"),
        ([{"@import": V2}], "context_inline"),
        ({"@base": "https://example.org/"}, "context_inline"),
        ([V2, None], "context_inline"),
        ([V2, [OB3]], "context_inline"),
        (None, "context_inline"),
        ([], "context_inline"),
        ([V2, OB3, 1], "context_inline"),
        ([OB3, V2], "context_order"),
        ([V2, OB3, OB3], "context_order"),
        ([V2, V2, OB3], "context_order"),
        ([OB3], "context_order"),
        ([V2, OB3, schemas.contexts.MULTIKEY_V1], "context_order"),
        ([V2], "term_dropped"),
        (V2, "term_dropped"),
    ],
)
def test_other_contexts_are_refused(context: Any, code: str) -> None:
    """THREATS A8: swapped, added, reordered, inline, @vocab, @base and @import contexts."""
    assert refusal(linked_data.canonicalise, with_("@context", context)) == code


def test_unknown_is_undetermined_and_inline_is_invalid() -> None:
    with pytest.raises(UndeterminedError) as unknown:
        linked_data.canonicalise(with_("@context", [V2, "https://example.org/unknown"]))
    assert unknown.value.code == "context_unknown"
    with pytest.raises(InvalidError) as inline:
        linked_data.canonicalise(with_("@context", [V2, {}]))
    assert inline.value.code == "context_inline"


def test_a_document_without_context_is_refused() -> None:
    assert refusal(linked_data.canonicalise, {"id": "urn:x:y"}) == "json_ld_invalid"


@pytest.mark.parametrize(
    ("path", "context", "code"),
    [
        ("issuer/@context", [V2, OB3], "context_inline"),
        ("credentialSubject/@context", {"name": "https://example.org/other"}, "context_inline"),
        ("credentialSubject/achievement/@context", None, "context_inline"),
        ("endorsement/0/@context", [V2, OB3, {"name": "https://example.org/other"}], "context_inline"),
        ("endorsement/0/@context", [V2, "https://example.org/unknown"], "context_unknown"),
        ("endorsement/0/@context", [OB3, V2], "context_order"),
    ],
)
def test_contexts_inside_the_document_are_refused(path: str, context: Any, code: str) -> None:
    assert refusal(linked_data.canonicalise, with_(path, context)) == code


def test_a_changed_context_is_refused() -> None:
    def changed(url: str) -> Any:
        raise schemas.contexts.ContextError("context_changed", "the bytes are not the pinned ones")

    with pytest.raises(InvalidError) as caught:
        linked_data.canonicalise(CREDENTIAL, contexts=changed)
    assert caught.value.code == "context_changed"


# --- what JSON-LD would lose ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("name", None, "term_dropped"),
        ("credentialSubject/achievement/tag", [], "term_dropped"),
        ("credentialSubject/achievement/tag", ["zorg", None], "term_dropped"),
        ("credentialSubject/achievement/tag", [["zorg"], "mbo"], "json_ld_invalid"),
        ("credentialSubject/achievement/tag", ["zorg", "zorg"], "value_duplicate"),
        ("type", ["VerifiableCredential", "OpenBadgeCredential", "OpenBadgeCredential"], "value_duplicate"),
        (
            "credentialSubject/result/0/alignment",
            ["urn:a:b", {"id": "urn:a:b"}, {"id": "urn:a:b"}],
            "value_duplicate",
        ),
        ("type", ["VerifiableCredential", "UnknownCredential"], "iri_relative"),
        ("type", ["VerifiableCredential", "name"], "term_alias"),
        (
            "type",
            ["VerifiableCredential", "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential"],
            "term_alias",
        ),
        ("type", ["VerifiableCredential", ""], "iri_relative"),
        ("type", ["VerifiableCredential", "_:b0"], "iri_relative"),
        ("type", ["VerifiableCredential", 1], "json_ld_invalid"),
        ("type", {"a": "b"}, "json_ld_invalid"),
        ("id", "credential-1", "iri_relative"),
        ("id", "", "iri_relative"),
        ("id", "#me", "iri_relative"),
        ("id", "//example.org/x", "iri_relative"),
        ("id", "https://example.org/a b", "iri_relative"),
        ("id", "https://example.org/<x>", "iri_relative"),
        ("id", "_:b0", "iri_relative"),
        ("id", 7, "json_ld_invalid"),
        ("id", ["urn:a:b"], "json_ld_invalid"),
        ("issuer", "roc.example", "iri_relative"),
        ("credentialSubject/achievement/criteria/id", "criteria.html", "iri_relative"),
        ("credentialSubject/achievement/creditsAvailable", "40", "value_type"),
        ("credentialSubject/achievement/creditsAvailable", True, "value_type"),
        ("credentialSubject/identifier/0/hashed", "false", "value_type"),
        ("credentialSubject/identifier/0/hashed", 0, "value_type"),
        ("validFrom", 2026, "value_type"),
        ("issuer/url", 1, "value_type"),
        ("credentialSubject/achievement/creator/name", "Another school", "node_conflict"),
        ("credentialSubject/creditsEarned", 0.1 + 0.2, "number_lossy"),
        ("credentialSubject/creditsEarned", 2**-24, "number_lossy"),
        ("credentialSubject/creditsEarned", 2**53, "number_lossy"),
        ("credentialSubject/creditsEarned", float("inf"), "number_lossy"),
        ("credentialSubject/creditsEarned", float("nan"), "number_lossy"),
        ("description", {"@value": "x", "@language": "nl", "@direction": "ltr"}, "term_dropped"),
        ("description", {"@value": "x"}, "term_dropped"),
        ("description", {"@value": 1, "@language": "nl"}, "term_dropped"),
        ("description", {"@value": "x", "@type": "https://example.org/t"}, "term_dropped"),
        ("description", {"@language": "nl"}, "term_dropped"),
        ("description", {"@set": ["x"]}, "term_dropped"),
        ("description", {"@list": ["x"]}, "term_dropped"),
        ("description", {"@value": "x", "@language": "not a tag"}, "json_ld_invalid"),
    ],
)
def test_what_would_be_lost_is_refused(path: str, value: Any, code: str) -> None:
    assert refusal(linked_data.canonicalise, with_(path, value)) == code


PREFIXED: dict[str, Any] = {
    "@context": {
        "id": "@id",
        "type": "@type",
        "p": "https://prefix.example/#",
        "part": {"@id": "https://terms.example/part", "@type": "@id"},
        "Thing": "https://terms.example/Thing",
    }
}


def prefixed(url: str) -> dict[str, Any]:
    assert url == "https://terms.example/v1"
    return PREFIXED


@pytest.mark.parametrize(
    ("member", "code"),
    [
        ({"part": "https://prefix.example/#a"}, None),
        ({"part": "p:a"}, "term_alias"),
        ({"part": {"id": "p:a"}}, "term_alias"),
        ({"type": ["Thing", "https://prefix.example/#B"]}, None),
        ({"type": ["Thing", "p:B"]}, "term_alias"),
        ({"type": "https://terms.example/Thing"}, "term_alias"),
        ({"p:part": "x"}, "term_alias"),
    ],
)
def test_prefixes_are_never_used(member: dict[str, Any], code: str | None) -> None:
    """A prefix gives an identifier a second spelling: signed alike, read differently."""
    document = {"@context": "https://terms.example/v1", "id": "urn:a:b", "type": "Thing"} | member
    assert refusal(linked_data.canonicalise, document, contexts=prefixed) == code


def test_open_badges_3_0_1_cannot_be_used_with_vc_2_0() -> None:
    """It redefines protected terms, so no JSON-LD 1.1 processor reads the two together."""
    first = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"
    assert refusal(linked_data.canonicalise, with_("@context", [V2, first])) == "json_ld_invalid"
    second = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json"
    plain = {key: value for key, value in CREDENTIAL.items() if key != "endorsement"}
    assert refusal(linked_data.canonicalise, with_("@context", [V2, second], plain)) is None


def test_too_many_statements_are_refused() -> None:
    many = with_("credentialSubject/achievement/tag", [str(n) for n in range(6_000)])
    with pytest.raises(UndeterminedError) as caught:
        linked_data.canonicalise(many)
    assert caught.value.code == "graph_too_large"
    assert refusal(linked_data.canonicalise, CREDENTIAL, quads_max=20) == "graph_too_large"
    assert refusal(linked_data.canonicalise, CREDENTIAL, blank_nodes_max=3) == "graph_too_large"


def test_deep_nesting_is_refused_before_any_recursion() -> None:
    deep: dict[str, Any] = {"type": "Address"}
    for _ in range(5_000):
        deep = {"address": deep}
    assert refusal(linked_data.canonicalise, with_("issuer/address", deep)) == "json_ld_invalid"


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["id", "type", "name", "issuer", "proof", "credentialSubject", "@value", "@language", "x"]
                )
                | st.text(max_size=4),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(["issuer", "credentialSubject", "proof", "type", "evidence", "jwk", "name"]),
)
def test_any_json_is_read_or_refused_with_a_code(value: Any, key: str) -> None:
    document = {"@context": [V2, OB3], "type": ["VerifiableCredential"], key: value}
    code = refusal(linked_data.canonicalise, document)
    assert code is None or code.isidentifier()
