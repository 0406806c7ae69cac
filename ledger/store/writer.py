"""Group commit: whoever waits together is stored together, in one transaction.

There is no timer. While a commit is under way others gather in a queue, and one thread stores all of them
with the next one. When nothing waits and nothing is under way, a request is stored at once, by the thread
that brings it: passing it on would cost more than it gains. A batch that fails is stored one by one, so
that only the guilty request fails. A lost connection is opened again, and the event ids tell what had
been stored.

Not here: the transaction itself (`ledger.store.appender`).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from ledger.errors import LedgerError, UnavailableError
from ledger.store.appender import Append, Appender
from ledger.store.ticket import Ticket

QUEUE_MAX = 4_096
"""Requests that may wait; one more is refused, because a promise that cannot be kept soon has no worth."""
BATCH_MAX = 256
"""Requests in one transaction: four times the load we plan for, and a bound on what a failure repeats."""
RETRY_SECONDS = (0.05, 0.2, 0.5, 1.0)


class Writer:
    """The queue and its thread. All methods may be called from any thread.

    Order: requests are stored in the order they were submitted; commit order is position order.
    Durability: a request is answered after its commit, never before.
    Cancellation: a thread that is interrupted while it waits leaves its request in the queue; one that is
    interrupted during its own commit does not know the outcome, and nobody else is harmed.
    """

    def __init__(
        self,
        appender: Appender,
        *,
        queue_max: int = QUEUE_MAX,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._appender = appender
        self._queue_max = queue_max
        self._retry_seconds = tuple(retry_seconds)
        self._sleep = sleep
        self._queue: deque[Ticket] = deque()
        self._door = threading.Lock()  # around the queue and the flags below
        self._turn = threading.Lock()  # whoever holds it uses the appender
        self._alarm = threading.Semaphore(0)
        self._asleep = False
        self._batch_size = 1  # of the last batch
        self._closed = False
        self._broken: LedgerError | None = None
        self._thread = threading.Thread(target=self._run, name="leerspoor-writer", daemon=True)
        self._thread.start()

    def write(self, request: Append) -> list[int]:
        """Store a request and return the positions of its events.

        Raises:
            As `submit`, and what the request itself deserves; see `LedgerRecorder.insert_events`.
        """
        # Only in quiet times, so that nobody is overtaken and no crowd waits behind a commit for one.
        if self._batch_size == 1 and not self._queue and self._turn.acquire(blocking=False):
            try:
                self._require_open()
                if not self._queue:
                    ticket = Ticket(request)
                    self._store([ticket])
                    return ticket.result()
            finally:
                self._turn.release()
        return self.submit(request).result()

    def submit(self, request: Append) -> Ticket:
        """Put a request into the queue and return at once.

        Raises:
            UnavailableError: store_closed, store_busy (the queue is full), store_failed.
        """
        ticket = Ticket(request)
        with self._door:
            self._require_open()
            if len(self._queue) >= self._queue_max:
                raise UnavailableError("store_busy", "too many requests wait to be stored")
            self._queue.append(ticket)
            if self._asleep:
                self._asleep = False
                self._alarm.release()
        return ticket

    @property
    def waiting(self) -> int:
        """How many requests wait for the next batch."""
        return len(self._queue)

    def close(self) -> None:
        """Store what waits, answer everyone, and end the thread; afterwards nothing is accepted."""
        with self._door:
            self._closed = True
            if self._asleep:
                self._asleep = False
                self._alarm.release()
        self._thread.join()
        with self._turn:
            self._appender.connection.discard()

    def _require_open(self) -> None:
        if self._closed:
            raise UnavailableError("store_closed", "the store has been closed")
        if self._broken is not None:
            raise UnavailableError(self._broken.code, self._broken.message)

    def _run(self) -> None:
        while True:
            self._gather()
            with self._turn:
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_MAX))]
                if batch:
                    self._batch_size = len(batch)
                    self._store(batch)
                    continue
            with self._door:
                if self._queue:
                    continue
                if self._closed:
                    return
                self._asleep = True
            self._alarm.acquire()

    def _gather(self) -> None:
        """Let those who were just answered come back, as long as each look finds more of them."""
        seen = 0
        while seen < len(self._queue) < BATCH_MAX:
            seen = len(self._queue)
            time.sleep(0)

    def _store(self, batch: list[Ticket]) -> None:
        """Store a batch and answer every ticket of it, whatever happens: their threads wait without limit."""
        if self._broken is not None:
            for ticket in batch:
                ticket.fail(UnavailableError(self._broken.code, self._broken.message))
            return
        try:
            positions = self._appender.append([ticket.request for ticket in batch])
        except Exception as error:
            self._after_failure(batch, error)
            return
        except BaseException:
            for ticket in batch:
                ticket.fail(_outcome_unknown())
            raise
        for ticket, places in zip(batch, positions, strict=True):
            ticket.answer(places)

    def _after_failure(self, batch: list[Ticket], error: BaseException) -> None:
        if self._appender.connection.is_transient(error):
            self._recover(batch, error)
        else:
            for ticket in batch:
                self._store_alone(ticket)

    def _store_alone(self, ticket: Ticket) -> None:
        try:
            positions = self._appender.append_alone(ticket.request)
        except Exception as error:
            if self._appender.connection.is_transient(error):
                self._recover([ticket], error)
            else:
                ticket.fail(self._named(error))
            return
        ticket.answer(positions)

    def _recover(self, batch: list[Ticket], error: BaseException) -> None:
        """Store a batch whose outcome is not known, without storing anything twice."""
        if (verdict := self._appender.connection.verdict(error)) is not None:
            # The disk is full or fails: trying again would hide it, and after a failed fsync prove nothing.
            if verdict.code == "store_failed":
                self._broken = verdict
            for ticket in batch:
                ticket.fail(UnavailableError(verdict.code, verdict.message))
            return
        for seconds in self._retry_seconds:
            self._sleep(seconds)
            try:
                batch = self._without_found(batch)
                positions = self._appender.append([ticket.request for ticket in batch]) if batch else []
            except Exception as again:
                if self._appender.connection.is_transient(again):
                    continue
                for ticket in batch:
                    self._fail_or_store(ticket)
                return
            for ticket, places in zip(batch, positions, strict=True):
                ticket.answer(places)
            return
        for ticket in batch:
            ticket.fail(_outcome_unknown())

    def _without_found(self, batch: list[Ticket]) -> list[Ticket]:
        missing = []
        found = [(ticket, self._appender.found(ticket.request)) for ticket in batch]
        for ticket, positions in found:
            if positions is None:
                missing.append(ticket)
            else:
                ticket.answer(positions)
        return missing

    def _fail_or_store(self, ticket: Ticket) -> None:
        try:
            ticket.answer(self._appender.append_alone(ticket.request))
        except Exception as error:
            ticket.fail(self._named(error))

    def _named(self, error: Exception) -> Exception:
        """Return what to tell the request's thread: the ledger's own errors, and bugs, as they are."""
        if self._appender.connection.is_transient(error):
            named = _outcome_unknown()
        elif self._appender.connection.is_foreign(error):
            named = UnavailableError("store_refused", "the database refused the request")
        else:
            return error
        named.__cause__ = error
        return named


def _outcome_unknown() -> UnavailableError:
    return UnavailableError(
        "outcome_unknown", "the database was lost during the commit; ask again with the same idempotency key"
    )
