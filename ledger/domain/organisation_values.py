"""What an organisation is made of: its keys and their periods, its tokens, and how it ended.

Not here: the events that change them (`ledger.domain.organisation`, `organisation_keys`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Key:
    """A public key in Multikey text and the period in which it counts.

    The period is [valid_from, valid_until), and ends at `compromised_since` when that is earlier: from then
    on somebody else may have signed.
    """

    multikey: str
    verification_method: str
    managed: bool
    valid_from: datetime
    valid_until: datetime | None = None
    reason: str | None = None
    compromised_since: datetime | None = None

    def counts_at(self, moment: datetime) -> bool:
        """Say whether what was recorded at that moment counts."""
        ends = [end for end in (self.valid_until, self.compromised_since) if end is not None]
        return self.valid_from <= moment and all(moment < end for end in ends)

    @property
    def in_use(self) -> bool:
        """Whether nothing has ended it."""
        return self.valid_until is None and self.compromised_since is None

    def may_sign(self, moment: datetime) -> bool:
        """Say whether the key may still sign: never after its end was recorded, not even in the same second."""
        return self.in_use and self.valid_from <= moment


@dataclass(frozen=True, slots=True)
class Token:
    """What a token may do; `revoked_at` None while it works."""

    id: UUID
    scopes: tuple[str, ...]
    label: str
    expires_at: datetime | None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ceasing:
    """That an organisation ended, and who can be asked now.

    Args:
        successor: DID of who goes on with its work. archive: where its records can be asked for.
        reason: a code. reference: the decision in law, when the operator recorded it.
    """

    ceased_at: datetime
    successor: str | None
    archive: str | None
    reason: str
    reference: str | None
