"""Secrets in files: written whole and durably, readable by their owner only, refused when they are not.

Not here: what the secrets mean (`vault`, `signing`).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import UnavailableError

SECRET_BYTES = 32


def private_folder(path: Path) -> Path:
    """Return the folder, made for its owner only when it was missing."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def derive(secret: bytes, label: bytes) -> bytes:
    """Return 32 bytes for one use of a secret; other labels tell nothing of each other. Source: RFC 5869."""
    return HKDF(hashes.SHA256(), SECRET_BYTES, salt=None, info=label).derive(secret)


def write_secret(path: Path, data: bytes) -> None:
    """Write a new file of mode 0600; durable on return, never half there, never over another.

    Raises:
        UnavailableError: secret_exists.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: it fails when somebody else has made the file meanwhile.
        os.link(temporary, path)
    except FileExistsError as error:
        raise UnavailableError("secret_exists", "the secret file exists already") from error
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def read_secret(path: Path, *, length: int | None = None) -> bytes:
    """Return the bytes of a secret file.

    Args:
        length: exact number of bytes it must have; None for any.

    Raises:
        UnavailableError: secret_missing; secret_readable_by_others; secret_malformed.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read()
    except FileNotFoundError as error:
        raise UnavailableError("secret_missing", "a secret file is missing") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UnavailableError(
            "secret_readable_by_others",
            "a secret file is open to others than its owner",
            expected="0600",
            got=f"{stat.S_IMODE(mode):04o}",
        )
    if length is not None and len(data) != length:
        raise UnavailableError(
            "secret_malformed", "a secret file has the wrong length", expected=str(length), got=str(len(data))
        )
    return data


def load_or_create_secret(path: Path) -> bytes:
    """Return the 32 bytes of a secret file, made from the system's randomness when it is missing.

    Raises:
        UnavailableError: secret_readable_by_others; secret_malformed.
    """
    private_folder(path.parent)
    if not path.exists():
        try:
            write_secret(path, os.urandom(SECRET_BYTES))
        except UnavailableError as error:
            if error.code != "secret_exists":
                raise
    return read_secret(path, length=SECRET_BYTES)


def destroy(path: Path) -> None:
    """Overwrite a secret file and remove it; durable on return. Nothing happens when it is gone already."""
    try:
        with path.open("r+b") as file:
            file.write(b"\x00" * path.stat().st_size)
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make names in a folder durable, as a file's fsync does not."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
