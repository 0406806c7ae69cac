"""Receipts: where an event stands in the log, and the proof of it (C2SP tlog-proof).

Not here: what a receipt proves to a stranger (`verifiers.formats.receipt`).
"""

from __future__ import annotations

from ledger.errors import NotFoundError, RejectedError
from ledger.log.heads import Heads
from ledger.log.published import Published
from ledger.log.tiles import TileReader
from ledger.store.events import RecordedEvent
from verifiers.formats.receipt import Opening, Receipt
from verifiers.primitives import merkle


class Receipts:
    """Makes receipts from stored tiles: O(log n) rows each, most of them cached. Thread-safe.

    Args:
        heads: signs, when an event is younger than the last signed head.
        tiles: of the same log.
        published: the checkpoints that receipts lean on, once an event is covered by one.
    """

    def __init__(self, heads: Heads, tiles: TileReader, published: Published) -> None:
        self._heads = heads
        self._tiles = tiles
        self._published = published

    def receipt(self, event: RecordedEvent, opening: Opening | None = None) -> str:
        """Return the receipt of a recorded event.

        It leans on the earliest published checkpoint that covers the event and that witnesses cosigned:
        their time is the time that counts. An event younger than the last publication gets the latest
        signed head, with the operator's stamp; asked again a second later, it gets a published one.

        Args:
            event: as it was read or stored.
            opening: from `SealingMapper.opening`; it makes the receipt personal data. None: what may be
                published.

        Returns:
            tlog-proof text; proven here before anyone else sees it.

        Raises:
            CorruptError, UnavailableError: as `Heads` and `Published`;
            InvalidError: root_mismatch, the tiles are wrong.
        """
        return self._prove(event.position, merkle.leaf_hash(event.sealed.entry), opening)

    def proof(self, position: int) -> str:
        """Return the receipt of a position, without opening.

        Raises:
            NotFoundError: position_unknown; otherwise as `receipt`.
        """
        if not 0 <= position < self._heads.latest().size:
            raise NotFoundError("position_unknown", "there is no event at this position")
        return self._prove(position, self._tiles.node(0, position), None)

    def consistency(self, first: int, second: int) -> list[bytes]:
        """Return the proof that the log of size `first` is a prefix of the log of size `second`.

        Raises:
            RejectedError: range_invalid; otherwise as `receipt`.
        """
        if not 0 <= first <= second or second > self._heads.latest().size:
            raise RejectedError("range_invalid", "the two tree sizes are not in order, or not in the log")
        return merkle.consistency_proof(first, second, self._tiles.node)

    def _prove(self, position: int, leaf: bytes, opening: Opening | None) -> str:
        checkpoint = self._published.covering(position + 1) or self._heads.wait(position + 1)
        proof = merkle.inclusion_proof(position, checkpoint.size, self._tiles.node)
        merkle.verify_inclusion(
            index=position, tree_size=checkpoint.size, leaf_hash=leaf, proof=proof, root=checkpoint.root
        )
        return Receipt(position, tuple(proof), checkpoint, opening).dump()
