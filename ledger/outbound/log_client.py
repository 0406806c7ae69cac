"""Reading a published log, over HTTP or from a folder: bytes by their path, nothing verified.

    <prefix>/checkpoint       <prefix>/tile/<L>/<N>[.p/<W>]       <prefix>/tile/entries/<N>[.p/<W>]

A log is a set of files, so a mirror's folder, an export and a server are read alike.

Not here: whether the bytes are true (`ledger.oversight.tree`), the paths (`verifiers.formats.tile`).
Source: https://c2sp.org/tlog-tiles.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ledger.errors import UnavailableError
from ledger.outbound.http import Http

_ABSENT = frozenset({403, 404, 410})
"""What web servers and object stores answer for a file that is not there (S3 says 403 without a right to list)."""


class LogSource(Protocol):
    """A published log, or a copy of one; a stranger's."""

    def read(self, name: str, *, bytes_max: int) -> bytes | None:
        """Return a file by its path below the prefix, None when there is none.

        Raises: UnavailableError, it cannot be said whether there is one, or it is larger than `bytes_max`.
        """
        ...


class HttpLog:
    """A log behind a URL.

    Args:
        http: the client; whoever made it closes it.
        prefix: with or without a slash at the end.
    """

    def __init__(self, http: Http, prefix: str) -> None:
        self._http = http
        self._prefix = prefix.rstrip("/")

    def read(self, name: str, *, bytes_max: int) -> bytes | None:
        """Return a file, None when there is none.

        Raises: UnavailableError: log_refused, `got` is the status; as `Http.get`.
        """
        answer = self._http.get(f"{self._prefix}/{name}", bytes_max=bytes_max)
        if answer.status == 200:
            return answer.body
        if answer.status in _ABSENT:
            return None
        raise UnavailableError("log_refused", "the log did not answer with a file", got=str(answer.status))


class FolderLog:
    """A log in a folder, as an export or a mirror writes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, *, bytes_max: int) -> bytes | None:
        """Return a file, None when there is none.

        Raises: UnavailableError: log_unreadable; answer_too_large.
        """
        try:
            with (self._folder / name).open("rb") as file:
                data = file.read(bytes_max + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise UnavailableError("log_unreadable", "a file of the log cannot be read") from error
        if len(data) > bytes_max:
            raise UnavailableError("answer_too_large", "a file of the log is too large")
        return data


def is_url(address: str) -> bool:
    """Return whether an address is meant for `HttpLog`; otherwise it names a folder."""
    return address.startswith(("http://", "https://"))
