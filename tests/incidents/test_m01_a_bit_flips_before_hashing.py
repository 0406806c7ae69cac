"""M1, Yeti 2022 (2021): a bit flipped in one leaf before it was hashed into the tree.

The log had signed a tree that its own entries do not make, and could never serve them. Here new entries are read
again and hashed on a second path before a head is signed; THREATS E8 is the same between writing and signing.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ledger.errors import CorruptError
from ledger.store import appender
from tests.incidents.place import Place, populate
from tests.ledger.usecases.world import World
from verifiers.primitives import merkle


def flipped(data: bytes) -> bytes:
    """Return the same bytes, but for one bit."""
    return bytes([data[0] ^ 4]) + data[1:]


def issue_is_refused(world: World, issue: Callable[[], object]) -> None:
    """Issue, and expect that no head is signed over it."""
    with pytest.raises(CorruptError) as caught:
        issue()
    assert caught.value.code == "head_mismatch"
    with pytest.raises(CorruptError) as caught:
        world.ledger.heads.latest()
    assert caught.value.code == "head_mismatch"


def test_a_leaf_that_flips_on_its_way_into_the_tree_is_not_signed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place.running() as world:
        roc, ada = populate(world)
        signed = place.signed()
        monkeypatch.setattr(appender, "leaf_hash", lambda entry: flipped(merkle.leaf_hash(entry)))
        issue_is_refused(world, lambda: world.issue(roc, ada))
    monkeypatch.undo()
    assert place.signed() == signed
    with pytest.raises(CorruptError) as caught:  # a restart does not help: a person must look
        place.open()
    assert caught.value.code == "head_mismatch"
    assert ("log_head", "log ledger", "root_mismatch") in place.audit()


def test_an_entry_that_flips_between_writing_and_signing_is_not_signed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E8: memory or disk changes the row after the tree was made from it."""
    with place.running() as world:
        roc, ada = populate(world)
        signed = place.signed()
        wait = world.ledger.heads.wait

        def flip_then_wait(size: int) -> object:
            place.tamper(
                "UPDATE event SET entry = :entry WHERE position = :position",
                entry=flipped(world.ledger.store.entries(size - 1, size)[0]),
                position=size - 1,
            )
            return wait(size)

        monkeypatch.setattr(world.ledger.heads, "wait", flip_then_wait)
        with pytest.raises(CorruptError) as caught:
            world.issue(roc, ada)
        assert caught.value.code == "head_mismatch"
    assert place.signed() == signed
    assert ("event", f"position {signed.size}", "entry_mismatch") in place.audit()
