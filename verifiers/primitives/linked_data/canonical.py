"""The door to linked data: a document in, canonical N-Quads out, or a refusal by code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import schemas.contexts
from schemas.contexts import ContextError
from verifiers.errors import InvalidError
from verifiers.primitives.linked_data import document as step_document
from verifiers.primitives.linked_data.expansion import ContextSource, context_error, expander
from verifiers.primitives.linked_data.quads import Statements
from verifiers.primitives.linked_data.rdfc import BLANK_NODES_MAX, QUADS_MAX, canonical_nquads


def canonicalise(
    document: Mapping[str, Any],
    *,
    contexts: ContextSource = schemas.contexts.context,
    quads_max: int = QUADS_MAX,
    blank_nodes_max: int = BLANK_NODES_MAX,
) -> bytes:
    """Return the canonical N-Quads of a JSON-LD document, losing nothing of it.

    Args:
        document: a JSON object with `@context`, as `strict_json` read it or as this program composed it.
        contexts: gives the document of a context by its URL; the pinned ones unless told otherwise.
        quads_max, blank_nodes_max: statements and unnamed parts allowed.

    Returns:
        UTF-8 lines, sorted, each ended by "\\n"; hash these bytes.

    Raises:
        UndeterminedError: context_unknown (a context we have no bytes of), context_order (known contexts
            in an unknown list), number_lossy, graph_too_large.
        InvalidError: context_inline, context_changed, term_dropped, term_alias, iri_relative,
            value_type, value_duplicate, node_conflict, json_ld_invalid.

    Source: JSON-LD 1.1 API §5.1 and §8.1; RDFC-1.0; Data Integrity 1.0 §2.4.1 on contexts.
    """
    # 1. The document as text: contexts are only named, and nothing stands in it that JSON-LD would lose.
    lists = step_document.context_lists(document)
    try:
        for urls in lists:
            schemas.contexts.check_arrangement(urls)
    except ContextError as error:
        raise context_error(error) from error
    processor = expander(contexts)
    # Looks every context up, so that an unknown one is never called invalid.
    term_iris = processor.term_iris({url for urls in lists for url in urls})
    copied = step_document.checked_copy(document, term_iris)
    # 2. Expansion.
    expanded = processor.expand(copied)
    # 3. Statements, and the account: every leaf of the document has arrived in them.
    statements = Statements(spelled=step_document.strings(copied), term_iris=term_iris, quads_max=quads_max)
    statements.add_document(expanded)
    if statements.leaves != step_document.leaves(copied):
        raise InvalidError("term_dropped", "a part of the document would be lost in the signed form")
    # 4. Canonical lines.
    return canonical_nquads(statements.quads, blank_nodes_max=blank_nodes_max)
