"""Step 4: canonical N-Quads by RDFC-1.0, with a bound on the work that hostile graphs cause.

The labels come from pyoxigraph, which passes the W3C suite. It runs in native code that no timer can
interrupt, and its work grows with the factorial of the blank nodes that look alike; so the work is
estimated first and a graph beyond the bound refused. Documents that only contain other parts by nesting
stay far below it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection
from math import factorial

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, serialize

from verifiers.errors import UndeterminedError

QUADS_MAX = 5_000  # a credential with forty results has about 800
BLANK_NODES_MAX = 1_000
# A unit costs at most about a microsecond in pyoxigraph: the bound is about 0.2 s.
WORK_MAX = 200_000

_DEPTH_MAX = 100  # look-alikes in a row, as the cells of a list of equal values are

_Edges = dict[BlankNode, dict[tuple[str, str, str], list[BlankNode]]]


def canonical_nquads(
    quads: Collection[Quad], *, blank_nodes_max: int = BLANK_NODES_MAX, work_max: int = WORK_MAX
) -> bytes:
    """Return the canonical N-Quads of a dataset.

    Args:
        quads: the statements; blank nodes are labelled anew.
        blank_nodes_max: blank nodes allowed.
        work_max: estimated steps of the Hash N-Degree Quads algorithm allowed.

    Returns:
        UTF-8, one statement a line, sorted by code point, each line ended by "\\n".

    Raises:
        UndeterminedError: graph_too_large.

    Source: RDF Dataset Canonicalization (RDFC-1.0) §4; canonical N-Quads §5.
    """
    mentions = _mentions(quads)
    if len(mentions) > blank_nodes_max:
        raise UndeterminedError(
            "graph_too_large",
            "the document has too many unnamed parts",
            expected=f"at most {blank_nodes_max}",
        )
    _bound_work(mentions, work_max)
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    text = serialize(dataset, format=RdfFormat.N_QUADS) or b""
    # Never splitlines(): U+2028 and its kin are ordinary characters of a literal.
    return b"".join(sorted(line + b"\n" for line in text.split(b"\n") if line))


def _mentions(quads: Collection[Quad]) -> dict[BlankNode, list[Quad]]:
    mentions: dict[BlankNode, list[Quad]] = defaultdict(list)
    for quad in quads:
        for node in {
            part for part in (quad.subject, quad.object, quad.graph_name) if isinstance(part, BlankNode)
        }:
            mentions[node].append(quad)
    return mentions


def _bound_work(mentions: dict[BlankNode, list[Quad]], work_max: int) -> None:
    """Refuse a graph whose look-alike blank nodes would take too many permutations.

    Only nodes whose first-degree hash is shared enter Hash N-Degree Quads (§4.8), which tries every order
    of the neighbours that look alike, and calls itself for each of them.
    """
    hashes = {node: _first_degree(node, quads) for node, quads in mentions.items()}
    alike: dict[bytes, list[BlankNode]] = defaultdict(list)
    for node, digest in hashes.items():
        alike[digest].append(node)
    ambiguous = {node for group in alike.values() if len(group) > 1 for node in group}
    edges = _edges(mentions, hashes)
    work = _Work(edges, ambiguous, work_max)
    for node in ambiguous:
        work.add(node, 1)


def _first_degree(node: BlankNode, quads: list[Quad]) -> bytes:
    """Return the hash of §4.6: the node's statements, with itself as _:a and every other as _:z."""
    lines = []
    for quad in quads:
        parts = [quad.subject, quad.predicate, quad.object, quad.graph_name]
        lines.append(
            " ".join(
                ("_:a" if part == node else "_:z") if isinstance(part, BlankNode) else str(part)
                for part in parts
            )
        )
    return hashlib.sha256("\n".join(sorted(lines)).encode("utf-8")).digest()


def _edges(mentions: dict[BlankNode, list[Quad]], hashes: dict[BlankNode, bytes]) -> _Edges:
    """Group the blank neighbours of each node as §4.7 does: by position, predicate and own hash."""
    edges: _Edges = {}
    for node, quads in mentions.items():
        groups: dict[tuple[str, str, str], list[BlankNode]] = defaultdict(list)
        for quad in quads:
            for position, part in (("s", quad.subject), ("o", quad.object), ("g", quad.graph_name)):
                if isinstance(part, BlankNode) and part != node:
                    predicate = "" if position == "g" else str(quad.predicate)
                    groups[position, predicate, hashes[part].hex()].append(part)
        edges[node] = groups
    return edges


class _Work:
    """Counts the permutations that Hash N-Degree Quads would try, and stops at a budget."""

    def __init__(self, edges: _Edges, ambiguous: set[BlankNode], work_max: int) -> None:
        self._edges = edges
        self._ambiguous = ambiguous
        self._left = work_max
        self._path: set[BlankNode] = (
            set()
        )  # like the algorithm's issuer: who is named already is not entered again

    def add(self, node: BlankNode, times: int) -> None:
        if len(self._path) >= _DEPTH_MAX:
            raise _too_alike()
        self._path.add(node)
        for group in self._edges[node].values():
            others = [other for other in group if other not in self._path]
            permutations = times * factorial(min(len(others), 12))
            self._left -= permutations
            if self._left < 0:
                raise _too_alike()
            for other in others:
                if other in self._ambiguous:
                    self.add(other, permutations)
        self._path.remove(node)


def _too_alike() -> UndeterminedError:
    return UndeterminedError("graph_too_large", "the document has too many unnamed parts that look alike")
