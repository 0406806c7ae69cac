"""Step 3: expanded JSON-LD to RDF statements, in which nothing may get lost.

An own, small reading of the algorithm, because the usual ones skip silently what RDF cannot hold. Every
key of the expanded form is either turned into statements or refused, every IRI must be absolute and
stand in the document as written, and the number of leaves must be that of the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad

from verifiers.errors import InvalidError, UndeterminedError
from verifiers.primitives.jcs import canonicalise as jcs

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TYPE, _FIRST, _REST, _NIL = (NamedNode(_RDF + name) for name in ("type", "first", "rest", "nil"))
_JSON = NamedNode(_RDF + "JSON")
_XSD = "http://www.w3.org/2001/XMLSchema#"
# Open Badges contexts write the XML Schema namespace with https; both spellings occur.
_NUMERIC = frozenset({"integer", "nonNegativeInteger", "positiveInteger", "decimal", "float", "double"})

_Node = NamedNode | BlankNode
_Object = NamedNode | BlankNode | Literal


class Statements:
    """Collects the quads of one expanded document.

    Args:
        spelled: the strings of the document: an IRI of the graph must be one of them,
        term_iris: or an IRI that some term of its contexts stands for.
        quads_max: statements allowed.
    """

    def __init__(self, *, spelled: set[str], term_iris: frozenset[str], quads_max: int) -> None:
        self.quads: set[Quad] = set()
        self.leaves = 0
        self._spelled = spelled
        self._types = tuple(text for text in spelled if ":" not in text)
        self._term_iris = term_iris
        self._quads_max = quads_max
        self._literals: dict[tuple[object, object, object], frozenset[_Object]] = {}

    def add_document(self, expanded: list[Any]) -> None:
        """Add the statements of an expanded document, which must be one node.

        Raises:
            InvalidError: term_dropped, term_alias, iri_relative, value_type, value_duplicate,
                node_conflict, json_ld_invalid.
            UndeterminedError: graph_too_large.

        Source: JSON-LD 1.1 API §8.1 (Deserialize JSON-LD to RDF).
        """
        if len(expanded) != 1 or not isinstance(expanded[0], dict):
            raise InvalidError("json_ld_invalid", "the document is not one node")
        self._node(expanded[0], DefaultGraph())

    def _node(self, node: dict[str, Any], graph: _Node | DefaultGraph) -> _Node:
        subject: _Node = BlankNode()
        if "@id" in node:
            self.leaves += 1
            subject = self._iri(node["@id"])
        for key, values in node.items():
            if key == "@id":
                continue
            objects: list[_Object]
            if key == "@type":
                self.leaves += len(values)
                predicate, objects = _TYPE, [self._type(value) for value in values]
            elif key.startswith("@"):
                raise InvalidError("term_dropped", "the document holds something that its signed form cannot")
            else:
                predicate, objects = _named(key), [self._object(value, graph) for value in values]
            self._check_values(graph, subject, predicate, objects)
            for object_ in objects:
                self._add(subject, predicate, object_, graph)
        return subject

    def _object(self, value: dict[str, Any], graph: _Node | DefaultGraph) -> _Object:
        if "@value" in value:
            return self._literal(value)
        if "@list" in value:
            return self._list(value["@list"], graph)
        if "@graph" in value:
            if set(value) != {"@graph"}:
                raise InvalidError("term_dropped", "a named graph holds more than its nodes")
            name = BlankNode()
            for node in value["@graph"]:
                self._node(node, name)
            return name
        return self._node(value, graph)

    def _list(self, items: list[Any], graph: _Node | DefaultGraph) -> _Node:
        rest: _Node = _NIL
        for item in reversed(items):
            cell = BlankNode()
            self._add(cell, _FIRST, self._object(item, graph), graph)
            self._add(cell, _REST, rest, graph)
            rest = cell
        return rest

    def _literal(self, value: dict[str, Any]) -> Literal:
        content, datatype = value["@value"], value.get("@type")
        if set(value) - {"@value", "@type", "@language"}:
            raise InvalidError("term_dropped", "a value holds something that its signed form cannot")
        if datatype == "@json":
            self.leaves += _leaves(content)
            return Literal(jcs(content).decode("utf-8"), datatype=_JSON)
        self.leaves += 1
        if "@language" in value:
            self.leaves += 1
            return _language_literal(content, value["@language"])
        if datatype is not None:
            _check_value_type(content, datatype)
        if isinstance(content, bool):
            return Literal("true" if content else "false", datatype=_named(datatype or _XSD + "boolean"))
        if isinstance(content, int):
            return Literal(str(content), datatype=_named(datatype or _XSD + "integer"))
        if isinstance(content, float):
            return Literal(_double(content), datatype=_named(datatype or _XSD + "double"))
        if not isinstance(content, str):
            raise InvalidError("json_ld_invalid", "a value is neither text, number nor boolean")
        return Literal(content, datatype=_named(datatype)) if datatype else Literal(content)

    def _iri(self, text: Any) -> NamedNode:
        node = _named(text)
        if text not in self._spelled and text not in self._term_iris:
            raise InvalidError("term_alias", "an identifier is not spelled in full in the document")
        return node

    def _type(self, text: Any) -> NamedNode:
        node = _named(text)
        if text not in self._spelled and text not in self._term_iris and not text.endswith(self._types):
            raise InvalidError("term_alias", "a type is neither a term nor spelled in full")
        return node

    def _check_values(
        self, graph: _Node | DefaultGraph, subject: _Node, predicate: NamedNode, objects: list[_Object]
    ) -> None:
        """Refuse values that would melt together: twice the same here, or two sets in two places."""
        distinct = frozenset(objects)
        if len(distinct) != len(objects):
            raise InvalidError(
                "value_duplicate", "a property has the same value twice, which its signed form loses"
            )
        # Two descriptions of one subject may repeat a property, as issuer and creator do, not contradict.
        literal = all(isinstance(object_, Literal) for object_ in objects)
        if literal and self._literals.setdefault((graph, subject, predicate), distinct) != distinct:
            raise InvalidError("node_conflict", "one thing is described twice, with different values")

    def _add(
        self, subject: _Node, predicate: NamedNode, object_: _Object, graph: _Node | DefaultGraph
    ) -> None:
        self.quads.add(Quad(subject, predicate, object_, graph))
        if len(self.quads) > self._quads_max:
            raise UndeterminedError(
                "graph_too_large",
                "the document makes too many statements",
                expected=f"at most {self._quads_max}",
            )


def _named(text: Any) -> NamedNode:
    if not isinstance(text, str) or ":" not in text or text.startswith("_:"):
        raise InvalidError("iri_relative", "an identifier or type of the document is not an absolute IRI")
    try:
        return NamedNode(text)
    except ValueError as error:
        raise InvalidError(
            "iri_relative", "an identifier or type of the document is not an absolute IRI"
        ) from error


def _language_literal(text: str, language: str) -> Literal:
    try:
        return Literal(text, language=language)
    except ValueError as error:
        raise InvalidError("json_ld_invalid", "a language tag is not well-formed") from error


def _check_value_type(content: object, datatype: str) -> None:
    """Refuse a value whose JSON type the signed form would lose: 40 and "40" are both "40"^^xsd:float."""
    name = datatype.rpartition("#")[2] if "/2001/XMLSchema#" in datatype else ""
    if name in _NUMERIC:
        fits = isinstance(content, int | float) and not isinstance(content, bool)
    elif name == "boolean":
        fits = isinstance(content, bool)
    else:
        fits = isinstance(content, str)
    if not fits:
        raise InvalidError(
            "value_type", "a value has another JSON type than its term asks for", expected=name or None
        )


def _double(value: float) -> str:
    """Return the canonical form of a double: "1.5E1". Source: JSON-LD 1.1 API §8.6; XML Schema part 2."""
    mantissa, exponent = f"{value:.15E}".split("E")
    mantissa = mantissa.rstrip("0")
    return f"{mantissa}{'0' if mantissa.endswith('.') else ''}E{int(exponent)}"


def _leaves(value: Any) -> int:
    return sum(1 for _ in _walk(value))


def _walk(value: Any) -> Iterator[object]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _walk(item)
    else:
        yield value
