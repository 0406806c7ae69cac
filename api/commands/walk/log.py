"""Step: an outsider watches the log with the verifier library and believes nothing it cannot recompute."""

from __future__ import annotations

from api.commands.walk.stage import Stage
from api.wire.log import EntriesAnswer
from verifiers import TrustPolicy
from verifiers.errors import VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import receipt as receipts
from verifiers.formats.checkpoint import Checkpoint, VerifierKey
from verifiers.primitives import merkle
from verifiers.primitives.encoding import b64url_decode
from verifiers.primitives.merkle import Frontier


def remember_head(stage: Stage) -> None:
    """Keep the first signed head, and the log's key, as a watcher or an employer would."""
    key = checkpoints.parse_vkey(stage.world.text("/v1/log/key").strip())
    stage.policy = TrustPolicy(logs=(key,), log_issuers=True)
    stage.first_checkpoint = _head(stage, key)
    stage.keep("policy.json", stage.policy.dump())


def check_receipts(stage: Stage) -> None:
    """Tie each issued credential to its place in the log, with its own receipt and nothing else."""
    stage.tally.step("Each credential came with a receipt that ties its bytes to the log")
    logs = () if stage.policy is None else stage.policy.logs
    for issued in stage.issued:
        receipt = receipts.parse(issued.receipt)
        seen: object = receipt.index
        try:
            receipts.verify_receipt(receipt, issued.credential.encode(), logs=logs)
            holds = receipt.index == issued.position
        except VerifierError as error:
            holds, seen = False, error.code
        stage.tally.check(f"The receipt of position {issued.position} verifies", holds, seen=seen)


def check_log(stage: Stage) -> None:
    """Recompute the whole tree from its public entries and compare it with both signed heads."""
    stage.tally.step("An outsider recomputes the log from its public entries")
    if stage.policy is None or stage.first_checkpoint is None:
        raise ValueError("the first head was not remembered")
    first, last = stage.first_checkpoint, _head(stage, stage.policy.logs[0])
    answer = stage.world.get("/v1/log/entries", EntriesAnswer, params={"start": "0", "end": str(last.size)})
    hashes = [merkle.leaf_hash(b64url_decode(entry.decode())) for entry in answer.entries]
    frontier = Frontier.EMPTY.extend(hashes[: first.size])
    stage.tally.check(
        f"The first {first.size} entries still give the head signed before anything was attested",
        frontier.root() == first.root,
    )
    stage.tally.check(
        f"All {last.size} entries give the head that is signed now",
        frontier.extend(hashes[first.size :]).root() == last.root,
    )
    position = stage.issued[0].position
    proof = receipts.parse(stage.world.text(f"/v1/log/proof/{position}"))
    root = merkle.root_from_inclusion(
        index=position, tree_size=proof.checkpoint.size, leaf_hash=hashes[position], proof=proof.proof
    )
    covered = Frontier.EMPTY.extend(hashes[: proof.checkpoint.size])
    stage.tally.check(
        f"The public proof of position {position} leads to the root over {covered.size} entries, and opens nothing",
        root == proof.checkpoint.root == covered.root() and proof.opening is None,
    )


def _head(stage: Stage, key: VerifierKey) -> Checkpoint:
    """Return the latest head, after verifying its signature."""
    head = checkpoints.parse(stage.world.text("/v1/log/checkpoint"))
    checkpoints.verify(head, key)
    return head
