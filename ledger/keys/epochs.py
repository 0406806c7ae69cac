"""The folder of key-encryption keys: one key an epoch, and beside it who was erased while it was the newest.

    kek-000003      32 random bytes, mode 0600; its time of change is when the epoch began
    erased-000003   one owner a line

An epoch is the newest for EPOCH_LIFE; GRACE after the next one began it is destroyed, key and list together.
So a copy of a wrapped key, in whatever backup or journal, is noise at the latest EPOCH_LIFE + GRACE after the
key itself was destroyed, and for GRACE a backup of the vault can still be put back for everybody else. The lists
see to it that putting it back brings nobody back: a restored vault knows nothing of later erasures, this
folder does. It must never be in the same backup as the vault.

Not here: the keys of persons (`vault`).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from ledger.errors import UnavailableError
from ledger.keys import files

EPOCH_LIFE = timedelta(days=23)
GRACE = timedelta(days=7)
"""With EPOCH_LIFE thirty days: how long an erased person's key may live on in old copies."""

_KEK, _ERASED = "kek-", "erased-"
_NUMBER = re.compile(r"kek-([0-9]{6,9})")


@dataclass(frozen=True, slots=True)
class Epoch:
    """One period of the key-encryption key; `destroyed_at` None: its key is still there."""

    number: int
    begun_at: datetime
    destroyed_at: datetime | None


class EpochFolder:
    """The files. Thread-safe; several processes may share the folder.

    Durability: what a method did survives a crash once it has returned.

    Args:
        path: made when missing, for the owner only.
    """

    def __init__(self, path: Path) -> None:
        self._path = files.private_folder(path)

    def numbers(self) -> list[int]:
        """Return the epochs whose key is there, the newest last."""
        found = (_NUMBER.fullmatch(path.name) for path in self._path.glob(f"{_KEK}*"))
        return sorted(int(name[1]) for name in found if name is not None)

    def begin(self, number: int, kek: bytes, *, now: datetime) -> None:
        """Keep the key of a new epoch; nothing happens when another process began it already."""
        try:
            files.write_secret(self._kek_path(number), kek)
        except UnavailableError as error:
            if error.code != "secret_exists":
                raise
            return
        # If we stop before this line, the epoch has the machine's time in place of ours.
        os.utime(self._kek_path(number), (now.timestamp(), now.timestamp()))

    def kek(self, number: int) -> bytes:
        """Return the 32-byte key of an epoch.

        Raises:
            UnavailableError: secret_missing, secret_readable_by_others, secret_malformed.
        """
        return files.read_secret(self._kek_path(number), length=files.SECRET_BYTES)

    def begun_at(self, number: int) -> datetime:
        """Return when an epoch began, in whole seconds."""
        return datetime.fromtimestamp(int(self._kek_path(number).stat().st_mtime), UTC)

    def note_erased(self, owner: UUID) -> None:
        """Write an owner on the list of the newest epoch."""
        path = self._erased_path(self.numbers()[-1])
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # A line that a crash cut short is ended by our first newline; `erased` passes over it.
            os.write(descriptor, f"\n{owner}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        files.sync_folder(self._path)

    def erased(self) -> set[UUID]:
        """Return the owners on all lists."""
        found = set()
        for path in self._path.glob(f"{_ERASED}[0-9]*"):
            for line in path.read_bytes().split(b"\n"):
                try:
                    found.add(UUID(line.decode("ascii")))
                except ValueError:
                    continue
        return found

    def destroy(self, number: int) -> None:
        """Destroy the key and the list of an epoch, for ever."""
        files.destroy(self._kek_path(number))
        files.destroy(self._erased_path(number))

    def _kek_path(self, number: int) -> Path:
        return self._path / f"{_KEK}{number:06d}"

    def _erased_path(self, number: int) -> Path:
        return self._path / f"{_ERASED}{number:06d}"
