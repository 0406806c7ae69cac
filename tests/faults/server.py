"""A real server process, started as an operator starts it, and killed as no operator would."""

from __future__ import annotations

import os
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

    While one process serves, the next has loaded its modules already and waits for its turn, so that most
    of the time of a campaign is spent serving and dying.

    Args:
        settings: the environment variables that make its settings (LEERSPOOR_...).
        port: it keeps, so that clients find it again.
        log_path: its standard error.
    """

    def __init__(self, settings: dict[str, str], *, port: int, log_path: Path) -> None:
        self.base_url = f"http://127.0.0.1:{port}"
        self._port, self._log_path = port, log_path
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LEERSPOOR_")}
        self._environment = {**inherited, **settings}
        self._running: subprocess.Popen[bytes] | None = None
        self._waiting = self._prepare()

    def _prepare(self) -> subprocess.Popen[bytes]:
        wait_then_serve = "import sys; from api.commands import main; sys.stdin.read(1) and main()"
        with self._log_path.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", wait_then_serve, "serve", "--port", str(self._port)],
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    def start(self) -> None:
        """Start a process; it answers some time later."""
        self._running, self._waiting = self._waiting, self._prepare()
        _end_input(self._running, b"!")

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
        if self._running is None or self._running.poll() is not None:
            tail = self._log_path.read_text(errors="replace")[-2_000:]
            raise RuntimeError(f"the server ended by itself:\n{tail}")

    def kill(self) -> None:
        """Kill it at once, as a power cut or the kernel would."""
        self.check_running()
        self.stop(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int | None:
        """Send a signal and wait for the end; return the exit status, None when it was not running."""
        if self._running is None:
            return None
        self._running.send_signal(how)
        status = self._running.wait(timeout=30)
        self._running = None
        return status

    def close(self) -> None:
        """End both processes."""
        self.stop()
        _end_input(self._waiting)
        self._waiting.wait(timeout=30)


def _end_input(process: subprocess.Popen[bytes], last: bytes = b"") -> None:
    if process.stdin is None:
        raise TypeError("the process has no input to write to")
    process.stdin.write(last)
    process.stdin.close()
