"""The public face of the log: checkpoint, proofs, entries, health. Nothing here opens a body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.errors import NotFoundError, RejectedError
from verifiers.formats.tile import parse_path

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
    return ledger.heads.latest().dump()


def published_checkpoint(ledger: Ledger) -> str:
    """Return the last published checkpoint, with its cosignatures (C2SP tlog-checkpoint text).

    Raises: NotFoundError: checkpoint_not_published.
    """
    found = ledger.publisher.published.latest()
    if found is None:
        raise NotFoundError("checkpoint_not_published", "no checkpoint is published yet")
    return found.dump()


def tile(ledger: Ledger, path: str) -> bytes:
    """Return a tile of hashes or a bundle of entries of the published tree (C2SP tlog-tiles).

    Raises: MalformedError: tile_path_malformed. NotFoundError: tile_not_published, the published tree has
        not got (all of) it.
    """
    return ledger.publisher.content(parse_path(path))


def log_key(ledger: Ledger) -> str:
    """Return the log's verifier key (C2SP signed-note text), for trust policies."""
    return ledger.heads.verifier_key.dump()


def proof(ledger: Ledger, position: int) -> str:
    """Return the tlog-proof of a position, without opening.

    Raises: NotFoundError: position_unknown.
    """
    return ledger.receipts.proof(position)


def entries(ledger: Ledger, start: int, end: int) -> tuple[bytes, ...]:
    """Return the 32-byte entries of [start, end).

    Raises: RejectedError: range_invalid (negative, start > end, or more than ENTRIES_MAX).
        NotFoundError: position_unknown (beyond the log).
    """
    if not 0 <= start <= end or end - start > ENTRIES_MAX:
        raise RejectedError(
            "range_invalid", "the range is not one that can be answered", expected=f"at most {ENTRIES_MAX}"
        )
    if end > ledger.store.head().size:
        raise NotFoundError("position_unknown", "the log is shorter than the range")
    return tuple(ledger.store.entries(start, end))


def health(ledger: Ledger) -> Health:
    """Return where the log stands.

    Raises: UnavailableError: store_unavailable.
    """
    return Health(ledger.heads.origin, ledger.store.head().size)
