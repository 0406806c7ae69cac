"""M3, TrustAsia 2020 and Venafi 2017: two signed heads that no one tree has both of.

Both logs signed from a state that was not the last one. Here the last signed head is kept in a second place, and
a head is only swapped in over the one it grew from.
"""

from __future__ import annotations

from itertools import pairwise

import pytest

from ledger.errors import CorruptError
from tests.incidents.place import Place, populate
from verifiers.formats.checkpoint import Checkpoint
from verifiers.primitives import merkle


def test_a_restored_backup_signs_nothing_however_far_it_would_grow(place: Place) -> None:
    with place.running() as world:
        roc, ada = populate(world)
    backup = place.back_up()
    with place.running() as world:
        for _ in range(2):
            world.issue(roc, ada)
    signed = place.signed()
    place.restore(backup)
    with pytest.raises(CorruptError) as caught:
        place.open()
    assert caught.value.code == "head_went_back"
    assert ("signed_head", "file ledger.sqlite.head", "checkpoint_beyond_log") in place.audit()
    # Who takes the second place away, lets another history grow, and puts it back, is found out all the same.
    head = place.database.with_name("ledger.sqlite.head")
    kept = head.read_bytes()
    head.unlink()
    with place.running() as world:
        for _ in range(4):
            world.issue(roc, ada)
    head.write_bytes(kept)
    with pytest.raises(CorruptError) as caught:
        place.open()
    assert caught.value.code == "head_went_back"
    assert ("signed_head", "file ledger.sqlite.head", "checkpoint_not_prefix") in place.audit()
    assert place.signed() == signed


def test_two_servers_on_one_database_sign_one_history(place: Place) -> None:
    heads: list[Checkpoint] = []
    with place.running() as first, place.running() as second:
        roc, ada = populate(first)
        for world in (first, second) * 3:
            world.issue(roc, ada)
            heads.append(world.ledger.heads.latest())
        leaves = [merkle.leaf_hash(entry) for entry in first.ledger.store.entries(0, heads[-1].size)]
    assert all(before.size < after.size for before, after in pairwise(heads))
    for head in heads:
        assert head.root == merkle.Frontier.EMPTY.extend(leaves[: head.size]).root()
    assert place.audit() == set()
