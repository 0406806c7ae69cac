"""What clients were told, kept where the server cannot lose it: one line an acknowledgement, fsynced.

The file is written by the client process alone, and a line counts once it is whole.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ack:
    """What the server answered to one request: recorded, here, with this proof.

    Args:
        marker: stands in the title of the attestation, and so in the recorded credential.
        attempts: how often it was sent, always with the same idempotency key.
    """

    marker: str
    id: str
    position: int
    credential: str
    receipt: str
    attempts: int


class Acks:
    """The file, for the one process that writes it; safe for its threads."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()

    def add(self, ack: Ack) -> None:
        """Return when the acknowledgement is on disk."""
        line = json.dumps(asdict(ack)).encode() + b"\n"
        with self._lock:
            os.write(self._file, line)
            os.fsync(self._file)


def read(path: Path) -> list[Ack]:
    """Return the acknowledgements that are whole."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    return [Ack(**json.loads(line)) for line in lines[:-1]]


def count(path: Path) -> int:
    """Return how many there are, without reading what they say."""
    return path.read_bytes().count(b"\n") if path.exists() else 0
