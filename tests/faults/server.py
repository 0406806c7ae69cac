"""A real server process, started as an operator starts it, and killed as no operator would."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
START_SECONDS_MAX = 90.0


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`leerspoor serve` on a folder and a database; started anew as often as it is killed.

    Args:
        settings: the environment variables that make its settings (LEERSPOOR_...).
        port: it keeps, so that clients find it again.
        log_path: its standard error.
    """

    def __init__(self, settings: dict[str, str], *, port: int, log_path: Path) -> None:
        self.base_url = f"http://127.0.0.1:{port}"
        self._log_path = log_path
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LEERSPOOR_")}
        with log_path.open("ab") as log:
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.nursery", "serve", "--port", str(port)],
                env={**inherited, **settings},
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,  # so that `_has_ended` sees an answer as soon as it is there
            )
        self._process: int | None = None

    def start(self) -> None:
        """Start a process; it answers some time later."""
        if self._nursery.stdin is None:
            raise TypeError("the nursery has no input")
        self._nursery.stdin.write(b"\n")
        self._process = self._answer()

    def wait_until_healthy(self) -> None:
        """Return when it answers; raise RuntimeError when it ended or takes too long."""
        deadline = time.monotonic() + START_SECONDS_MAX
        with httpx.Client(trust_env=False, timeout=2.0) as http:
            while time.monotonic() < deadline:
                self.check_running()
                try:
                    if http.get(f"{self.base_url}/v1/health").is_success:
                        return
                except httpx.TransportError:
                    time.sleep(0.02)
        raise RuntimeError(f"the server did not answer; see {self._log_path}")

    def check_running(self) -> None:
        """Raise RuntimeError when it ended by itself."""
        if self._process is not None and not self._has_ended():
            return
        tail = self._log_path.read_text(errors="replace")[-2_000:]
        raise RuntimeError(f"the server ended by itself:\n{tail}")

    def kill(self) -> None:
        """Kill it at once, as the kernel would; raise RuntimeError when it had ended before."""
        self.check_running()
        if self.stop(signal.SIGKILL) != -signal.SIGKILL:
            raise RuntimeError("the server ended before it could be killed")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int | None:
        """Send a signal and wait for the end; return the exit status, None when it was not running."""
        if self._process is None:
            return None
        if not self._has_ended():  # its number may be another process's by then
            os.kill(self._process, how)
        self._process = None
        return self._answer()

    def close(self) -> None:
        """End everything that was started here."""
        self.stop()
        self._nursery.communicate(timeout=30)

    def _has_ended(self) -> bool:
        """Return whether the nursery has told the exit status."""
        if self._nursery.stdout is None:
            raise TypeError("the nursery has no output")
        return bool(select.select([self._nursery.stdout], [], [], 0)[0])

    def _answer(self) -> int:
        line = b"" if self._nursery.stdout is None else self._nursery.stdout.readline()
        if not line:
            raise RuntimeError(f"no server can be started; see {self._log_path}")
        return int(line)
