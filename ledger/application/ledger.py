"""The `eventsourcing` Application of this ledger: aggregates in, recorded events and receipts out.

Everything it works with is handed to it; nothing is chosen by environment variables. It keeps no cache of
aggregates, so that no opened body outlives the request that opened it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import (
    ApplicationRecorder,
    EventStore,
    InfrastructureFactory,
    Mapper,
)
from eventsourcing.popo import POPOFactory
from eventsourcing.utils import Environment, EnvType
from sqlalchemy import Engine

from ledger.application.anchors import Anchors
from ledger.application.clock import Chance, Clock
from ledger.application.signed_lists import SignedLists
from ledger.application.status_indexes import StatusIndexes
from ledger.domain.aggregate import Fact, Root
from ledger.errors import ConflictError, NotFoundError
from ledger.keys.signing import LedgerKey, ManagedKeys
from ledger.keys.vault import Vault
from ledger.log.heads import Heads
from ledger.log.publication import Publisher
from ledger.log.receipts import Receipts
from ledger.store.events import RecordedEvent, RowChange
from ledger.store.idempotency import IdempotencyRecord
from ledger.store.mapper import SealingMapper
from ledger.store.recorder import LedgerRecorder
from verifiers import TrustPolicy
from verifiers.worker import Pool

A = TypeVar("A", bound=Root)

CHANGE_ATTEMPTS_MAX = 8
"""How often a change is decided anew because another process was first on the same stream."""
TURNS = 256
"""Locks by which the threads of this process take turns on a stream; two streams may share one."""


class Memory(Protocol):
    """What makes the idempotency row of a request, once its event ids are known."""

    def record(self, event_ids: tuple[UUID, ...]) -> IdempotencyRecord:
        """Return the row to write in the events' own transaction."""
        ...


class LedgerSettings(Protocol):
    """What the use cases may know of the settings."""

    @property
    def base_url(self) -> str:
        """The public address, without a slash at the end."""
        ...

    @property
    def host(self) -> str:
        """Host and port of the public address."""
        ...

    @property
    def status_seconds(self) -> int:
        """How often status lists may change."""
        ...


