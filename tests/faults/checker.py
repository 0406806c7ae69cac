"""The history checker: what must be true of the ledger after a kill, given what clients did and were told.

1. Every acknowledged attestation is there exactly once, with the same bytes, at the position that was told.
2. Every other one that was sent is there at most once; what was refused, or never sent, is not there.
3. Positions are gapless from 0, and in real time: acknowledged before another was sent means before it in the log.
4. Every head that anybody was ever told is a prefix of the log as it is now, and so of each other.
5. Every acknowledgement held a receipt that verifies, and its entry is proven under the latest head too.
6. A request that is sent again with its key gets the position it had, and adds nothing (`kill.replayed`).
7. Rows beside the log are those that the events call for \\
8. The store is what an audit derives from it           > the campaigns audit after each kill (`kill.audited`)
9. One bit that is flipped is found by that audit      /  and once with a bit flipped (`kill.unnoticed`)

Source: THREATS, "The history checker".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger.application import Ledger
from ledger.log.tiles import TileReader
from tests.faults.acks import Ack, Fail, Invoke, Step, acknowledged
from verifiers.errors import VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import receipt as receipts
from verifiers.formats.header import entry
from verifiers.primitives import merkle

_MARKER = re.compile(rb"marker-\d+-\d+-end")
ISSUED = "credential-issued.v1"


@dataclass(frozen=True)
class Finding:
    """What was counted after one kill.

    Args:
        recorded: attestations in the ledger.
        unacknowledged: of these, the ones whose acknowledgement was lost with the server.
        wrong: what is not as it must be, one sentence each.
    """

    acknowledged: int
    recorded: int
    unacknowledged: int
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class _Log:
    """The log as it is now: its entries, the root of every prefix by its size, and its stored tiles."""

    ledger: Ledger
    tiles: TileReader
    entries: Sequence[bytes]
    roots: Sequence[bytes]


def check(ledger: Ledger, organisation: UUID, steps: Sequence[Step], *, seen: Sequence[str] = ()) -> Finding:
    """Check the ledger of a server that was killed, opened anew.

    Args:
        steps: what clients did and were told, in its order.
        seen: checkpoints that anybody was shown.
    """
    size = ledger.store.head().size
    entries = ledger.store.entries(0, size)
    log = _Log(ledger, TileReader(ledger.store), entries, _roots(entries))
    wrong: list[str] = []
    if len(entries) != size:
        wrong.append(f"there are {len(entries)} entries for a size of {size}")
    payloads, markers = {}, Counter[str]()
    for recorded in ledger.store.select_issuer(organisation, types=(ISSUED,)):
        payload, _ = ledger.sealing.opening(recorded)
        payloads[recorded.position] = (str(recorded.sealed.stream), payload)
        markers.update({found.decode() for found in _MARKER.findall(payload)})
        if recorded.sealed.entry != entries[recorded.position]:
            wrong.append(f"the entry at {recorded.position} is another than its event's")
    acks = acknowledged(steps)
    wrong += _marker_faults(markers, steps)
    wrong += _order_faults(steps)
    wrong += _head_faults(log, seen)
    for ack in acks:
        if markers[ack.marker] == 0:
            wrong.append(f"{ack.marker} was acknowledged and is not there")
        elif payloads.get(ack.position) != (ack.id, ack.credential.encode()):
            wrong.append(f"{ack.marker} is not what was told, or not where")
        wrong += _receipt_faults(log, ack)
    return Finding(len(acks), len(payloads), len(payloads) - len(acks), tuple(wrong))


def _roots(entries: Sequence[bytes]) -> list[bytes]:
    frontier = merkle.Frontier.EMPTY
    roots = [frontier.root()]
    for item in entries:
        frontier = frontier.append(merkle.leaf_hash(item))
        roots.append(frontier.root())
    return roots


def _marker_faults(markers: Counter[str], steps: Sequence[Step]) -> list[str]:
    sent = {step.invoke for step in steps if isinstance(step, Invoke)}
    failed = {step.fail for step in steps if isinstance(step, Fail)}
    wrong = [f"{marker} is there {times} times" for marker, times in markers.items() if times != 1]
    wrong += [f"{marker} was never sent and is there" for marker in markers.keys() - sent]
    return wrong + [f"{marker} was refused and is there" for marker in markers.keys() & failed]


def _order_faults(steps: Sequence[Step]) -> list[str]:
    """Return the requests that stand before one that was acknowledged before they were sent."""
    highest, after, wrong = -1, dict[str, int](), []
    for step in steps:
        if isinstance(step, Invoke):
            after[step.invoke] = highest
        elif isinstance(step, Ack):
            if step.position <= after.get(step.marker, -1):
                wrong.append(f"{step.marker} stands before what was acknowledged before it was sent")
            highest = max(highest, step.position)
    return wrong


def _head_faults(log: _Log, seen: Sequence[str]) -> list[str]:
    wrong = []
    key, latest = log.ledger.heads.verifier_key, log.ledger.heads.latest()
    checkpoints.verify(latest, key)
    if latest.size != len(log.entries):
        wrong.append("the signed head does not cover the log")
    for checkpoint in (latest, *map(checkpoints.parse, seen)):
        checkpoints.verify(checkpoint, key)
        if not _is_prefix(log, checkpoint):
            wrong.append(f"a head of size {checkpoint.size} that was shown is no prefix of the log")
    return wrong


def _is_prefix(log: _Log, checkpoint: checkpoints.Checkpoint) -> bool:
    return checkpoint.size < len(log.roots) and log.roots[checkpoint.size] == checkpoint.root


def _receipt_faults(log: _Log, ack: Ack) -> list[str]:
    try:
        receipt = receipts.parse(ack.receipt)
        receipts.verify_receipt(receipt, ack.credential.encode(), logs=[log.ledger.heads.verifier_key])
    except VerifierError as error:
        return [f"{ack.marker} has a receipt that does not verify: {error.code}"]
    faults = []
    if not _is_prefix(log, receipt.checkpoint):
        faults.append(f"{ack.marker} was told a head that is no prefix of the log")
    opening = receipt.opening
    if receipt.index != ack.position or opening is None:
        faults.append(f"{ack.marker} has a receipt for another position")
    elif entry(opening.header, opening.signature) != log.entries[ack.position]:
        faults.append(f"{ack.marker} has a receipt for another entry")
    else:
        faults += _proof_faults(log, ack)
    return faults


def _proof_faults(log: _Log, ack: Ack) -> list[str]:
    """Return what is wrong with the proof that the log gives today."""
    latest = log.ledger.heads.latest()
    proof = merkle.inclusion_proof(ack.position, latest.size, log.tiles.node)
    try:
        merkle.verify_inclusion(
            index=ack.position,
            tree_size=latest.size,
            leaf_hash=merkle.leaf_hash(log.entries[ack.position]),
            proof=proof,
            root=latest.root,
        )
    except VerifierError as error:
        return [f"{ack.marker} is not proven under the latest head: {error.code}"]
    return []
