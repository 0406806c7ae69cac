"""One data key for each person or organisation, wrapped, in a database of its own.

The ledger seals bodies under these keys; destroying a key is what erases a person. Keys are wrapped by a
key-encryption key (KEK) that lives in a file beside the database and is replaced in epochs: a deleted row
stays in a database's journal and backups, but when its epoch's file is gone, that copy is noise too.

    kek-000001      32 random bytes, mode 0600, in a folder of mode 0700
    data_key row    owner, epoch, nonce || AES-256-GCM(KEK, data key, AAD = owner || epoch)

Not here: sealing (`ledger.store.mapper`), tombstones and certificates of erasure (use cases).
Source: DESIGN section "Seal".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from ledger.errors import CorruptError, ErasedError, UnavailableError
from ledger.keys import files

KEY_BYTES = 32
NONCE_BYTES = 12

metadata = MetaData()
data_key = Table(
    "data_key",
    metadata,
    Column("owner", LargeBinary(16), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=True),  # null: destroyed, and never made again
    Column("destroyed_at", BigInteger, nullable=True),
    Index("data_key_epoch", "epoch"),
)


class Vault:
    """The data keys. Thread-safe; several processes may share one vault.

    Durability: a key that was returned with `create` is stored; a key is gone when `destroy` returns.
    No key is kept in memory between calls.

    Args:
        engine: of the vault's own database, never the ledger's, migrated with chain "vault".
        folder: of the key-encryption keys; made when missing. It must not be in the same backup.
        random: n -> n unpredictable bytes.
    """

    def __init__(self, engine: Engine, folder: Path, *, random: Callable[[int], bytes] = os.urandom) -> None:
        self._engine = engine
        # The write option of `ledger.store.engine`: this floor does not know that one.
        self._writing = engine.execution_options(leerspoor_writes=True)
        self._folder = files.private_folder(folder)
        self._random = random
        if not self._epochs():
            self._new_kek(1)

    def data_key(self, owner: UUID, *, create: bool = False) -> bytes | None:
        """Return the owner's 32-byte data key, or None when it has none.

        Args:
            create: make the key, durably, when there is none. An orphan key is harmless, so this comes
                before anything that refers to it.

        Raises:
            ErasedError: erased, the key was destroyed; it is not made again.
            CorruptError: vault_corrupt, the row was not written by us for this owner.
            UnavailableError: vault_unavailable.
        """
        with _translated():
            with self._engine.connect() as connection:
                found = self._find(connection, owner)
            if found is not None or not create:
                return found
            key = self._random(KEY_BYTES)
            epoch = self._epochs()[-1]
            values = {"owner": owner.bytes, "epoch": epoch, "wrapped": self._wrap(key, owner.bytes, epoch)}
            try:
                with self._writing.begin() as connection:
                    connection.execute(insert(data_key).values(values))
            except IntegrityError:
                # Somebody else was first, between our two looks; theirs is the key.
                with self._engine.connect() as connection:
                    return self._find(connection, owner)
            return key

    def destroy(self, owner: UUID, *, now: datetime) -> None:
        """Destroy the owner's key for ever; an owner without a key will never get one. Idempotent.

        Copies of the row in journals and backups die with their epoch: see `rotate`.

        Args:
            now: aware; when the key was destroyed, kept beside the owner.

        Raises:
            UnavailableError: vault_unavailable.
        """
        moment = int(now.timestamp())
        gone = {"wrapped": None, "destroyed_at": moment}
        with _translated():
            with self._writing.begin() as connection:
                done = connection.execute(
                    update(data_key)
                    .where(data_key.c.owner == owner.bytes, data_key.c.destroyed_at.is_(None))
                    .values(gone)
                )
                if done.rowcount == 0:
                    known = select(func.count()).where(data_key.c.owner == owner.bytes)
                    if connection.execute(known).scalar_one() == 0:
                        connection.execute(
                            insert(data_key).values(owner=owner.bytes, epoch=self._epochs()[-1], **gone)
                        )
            self._truncate_journal()

    def is_destroyed(self, owner: UUID) -> bool:
        """Return whether the owner's key was destroyed."""
        statement = select(data_key.c.destroyed_at).where(data_key.c.owner == owner.bytes)
        with _translated(), self._engine.connect() as connection:
            return connection.execute(statement).scalar_one_or_none() is not None

    def rotate(self) -> int:
        """Begin a new epoch, wrap every surviving key again, and destroy the files of older epochs.

        From then on copies of old rows, in backups too, cannot be unwrapped. When it stops half-way, the
        old files are still there and the next call finishes the work.

        Returns:
            The new epoch.
        """
        with _translated():
            old = self._epochs()
            epoch = old[-1] + 1
            self._new_kek(epoch)
            with self._writing.begin() as connection:
                rows = select(data_key.c.owner, data_key.c.epoch, data_key.c.wrapped).where(
                    data_key.c.epoch < epoch, data_key.c.wrapped.is_not(None)
                )
                for row in connection.execute(rows).all():
                    key = self._unwrap(row.wrapped, row.owner, row.epoch)
                    connection.execute(
                        update(data_key)
                        .where(data_key.c.owner == row.owner)
                        .values(epoch=epoch, wrapped=self._wrap(key, row.owner, epoch))
                    )
            for number in old:
                files.destroy(self._kek_path(number))
        return epoch

    def _find(self, connection: Connection, owner: UUID) -> bytes | None:
        statement = select(data_key.c.epoch, data_key.c.wrapped).where(data_key.c.owner == owner.bytes)
        row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        if row.wrapped is None:
            raise ErasedError("erased", "the key of this person was destroyed")
        return self._unwrap(row.wrapped, owner.bytes, row.epoch)

    def _wrap(self, key: bytes, owner: bytes, epoch: int) -> bytes:
        nonce = self._random(NONCE_BYTES)
        return nonce + AESGCM(self._kek(epoch)).encrypt(nonce, key, _aad(owner, epoch))

    def _unwrap(self, wrapped: bytes, owner: bytes, epoch: int) -> bytes:
        try:
            return AESGCM(self._kek(epoch)).decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _aad(owner, epoch)
            )
        except (InvalidTag, ValueError) as error:
            raise CorruptError(
                "vault_corrupt", "a wrapped key is not what was stored for its owner"
            ) from error

    def _kek(self, epoch: int) -> bytes:
        return files.read_secret(self._kek_path(epoch), length=KEY_BYTES)

    def _new_kek(self, epoch: int) -> None:
        files.write_secret(self._kek_path(epoch), self._random(KEY_BYTES))

    def _kek_path(self, epoch: int) -> Path:
        return self._folder / f"kek-{epoch:06d}"

    def _epochs(self) -> list[int]:
        return sorted(int(path.name.removeprefix("kek-")) for path in self._folder.glob("kek-[0-9]*"))

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
