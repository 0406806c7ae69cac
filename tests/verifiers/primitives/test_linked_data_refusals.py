"""What linked data refuses, each by its code: other contexts, and whatever JSON-LD would lose or guess."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import schemas.contexts
from tests.verifiers.primitives.full_credential import CREDENTIAL, OB3, V2, with_
from tests.verifiers.primitives.support import refusal
from verifiers.errors import InvalidError, UndeterminedError
from verifiers.primitives import linked_data

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
