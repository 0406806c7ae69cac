"""A small memory of what was published last, so that not every reader makes the ledger look it up."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

KEPT_MAX = 1_024
TURNS = 64
"""Locks by which the threads of this process take turns at making something; two names may share one."""


class SignedLists:
    """The last thing made for each name, and the version it was made from. Thread-safe, bounded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Hashable, object]] = OrderedDict()
        self._turns = tuple(threading.Lock() for _ in range(TURNS))

    def get(self, name: Hashable, version: Hashable) -> object | None:
        """Return what was made for the name from exactly this version, or None."""
        with self._lock:
            kept = self._kept.get(name)
            return kept[1] if kept is not None and kept[0] == version else None

    def put(self, name: Hashable, version: Hashable, made: object) -> None:
        """Keep what was made; the oldest goes when there are too many."""
        with self._lock:
            self._kept[name] = (version, made)
            self._kept.move_to_end(name)
            while len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)

    def turn(self, name: Hashable) -> threading.Lock:
        """Return the lock to hold while something is made for the name: a crowd waits and finds it made."""
        return self._turns[hash(name) % TURNS]
