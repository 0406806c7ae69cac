"""Signing the head of the log: after the commit, in size order, and never backwards.

    1. read the head                     what the last commit left
    2. read the new events again         and compute entries, leaves and root from header and signature,
                                         on the path that the writer did not take
    3. compare                           with the head, and with the last signed head as its prefix
    4. sign
    5. compare and swap                  in the second place; only now may anyone see the checkpoint

If we stop before 5, nobody has seen the signature, and the next start signs the same bytes (Ed25519 is
deterministic). Whoever comes while another signs waits, and mostly finds its own event covered.

Not here: receipts (`ledger.log.receipts`), witnesses and publication.
Source: DESIGN section 4 "Log", THREATS E4, E6, E8, M1 and M3.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from ledger.errors import CorruptError, UnavailableError
from ledger.keys.signing import LedgerKey
from ledger.log.second_place import SecondPlace
from ledger.log.tiles import TileReader
from ledger.store.recorder import LedgerRecorder
from verifiers.errors import VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import header as headers
from verifiers.formats.checkpoint import Checkpoint, VerifierKey
from verifiers.primitives.merkle import Frontier, leaf_hash

PAGE_EVENTS_MAX = 1_000
SWAPS_MAX = 100
"""How often others may be faster before we give up; each time they have signed a larger head."""


@dataclass(frozen=True, slots=True)
class _Signed:
    """The last signed head we know, and the tree as we computed it ourselves up to there."""

    checkpoint: Checkpoint | None
    note: str | None
    frontier: Frontier

    @property
    def size(self) -> int:
        return self.frontier.size


class Heads:
    """Signed heads of one log. Thread-safe; several processes may sign for one PostgreSQL.

    Making one compares the stored tree with the head that was signed last, in O(log n), and signs what a
    crash left unsigned: of an empty log, its checkpoint of size 0. Recomputing all is an audit's work.

    Args:
        recorder: of the ledger.
        key: signs; its public half is the log's key for verifiers.
        origin: name of the log, and of its key.
        place: where the last signed head is kept.
        tiles: of the same log.

    Raises:
        CorruptError: head_went_back, the events are older or other than what was signed (a restored
            backup): nothing may be signed until a person has looked;
            head_mismatch, an entry or the root is not what the events say.
        UnavailableError: store_unavailable; second_place_unavailable; second_place_malformed.
    """

    def __init__(
        self, recorder: LedgerRecorder, key: LedgerKey, origin: str, *, place: SecondPlace, tiles: TileReader
    ) -> None:
        self._recorder = recorder
        self._tiles = tiles
        self._key = key
        self._place = place
        self._lock = threading.Lock()
        self.verifier_key = VerifierKey(origin, key.public)
        self._signed = _Signed(None, None, Frontier.EMPTY)
        with self._lock:
            self._adopt(self._place.load())
            self._advance()

    @property
    def origin(self) -> str:
        """The name of the log."""
        return self.verifier_key.name

    def latest(self) -> Checkpoint:
        """Return a signed head that covers everything committed before the call. Raises as the class."""
        signed = self._signed  # read before the head, which can only be larger then
        head = self._recorder.head()
        if head.size < signed.size:
            raise _went_back(signed.size, head.size)
        return self.wait(head.size)

    def wait(self, size: int) -> Checkpoint:
        """Return a signed head that covers the first `size` events.

        Args:
            size: at most the size of the log: a position that was answered, plus one.

        Raises:
            As the class; also UnavailableError: head_not_there, the log is shorter than `size`.
        """
        # The fast way, without the lock: the reference is replaced whole and only ever grows.
        signed = self._signed
        if signed.checkpoint is not None and signed.size >= size:
            return signed.checkpoint
        with self._lock:
            if self._signed.size < size or self._signed.checkpoint is None:
                self._advance()
            if self._signed.checkpoint is None or self._signed.size < size:
                raise UnavailableError("head_not_there", "the log is shorter than was asked for")
            return self._signed.checkpoint

    def _advance(self) -> None:
        """Sign the present head; steps 1 to 5 of the module."""
        for _ in range(SWAPS_MAX):
            before = self._signed
            head = self._recorder.head()
            if head.size < before.size:
                raise _went_back(before.size, head.size)
            frontier = self._recompute(before.frontier, head.size)
            if frontier.root() != head.root:
                code, said = (
                    ("head_went_back", "signed") if head.size == before.size else ("head_mismatch", "read")
                )
                raise CorruptError(
                    code, f"the head is not the tree over the events as they were {said}", got=str(head.size)
                )
            if before.checkpoint is not None and head.size == before.size:
                return
            checkpoint = checkpoints.sign(
                origin=self.origin,
                size=head.size,
                root=head.root,
                key=self.verifier_key,
                signer=self._key.sign,
            )
            if self._place.swap(before.note, checkpoint):
                self._signed = _Signed(checkpoint, checkpoint.dump(), frontier)
                return
            # Another process was faster, or our own swap was done and its answer lost.
            self._adopt(self._place.load())
        raise UnavailableError("head_contended", "other processes sign heads faster than this one can")

    def _adopt(self, note: str | None) -> None:
        """Take over the head of the second place, after checking it against our own events."""
        if note is None:
            if self._signed.note is not None:
                raise _went_back(self._signed.size, 0)
            return
        try:
            checkpoint = checkpoints.parse(note)
            checkpoints.verify(checkpoint, self.verifier_key)
        except VerifierError as error:
            raise UnavailableError(
                "second_place_malformed", "the last signed head is not a checkpoint of this log and key"
            ) from error
        if checkpoint.size < self._signed.size:
            raise _went_back(self._signed.size, checkpoint.size)
        if self._recorder.head().size < checkpoint.size:
            raise _went_back(checkpoint.size, self._recorder.head().size)
        if self._signed.note is None:
            frontier = self._read_frontier(checkpoint.size)
        else:
            frontier = self._recompute(self._signed.frontier, checkpoint.size)
        if frontier.size < checkpoint.size or frontier.root() != checkpoint.root:
            raise _went_back(checkpoint.size, frontier.size)
        self._signed = _Signed(checkpoint, note, frontier)

    def _read_frontier(self, size: int) -> Frontier:
        hashes, start = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                hashes.append(self._tiles.node(level, start >> level))
                start += 1 << level
        return Frontier(size, tuple(hashes))

    def _recompute(self, frontier: Frontier, size: int) -> Frontier:
        """Return the frontier at `size` (or where the events end), from headers and signatures alone."""
        while frontier.size < size:
            stop = min(size, frontier.size + PAGE_EVENTS_MAX)
            page = self._recorder.signed_headers(frontier.size, stop)
            if not page:
                break
            leaves = []
            for header, signature, entry in page:
                if headers.entry(header, signature) != entry:
                    raise CorruptError(
                        "head_mismatch", "a stored entry is not that of its header and signature"
                    )
                leaves.append(leaf_hash(entry))
            frontier = frontier.extend(leaves)
        return frontier


def _went_back(signed: int, found: int) -> CorruptError:
    return CorruptError(
        "head_went_back",
        "the events are not the ones whose head was signed; nothing is signed until a person has looked",
        expected=f"at least {signed}",
        got=str(found),
    )
