"""The public face of the log: checkpoint, proofs, entries, health. Nothing here opens a body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.application import Ledger

ENTRIES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Health:
    """`size` of the tree and its `origin`: enough to see that the store answers."""

    origin: str
    size: int


def checkpoint(ledger: Ledger) -> str:
    """Return the latest signed checkpoint (C2SP tlog-checkpoint text)."""
    ...


def log_key(ledger: Ledger) -> str:
    """Return the log's C2SP verifier key text."""
    ...


def proof(ledger: Ledger, position: int) -> str:
    """Return the tlog-proof of a position, without opening.

    Raises: NotFoundError: position_unknown.
    """
    ...


def entries(ledger: Ledger, start: int, end: int) -> tuple[bytes, ...]:
    """Return the 32-byte entries of [start, end).

    Raises: RejectedError: range_invalid (start > end, or more than ENTRIES_MAX). NotFoundError: position_unknown.
    """
    ...


def health(ledger: Ledger) -> Health:
    """Return where the log stands.

    Raises: UnavailableError: store_unavailable.
    """
    ...
