"""Where an export goes: a folder that a web server serves, or a bucket of an object store.

Two homes with one contract, `Place`; they share nothing but it. Everything here is public.

Not here: what is written, and in which order (`export`).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import ObjectStore, from_url

from ledger.errors import UnavailableError

if TYPE_CHECKING:
    from obstore import PutMode, UpdateVersion

CHECKPOINT_CACHE = "public, max-age=1"
TILE_CACHE = "public, max-age=31536000, immutable"
BYTES = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"


class Place(Protocol):
    """Holds files by their path below the log's prefix.

    Durability: what `write` returned from survives a crash. A reader sees a file whole, as it was before or
    after, never half. Errors: UnavailableError export_unavailable; a write whose error was raised may have
    been done.
    """

    def read(self, path: str) -> bytes | None:
        """Return a file, None when there is none."""

    def write(self, path: str, data: bytes) -> None:
        """Put a file, in place of what was there."""

    def swap(self, path: str, expected: bytes | None, data: bytes) -> bool:
        """Put a file in place of the expected one; False, and nothing done, when another is there."""

    def remove(self, folder: str) -> None:
        """Remove a folder with all files in it; nothing happens when there is none."""


class FolderPlace:
    """A folder. Files are written beside it first, in `.writing`, and moved when they are whole.

    Args:
        root: made when missing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._writing = root / ".writing"

    def read(self, path: str) -> bytes | None:
        """Return a file, None when there is none."""
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unavailable("read") from error

    def write(self, path: str, data: bytes) -> None:
        """Put a file: temporary file, fsync, rename, fsync of every folder that gained a name."""
        target = self._root / path
        temporary = self._writing / f"{os.getpid()}-{threading.get_ident()}"
        try:
            self._writing.mkdir(parents=True, exist_ok=True)
            made = self._make_folder(target.parent)
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
            for folder in (target.parent, *made):
                _sync(folder)
        except OSError as error:
            raise _unavailable("written") from error

    def swap(self, path: str, expected: bytes | None, data: bytes) -> bool:
        """Put a file in place of the expected one; False, and nothing done, when another is there."""
        try:
            self._writing.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._writing / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise _unavailable("written") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)  # released when the descriptor closes, by a crash too
            if self.read(path) != expected:
                return False
            self.write(path, data)
        finally:
            os.close(lock)
        return True

    def remove(self, folder: str) -> None:
        """Remove a folder with all files in it; nothing happens when there is none."""
        try:
            with suppress(FileNotFoundError):
                shutil.rmtree(self._root / folder)
        except OSError as error:
            raise _unavailable("removed") from error

    def _make_folder(self, folder: Path) -> list[Path]:
        """Make a folder with its parents; return the folders in which a new name stands."""
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for new in reversed(missing):
            new.mkdir(exist_ok=True)
        return [new.parent for new in missing]


class ObjectPlace:
    """A bucket, or a prefix in one. Objects carry the headers with which they are to be served.

    Args:
        store: of obstore, rooted at the prefix.
    """

    def __init__(self, store: ObjectStore) -> None:
        self.store = store

    def read(self, path: str) -> bytes | None:
        """Return an object, None when there is none."""
        data, _ = self.look(path)
        return data

    def write(self, path: str, data: bytes) -> None:
        """Put an object."""
        self._put(path, data, "overwrite")

    def swap(self, path: str, expected: bytes | None, data: bytes) -> bool:
        """Put an object in place of the expected one, by the store's own comparison (If-Match)."""
        found, version = self.look(path)
        if found != expected:
            return False
        try:
            self._put(path, data, "create" if version is None else version)
        except (AlreadyExistsError, PreconditionError):
            return False
        return True

    def look(self, path: str) -> tuple[bytes | None, UpdateVersion | None]:
        """Return an object with its version, for a swap."""
        try:
            found = obstore.get(self.store, path)
            return found.bytes().to_bytes(), {"e_tag": found.meta["e_tag"]}
        except FileNotFoundError:
            return None, None
        except (BaseError, OSError) as error:
            raise _unavailable("read") from error

    def _put(self, path: str, data: bytes, mode: PutMode) -> None:
        is_tile = path.startswith("tile/")
        headers = {
            "Content-Type": BYTES if is_tile else TEXT,
            "Cache-Control": TILE_CACHE if is_tile else CHECKPOINT_CACHE,
        }
        try:
            obstore.put(self.store, path, data, attributes=headers, mode=mode, use_multipart=False)
        except (AlreadyExistsError, PreconditionError):
            raise
        except (BaseError, OSError) as error:
            raise _unavailable("written") from error

    def remove(self, folder: str) -> None:
        """Remove all objects below a prefix; nothing happens when there are none."""
        try:
            for chunk in obstore.list(self.store, prefix=folder):
                obstore.delete(self.store, [item["path"] for item in chunk])
        except FileNotFoundError:
            pass
        except (BaseError, OSError) as error:
            raise _unavailable("removed") from error


def open_place(address: str) -> Place:
    """Return the place of an address.

    Args:
        address: a folder, or s3://bucket/prefix. Credentials, region and endpoint of S3 are the usual AWS_...
            variables of the environment.

    Raises:
        UnavailableError: export_address, it is neither.
    """
    if "://" not in address:
        return FolderPlace(Path(address))
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc or ".." in PurePosixPath(parts.path).parts:
        raise UnavailableError(
            "export_address",
            "the export is neither a folder nor an address of a bucket",
            expected="s3://bucket",
        )
    try:
        return ObjectPlace(from_url(address))
    except (BaseError, ValueError) as error:
        raise UnavailableError("export_address", "the address of the bucket cannot be used") from error


def _unavailable(what: str) -> UnavailableError:
    return UnavailableError("export_unavailable", f"a file of the export could not be {what}")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
