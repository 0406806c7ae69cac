"""Faults of a database under the writer: a connection that fails where the plan says.

down           fails before anything is done
lost           fails when everything was sent, before the commit: nothing is stored
unreported     fails after the commit: everything is stored, and nobody was told
wait           waits for `go` before it begins, so that others gather behind it
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
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
        self._fault: Fault = "fine"
        self._begin = self.connection.begin
        self._commit = self.connection.commit
        self.connection.begin = self._faulty_begin  # type: ignore[method-assign]
        self.connection.commit = self._faulty_commit  # type: ignore[method-assign]

    def _faulty_begin(self, *, events: int) -> Any:
        self.transactions += 1
        self._fault = self.plan.pop(0) if self.plan else "fine"
        if self._fault == "down":
            raise self._driver.OperationalError("planned: down")
        if self._fault == "wait":
            self.begun.set()
            self.go.wait(timeout=30)
        return self._begin(events=events)

    def _faulty_commit(self) -> None:
        if self._fault == "lost":
            raise self._driver.OperationalError("planned: lost")
        self._commit()
        if self._fault == "unreported":
            raise self._driver.OperationalError("planned: unreported")
