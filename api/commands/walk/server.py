"""A real server in its own process, as `leerspoor serve` starts it, on a folder of its own.

Its settings come from here alone: the environment's LEERSPOOR_ variables do not reach a demonstration.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from api.commands.walk.tally import WalkError

HOST = "127.0.0.1"
DATA = "data"
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 20.0
LOG_LINES_SHOWN = 15
COMMAND = (sys.executable, "-c", "from api.commands import main; main()")
"""`leerspoor`, by this very interpreter."""
STATUS_SECONDS = 1
"""In a walk nobody wants to wait for the next moment at which status lists may change."""


def free_port(wanted: int) -> int:
    """Return the wanted port when nobody listens there, else any free one; 0 wants any."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise WalkError("no port is free on this machine")


def settings(data_dir: Path, base_url: str) -> dict[str, str]:
    """Return an environment with the settings of a walk, and none of the surrounding one's."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEERSPOOR_")}
    return environment | {
        "LEERSPOOR_DATA_DIR": str(data_dir),
        "LEERSPOOR_BASE_URL": base_url,
        "LEERSPOOR_STATUS_SECONDS": str(STATUS_SECONDS),
    }


def wait_until_answered(
    url: str, process: subprocess.Popen[bytes], log: Path, *, status: int | None = None
) -> None:
    """Return once a process answers HTTP, with a certain status when one is asked.

    Raises:
        WalkError: it ended, or took too long; with the last lines of its log.
    """
    deadline = time.monotonic() + START_SECONDS_MAX
    with httpx.Client(trust_env=False, timeout=2.0) as http:
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                answered = http.get(url).status_code
                if status in (None, answered):
                    return
            time.sleep(0.05)
    lines = log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
    raise WalkError("\n".join(["the server did not start:", *lines]))


class Server:
    """One server process.

    Args:
        folder: for its database, keys and log of what it did; made if needed.
        port: on 127.0.0.1.
        witnesses: policy file with the witnesses that it asks; None: nobody.
    """

    def __init__(self, folder: Path, port: int, witnesses: Path | None = None) -> None:
        self.base_url = f"http://{HOST}:{port}"
        self.data_dir = folder / DATA
        self.export = folder / "log"
        self.witnesses = witnesses
        self._log = folder / "server.log"
        folder.mkdir(parents=True, exist_ok=True)
        environment = settings(self.data_dir, self.base_url)
        environment["LEERSPOOR_EXPORT"] = str(self.export)
        if witnesses is not None:
            environment["LEERSPOOR_WITNESSES"] = str(witnesses)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own command, no shell
                [*COMMAND, "serve", "--host", HOST, "--port", str(port)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # An interrupt at the keyboard is the walk's to handle: it stops the server in order.
                start_new_session=True,
            )

    def wait_until_healthy(self) -> None:
        """Return once the server answers.

        Raises:
            WalkError: it ended, or took too long; with the last lines of its log.
        """
        wait_until_answered(f"{self.base_url}/v1/health", self._process, self._log, status=200)

    def operator_token(self) -> str:
        """Return the token that the server wrote at its first start."""
        return (self.data_dir / "operator.token").read_text().strip()

    def wait(self) -> None:
        """Return when the process has ended."""
        self._process.wait()

    def stop(self) -> None:
        """End the process in order; after too long a wait, at once."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
