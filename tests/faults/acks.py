"""What clients did and were told, kept where the server cannot lose it: one line a step, fsynced.

    invoke   before a request is sent for the first time
    ok       when it was answered: `Ack`
    fail     when it was refused for good

A request without ok or fail may have happened. The file is written by the client process alone, in the order in which
things happened to it; a line counts once it is whole.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_WHOLE_ACK = re.compile(rb'"attempts": \d+}\n')


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


@dataclass(frozen=True)
class Invoke:
    """A request is about to be sent."""

    invoke: str


@dataclass(frozen=True)
class Fail:
    """A request was refused, and nothing of it may be there."""

    fail: str


Step = Ack | Invoke | Fail


class Acks:
    """The file, for the one process that writes it; safe for its threads."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()

    def add(self, step: Step) -> None:
        """Return when the step is on disk."""
        line = json.dumps(asdict(step)).encode() + b"\n"
        with self._lock:
            os.write(self._file, line)
            os.fsync(self._file)


def history(path: Path) -> list[Step]:
    """Return the steps that are whole, in their order."""
    if not path.exists():
        return []
    return [_step(json.loads(line)) for line in path.read_bytes().split(b"\n")[:-1]]


def acknowledged(steps: Sequence[Step]) -> list[Ack]:
    """Return what was acknowledged."""
    return [step for step in steps if isinstance(step, Ack)]


def count(path: Path) -> int:
    """Return how many acknowledgements there are, without reading what they say."""
    return len(_WHOLE_ACK.findall(path.read_bytes())) if path.exists() else 0


def _step(members: dict[str, object]) -> Step:
    kind = Invoke if "invoke" in members else Fail if "fail" in members else Ack
    return kind(**members)  # type: ignore[arg-type]
