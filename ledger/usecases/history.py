"""A person's trail, rebuilt from the events as of two clocks: what was valid then, and what was known then."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.usecases.access import Actor
from ledger.views.history import History

if TYPE_CHECKING:
    from ledger.application import Ledger


def history(
    ledger: Ledger,
    actor: Actor,
    learner: UUID,
    *,
    valid_at: datetime | None = None,
    known_at: datetime | None = None,
) -> History:
    """Return the learner's own trail (`trail`; nobody else's: others see a share).

    Args: valid_at: the moment the states speak of (now). known_at: leave out what was recorded later (now).
    Raises: ForbiddenError: scope_missing, not_yours. GoneError: erased.
    """
    ...


def history_bundle(ledger: Ledger, actor: Actor, learner: UUID) -> bytes:
    """Return the whole trail as one offline-verifiable bundle (leerspoor-bundle.v1 JSON).

    Raises: as `history`.
    """
    ...
