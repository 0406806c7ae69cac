"""Merkle trees of transparency logs: hashes, proofs and the frontier that grows a tree (RFC 9162 §2.1).

Only integers and 32-byte hashes come in; what an entry is, is not known here. The verifying half
(`verify_…`, `root_from_…`) reads proofs of strangers and raises; the building half (`Frontier`,
`…_proof`, `tree_root`) is given hashes by its owner. A subtree is named by (level, index): the complete
subtree over leaves [index * 2**level, (index + 1) * 2**level), as in C2SP tlog-tiles.
"""

from verifiers.primitives.merkle.building import NodeSource, consistency_proof, inclusion_proof, tree_root
from verifiers.primitives.merkle.frontier import Frontier
from verifiers.primitives.merkle.hashing import EMPTY_ROOT, HASH_BYTES, SIZE_MAX, leaf_hash, node_hash
from verifiers.primitives.merkle.verifying import root_from_inclusion, verify_consistency, verify_inclusion

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "SIZE_MAX",
    "Frontier",
    "NodeSource",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "root_from_inclusion",
    "tree_root",
    "verify_consistency",
    "verify_inclusion",
]
