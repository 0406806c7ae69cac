"""Faults of a database under the writer: a connection that fails where the plan says.

down           fails before anything is done
lost           fails when everything was sent, before the commit: nothing is stored
unreported     fails after the commit: everything is stored, and nobody was told
wait           waits for `go` before it begins, so that others gather behind it
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from ledger.store.appender import Appender

Fault = Literal["fine", "down", "lost", "unreported", "wait"]


class FaultyAppender(Appender):
    """An appender whose transactions follow a plan; when it ends, they are fine."""

    def __init__(self, engine: Any, plan: Sequence[Fault] = ()) -> None:
        super().__init__(engine)
        self.plan = list(plan)
        self.go = threading.Event()
        self.begun = threading.Event()
        self.transactions = 0
        self._driver: Any = engine.dialect.loaded_dbapi
        self._fine = self.connection.transaction
        self.connection.transaction = self._faulty  # type: ignore[method-assign]

    @contextmanager
    def _faulty(self, *, events: int) -> Iterator[Any]:
        self.transactions += 1
        fault = self.plan.pop(0) if self.plan else "fine"
        if fault == "down":
            raise self._driver.OperationalError("planned: down")
        if fault == "wait":
            self.begun.set()
            self.go.wait(timeout=30)
        with self._fine(events=events) as cursor:
            yield cursor
            if fault == "lost":
                raise self._driver.OperationalError("planned: lost")
        if fault == "unreported":
            raise self._driver.OperationalError("planned: unreported")
