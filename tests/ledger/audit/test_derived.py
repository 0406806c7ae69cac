"""What the audit derives by itself: roots as published vectors have them, paths as the specification has them."""

from __future__ import annotations

import random

import pytest

from ledger.audit.export import _belongs, _path
from ledger.audit.tree import Tree
from tests.verifiers.primitives.support import read_json
from verifiers.formats.tile import TilePath, tiles_of
from verifiers.primitives import merkle

VECTORS = read_json("merkle", "rfc6962", "vectors.json")


def test_roots_are_those_of_the_vectors() -> None:
    """transparency-dev/merkle and RFC 6962; the source stands beside them."""
    tree = Tree()
    assert tree.head.root == merkle.EMPTY_ROOT
    leaves, roots = VECTORS["leaves"], VECTORS["roots"]
    assert isinstance(leaves, list)
    assert isinstance(roots, list)
    for leaf, root in zip(leaves, roots, strict=True):
        tree.add(bytes.fromhex(str(leaf)))
        assert tree.head.root == bytes.fromhex(str(root))


def test_roots_are_those_of_the_other_tree_at_every_size() -> None:
    chance, tree, frontier = random.Random(20261124), Tree(), merkle.Frontier.EMPTY
    for size in range(1, 1_200):
        entry = chance.randbytes(32)
        tree.add(entry)
        frontier = frontier.append(merkle.leaf_hash(entry))
        assert (tree.size, tree.head.root, tree.head.subtrees) == (size, frontier.root(), frontier.hashes)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000, 256 * 1_000 + 3])
def test_the_files_of_a_log_are_those_of_the_specification(size: int) -> None:
    wanted = {path.dump() for path in tiles_of(size)}
    assert all(_belongs(path, size) for path in wanted | {"checkpoint"})
    assert {_path(path.level, path.index, path.width) for path in tiles_of(size)} == wanted
    later = {path.dump() for path in tiles_of(size + 1)} - wanted
    assert later
    assert not any(_belongs(path, size) for path in later)


@pytest.mark.parametrize(
    "path",
    ["tile/0/000.p/0", "tile/0/000.p/256", "tile/0/0000", "tile/0/x000/001", "tile/00/000", "tile/0/000/", "tile",
     "tile/entries/000.p/01", "tile/64/000", "tile/0/٠٠٠", "x"],
)  # fmt: skip
def test_no_other_spelling_belongs(path: str) -> None:
    assert not _belongs(path, 10**6)


def test_paths_of_large_indices_are_those_of_the_specification() -> None:
    chance = random.Random(7)
    for _ in range(300):
        index, width = chance.randrange(10 ** chance.randrange(1, 13)), chance.randrange(1, 257)
        for level in (0, 3, "entries"):
            assert _path(level, index, width) == TilePath(level, index, width).dump()
