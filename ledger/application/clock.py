"""Time and chance, as things that are passed in; everything else in the ledger asks these.

Source: RFC 9562 §5.7 (UUID version 7: sortable by time, which keeps credential streams together on disk).
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

Clock = Callable[[], datetime]
"""Returns the moment now, aware UTC."""


def system_clock() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


class Chance(Protocol):
    """Where ids and secrets come from; unpredictable, except in tests."""

    def bytes(self, count: int) -> bytes:
        """Return that many random bytes."""
        ...

    def uuid(self) -> UUID:
        """Return a random id (version 4): for persons, shares and events."""
        ...

    def uuid7(self, now: datetime) -> UUID:
        """Return a time-ordered id (version 7): for credential streams, whose time is in the log anyway."""
        ...


class SystemChance:
    """The operating system's randomness."""

    def bytes(self, count: int) -> bytes:
        """Return that many random bytes."""
        return secrets.token_bytes(count)

    def uuid(self) -> UUID:
        """Return a random id."""
        return uuid.uuid4()

    def uuid7(self, now: datetime) -> UUID:
        """Return a time-ordered id: 48 bits of milliseconds, then 74 random bits."""
        milliseconds = int(now.timestamp() * 1_000)
        value = (milliseconds << 80) | int.from_bytes(secrets.token_bytes(10), "big")
        value = value & ~(0xF << 76) | 0x7 << 76  # version
        value = value & ~(0x3 << 62) | 0x2 << 62  # variant
        return UUID(int=value)
