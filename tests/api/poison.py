"""What a worker process does in the test of the clock: importable by name, as real work is."""

from __future__ import annotations

from typing import Any

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, DefaultGraph, NamedNode, Quad

from verifiers import Report, check


def check_or_choke(data: bytes, **options: Any) -> Report:
    """Check as the verifier does; where the data says so, canonicalise a poison graph without its bound first.

    Seven nodes that each point at seven others: native code that holds the interpreter for minutes, in
    little memory, so that it is the clock that ends it.
    """
    if b"poison" in data:
        left, right = [BlankNode() for _ in range(7)], [BlankNode() for _ in range(7)]
        quads = (Quad(a, NamedNode("urn:p"), b, DefaultGraph()) for a in left for b in right)
        Dataset(quads).canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return check(data, **options)