class Ledger(Application[UUID]):
    """The ledger as the use cases see it."""

    name = "leerspoor"

    def __init__(
        self,
        *,
        settings: LedgerSettings,
        clock: Clock,
        chance: Chance,
        engine: Engine,
        recorder: LedgerRecorder,
        mapper: SealingMapper,
        vault: Vault,
        keys: ManagedKeys,
        heads: Heads,
        receipts: Receipts,
        publisher: Publisher,
        pool: Pool,
        log_key: LedgerKey,
        request_secret: bytes,
        closing: Sequence[Callable[[], None]] = (),
    ) -> None:
        """Wire the parts together; `ledger.bootstrap.build` does so.

        Args: log_key: signs what the ledger itself declares. request_secret: 32 bytes, under which clients'
        idempotency keys are kept. closing: what to close after the recorder, in order.
        """
        self.settings, self.clock, self.chance, self.engine = settings, clock, chance, engine
        self.store, self.sealing, self.vault, self.keys = recorder, mapper, vault, keys
        self.heads, self.receipts, self.publisher, self.pool = heads, receipts, publisher, pool
        self.log_key, self.request_secret = log_key, request_secret
        self._closing = tuple(closing)
        self.status_indexes = StatusIndexes(engine, chance)
        self.signed_lists = SignedLists()
        self.anchors = Anchors(self, recorder)
        self._turns = tuple(threading.Lock() for _ in range(TURNS))
        super().__init__()

    # The library asks these; each would otherwise let the environment choose a class.

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Return an empty environment, whatever the process's holds."""
        return Environment(name, {})

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """Return the library's plainest factory; it makes nothing here and is only asked to close."""
        return POPOFactory(env)

    def construct_mapper(self) -> Mapper[UUID]:
        """Return the mapper that seals."""
        return self.sealing

    def construct_recorder(self) -> ApplicationRecorder:
        """Return the recorder that keeps the log."""
        return self.store

    def construct_event_store(self) -> EventStore[UUID]:
        """Return the plain event store over mapper and recorder."""
        return EventStore(mapper=self.sealing, recorder=self.store)

    def now(self) -> datetime:
        """Return the moment now in whole seconds of UTC, as headers hold it."""
        return self.clock().astimezone(UTC).replace(microsecond=0)

    def load(self, kind: type[A], stream: UUID) -> A:
        """Return an aggregate as its events made it.

        Raises: NotFoundError: <kind>_unknown. ErasedError: erased.
        """
        try:
            found: Any = self.repository.get(stream)
        except AggregateNotFoundError:
            found = None
        if not isinstance(found, kind):
            name = kind.TOPIC
            raise NotFoundError(f"{name}_unknown", f"there is no such {name}")
        return found

    def record(
        self,
        *aggregates: Root,
        memory: Memory | None = None,
        rows: Sequence[RowChange] = (),
    ) -> tuple[RecordedEvent, ...]:
        """Record the waiting events of the aggregates, with rows and idempotency key, in one transaction.

        Raises: ConflictError: version_conflict, idempotency_key_used, or the conflict code of a row.
        """
        ids = tuple(
            event.event_id for root in aggregates for event in root.pending_events if isinstance(event, Fact)
        )
        row = None if memory is None else memory.record(ids)
        recordings = self.save(*aggregates, idempotency=row, rows=tuple(rows))
        return tuple(self.store.at_position(recording.notification.id - 1) for recording in recordings)

    def append(
        self, fact: Fact, *, memory: Memory | None = None, rows: Sequence[RowChange] = ()
    ) -> RecordedEvent:
        """Record one event that was decided without the state of its stream, which may be unreadable.

        Raises: as `record`.
        """
        row = None if memory is None else memory.record((fact.event_id,))
        sealed = self.sealing.to_stored_event(fact)
        (notification,) = self.store.insert_events([sealed], idempotency=row, rows=tuple(rows))
        return self.store.at_position(notification - 1)

    def change(
        self,
        kind: type[A],
        stream: UUID,
        decide: Callable[[A], object],
        *,
        memory: Memory | None = None,
        rows: Sequence[RowChange] = (),
    ) -> tuple[A, tuple[RecordedEvent, ...]]:
        """Load, decide and record; decide anew when another writer was first on the same stream.

        The threads of one process take turns, so that a crowd at one stream (a share that many open at
        once) does not decide in vain over and over. `decide` must not change another stream.

        Raises: as `load` and `record`, and whatever `decide` raises.
        """
        with self._turns[stream.int % TURNS]:
            return self._change(kind, stream, decide, memory, rows)

    def _change(
        self,
        kind: type[A],
        stream: UUID,
        decide: Callable[[A], object],
        memory: Memory | None,
        rows: Sequence[RowChange],
    ) -> tuple[A, tuple[RecordedEvent, ...]]:
        for attempt in range(CHANGE_ATTEMPTS_MAX):
            aggregate = self.load(kind, stream)
            decide(aggregate)
            try:
                return aggregate, self.record(aggregate, memory=memory, rows=rows)
            except ConflictError as error:
                if error.code != "version_conflict" or attempt + 1 == CHANGE_ATTEMPTS_MAX:
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    def open(self, recorded: RecordedEvent) -> Fact:
        """Return the domain event of a recorded one.

        Raises: ErasedError: erased. CorruptError: it is not what was stored.
        """
        event = self.sealing.to_domain_event(recorded.sealed)
        if not isinstance(event, Fact):
            raise TypeError("the mapper made something that is no event of this ledger")
        return event

    def receipt(self, recorded: RecordedEvent) -> str:
        """Return the receipt of an event with its opening; see `Receipts.receipt` for its head.

        Raises: ErasedError: erased.
        """
        _, opening = self.sealing.opening(recorded)
        return self.receipts.receipt(recorded, opening)

    def policy(self) -> TrustPolicy:
        """Return what this server trusts: its own log, every issuer whose keys it records, and its anchors."""
        return self.anchors.added_to(self.own_policy())

    def own_policy(self) -> TrustPolicy:
        """Return what this server trusts by its settings, without the anchors of its registry."""
        return TrustPolicy(
            issuers={},
            logs=(self.heads.verifier_key,),
            log_issuers=True,
            witnesses=self.publisher.published.policy,
            operator_cosigners=self.publisher.cosigner.keys,
        )

    def deadline(self, **after: float) -> datetime:
        """Return a moment from now; `after` as for timedelta."""
        return self.now() + timedelta(**after)

    def close(self) -> None:
        """Stop accepting, let the writer finish, close everything. Closing twice is harmless."""
        super().close()
        for close in (self.store.close, *self._closing):
            close()
        self._closing = ()
