"""Idempotency rows: which events a request made, kept for ever, so that a repeated request adds nothing.

A row holds no request, no answer and no client's words: only a MAC of the client's key (under a secret of the
ledger: the text may hold somebody's name), a MAC of the request (under a key of the person or organisation),
both made by the caller because a bare hash of guessable text would be an oracle, and the ids of the events.

Not here: what a replay answers (`ledger.usecases.idempotency`).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from ledger.errors import ConflictError
from ledger.store import tables

MAC_BYTES = 32
KEY_USED = "idempotency_key_used"
"""Code of the ConflictError when a row with this organisation and key exists: `find` it and compare."""


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """One row, written in the transaction of its events.

    Args:
        organisation: who owns the key; an operator or a learner has a UUID here too.
        key: 32 bytes, the MAC of the client's key.
        request_mac: 32 bytes over the whole request, under a key that dies with the person.
        event_ids: of the request's events, in their order.
    """

    organisation: UUID
    key: bytes
    request_mac: bytes
    event_ids: tuple[UUID, ...]

    def __post_init__(self) -> None:
        """Refuse MACs that are none: they are made here, so this is no fault of a client's."""
        if len(self.key) != MAC_BYTES or len(self.request_mac) != MAC_BYTES:
            raise ValueError("a MAC has 32 bytes")

    def require_same_request(self, request_mac: bytes) -> None:
        """Return only when the other request is the one this key was used for.

        Raises:
            ConflictError: idempotency_conflict.
        """
        if not hmac.compare_digest(self.request_mac, request_mac):
            raise ConflictError(
                "idempotency_conflict", "the idempotency key was used before for another request"
            )


def find(connection: Connection, organisation: UUID, key: bytes) -> IdempotencyRecord | None:
    """Return the row of this organisation and key, if there is one."""
    statement = select(tables.idempotency).where(
        tables.idempotency.c.organisation == organisation, tables.idempotency.c.key == key
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    return IdempotencyRecord(row.organisation, row.key, row.request_mac, unpack_ids(row.event_ids))


def pack_ids(event_ids: tuple[UUID, ...]) -> bytes:
    """Return the ids as they are stored: 16 bytes each."""
    return b"".join(event_id.bytes for event_id in event_ids)


def unpack_ids(data: bytes) -> tuple[UUID, ...]:
    """Read what `pack_ids` wrote."""
    return tuple(UUID(bytes=data[at : at + 16]) for at in range(0, len(data), 16))
