"""Signing the head of the log: after the commit, in size order, and never backwards.

    1. read the head                     what the last commit left
    2. read the new events again         and compute entries, leaves and root from header and signature,
                                         on the path that the writer did not take
    3. compare                           with the head, and with the last signed head as its prefix
    4. look at the clock                 never before the last signed head, nor before an event it covers
    5. sign                              and stamp with the time, by a cosignature of the operator's
    6. compare and swap                  in the second place; only now may anyone see the checkpoint

If we stop before 6, nobody has seen the signature, and the next start signs the same head. Whoever comes
while another signs waits, and mostly finds its own event covered.

Not here: receipts (`ledger.log.receipts`), witnesses and publication.
Source: DESIGN section 4 "Log", THREATS E4, E6, E8, F12, M1, M3 and M9.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.errors import CorruptError, LedgerError, UnavailableError
from ledger.keys.signing import LedgerKey
from ledger.log.cosigner import Cosigner
from ledger.log.second_place import SecondPlace
from ledger.log.tiles import TileReader
from ledger.store.recorder import LedgerRecorder
from verifiers.errors import VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import header as headers
from verifiers.formats.checkpoint import Checkpoint, VerifierKey
from verifiers.primitives.encoding import parse_time
from verifiers.primitives.merkle import Frontier, leaf_hash

PAGE_EVENTS_MAX = 1_000
SWAPS_MAX = 100
"""How often others may be faster before we give up; each time they have signed a larger head."""
CLOCK_BACK_MAX = timedelta(seconds=5)
"""Clocks are corrected and machines differ by so much; the last signed time then holds a little longer."""
CLOCK_AHEAD_MAX = timedelta(days=400)
"""A log that signs nothing for longer than this asks a person whether its clock is right."""

_RECORDED_AT = re.compile(rb'"recorded_at":"([0-9TZ:-]{20})"')


@dataclass(frozen=True, slots=True)
class _Signed:
    """The last signed head we know, and the tree as we computed it ourselves up to there."""

    checkpoint: Checkpoint | None
    note: str | None
    frontier: Frontier
    at: datetime | None

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
        cosigner: the operator's: its stamp is the time of a head.
        clock: () -> aware UTC datetime.
        clock_checked: a person says that the clock is right, however long ago the last head was signed.

    Raises:
        CorruptError: head_went_back, the events are older or other than what was signed (a restored
            backup): nothing may be signed until a person has looked;
            head_mismatch, an entry or the root is not what the events say.
        UnavailableError: store_unavailable; second_place_unavailable; second_place_malformed;
            clock_went_back, it is earlier than the last signed head or an event it would cover;
            clock_leapt, it is more than CLOCK_AHEAD_MAX later.
    """

    def __init__(
        self,
        recorder: LedgerRecorder,
        key: LedgerKey,
        origin: str,
        *,
        place: SecondPlace,
        tiles: TileReader,
        cosigner: Cosigner,
        clock: Callable[[], datetime],
        clock_checked: bool = False,
    ) -> None:
        self._recorder = recorder
        self._tiles = tiles
        self._key = key
        self._place = place
        self._cosigner = cosigner
        self._clock = clock
        self._clock_checked = clock_checked
        self._refused: LedgerError | None = None
        self._lock = threading.Lock()
        self.verifier_key = VerifierKey(origin, key.public)
        self._signed = _Signed(None, None, Frontier.EMPTY, None)
        with self._lock:
            self._adopt(self._place.load())
            self._moment(self._signed.at)
            self._advance()

    @property
    def origin(self) -> str:
        """The name of the log."""
        return self.verifier_key.name

    def now(self) -> datetime:
        """Return the moment now, for whatever will be recorded.

        Raises:
            UnavailableError: clock_went_back, clock_leapt: an event of such a time could not be signed for.
        """
        return self._moment(self._signed.at)

    def refuse(self, error: LedgerError | None) -> None:
        """Sign nothing from now on, and answer every question for a head with this error; None: go on."""
        self._refused = error

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
        if self._refused is not None:
            raise self._refused
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
        """Sign the present head; steps 1 to 6 of the module."""
        for _ in range(SWAPS_MAX):
            before = self._signed
            head = self._recorder.head()
            if head.size < before.size:
                raise _went_back(before.size, head.size)
            frontier, newest = self._recompute(before.frontier, head.size)
            if frontier.root() != head.root:
                code, said = (
                    ("head_went_back", "signed") if head.size == before.size else ("head_mismatch", "read")
                )
                raise CorruptError(
                    code, f"the head is not the tree over the events as they were {said}", got=str(head.size)
                )
            if before.checkpoint is not None and head.size == before.size:
                return
            at = self._moment(before.at, newest)
            checkpoint = checkpoints.sign(
                origin=self.origin,
                size=head.size,
                root=head.root,
                key=self.verifier_key,
                signer=self._key.sign,
            )
            checkpoint = self._cosigner.stamp(checkpoint, at=at)
            if self._place.swap(before.note, checkpoint):
                self._signed = _Signed(checkpoint, checkpoint.dump(), frontier, at)
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
            checkpoint = checkpoints.parse_signed(note, self.verifier_key)
            at = self._cosigner.time_of(checkpoint)
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
            frontier, _ = self._recompute(self._signed.frontier, checkpoint.size)
        if frontier.size < checkpoint.size or frontier.root() != checkpoint.root:
            raise _went_back(checkpoint.size, frontier.size)
        self._signed = _Signed(checkpoint, note, frontier, at)

    def _moment(self, *floors: datetime | None) -> datetime:
        """Return the time for a new head: now, and never earlier than what it follows or covers."""
        now = self._clock()
        floor = max((moment for moment in floors if moment is not None), default=now)
        if floor - now > CLOCK_BACK_MAX:
            raise UnavailableError(
                "clock_went_back",
                "the clock is earlier than what was signed; nothing is signed until it is right",
                expected=f"not before {floor.isoformat()}",
                got=now.isoformat(),
            )
        if now - floor > CLOCK_AHEAD_MAX and not self._clock_checked:
            raise UnavailableError(
                "clock_leapt",
                "the clock is far ahead of the last signed head; a person must say that it is right",
                expected=f"within {CLOCK_AHEAD_MAX.days} days after {floor.isoformat()}",
                got=now.isoformat(),
            )
        return max(now, floor)

    def _read_frontier(self, size: int) -> Frontier:
        hashes, start = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                hashes.append(self._tiles.node(level, start >> level))
                start += 1 << level
        return Frontier(size, tuple(hashes))

    def _recompute(self, frontier: Frontier, size: int) -> tuple[Frontier, datetime | None]:
        """Return the frontier at `size` (or where the events end), and the latest time of the new events.

        From headers and signatures alone.
        """
        newest = b""
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
                # All times are written alike, so the later text is the later time.
                if (found := _RECORDED_AT.search(header)) is not None:
                    newest = max(newest, found[1])
            frontier = frontier.extend(leaves)
        try:
            return frontier, parse_time(newest.decode()) if newest else None
        except VerifierError as error:
            raise CorruptError("head_mismatch", "a stored header says a time that is none") from error


def _went_back(signed: int, found: int) -> CorruptError:
    return CorruptError(
        "head_went_back",
        "the events are not the ones whose head was signed; nothing is signed until a person has looked",
        expected=f"at least {signed}",
        got=str(found),
    )
