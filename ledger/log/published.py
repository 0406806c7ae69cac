"""The checkpoints that were published: one row a size, with the cosignatures it has by now.

A row says what outsiders may hold us to. Its note only gains cosignatures, the first of each key stays: a
receipt leans on the earliest moment at which a head was seen. A log at rest gets later cosignatures too,
so that a monitor sees that it lives; those stand apart in `renewed`.

Not here: when to publish (`ledger.log.publication`), the last signed head (`ledger.log.second_place`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from ledger.errors import CorruptError
from ledger.store import tables
from ledger.store.engine import is_sqlite
from ledger.store.reading import reading, transaction
from verifiers.errors import VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import witness_policy
from verifiers.formats.checkpoint import Checkpoint, NoteSignature, VerifierKey
from verifiers.formats.witness_policy import WitnessPolicy

NOTES_CACHED_MAX = 1_024
_row = tables.checkpoint.c


class Published:
    """The published checkpoints of one log. Thread-safe; several processes may publish into one PostgreSQL.

    Args:
        engine: the ledger's.
        key: the log's, which signed every one of them.
        policy: whose quorum makes a checkpoint witnessed; None: nobody's.
    """

    def __init__(self, engine: Engine, key: VerifierKey, policy: WitnessPolicy | None) -> None:
        self._engine = engine
        self._key = key
        self.policy = policy
        self._size = -1
        self._at = datetime.min.replace(tzinfo=UTC)
        self._read = lru_cache(maxsize=NOTES_CACHED_MAX)(self._parse)

    @property
    def size(self) -> int:
        """The largest size that this process knows to be published; -1 for none."""
        return self._size

    def latest(self) -> Checkpoint | None:
        """Return the largest published head with its newest cosignatures, None when there never was one.

        Raises:
            CorruptError: checkpoint_corrupt, the row is not what we wrote. UnavailableError: store_unavailable.
        """
        with reading(self._engine) as connection:
            row = connection.execute(_largest()).one_or_none()
        if row is None:
            return None
        self._size = max(self._size, row.size)
        self._at = max(self._at, datetime.fromtimestamp(row.published_at, UTC))
        return self._read(row.renewed or row.note)

    def not_before(self, moment: datetime) -> datetime:
        """Return a moment, or that of the last publication we know when that is later."""
        return max(moment, self._at)

    def covering(self, size: int) -> Checkpoint | None:
        """Return the checkpoint that a receipt for the first `size` leaves leans on.

        Returns:
            The earliest that our own policy's quorum witnessed; else the earliest; None when none of those
            that this process knows is large enough.

        Raises: as `latest`.
        """
        if size > self._size:
            return None
        earliest = select(_row.note).where(_row.size >= size).order_by(_row.size).limit(1)
        with reading(self._engine) as connection:
            note = connection.execute(earliest.where(_row.quorum_at.is_not(None))).scalar_one_or_none()
            if note is None:
                note = connection.execute(earliest).scalar_one_or_none()
        return None if note is None else self._read(note)

    def put(self, checkpoint: Checkpoint, *, at: datetime) -> bool:
        """Publish a head, unless a head as large or larger is published.

        Args:
            checkpoint: signed by the log, with the cosignatures it has.
            at: when, in whole seconds; `not_before` the one before it.

        Returns:
            Whether it was published by this call; its cosignatures are merged in either case.
        """
        with transaction(self._engine) as connection:
            self._lock(connection)
            before = connection.execute(_largest()).one_or_none()
            new = before is None or before.size < checkpoint.size
            if new:
                values = {
                    "size": checkpoint.size,
                    "root": checkpoint.root,
                    "published_at": int(at.timestamp()),
                    "previous": None if before is None else before.size,
                }
                connection.execute(insert(tables.checkpoint).values(values | self._noted(checkpoint)))
            else:
                self._merge(connection, checkpoint.size, checkpoint.signatures)
        self._size = max(self._size, checkpoint.size)
        return new

    def add(self, size: int, lines: Iterable[NoteSignature]) -> None:
        """Add cosignatures to a published checkpoint; nothing happens when there is none of this size.

        Args:
            lines: verified by whoever asked for them.
        """
        lines = tuple(lines)
        with transaction(self._engine) as connection:
            self._lock(connection)
            self._merge(connection, size, lines)

    def renew(self, size: int, lines: Iterable[NoteSignature]) -> None:
        """Keep later cosignatures of a published head for `latest`; receipts keep the first ones."""
        lines = tuple(lines)
        with transaction(self._engine) as connection:
            self._lock(connection)
            row = connection.execute(select(_row.note, _row.renewed).where(_row.size == size)).one()
            renewed = _replaced(self._read(row.renewed or row.note), lines)
            self._update(connection, size, {"renewed": renewed.dump()})

    def quorum_met(self, checkpoint: Checkpoint) -> bool:
        """Return whether the witnesses on a checkpoint are enough for our own policy."""
        return self.policy is None or witness_policy.evaluate(self.policy, checkpoint).met

    def _merge(self, connection: Connection, size: int, lines: Sequence[NoteSignature]) -> None:
        row = connection.execute(select(_row.note, _row.renewed).where(_row.size == size)).one_or_none()
        if row is None:
            return  # another process published a larger head instead
        before = self._read(row.note)
        after = merged(before, lines)
        if after != before:
            self._update(connection, size, self._noted(after))
        if row.renewed is not None:
            self._update(connection, size, {"renewed": _replaced(self._read(row.renewed), lines).dump()})

    def _update(self, connection: Connection, size: int, values: dict[str, Any]) -> None:
        connection.execute(update(tables.checkpoint).where(_row.size == size).values(values))

    def _noted(self, checkpoint: Checkpoint) -> dict[str, Any]:
        """Return the columns that change with the cosignatures."""
        quorum = None if self.policy is None else witness_policy.evaluate(self.policy, checkpoint)
        at = None if quorum is None or quorum.at is None else int(quorum.at.timestamp())
        return {"note": checkpoint.dump(), "quorum_at": at}

    def _lock(self, connection: Connection) -> None:
        """Let processes publish one after the other; on SQLite every writer does already."""
        if not is_sqlite(connection):
            head = tables.signed_head.c
            connection.execute(select(head.log).where(head.log == tables.LOG).with_for_update())

    def _parse(self, note: str) -> Checkpoint:
        try:
            return checkpoints.parse_signed(note, self._key)
        except VerifierError as error:
            raise CorruptError(
                "checkpoint_corrupt", "a published checkpoint is not one that this log signed"
            ) from error


def merged(checkpoint: Checkpoint, lines: Iterable[NoteSignature]) -> Checkpoint:
    """Return a head with more signatures, as far as a note has room; the first of each key stays."""
    known = {(line.name, line.key_id): line for line in checkpoint.signatures}
    for line in lines:
        known.setdefault((line.name, line.key_id), line)
    return replace(checkpoint, signatures=tuple(known.values())[: checkpoints.SIGNATURES_MAX])


def _replaced(checkpoint: Checkpoint, lines: Iterable[NoteSignature]) -> Checkpoint:
    """Return a head with more signatures; the last of each key stays, in the place of its first."""
    later = {(line.name, line.key_id): line for line in lines}
    kept = tuple(later.pop((line.name, line.key_id), line) for line in checkpoint.signatures)
    return merged(replace(checkpoint, signatures=kept), later.values())


def _largest() -> Any:
    return select(_row.size, _row.note, _row.renewed, _row.published_at).order_by(_row.size.desc()).limit(1)
