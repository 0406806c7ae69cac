"""Where the last signed head is kept, apart from the events, so that the log can never be rolled back unseen.

Homes with one contract: a file, a row in PostgreSQL, a key in etcd. A file or etcd is not in a backup of the
database: whoever restores yesterday's database meets today's head. A row is, and only orders processes.

Not here: etcd (`ledger.log.etcd`).
Source: DESIGN section 4 "Beyond one machine", THREATS E4 and M3; sunlight's LockBackend is the model.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from ledger.errors import UnavailableError
from ledger.store import tables
from ledger.store.engine import is_sqlite, sqlite_path
from ledger.store.reading import reading, transaction
from verifiers.formats.checkpoint import Checkpoint


class SecondPlace(Protocol):
    """Keeps one note: the last signed head.

    Durability: what `swap` accepted survives a crash and is what `load` returns from then on.
    Concurrency: of swaps with the same `expected`, by any threads or processes, one at most is accepted.
    Errors: UnavailableError when it cannot be read or written; after it, `load` tells what holds.
    """

    def load(self) -> str | None:
        """Return the note, None when there never was one."""

    def swap(self, expected: str | None, new: Checkpoint) -> bool:
        """Put a new note in place of the expected one; False, and nothing done, when another is there."""


class FilePlace:
    """A note in a file, replaced whole: temporary file, fsync, rename, fsync of the folder.

    Args:
        path: of the note; a lock file is made beside it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock_path = path.with_name(path.name + ".lock")

    def load(self) -> str | None:
        """Return the note, None when there never was one."""
        try:
            return self._path.read_bytes().decode()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise UnavailableError("second_place_unavailable", "the signed head cannot be read") from error

    def swap(self, expected: str | None, new: Checkpoint) -> bool:
        """Put a new note in place of the expected one; False, and nothing done, when another is there."""
        try:
            lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)  # released when the descriptor closes, by a crash too
                if self.load() != expected:
                    return False
                self._replace(new.dump().encode())
            finally:
                os.close(lock)
        except OSError as error:
            raise UnavailableError("second_place_unavailable", "the signed head cannot be written") from error
        return True

    def _replace(self, data: bytes) -> None:
        temporary = self._path.with_name(self._path.name + ".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class TablePlace:
    """A note in a row of `signed_head`, compared and swapped by the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load(self) -> str | None:
        """Return the note, None when there never was one."""
        row = tables.signed_head.c
        with reading(self._engine) as connection:
            return connection.execute(select(row.note).where(row.log == tables.LOG)).scalar_one_or_none()

    def swap(self, expected: str | None, new: Checkpoint) -> bool:
        """Put a new note in place of the expected one; False, and nothing done, when another is there."""
        values = {"size": new.size, "root": new.root, "note": new.dump()}
        row = tables.signed_head.c
        try:
            with transaction(self._engine) as connection:
                if expected is None:
                    connection.execute(insert(tables.signed_head).values(log=tables.LOG, **values))
                    return True
                place = update(tables.signed_head).where(row.log == tables.LOG, row.note == expected)
                return connection.execute(place.values(values)).rowcount == 1
        except IntegrityError:
            return False


class ReplicatedPlace:
    """Another place for a ledger on PostgreSQL: a head reaches it only when its events are replicated.

    A commit that still waits for its replicas can be seen after a restart. So the head is written to the
    row of the database first: when that commit returns, all commits before it are on the replicas too.

    Args:
        engine: of the ledger.
        place: the one that counts. Empty, it takes over what the row holds.
    """

    def __init__(self, engine: Engine, place: SecondPlace) -> None:
        self._row = TablePlace(engine)
        self._engine = engine
        self._place = place
        self._taken_over = False

    def load(self) -> str | None:
        """Return the note, None when there never was one."""
        note = self._place.load()
        self._taken_over = note is not None
        return note if self._taken_over else self._row.load()

    def swap(self, expected: str | None, new: Checkpoint) -> bool:
        """Put a new note in place of the expected one; False, and nothing done, when another is there."""
        if not self._taken_over:
            if self.load() != expected:
                return False
            if not self._taken_over:
                expected = None
        return self._write_row(new) and self._place.swap(expected, new)

    def _write_row(self, new: Checkpoint) -> bool:
        """Write the row; its commit is what counts here. False: another process is further."""
        values = {"size": new.size, "root": new.root, "note": new.dump()}
        row = tables.signed_head.c
        known, smaller = row.log == tables.LOG, row.size <= new.size
        for _ in range(2):  # the second time, the row is there
            try:
                with transaction(self._engine) as connection:
                    change = update(tables.signed_head).where(known, smaller).values(values)
                    if connection.execute(change).rowcount == 1:
                        return True
                    if connection.execute(select(row.log).where(known)).one_or_none() is not None:
                        return False
                    connection.execute(insert(tables.signed_head).values(log=tables.LOG, **values))
                    return True
            except IntegrityError:
                continue  # another process made the row
        return False


def second_place(engine: Engine, other: SecondPlace | None = None) -> SecondPlace:
    """Return the place of a ledger.

    Args:
        engine: the ledger's.
        other: what the settings ask for; None: `<file>.head` for SQLite, a row for PostgreSQL.
    """
    if is_sqlite(engine):
        path = sqlite_path(engine)
        return other or FilePlace(path.with_name(path.name + ".head"))
    return TablePlace(engine) if other is None else ReplicatedPlace(engine, other)
