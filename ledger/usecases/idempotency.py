"""Asking twice is answering twice: the same key and request add nothing; another request is a conflict.

The MAC of the request is made under the person's key (the organisation's where there is no person),
because a bare hash of guessable text would be an oracle. After erasure a replay is gone. Of the client's key
only a MAC is kept too, under a secret of the ledger: clients put names and numbers of people into it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeVar
from uuid import UUID

from ledger.domain.learner import Learner
from ledger.errors import ConflictError, CorruptError, ErasedError, RejectedError
from ledger.store import idempotency as rows
from ledger.store.events import RecordedEvent
from ledger.store.mapper import LEDGER_OWNER

if TYPE_CHECKING:
    from ledger.application import Ledger

R = TypeVar("R")

KEY_CHARACTERS_MAX = 255

_LABEL = b"leerspoor idempotency v1"


@dataclass(frozen=True, slots=True)
class Idempotency:
    """What the client sent: `key` (printable characters, bounded) and `request`, the bytes that must be the
    same on a replay (method, path and exact body)."""

    key: str
    request: bytes


@dataclass(frozen=True, slots=True)
class Memory:
    """What a request leaves behind with its events, so that a replay finds them."""

    owner: UUID
    key_mac: bytes
    request_mac: bytes

    def record(self, event_ids: tuple[UUID, ...]) -> rows.IdempotencyRecord:
        """Return the row to write in the events' own transaction."""
        return rows.IdempotencyRecord(self.owner, self.key_mac, self.request_mac, event_ids)


def remember(
    ledger: Ledger, owner: UUID, idempotency: Idempotency | None, *, sealed_for: UUID
) -> Memory | None:
    """Return what to keep of a request that carries a key.

    Args: owner: whose key it is. sealed_for: the person, or the organisation where there is none.
    Raises: ErasedError: erased. RejectedError: idempotency_key_malformed.
    """
    if idempotency is None:
        return None
    return Memory(
        owner, _key_mac(ledger, owner, idempotency.key), _mac(ledger, sealed_for, idempotency.request)
    )


def once(
    ledger: Ledger,
    owner: UUID,
    idempotency: Idempotency | None,
    *,
    make: Callable[[], R],
    again: Callable[[tuple[RecordedEvent, ...]], R],
) -> R:
    """Answer from the stored events when the key was used before; otherwise do the work.

    Raises: ConflictError: idempotency_conflict. ErasedError: erased.
        RejectedError: idempotency_key_malformed.
        And whatever `make` or `again` raises.
    """
    if idempotency is None:
        return make()
    if (events := _events(ledger, owner, idempotency)) is not None:
        return again(events)
    try:
        return make()
    except ConflictError:
        # The same request may have been running beside this one: then its events are the answer, also when
        # this one failed for what the other did ("already revoked").
        if (events := _events(ledger, owner, idempotency)) is not None:
            return again(events)
        raise


def secret_was_shown(_: tuple[RecordedEvent, ...]) -> NoReturn:
    """Refuse to answer again with a secret that is not kept.

    Raises: ConflictError: secret_already_shown.
    """
    raise ConflictError(
        "secret_already_shown", "the request was done before, and its answer held a secret that is not kept"
    )


def _events(ledger: Ledger, owner: UUID, idempotency: Idempotency) -> tuple[RecordedEvent, ...] | None:
    """Return the events of the key's request, after checking that it was this request."""
    row = ledger.store.find_idempotency(owner, _key_mac(ledger, owner, idempotency.key))
    if row is None:
        return None
    events = tuple(ledger.store.by_event_ids(row.event_ids))
    if len(events) != len(row.event_ids) or not events:
        raise CorruptError(
            "idempotency_events_missing", "an idempotency row names an event that is not there"
        )
    row.require_same_request(_mac(ledger, _sealed_for(events[0]), idempotency.request))
    return events


def _sealed_for(event: RecordedEvent) -> UUID:
    sealed = event.sealed
    if sealed.type == Learner.Erased.TOPIC:
        return LEDGER_OWNER  # her own key is gone, and the answer to her erasure must outlive it
    return sealed.subject or sealed.issuer or LEDGER_OWNER


def _key_mac(ledger: Ledger, owner: UUID, key: str) -> bytes:
    if not 0 < len(key) <= KEY_CHARACTERS_MAX or not key.isprintable():
        raise RejectedError(
            "idempotency_key_malformed",
            "the idempotency key is not printable text of acceptable length",
            expected=f"1 to {KEY_CHARACTERS_MAX} printable characters",
        )
    return hmac.digest(ledger.request_secret, owner.bytes + key.encode(), "sha256")


def _mac(ledger: Ledger, sealed_for: UUID, request: bytes) -> bytes:
    key = ledger.vault.data_key(sealed_for)
    if key is None:
        raise ErasedError("erased", "the request was about a person whose data were erased")
    return hmac.digest(hmac.digest(key, _LABEL, "sha256"), request, "sha256")
