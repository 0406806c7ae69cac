"""A small memory of what was signed last, so that the same list is not signed for every reader."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

KEPT_MAX = 1_024


class SignedLists:
    """The last thing made for each name, and the version it was made from. Thread-safe, bounded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[bytes, object]] = OrderedDict()

    def get(self, name: Hashable, version: bytes) -> object | None:
        """Return what was made for the name from exactly this version, or None."""
        with self._lock:
            kept = self._kept.get(name)
            return kept[1] if kept is not None and kept[0] == version else None

    def put(self, name: Hashable, version: bytes, made: object) -> None:
        """Keep what was made; the oldest goes when there are too many."""
        with self._lock:
            self._kept[name] = (version, made)
            self._kept.move_to_end(name)
            while len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
