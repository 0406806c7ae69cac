"""One data key for each person or organisation, wrapped, in a database of its own.

The ledger seals bodies under these keys; destroying a key is what erases a person. Keys are wrapped by a
key-encryption key (KEK) that lives in a file beside the database and is replaced in epochs: a deleted row
stays in a database's journal and backups, but when its epoch's file is gone, that copy is noise too.

    data_key row    owner, epoch, nonce || AES-256-GCM(KEK, data key, AAD = owner || epoch)
    key_epoch row   when an epoch began, and when its KEK was destroyed

Not here: the files (`epochs`), the table of epochs (`epoch_table`), sealing (`ledger.store.mapper`),
tombstones and certificates of erasure (use cases).
Source: DESIGN section "Seal".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, bindparam, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from ledger.errors import CorruptError, ErasedError, UnavailableError
from ledger.keys import epoch_table
from ledger.keys.epochs import EPOCH_LIFE, GRACE, Epoch, EpochFolder
from ledger.keys.tables import data_key

KEY_BYTES = 32
NONCE_BYTES = 12
REWRAP_ROWS = 500
"""Keys in one transaction of a rotation, so that enrolments and erasures never wait long for it."""
_READ_ATTEMPTS = 3


class Vault:
    """The data keys. Thread-safe; several processes may share one vault.

    Durability: a key that was returned with `create` is stored; a key is gone when `destroy` returns.
    No key is kept in memory between calls.

    Making one takes over what a crash or a restore left behind: an epoch that was begun or destroyed and not
    written down, and owners whose keys an older copy of the database brought back.

    Args:
        engine: of the vault's own database, never the ledger's, migrated with chain "vault".
        folder: of the key-encryption keys; made when missing. It must not be in the same backup.
        now: aware; when the first epoch begins, or what is taken over is noted.
        random: n -> n unpredictable bytes.

    Raises:
        UnavailableError: vault_too_old, vault_too_new (database and folder are not of one time: the keys
            that would open it are destroyed, or not here yet); vault_unavailable.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        *,
        now: datetime,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._engine = engine
        # The write option of `ledger.store.engine`: this floor does not know that one.
        self._writing = engine.execution_options(leerspoor_writes=True)
        self._folder = EpochFolder(folder)
        self._random = random
        with _translated(), self._writing.begin() as connection:
            if not self._folder.numbers():
                first = epoch_table.last_number(connection) + 1
                self._folder.begin(first, self._random(KEY_BYTES), now=now)
            epoch_table.take_over(connection, self._folder, now=now)
        for owner in self._folder.erased() - self.destroyed():
            self.destroy(owner, now=now)

    # Keys of owners

    def data_key(self, owner: UUID, *, create: bool = False) -> bytes | None:
        """Return the owner's 32-byte data key, or None when it has none.

        Args:
            create: make the key, durably, when there is none. An orphan key is harmless, so this comes
                before anything that refers to it.

        Raises:
            ErasedError: erased, the key was destroyed; it is not made again.
            CorruptError: vault_corrupt, the row was not written by us for this owner.
            UnavailableError: vault_unavailable; secret_missing and the like, see `files.read_secret`.
        """
        with _translated():
            found = self._find(owner)
            if found is not None or not create:
                return found
            key = self._random(KEY_BYTES)
            try:
                with self._writing.begin() as connection:
                    epoch = epoch_table.hold_newest(connection)
                    wrapped = self._wrap(key, owner.bytes, epoch)
                    connection.execute(
                        insert(data_key).values(owner=owner.bytes, epoch=epoch, wrapped=wrapped)
                    )
            except IntegrityError:
                # Somebody else was first, between our two looks; theirs is the key.
                return self._find(owner)
            return key

    def destroy(self, owner: UUID, *, now: datetime) -> None:
        """Destroy the owner's key for ever; an owner without a key will never get one. Idempotent.

        Copies of the row in journals and backups die with their epoch: see `noise_after`.

        Args:
            now: aware; when the key was destroyed, kept beside the owner.

        Raises:
            UnavailableError: vault_unavailable.
        """
        if self.is_destroyed(owner):
            return
        # The list first: it outlives a restore of the database. If we stop here, the next start goes on.
        self._folder.note_erased(owner)
        gone = {"wrapped": None, "destroyed_at": int(now.timestamp())}
        with _translated():
            with self._writing.begin() as connection:
                mine = data_key.c.owner == owner.bytes
                done = connection.execute(
                    update(data_key).where(mine, data_key.c.destroyed_at.is_(None)).values(gone)
                )
                if done.rowcount == 0:
                    known = connection.execute(select(func.count()).where(mine)).scalar_one()
                    if not known:
                        epoch = epoch_table.hold_newest(connection)
                        connection.execute(insert(data_key).values(owner=owner.bytes, epoch=epoch, **gone))
            self._truncate_journal()

    def is_destroyed(self, owner: UUID) -> bool:
        """Return whether the owner's key was destroyed."""
        return self.destroyed_at(owner) is not None

    def destroyed_at(self, owner: UUID) -> datetime | None:
        """Return when the owner's key was destroyed, None when it was not."""
        statement = select(data_key.c.destroyed_at).where(data_key.c.owner == owner.bytes)
        with _translated(), self._engine.connect() as connection:
            found = connection.execute(statement).scalar_one_or_none()
        return None if found is None else datetime.fromtimestamp(found, UTC)

    def destroyed(self) -> set[UUID]:
        """Return all owners whose keys were destroyed."""
        statement = select(data_key.c.owner).where(data_key.c.destroyed_at.is_not(None))
        with _translated(), self._engine.connect() as connection:
            return {UUID(bytes=owner) for owner in connection.execute(statement).scalars()}

    # Epochs

    def epochs(self) -> tuple[Epoch, ...]:
        """Return every epoch there ever was, the newest last."""
        with _translated(), self._engine.connect() as connection:
            return epoch_table.all_epochs(connection)

    def noise_after(self) -> tuple[Epoch, datetime]:
        """Return the newest epoch, and by when its key is destroyed: until then old copies can be opened.

        By schedule: a server that stands still keeps it later, and `epochs` says when it was.
        """
        newest = self.epochs()[-1]
        return newest, newest.begun_at + EPOCH_LIFE + GRACE

    def keep_schedule(self, *, now: datetime) -> None:
        """Begin a new epoch and destroy old ones when it is time. Cheap and harmless when it is not.

        When it stops half-way, the old files are still there and the next call finishes the work.

        Raises:
            UnavailableError: vault_unavailable. CorruptError: vault_corrupt.
        """
        if now >= self.epochs()[-1].begun_at + EPOCH_LIFE:
            self._begin_epoch(now)
        self._rewrap()
        living = [epoch for epoch in self.epochs() if epoch.destroyed_at is None]
        for epoch, later in pairwise(living):
            if now >= later.begun_at + GRACE:
                self._destroy_epoch(epoch.number, now)

    def rotate(self, *, now: datetime) -> int:
        """Begin a new epoch now, wrap every surviving key again, and destroy all older epochs at once.

        From then on copies of old rows, in backups too, cannot be unwrapped by anyone: make a new backup of
        the vault. When it stops half-way, the next call finishes the work.

        Returns:
            The new epoch.
        """
        self._begin_epoch(now)
        self._rewrap()
        *old, newest = self._folder.numbers()
        for number in old:
            self._destroy_epoch(number, now)
        return newest

    def _begin_epoch(self, now: datetime) -> None:
        # The file first: if we stop before the row, the next vault that is made writes it.
        self._folder.begin(self._folder.numbers()[-1] + 1, self._random(KEY_BYTES), now=now)
        with _translated(), self._writing.begin() as connection:
            epoch_table.take_over(connection, self._folder, now=now)

    def _rewrap(self) -> None:
        """Wrap every surviving key under the newest epoch, page by page."""
        page = select(data_key.c.owner, data_key.c.epoch, data_key.c.wrapped).limit(REWRAP_ROWS)
        # Only what we read: a key that is destroyed meanwhile must stay so.
        change = (
            update(data_key)
            .where(data_key.c.owner == bindparam("whose"), data_key.c.wrapped == bindparam("old"))
            .values(epoch=bindparam("new_epoch"), wrapped=bindparam("new"))
        )
        with _translated():
            while True:
                with self._writing.begin() as connection:
                    epoch = epoch_table.hold_newest(connection)
                    old = (data_key.c.epoch < epoch, data_key.c.wrapped.is_not(None))
                    rows = connection.execute(page.where(*old)).all()
                    if not rows:
                        return
                    changes = [
                        {
                            "whose": row.owner,
                            "old": row.wrapped,
                            "new_epoch": epoch,
                            "new": self._wrap(
                                self._unwrap(row.wrapped, row.owner, row.epoch), row.owner, epoch
                            ),
                        }
                        for row in rows
                    ]
                    connection.execute(change, changes)

    def _destroy_epoch(self, number: int, now: datetime) -> None:
        self._folder.destroy(number)
        with _translated(), self._writing.begin() as connection:
            epoch_table.write_destroyed(connection, number, now=now)

    def _find(self, owner: UUID) -> bytes | None:
        statement = select(data_key.c.epoch, data_key.c.wrapped).where(data_key.c.owner == owner.bytes)
        for attempt in range(_READ_ATTEMPTS):
            with self._engine.connect() as connection:
                row = connection.execute(statement).one_or_none()
            if row is None:
                return None
            if row.wrapped is None:
                raise ErasedError("erased", "the key of this person was destroyed")
            try:
                return self._unwrap(row.wrapped, owner.bytes, row.epoch)
            except UnavailableError as error:
                # Between row and file the epoch may have ended; then the row is another by now.
                if error.code != "secret_missing" or attempt + 1 == _READ_ATTEMPTS:
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _wrap(self, key: bytes, owner: bytes, epoch: int) -> bytes:
        nonce = self._random(NONCE_BYTES)
        return nonce + AESGCM(self._folder.kek(epoch)).encrypt(nonce, key, _aad(owner, epoch))

    def _unwrap(self, wrapped: bytes, owner: bytes, epoch: int) -> bytes:
        try:
            return AESGCM(self._folder.kek(epoch)).decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _aad(owner, epoch)
            )
        except (InvalidTag, ValueError) as error:
            raise CorruptError(
                "vault_corrupt", "a wrapped key is not what was stored for its owner"
            ) from error

    def _truncate_journal(self) -> None:
        """Let SQLite's journal forget the row at once; PostgreSQL's does so with its epoch."""
        if self._engine.dialect.name == "sqlite":
            pooled = self._engine.raw_connection()  # outside a transaction, where a checkpoint can run
            try:
                pooled.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                pooled.close()


def _aad(owner: bytes, epoch: int) -> bytes:
    return b"leerspoor data key\x00" + owner + epoch.to_bytes(4)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise UnavailableError("vault_unavailable", "the vault does not answer") from error
