"""What a ledger does by itself once an hour: keys in epochs, erasures that a crash cut short.

Both are also done at every start, so that a ledger that is started daily needs no thread; `leerspoor serve` runs one.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog

from ledger.errors import LedgerError
from ledger.usecases import erase

if TYPE_CHECKING:
    from ledger.application import Ledger

PERIOD_SECONDS = 3_600.0


def once(ledger: Ledger) -> None:
    """Do what is due; harmless and cheap when nothing is.

    Raises: UnavailableError, CorruptError: as the vault and the store.
    """
    erase.finish(ledger)
    ledger.vault.keep_schedule(now=ledger.now())


class Upkeep:
    """A thread that calls `once` every hour, from `start` to `close`. A failure is logged and tried again."""

    def __init__(self, ledger: Ledger, *, seconds: float = PERIOD_SECONDS) -> None:
        self._ledger, self._seconds = ledger, seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
        self._log = structlog.get_logger("leerspoor.upkeep")

    def start(self) -> None:
        """Begin; the first look is one period away, as the start itself did what was due."""
        self._thread.start()

    def close(self) -> None:
        """End, after the look that is under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                once(self._ledger)
            except LedgerError as error:
                self._log.error("upkeep_failed", code=error.code)
            except (
                Exception
            ) as error:  # a thread that ended would keep old epochs, and who was erased in them
                self._log.error("upkeep_failed", code=type(error).__name__)
