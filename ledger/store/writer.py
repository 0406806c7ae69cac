"""Group commit: one thread that drains a queue and stores what it finds in one transaction.

There is no timer: when nothing waits, a request is stored at once and alone; while a commit is under way
others gather, and share the next one. A batch that fails is stored one by one, so that only the guilty
request fails. A lost connection is opened again and the event ids tell what had been stored.

Not here: the transaction itself (`ledger.store.appender`).
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence

from ledger.errors import LedgerError, UnavailableError
from ledger.store.appender import Append, Appender

QUEUE_MAX = 4_096
"""Requests that may wait; one more is refused, because a promise that cannot be kept soon has no worth."""
BATCH_MAX = 256
"""Requests in one transaction: four times the load we plan for, and a bound on what a failure repeats."""
RETRY_SECONDS = (0.05, 0.2, 0.5, 1.0)


class Ticket:
    """The place of one request in the queue; `result` waits for its batch's commit."""

    __slots__ = ("_error", "_lock", "_positions", "request")

    def __init__(self, request: Append) -> None:
        self.request = request
        self._positions: list[int] | None = None
        self._error: BaseException | None = None
        # A bare lock, taken until the answer is there: a tenth of the cost of a Future's condition.
        self._lock = threading.Lock()
        self._lock.acquire()

    def result(self) -> list[int]:
        """Wait, and return the positions of the request's events.

        Whoever is interrupted while waiting leaves the request in the queue: it is stored all the same.
        """
        with self._lock:
            if self._error is not None:
                raise self._error
            return self._positions or []

    def answer(self, positions: list[int]) -> None:
        """Give the positions, once, after the commit."""
        self._positions = positions
        self._lock.release()

    def fail(self, error: BaseException) -> None:
        """Give the reason, once; nothing of the request is stored unless the code is outcome_unknown."""
        self._error = error
        self._lock.release()


class Writer:
    """The thread that owns the appender. All methods may be called from any thread.

    Order: requests are stored in the order they were submitted; commit order is position order.
    Durability: a ticket is answered after the commit, never before.
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
        self._queue: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self._door = threading.Lock()
        self._closed = False
        self._broken: LedgerError | None = None
        self._thread = threading.Thread(target=self._run, name="leerspoor-writer", daemon=True)
        self._thread.start()

    def submit(self, request: Append) -> Ticket:
        """Put a request into the queue and return at once.

        Raises:
            UnavailableError: store_closed, store_busy (the queue is full), store_failed.
        """
        ticket = Ticket(request)
        with self._door:  # nothing may enter behind the mark that ends the queue
            if self._closed:
                raise UnavailableError("store_closed", "the store has been closed")
            if self._broken is not None:
                raise UnavailableError(self._broken.code, self._broken.message)
            if self._queue.qsize() >= self._queue_max:
                raise UnavailableError("store_busy", "too many requests wait to be stored")
            self._queue.put(ticket)
        return ticket

    def close(self) -> None:
        """Store what waits, answer everyone, and end the thread; afterwards submit refuses."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        ended = False
        while not ended:
            first = self._queue.get()
            if first is None:
                break
            batch = [first]
            try:
                while len(batch) < BATCH_MAX:
                    ticket = self._queue.get_nowait()
                    if ticket is None:
                        ended = True
                        break
                    batch.append(ticket)
            except queue.Empty:
                pass
            self._store(batch)
        self._appender.close()

    def _store(self, batch: list[Ticket]) -> None:
        if self._broken is not None:
            for ticket in batch:
                ticket.fail(UnavailableError(self._broken.code, self._broken.message))
            return
        try:
            positions = self._appender.append([ticket.request for ticket in batch])
        except BaseException as error:
            # Every ticket must be answered, whatever happens: its thread waits without a time limit.
            self._after_failure(batch, error)
            return
        for ticket, places in zip(batch, positions, strict=True):
            ticket.answer(places)

    def _after_failure(self, batch: list[Ticket], error: BaseException) -> None:
        if self._appender.is_transient(error):
            self._recover(batch, error)
        else:
            for ticket in batch:
                self._store_alone(ticket)

    def _store_alone(self, ticket: Ticket) -> None:
        try:
            positions = self._appender.append_alone(ticket.request)
        except BaseException as error:
            if self._appender.is_transient(error):
                self._recover([ticket], error)
            else:
                ticket.fail(self._named(error))
            return
        ticket.answer(positions)

    def _recover(self, batch: list[Ticket], error: BaseException) -> None:
        """Store a batch whose outcome is not known, without storing anything twice."""
        if (verdict := self._appender.verdict(error)) is not None:
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
            except BaseException as again:
                if self._appender.is_transient(again):
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
        except BaseException as error:
            ticket.fail(self._named(error))

    def _named(self, error: BaseException) -> BaseException:
        if isinstance(error, LedgerError):
            return error
        named = UnavailableError("store_refused", "the database refused the request")
        if self._appender.is_transient(error):
            named = _outcome_unknown()
        named.__cause__ = error
        return named


def _outcome_unknown() -> UnavailableError:
    return UnavailableError(
        "outcome_unknown", "the database was lost during the commit; ask again with the same idempotency key"
    )
