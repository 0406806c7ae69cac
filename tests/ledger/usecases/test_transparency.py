"""The public face of the log."""

from __future__ import annotations

import pytest

from ledger.errors import NotFoundError, RejectedError
from ledger.usecases import transparency
from tests.ledger.usecases.world import Party, World
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import receipt as receipts
from verifiers.primitives import merkle


def test_checkpoint_entries_and_proofs_agree(world: World, roc: Party, ada: Party) -> None:
    key = checkpoints.parse_vkey(transparency.log_key(world.ledger))
    head = checkpoints.parse(transparency.checkpoint(world.ledger))
    checkpoints.verify(head, key)
    entries = transparency.entries(world.ledger, 0, head.size)
    assert merkle.Frontier.EMPTY.extend([merkle.leaf_hash(entry) for entry in entries]).root() == head.root
    for position, entry in enumerate(entries):
        proof = receipts.parse(transparency.proof(world.ledger, position))
        assert (proof.index, proof.opening) == (position, None), "an opening is personal data"
        merkle.verify_inclusion(
            index=position,
            tree_size=proof.checkpoint.size,
            leaf_hash=merkle.leaf_hash(entry),
            proof=proof.proof,
            root=proof.checkpoint.root,
        )


def test_an_empty_log_has_a_checkpoint_too(world: World) -> None:
    head = checkpoints.parse(transparency.checkpoint(world.ledger))
    assert (head.origin, head.size, head.root) == ("127.0.0.1/leerspoor", 0, merkle.EMPTY_ROOT)
    assert transparency.entries(world.ledger, 0, 0) == ()
    assert transparency.health(world.ledger) == transparency.Health("127.0.0.1/leerspoor", 0)


@pytest.mark.parametrize("position", [-1, 3, 2**70])
def test_a_position_that_is_not_there(world: World, roc: Party, ada: Party, position: int) -> None:
    with world.refuses(NotFoundError, "position_unknown"):
        transparency.proof(world.ledger, position)


@pytest.mark.parametrize(
    ("start", "end", "error", "code"),
    [
        (-1, 1, RejectedError, "range_invalid"),
        (2, 1, RejectedError, "range_invalid"),
        (0, 1_001, RejectedError, "range_invalid"),
        (0, 4, NotFoundError, "position_unknown"),
    ],
)
def test_a_range_that_is_none(
    world: World, roc: Party, ada: Party, start: int, end: int, error: type[RejectedError], code: str
) -> None:
    with world.refuses(error, code):
        transparency.entries(world.ledger, start, end)
