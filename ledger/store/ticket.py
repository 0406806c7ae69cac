"""The place of one request in the writer's queue, and the way its answer comes back."""

from __future__ import annotations

import threading

from ledger.store.appender import Append


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
