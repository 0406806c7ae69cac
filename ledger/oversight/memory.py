"""What a witness and a monitor remember, in a folder: files replaced whole, one folder a log.

    <origin hash>/checkpoint      the last head, as the log and we signed it
    <origin hash>/lock            held by whoever decides about the log
    <origin hash>/sightings       of a monitor: "<moment> <size>", thinned out with age
    <origin hash>/evidence/       what convicts somebody; never overwritten

Not here: what any of it means (`witness`, `monitor`).
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from ledger.errors import UnavailableError
from ledger.oversight.promises import Sighting
from ledger.oversight.witness import origin_hash
from verifiers.errors import VerifierError
from verifiers.primitives.encoding import format_time, parse_time

EVIDENCE_MAX = 1_000
"""Files of evidence of one kind for each log; a log that lies more often is known by then."""
RECENT = timedelta(days=1)
RECENT_EVERY, OLD_EVERY = timedelta(minutes=1), timedelta(hours=1)
"""How far apart looks are remembered: of the last day, and of the years before."""
_SIGHTING = re.compile(r"([0-9TZ:-]+) (0|[1-9][0-9]{0,18})")


class Memory:
    """A folder that remembers heads of logs; several processes may share it.

    Args:
        folder: made when it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def lock(self, origin: str) -> Iterator[None]:
        """Be alone with a log, over all threads and processes; a crash releases it.

        Raises: UnavailableError: memory_unavailable.
        """
        try:
            path = self._place(origin) / "lock"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unavailable() from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def load(self, origin: str) -> str | None:
        """Return the last head, None when there never was one.

        Raises: UnavailableError: memory_unavailable.
        """
        try:
            return (self._folder / origin_hash(origin) / "checkpoint").read_bytes().decode()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise _unavailable() from error

    def replace(self, origin: str, note: str) -> None:
        """Remember another head; durable on return. Raises: UnavailableError: memory_unavailable."""
        try:
            replace_file(self._place(origin) / "checkpoint", note.encode())
        except OSError as error:
            raise _unavailable() from error

    def keep_evidence(self, origin: str, data: bytes, name: str) -> None:
        """Keep a file, unless one of its name is kept already.

        Args:
            name: of the file: its kind, a hyphen, and what tells it from others. Each kind has room of its own,
                so that many files of one that strangers can cause leave room for one that convicts.

        Raises: UnavailableError: memory_unavailable.
        """
        try:
            folder = self._place(origin) / "evidence"
            folder.mkdir(exist_ok=True)
            path, kind = folder / name, name.partition("-")[0]
            if not path.exists() and sum(1 for _ in folder.glob(f"{kind}-*")) < EVIDENCE_MAX:
                replace_file(path, data)
        except OSError as error:
            raise _unavailable() from error

    def sightings(self, origin: str) -> list[Sighting]:
        """Return the earlier looks, in their order.

        Raises: UnavailableError: memory_unavailable, memory_malformed.
        """
        try:
            lines = (self._folder / origin_hash(origin) / "sightings").read_text("ascii").split("\n")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise _unavailable() from error
        # The last line may have been cut off by a crash; it was never more than a look.
        return [_sighting(line) for line in lines[:-1]]

    def add_sighting(self, origin: str, sighting: Sighting) -> None:
        """Remember a look. Raises: UnavailableError: memory_unavailable, memory_malformed."""
        kept = thin((*self.sightings(origin), sighting))
        lines = [f"{format_time(one.at)} {one.size}\n" for one in kept]
        try:
            replace_file(self._place(origin) / "sightings", "".join(lines).encode())
        except OSError as error:
            raise _unavailable() from error

    def _place(self, origin: str) -> Path:
        folder = self._folder / origin_hash(origin)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


def replace_file(path: Path, data: bytes) -> None:
    """Put a file in its place, whole or not at all, and durably: written, synced, renamed, folder synced.

    Raises: OSError.
    """
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def thin(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Return the looks that are worth remembering: one for each size that lasted, fewer of those long ago."""
    kept: list[Sighting] = []
    for one in sightings:
        every = RECENT_EVERY if sightings[-1].at - one.at < RECENT else OLD_EVERY
        # Of one size the last look says most; of looks close together the first does as well.
        if kept and one.size == kept[-1].size:
            kept[-1] = one
        elif not kept or one.at - kept[-1].at >= every or one is sightings[-1]:
            kept.append(one)
    return kept


def _sighting(line: str) -> Sighting:
    found = _SIGHTING.fullmatch(line)
    if found is None:
        raise UnavailableError("memory_malformed", "what was remembered of earlier looks cannot be read")
    try:
        return Sighting(parse_time(found[1]), int(found[2]))
    except VerifierError as error:
        raise UnavailableError(
            "memory_malformed", "what was remembered of earlier looks cannot be read"
        ) from error


def _unavailable() -> UnavailableError:
    return UnavailableError("memory_unavailable", "the folder of remembered heads cannot be read or written")
