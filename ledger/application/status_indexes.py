"""Leasing places in status lists before a credential is signed.

A process leases a block of places in one small transaction, so that issuing adds none. A place that is
leased and never used stays unused for ever. Places are a random permutation of the list (a seed and a
counter), so a place tells nothing about when a credential was issued or how many there are.
Source: Bitstring Status List 1.0 §5; DESIGN section 4, "The order of things".
"""

from __future__ import annotations

import hmac
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from ledger.application.clock import Chance
from ledger.errors import UnavailableError
from ledger.store import tables
from ledger.store.events import RowInsert
from ledger.store.reading import reading, transaction

Purpose = Literal["revocation", "suspension"]

LIST_SIZE = 131_072
"""Places in a list: the least the specification allows, so that every list hides as well as any other."""
BLOCK_SIZE = 16
BLOCK_SIZE_MAX = 1_024
"""Places leased at first, and at most: each block is twice the last, so that a small organisation wastes few
at a restart and a busy one leases seldom."""

STREAMS_ASKED_MAX = 500
"""How many credentials one query names."""

_LEASE_ATTEMPTS_MAX = 8
_ROUNDS = 8  # of the Feistel network; four are enough for a random function, and these are cheap


@dataclass(frozen=True, slots=True)
class StatusIndex:
    """One place: in which list of the organisation (`number`, `list`) and where."""

    purpose: Purpose
    list: UUID
    number: int
    index: int

    def taken_by(self, stream: UUID) -> RowInsert:
        """Return the row that gives this place to a credential, for the credential's own transaction."""
        values = {"list": self.list, "index": self.index, "stream": stream}
        return RowInsert(tables.status_index, values, conflict_code="status_index_taken")


class StatusIndexes:
    """The places this process has leased; safe to use from many threads."""

    def __init__(self, engine: Engine, chance: Chance) -> None:
        self._engine, self._chance = engine, chance
        self._lock = threading.Lock()
        self._leased: dict[tuple[UUID, Purpose], deque[StatusIndex]] = {}
        self._sizes: dict[tuple[UUID, Purpose], int] = {}

    def take(self, organisation: UUID, purpose: Purpose) -> StatusIndex:
        """Return a place nobody else gets.

        Raises: UnavailableError: store_unavailable.
        """
        with self._lock:
            waiting = self._leased.setdefault((organisation, purpose), deque())
            if not waiting:
                size = self._sizes.get((organisation, purpose), BLOCK_SIZE)
                waiting.extend(self._lease(organisation, purpose, size))
                self._sizes[organisation, purpose] = min(2 * size, BLOCK_SIZE_MAX)
            return waiting.popleft()

    def lists(self, organisation: UUID, purpose: Purpose) -> dict[int, UUID]:
        """Return the organisation's lists by number."""
        allocation = tables.status_allocation.c
        query = select(allocation.number, allocation.list).where(
            allocation.organisation == organisation, allocation.purpose == purpose
        )
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def to_publish(self, organisation: UUID, purpose: Purpose) -> dict[int, UUID | None]:
        """Return the lists to publish by number, None for one in which nobody has a place yet.

        The first is there before the first credential, and the next from when the last is half full: that a
        list appears tells nothing, and a credential never names one that is not there.
        """
        allocation = tables.status_allocation.c
        query = select(allocation.number, allocation.list, allocation.leased, allocation.size).where(
            allocation.organisation == organisation, allocation.purpose == purpose
        )
        found: dict[int, UUID | None] = {}
        with reading(self._engine) as connection:
            for number, list_id, leased, size in connection.execute(query.order_by(allocation.number)):
                found[number] = list_id
                if 2 * leased >= size:
                    found[number + 1] = None
        return found or {0: None}

    def places(self, list_id: UUID, streams: Sequence[UUID]) -> dict[UUID, int]:
        """Return which place of a list each of these credentials (streams) took, of those that did."""
        taken = tables.status_index.c
        found: dict[UUID, int] = {}
        with reading(self._engine) as connection:
            for start in range(0, len(streams), STREAMS_ASKED_MAX):
                some = streams[start : start + STREAMS_ASKED_MAX]
                query = select(taken.stream, taken.index).where(taken.list == list_id, taken.stream.in_(some))
                found |= {row[0]: row[1] for row in connection.execute(query)}
        return found

    def _lease(self, organisation: UUID, purpose: Purpose, size: int) -> list[StatusIndex]:
        for _ in range(_LEASE_ATTEMPTS_MAX):
            try:
                with transaction(self._engine) as connection:
                    block = self._lease_block(connection, organisation, purpose, size)
            except IntegrityError:
                continue  # another process made the same list first; its row is there now
            if block:
                return block
        raise UnavailableError("store_unavailable", "no place in a status list could be leased")

    def _lease_block(
        self, connection: Connection, organisation: UUID, purpose: Purpose, size: int
    ) -> list[StatusIndex]:
        table, allocation = tables.status_allocation, tables.status_allocation.c
        ours = (allocation.organisation == organisation, allocation.purpose == purpose)
        row: Any = connection.execute(
            select(table).where(*ours).order_by(allocation.number.desc()).limit(1)
        ).one_or_none()
        if row is None or row.leased >= row.size:
            number = 0 if row is None else row.number + 1
            connection.execute(
                insert(table).values(
                    organisation=organisation,
                    purpose=purpose,
                    number=number,
                    list=self._chance.uuid(),
                    size=LIST_SIZE,
                    seed=self._chance.bytes(32),
                    leased=0,
                )
            )
            return self._lease_block(connection, organisation, purpose, size)
        end = min(row.leased + size, row.size)
        moved = connection.execute(
            update(table)
            .where(*ours, allocation.number == row.number, allocation.leased == row.leased)
            .values(leased=end)
        )
        if moved.rowcount != 1:
            return []  # another process leased in between: look again
        return [
            StatusIndex(purpose, row.list, row.number, permuted(count, seed=row.seed, size=row.size))
            for count in range(row.leased, end)
        ]


def permuted(count: int, *, seed: bytes, size: int) -> int:
    """Return where a permutation of range(size) puts `count`.

    A Feistel network on the next even number of bits, walked until it lands inside the range.
    Args: seed: 32 secret bytes.
    """
    if not 0 <= count < size:
        raise ValueError("the count is not in the range")
    half = (max(size - 1, 1).bit_length() + 1) // 2
    mask = (1 << half) - 1
    value = count
    while True:
        left, right = value >> half, value & mask
        for turn in range(_ROUNDS):
            message = bytes([turn]) + right.to_bytes(8, "big")
            digest = hmac.digest(seed, message, "sha256")
            left, right = right, left ^ (int.from_bytes(digest[:8], "big") & mask)
        value = left << half | right
        if value < size:
            return value
