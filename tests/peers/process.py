"""A peer in a process of its own: one JSON line a request, one JSON line an answer."""

import json
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ANSWER_SECONDS_MAX = 180


class Peer:
    """A running peer.

    A peer that is silent too long is killed, so a test fails instead of hanging.
    """

    def __init__(self, command: Sequence[str | Path], *, folder: Path, log: Path) -> None:
        """Start it; what it says on standard error goes to the log."""
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log
        )
        self.log = log

    def ask(self, op: str, **request: Any) -> dict[str, Any]:
        """Send a request and return the answer.

        Raises:
            RuntimeError: the peer answered with an error, or died.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the peer has no pipes")
        clock = threading.Timer(ANSWER_SECONDS_MAX, self._process.kill)
        clock.start()
        try:
            stdin.write(json.dumps({"op": op, **request}).encode() + b"\n")
            stdin.flush()
            line = stdout.readline()
        finally:
            clock.cancel()
        if not line:
            raise RuntimeError(f"the peer ended: {self.log.read_text()[-2_000:]}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"the peer refused {op}: {answer['error']}")
        return answer

    def close(self) -> None:
        """End it."""
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
