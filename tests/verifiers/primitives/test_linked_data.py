"""Linked data against outside vectors and against PyLD's own conversion to RDF."""

from __future__ import annotations

import copy
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld  # type: ignore[import-untyped]
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

from tests.verifiers.primitives.full_credential import CREDENTIAL, with_
from tests.verifiers.primitives.support import (
    DATA_INTEGRITY_CASES,
    VECTORS,
    contexts_with_examples,
    read_json,
)
from verifiers.primitives import encoding, jcs, keys, linked_data

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
    files = [path for path in VECTORS.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    cases = {path.parent for path in files if path.name != "source"}
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


def test_many_threads_get_the_same_lines() -> None:
    """PyLD's caches are not made for threads; the expander's lock is."""
    documents = [with_("name", f"Credential {number}") for number in range(12)]
    alone = [linked_data.canonicalise(document) for document in documents]
    with ThreadPoolExecutor(max_workers=8) as threads:
        together = list(threads.map(linked_data.canonicalise, documents * 4))
    assert together == alone * 4
