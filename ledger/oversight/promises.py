"""Receipts against the log they are of: what was promised must be there, and at a moment that can be true.

A receipt is checked against the tree that its checker verified himself, not against its own checkpoint alone:
an operator who gives a receipt and leaves the entry out of what he publishes signed two trees, and both
heads are the evidence.

    the moment of a header   not before the last look at which the log had no such entry     back_dated
                             not before the moment of an entry that stands earlier           back_dated
                             not after the cosignatures on the receipt's own head            recorded_after_cosignature

Not here: what a receipt proves about a document (`verifiers.formats.receipt`).
Source: THREATS E5 and C4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.errors import CorruptError
from ledger.oversight.findings import Finding
from ledger.oversight.tree import Tree
from verifiers.errors import MalformedError, VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import header as headers
from verifiers.formats import receipt as receipts
from verifiers.formats.checkpoint import VerifierKey
from verifiers.formats.receipt import Opening, Receipt
from verifiers.formats.witness_policy import WitnessPolicy, evaluate
from verifiers.primitives import keys
from verifiers.primitives.encoding import format_time
from verifiers.primitives.merkle import leaf_hash, root_from_inclusion

SLACK = timedelta(minutes=1)
"""What the clocks of log, witness and watcher may differ, and the time between recording and publishing."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """At this moment the log showed a head of this size."""

    at: datetime
    size: int


def check_promises(
    files: Mapping[str, bytes],
    tree: Tree,
    *,
    key: VerifierKey,
    policy: WitnessPolicy | None,
    sightings: Sequence[Sighting],
    deadline: timedelta,
    at: datetime,
) -> list[Finding]:
    """Return what receipts prove against the log; a file that is no receipt of this log proves nothing.

    Args:
        files: tlog-proof texts by name.
        tree: of the present head.
        key: of the log.
        policy: whose cosignatures tell a time.
        sightings: earlier looks, in their order.
        deadline: how long what is promised may be missing.
        at: the moment of checking.

    Raises: as `Tree`, except for what a finding names.
    """
    found: list[Finding] = []
    dated: list[tuple[int, str, datetime, Receipt]] = []
    for name, data in files.items():
        receipt = _of_log(data, key)
        if receipt is None:
            continue
        moment = None if receipt.opening is None else _recorded_at(receipt.opening, key)
        if receipt.opening is not None and moment is None:
            found.append(Finding("receipt_wrong", place=name, notes=(receipt.checkpoint.dump(),)))
            continue
        found += _stands(name, receipt, tree, moment, deadline, at)
        if moment is not None:
            dated.append((receipt.index, name, moment, receipt))
            found += _not_after_cosignature(name, receipt, moment, policy)
    return found + _not_before_others(dated, sightings)


def _of_log(data: bytes, key: VerifierKey) -> Receipt | None:
    try:
        receipt = receipts.parse(data)
        checkpoints.verify(receipt.checkpoint, key)
    except VerifierError:
        return None
    return receipt


def _recorded_at(opening: Opening, key: VerifierKey) -> datetime | None:
    """Return the moment of a header that the log's key signed."""
    try:
        header = headers.parse(opening.header)
        keys.parse_multikey(header.key).verify(opening.signature, opening.header)
    except VerifierError:
        return None
    return header.recorded_at if header.key == key.key.multikey else None


def _stands(
    name: str, receipt: Receipt, tree: Tree, moment: datetime | None, deadline: timedelta, at: datetime
) -> list[Finding]:
    head = receipt.checkpoint
    notes = tuple(note.dump() for note in sorted((head, tree.head), key=lambda note: note.size))
    if head.size > tree.head.size:
        # Somebody was shown a larger head: it is about to be published, or it never will be.
        late = moment is None or at - moment > deadline
        return [Finding("receipt_missing", place=name, detail="not published", notes=notes)] if late else []
    try:
        leaf = tree.node(0, receipt.index)
        root = tree.root_at(head.size)
        promised = _leaf(receipt.opening) or leaf
        borne_out = _root(receipt, promised) == head.root
        if borne_out and promised == leaf and root == head.root:
            return []
        if (borne_out or receipt.opening is None) and root != head.root:
            code = "fork" if borne_out and promised == leaf else "receipt_missing"
            return [Finding(code, place=name, notes=notes, root=root, proof=tuple(tree.proof_of(head.size)))]
    except CorruptError as error:
        return [Finding.of(error, tree.head)]
    return [Finding("receipt_wrong", place=name, notes=(head.dump(),))]


def _leaf(opening: Opening | None) -> bytes | None:
    return None if opening is None else leaf_hash(headers.entry(opening.header, opening.signature))


def _root(receipt: Receipt, leaf: bytes) -> bytes | None:
    try:
        return root_from_inclusion(
            index=receipt.index, tree_size=receipt.checkpoint.size, leaf_hash=leaf, proof=receipt.proof
        )
    except MalformedError:
        return None


def _not_after_cosignature(
    name: str, receipt: Receipt, moment: datetime, policy: WitnessPolicy | None
) -> list[Finding]:
    if policy is None:
        return []
    cosigned_at = evaluate(policy, receipt.checkpoint).at
    if cosigned_at is None or moment - cosigned_at <= SLACK:
        return []
    return [
        Finding(
            "recorded_after_cosignature",
            place=name,
            detail=f"{format_time(moment)} after {format_time(cosigned_at)}",
            notes=(receipt.checkpoint.dump(),),
        )
    ]


def _not_before_others(
    dated: Sequence[tuple[int, str, datetime, Receipt]], sightings: Sequence[Sighting]
) -> list[Finding]:
    """Find headers with a moment that entries before them, or the watcher's own looks, contradict."""
    found = []
    latest: datetime | None = None
    for index, name, moment, receipt in sorted(dated, key=lambda one: one[0]):
        bounds = [sighting.at for sighting in sightings if sighting.size <= index]
        bounds += [] if latest is None else [latest]
        if bounds and max(bounds) - moment > SLACK:
            detail = f"{format_time(moment)}, not before {format_time(max(bounds))}"
            found.append(Finding("back_dated", place=name, detail=detail, notes=(receipt.checkpoint.dump(),)))
        latest = moment if latest is None else max(latest, moment)
    return found
