"""The composition root: from settings to a running ledger. The only place that knows which class goes where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.settings import Settings

if TYPE_CHECKING:
    from ledger.application import Clock, Ledger


def build(settings: Settings, *, clock: Clock | None = None) -> Ledger:
    """Build a ledger: migrate, load or make keys, sign what a crash left unsigned. Close it with `Ledger.close()`.

    Args: clock: () -> aware UTC datetime; None: the machine's clock.
    """
    ...
