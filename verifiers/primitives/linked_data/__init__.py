"""JSON-LD to canonical N-Quads, without losing or guessing anything (RDFC-1.0).

`canonicalise` is the only door. Its steps, one module each:

1. `document`: refuse what JSON-LD would drop, guess or read in two ways (nulls, inline contexts, …);
2. `expansion`: PyLD's expansion with pinned contexts, a refusal for every dropped term;
3. `quads`: the RDF statements, refusing what RDF cannot hold; every leaf must have arrived;
4. `rdfc`: blank node labels by RDFC-1.0, with a bound on the work, and sorted lines.
"""

from verifiers.primitives.linked_data.canonical import canonicalise

__all__ = ["canonicalise"]
