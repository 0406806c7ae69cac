"""Publishing the log: what was committed is there for everybody at most a second later.

    1. sign the head              `heads`: read again, compared, kept in the second place
    2. cosign it                  with the operator's own cosigner: the time at which it was published
    3. ask the witnesses          those who answer soon enough go along, the others follow
    4. write the checkpoint row   from now on the server serves the tiles of this size
    5. export                     bundles and tiles first, then the checkpoint that promises them

Every step may be repeated, and each run does what the one before left undone: if we stop after 1, the head
waits in the second place; after 4, the export is behind and catches up. No step is on the path of a request.

Not here: what a witness is asked (`witnesses`), where files go (`export`).
Source: C2SP tlog-tiles and tlog-witness; THREATS E7, M7, M10.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from ledger.errors import CorruptError, LedgerError, NotFoundError, RejectedError
from ledger.log.cosigner import Cosigner
from ledger.log.export import Export
from ledger.log.export_places import Place
from ledger.log.heads import Heads
from ledger.log.published import Published, merged
from ledger.log.tiles import TileReader
from ledger.log.witnesses import Lines, Witnesses
from verifiers.formats.checkpoint import Checkpoint
from verifiers.formats.tile import TilePath

PERIOD_SECONDS = 0.5
"""From the end of one run to the next; with the wait below, a commit is published within a second."""
WITNESS_SECONDS = 0.4
"""How long a checkpoint waits for its witnesses before it is published without them."""
START_SECONDS = 2.0
"""How long a start waits for all witnesses: one of them might remember more than we do."""
RETRY = timedelta(seconds=10)
"""After this, witnesses are asked again for a checkpoint that has no quorum yet."""
RENEWAL = timedelta(minutes=10)
"""A log at rest is cosigned anew after this, so that whoever watches it sees that it lives."""


class Publisher:
    """Publishes one log. `publish` is one run; `start` goes on in threads until `close`.

    Args:
        heads: signs.
        published: keeps what was published.
        cosigner: the operator's.
        tiles: of the log.
        clock: () -> aware UTC datetime.
        witnesses: None: nobody is asked.
        export: None: only the server publishes.
    """

    def __init__(
        self,
        heads: Heads,
        published: Published,
        cosigner: Cosigner,
        *,
        tiles: TileReader,
        clock: Callable[[], datetime],
        witnesses: Witnesses | None = None,
        export: Export | None = None,
    ) -> None:
        self._heads, self.published, self.cosigner = heads, published, cosigner
        self._tiles, self._clock = tiles, clock
        self._witnesses, self._export = witnesses, export
        self._lock, self._exporting = threading.Lock(), threading.Lock()
        self._stop = threading.Event()
        self._threads: tuple[threading.Thread, ...] = ()
        self._work: Mapping[str, Callable[[], object]] = {
            "publication": self._publish_rows,
            "export": self._publish_files,
        }
        self._asked_at = datetime.min.replace(tzinfo=UTC)
        self._failed: dict[str, str | None] = {}
        self._log = structlog.get_logger("leerspoor.publisher")

    def publish(self, *, witness_seconds: float = WITNESS_SECONDS) -> Checkpoint:
        """Publish what is committed, and do what the last run left undone.

        Args:
            witness_seconds: how long to wait for witnesses at most.

        Returns:
            The latest published checkpoint.

        Raises:
            CorruptError, UnavailableError: as `Heads` and `Export`; also CorruptError head_went_back, by
                `Witnesses`.
        """
        checkpoint = self._publish_rows(witness_seconds)
        self._publish_files()
        return checkpoint

    def content(self, path: TilePath) -> bytes:
        """Return a tile or bundle of the published tree.

        Raises:
            NotFoundError: tile_not_published. CorruptError: tile_missing.
        """
        if not path.is_in(self.published.size):
            self.published.latest()  # another process may have published more
        if not path.is_in(self.published.size):
            raise NotFoundError("tile_not_published", "the published tree has no such tile")
        return self._tiles.contents(path)

    def copy(self, place: Place | None, *, tell: Callable[[int, int], None]) -> tuple[int, int]:
        """Compare every file of a copy of the log with the log, and put back what is missing or wrong.

        Args:
            place: of the copy; None: the export that is set.
            tell: told how many leaves and entries of how many are done.

        Returns:
            Size of the log, and how many tiles and bundles were written.

        Raises:
            RejectedError: export_not_set. Otherwise as `Export`.
        """
        export = self._export if place is None else Export(place, self._tiles, self._heads.verifier_key)
        if export is None:
            raise RejectedError("export_not_set", "neither the command nor the settings name a place")
        checkpoint = self._publish_rows(None)
        done = 0

        def progress(width: int) -> None:
            nonlocal done
            done += width
            tell(done, 2 * checkpoint.size)

        with self._exporting:
            return checkpoint.size, export.repair(checkpoint, progress=progress)

    def prepare(self) -> None:
        """Publish what is committed without asking anybody: a server never stands there without a checkpoint.

        Raises: as `publish`.
        """
        self._publish_rows(None)

    def start(self) -> None:
        """Publish once and hear every witness, then go on in threads.

        Raises:
            CorruptError: head_went_back, a witness knows more of this log than we do; as `publish`.
        """
        self._publish_rows(START_SECONDS)
        self._consult()
        if not self._threads:
            # A slow export must not hold up the checkpoints.
            self._threads = tuple(
                threading.Thread(target=self._run, args=(work,), name=f"publisher-{work}", daemon=True)
                for work in self._work
            )
            for thread in self._threads:
                thread.start()

    def close(self) -> None:
        """End, after publishing once more when it was started. Closing twice is harmless."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads = ()

    def _run(self, work: str) -> None:
        while not self._stop.wait(PERIOD_SECONDS):
            self.attempt(work)
        self.attempt(work)

    def attempt(self, work: str) -> None:
        """Do one run of one kind of work, and say once what is in the way."""
        code = None
        try:
            self._work[work]()
        except LedgerError as error:
            code = error.code
        except Exception as error:  # the thread must outlive what nobody thought of
            code = type(error).__name__
            self._log.exception(f"{work}_failed", code=code)
        if code != self._failed.get(work):
            self._failed[work] = code
            if code is None:
                self._log.info(f"{work}_goes_on")
            else:
                self._log.error(f"{work}_stopped", code=code)

    def _publish_rows(self, witness_seconds: float | None = WITNESS_SECONDS) -> Checkpoint:
        """Steps 1 to 4."""
        with self._lock:
            head = self._heads.latest()
            latest = self.published.latest()
            if latest is None or latest.size < head.size:
                self._publish(head, witness_seconds)
            elif self._now(latest) - self._cosigned_at(latest) >= RENEWAL:
                self._renew(latest, witness_seconds)
            elif witness_seconds is not None:
                self._complete(latest)
            return self.published.latest() or head

    def _publish_files(self) -> None:
        """Step 5."""
        if self._export is not None:
            with self._exporting:
                self._export.publish(self.published.latest)

    def _publish(self, head: Checkpoint, seconds: float | None) -> None:
        at = self._now(head)
        self.published.put(self._witnessed(self.cosigner.complete(head, at=at), seconds), at=at)

    def _renew(self, latest: Checkpoint, seconds: float | None) -> None:
        bare = replace(latest, signatures=latest.signatures[:1])  # the log's own line comes first
        again = self._witnessed(self.cosigner.complete(bare, at=self._now(latest)), seconds)
        self.published.renew(latest.size, again.signatures[1:])

    def _complete(self, latest: Checkpoint) -> None:
        """Take what witnesses answered late; ask again when they were too few."""
        if self._witnesses is None:
            return
        if not self.published.quorum_met(latest) and self._clock() - self._asked_at >= RETRY:
            self._asked_at = self._clock()
            self._witnesses.ask(latest)
        self._collect(latest, 0.0)

    def _witnessed(self, checkpoint: Checkpoint, seconds: float | None) -> Checkpoint:
        """Return a checkpoint with the cosignatures that arrive soon enough."""
        if self._witnesses is None or seconds is None:
            return checkpoint
        self._asked_at = self._clock()
        self._witnesses.ask(checkpoint)
        return self._collect(checkpoint, seconds)

    def _consult(self) -> None:
        """Hear every witness, also when nothing is new: in a restored backup all looks complete (THREATS E4)."""
        with self._lock:
            latest = self.published.latest()
            if self._witnesses is not None and latest is not None:
                self._witnesses.ask(latest)
                self._collect(latest, START_SECONDS, everybody=True)

    def _collect(self, checkpoint: Checkpoint, seconds: float, *, everybody: bool = False) -> Checkpoint:
        """Return a checkpoint with what is answered in time; what belongs to earlier ones goes to their rows.

        Args:
            everybody: wait for all of them, not only until a quorum stands.
        """
        if self._witnesses is None:
            return checkpoint
        gathered = checkpoint

        def enough(lines: Lines) -> bool:
            return not everybody and self.published.quorum_met(merged(gathered, lines))

        try:
            for asked, lines in self._witnesses.answers(seconds, enough):
                if asked.size == checkpoint.size:
                    gathered = merged(gathered, lines)
                self.published.add(asked.size, lines)
        except CorruptError as error:
            self._heads.refuse(error)
            raise
        return gathered

    def _now(self, head: Checkpoint) -> datetime:
        """Return the moment now, and never one before the head was signed or the last one was published."""
        return self.published.not_before(max(self._clock(), self._cosigned_at(head)))

    def _cosigned_at(self, head: Checkpoint) -> datetime:
        return self.cosigner.time_of(head) or datetime.min.replace(tzinfo=UTC)
