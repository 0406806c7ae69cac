"""A tree read from a stranger's files is the tree of its head, or the fault has a name and a place."""

from __future__ import annotations

from functools import partial

import pytest

from ledger.errors import CorruptError, UnavailableError
from ledger.oversight.tree import Tree
from tests.faults.operator import Operator, Rows, Served, entry
from verifiers.formats.tile import ENTRIES, TilePath, tiles_of
from verifiers.primitives.merkle import inclusion_proof, verify_consistency, verify_inclusion

OPERATOR = Operator()
ROWS = Rows(entry(number) for number in range(66_000))
SIZES = (1, 2, 3, 255, 256, 257, 511, 512, 513, 1_000, 65_535, 65_536, 65_537, 66_000)


def _tree(size: int, served: Served | None = None) -> Tree:
    return Tree(served or Served(ROWS, None), OPERATOR.head(ROWS, size))


@pytest.mark.parametrize("size", SIZES)
def test_leaves_and_proofs_are_those_of_the_log(size: int) -> None:
    tree = _tree(size)
    for index in {0, size // 2, size - 1}:
        leaf = tree.node(0, index)
        assert leaf == ROWS.node(0, index)
        proof = inclusion_proof(index, size, tree.node)
        verify_inclusion(index=index, tree_size=size, leaf_hash=leaf, proof=proof, root=ROWS.root(size))
        assert tree.entries(index // 256)[index % 256] == ROWS.entries[index]


@pytest.mark.parametrize("size", SIZES)
def test_every_smaller_root_can_be_told_and_proven(size: int) -> None:
    tree = _tree(size)
    for smaller in {0, 1, size // 3, size & -256, size}:
        assert tree.root_at(smaller) == ROWS.root(smaller)
        verify_consistency(
            first_size=smaller,
            second_size=size,
            first_root=ROWS.root(smaller),
            second_root=ROWS.root(size),
            proof=tree.proof_of(smaller),
        )


def test_the_empty_tree_has_one_root() -> None:
    _tree(0).check()
    with pytest.raises(CorruptError) as refused:
        Tree(Served(ROWS, None), OPERATOR.lie(0, bytes(32))).check()
    assert refused.value.code == "root_mismatch"


def test_a_proof_costs_few_files_and_none_twice() -> None:
    served = Served(ROWS, None)
    tree = _tree(66_000, served)
    for _ in range(2):
        inclusion_proof(12_345, 66_000, tree.node)
        tree.root_at(60_001)
    assert len(served.reads) <= 8
    assert len(set(served.reads)) == len(served.reads)


def test_a_partial_file_may_have_given_way_to_the_whole_one() -> None:
    rows = Rows(ROWS.entries[:512])
    served = Served(rows, None)
    for path in tiles_of(300):
        if not path.is_full and path.level != 1:
            served.changed[path.dump()] = None
    tree = Tree(served, OPERATOR.head(ROWS, 300))
    assert list(tree.entries(1)) == ROWS.entries[256:300]
    assert tree.node(0, 299) == ROWS.node(0, 299)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (TilePath(0, 3), "tile_wrong"),
        (TilePath(1, 0), "tile_wrong"),
        (TilePath(2, 0, 1), "root_mismatch"),
        (TilePath(1, 1, 1), "root_mismatch"),
        (TilePath(0, 257, 208), "root_mismatch"),
        (TilePath(ENTRIES, 3), "entry_wrong"),
        (TilePath(ENTRIES, 257, 208), "entry_wrong"),
    ],
    ids=str,
)
@pytest.mark.parametrize("how", ["flipped", "short", "long", "empty", "gone"])
def test_a_wrong_file_is_named(path: TilePath, code: str, how: str) -> None:
    good = ROWS.file(path.dump())
    assert good is not None
    served = Served(ROWS, None)
    spoiled = {
        "flipped": good[:-1] + bytes([good[-1] ^ 1]),
        "short": good[:-1],
        "long": good + b"\x00",
        "empty": b"",
        "gone": None,
    }
    served.changed |= {path.dump(): spoiled[how], TilePath(path.level, path.index).dump(): spoiled[how]}
    if how == "gone":
        code = "entry_missing" if path.level == ENTRIES else "tile_missing"
    elif how != "flipped" and code == "root_mismatch":
        code = "tile_wrong"  # its length alone is wrong, so its place is known
    tree = _tree(66_000, served)
    read = partial(tree.entries) if path.level == ENTRIES else partial(tree.hashes, path.height)
    with pytest.raises(CorruptError) as refused:
        read(path.index)
    assert refused.value.code == code
    assert refused.value.got == ("66000" if code == "root_mismatch" else path.dump())


def test_a_wrong_parent_is_not_blamed_on_its_child() -> None:
    served = Served(ROWS, None)
    good = ROWS.file("tile/1/000") or b""
    served.changed["tile/1/000"] = bytes(32) + good[32:]
    with pytest.raises(CorruptError) as refused:
        _tree(66_000, served).hashes(0, 3)
    assert (refused.value.code, refused.value.got) == ("tile_wrong", "tile/1/000")


def test_what_cannot_be_read_is_not_called_wrong() -> None:
    class Broken(Served):
        def read(self, name: str, *, bytes_max: int) -> bytes | None:
            raise UnavailableError("log_refused", "not now", got="500")

    with pytest.raises(UnavailableError) as refused:
        Tree(Broken(ROWS, None), OPERATOR.head(ROWS, 9)).check()
    assert refused.value.code == "log_refused"
