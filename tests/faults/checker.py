"""The history checker: what must be true of the ledger after a kill, given what clients were told.

1. Every acknowledged attestation is there exactly once, with the same bytes, at the position that was told.
2. Every other one that was sent is there at most once.
3. Positions are gapless from 0.
4. Every receipt that was told verifies against its bytes, and its entry is the one at its position.
5. Every head that was told, by size and root, is a prefix of the log as it is now.
6. The log's latest head is signed and covers everything.

Source: THREATS, "The history checker".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger.application import Ledger
from tests.faults.acks import Ack
from verifiers.errors import VerifierError
from verifiers.formats import receipt as receipts
from verifiers.formats.checkpoint import verify
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


def check(ledger: Ledger, organisation: UUID, acks: Sequence[Ack]) -> Finding:
    """Check the ledger of a server that was killed, opened anew."""
    wrong: list[str] = []
    entries = ledger.store.entries(0, ledger.store.head().size)
    roots = _roots(entries)
    head = ledger.heads.latest()
    verify(head, ledger.heads.verifier_key)
    if head.size != len(entries) or head.root != roots[-1]:
        wrong.append("the signed head does not cover the log")
    payloads, markers = {}, Counter[str]()
    for recorded in ledger.store.select_issuer(organisation, types=(ISSUED,)):
        payload, _ = ledger.sealing.opening(recorded)
        payloads[recorded.position] = (str(recorded.sealed.stream), payload)
        markers.update({found.decode() for found in _MARKER.findall(payload)})
        if recorded.sealed.entry != entries[recorded.position]:
            wrong.append(f"the entry at {recorded.position} is another than its event's")
    wrong += [f"{marker} is there {times} times" for marker, times in markers.items() if times != 1]
    for ack in acks:
        if markers[ack.marker] == 0:
            wrong.append(f"{ack.marker} was acknowledged and is not there")
        elif payloads.get(ack.position) != (ack.id, ack.credential.encode()):
            wrong.append(f"{ack.marker} is not what was told, or not where")
        wrong += _receipt_faults(ledger, ack, entries, roots)
    return Finding(len(acks), len(payloads), len(payloads) - len(acks), tuple(wrong))


def _roots(entries: Sequence[bytes]) -> list[bytes]:
    """Return the root of every prefix, by its size."""
    frontier = merkle.Frontier.EMPTY
    roots = [frontier.root()]
    for item in entries:
        frontier = frontier.append(merkle.leaf_hash(item))
        roots.append(frontier.root())
    return roots


def _receipt_faults(ledger: Ledger, ack: Ack, entries: Sequence[bytes], roots: Sequence[bytes]) -> list[str]:
    try:
        receipt = receipts.parse(ack.receipt)
        receipts.verify_receipt(receipt, ack.credential.encode(), logs=[ledger.heads.verifier_key])
    except VerifierError as error:
        return [f"{ack.marker} has a receipt that does not verify: {error.code}"]
    size, root = receipt.checkpoint.size, receipt.checkpoint.root
    faults = []
    if size >= len(roots) or roots[size] != root:
        faults.append(f"{ack.marker} was told a head that is no prefix of the log")
    opening = receipt.opening
    if receipt.index != ack.position or opening is None:
        faults.append(f"{ack.marker} has a receipt for another position")
    elif entry(opening.header, opening.signature) != entries[ack.position]:
        faults.append(f"{ack.marker} has a receipt for another entry")
    return faults
