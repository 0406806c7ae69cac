"""Two witnesses, a mirror and a monitor follow a real ledger over HTTP, and see what its operator does."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from api.commands import application
from ledger import bootstrap
from ledger.oversight.findings import proves_fork
from ledger.settings import Settings
from ledger.usecases import transparency
from tests.faults.server import Server, free_port
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import witness_policy
from verifiers.formats.checkpoint import Checkpoint, parse_vkey

COMMAND = [sys.executable, "-c", "from api.commands import main; main()"]
SECONDS_MAX = 60.0
NAMES = ("school.example/w1", "bureau.example/w2")


def command(*arguments: str) -> tuple[int, str]:
    """Run a command in this process; return its status and everything it printed."""
    done = CliRunner().invoke(application, arguments)
    return done.exit_code, done.output


def until(happens: Callable[[], bool], what: str) -> None:
    """Return when it happens; fail when it does not in time."""
    deadline = time.monotonic() + SECONDS_MAX
    while not happens():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


class Stage:
    """A server whose log two witnesses cosign, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.http = folder, httpx.Client(trust_env=False, timeout=10)
        self.port, self.ports = free_port(), [free_port() for _ in NAMES]
        self.base_url = f"http://127.0.0.1:{self.port}"
        ledger = bootstrap.build(Settings(data_dir=folder / "data", base_url=self.base_url))
        self.log_key = transparency.log_key(ledger)
        ledger.close()
        shutil.copytree(folder / "data", folder / "old copy")
        self.policy = folder / "policy"
        self.policy.write_text(self._policy())
        self.witnesses: list[subprocess.Popen[bytes]] = []
        self.server: Server | None = None

    def _policy(self) -> str:
        lines = [f"log {self.log_key} {self.base_url}/log"]
        for number, name in enumerate(NAMES, start=1):
            status, told = command(
                "witness", "--name", name, "--state", f"{self.folder}/w{number}", "--show-keys"
            )
            assert status == 0
            keys = told.strip().split("\n")
            lines += [f"{line} http://127.0.0.1:{self.ports[number - 1]}" for line in keys]
            lines.append(f"group w{number} any {' '.join(line.split(' ')[1] for line in keys)}")
        return "\n".join([*lines, "group both all w1 w2", "quorum both", ""])

    def start_witness(self, number: int) -> subprocess.Popen[bytes]:
        name, port = NAMES[number], self.ports[number]
        where = ("--policy", str(self.policy), "--port", str(port), "--state", f"{self.folder}/w{number + 1}")
        with (self.folder / f"w{number + 1}.log").open("ab") as log:
            process = subprocess.Popen([*COMMAND, "witness", "--name", name, *where], stderr=log)
        until(lambda: self._answers(f"http://127.0.0.1:{port}/x/checkpoint"), "a witness did not start")
        return process

    def start(self) -> None:
        self.witnesses = [self.start_witness(number) for number in range(len(NAMES))]
        self.server = self.serve("data", self.port, LEERSPOOR_WITNESSES=str(self.policy))

    def serve(self, data: str, port: int, **settings: str) -> Server:
        server = Server(
            {
                "LEERSPOOR_DATA_DIR": str(self.folder / data),
                "LEERSPOOR_BASE_URL": self.base_url,
                **settings,
            },
            port=port,
            log_path=self.folder / f"{data}.log",
        )
        server.start()
        return server

    def register(self, name: str) -> None:
        assert self.try_to_register(name, data="data", port=self.port) == 201

    def try_to_register(self, name: str, *, data: str, port: int) -> int | None:
        """Return the status, None when there is nobody to answer."""
        token = (self.folder / data / "operator.token").read_text().strip()
        try:
            return self.http.post(
                f"http://127.0.0.1:{port}/v1/organisations",
                json={"name": name, "role": "school"},
                headers={"authorization": f"Bearer {token}"},
            ).status_code
        except httpx.TransportError:
            return None

    def head(self) -> Checkpoint:
        return checkpoints.parse(self.http.get(f"{self.base_url}/log/checkpoint").text)

    def until_cosigned(self) -> Checkpoint:
        """Return the head over everything that is recorded, once both witnesses cosigned it."""
        size = self.http.get(f"{self.base_url}/v1/health").json()["size"]
        policy = witness_policy.parse(self.policy.read_text())
        until(
            lambda: (head := self.head()).size >= size and witness_policy.evaluate(policy, head).met,
            "the head got no quorum",
        )
        return self.head()

    def monitor(self, address: str, *more: str) -> tuple[int, str]:
        return command(
            *("monitor", address, "--log", self.log_key, "--state", str(self.folder / "seen"), "--once"),
            *("--policy", str(self.policy), *more),
        )

    def evidence(self) -> list[bytes]:
        return [path.read_bytes() for path in (self.folder / "seen").glob("*/evidence/*")]

    def _answers(self, url: str) -> bool:
        try:
            return self.http.get(url).status_code == 404
        except httpx.TransportError:
            return False

    def close(self) -> None:
        with ExitStack() as stack:
            stack.callback(self.http.close)
            if self.server is not None:
                stack.callback(self.server.close)
            for process in self.witnesses:
                stack.callback(process.wait)
                process.terminate()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Everything started."""
    made = Stage(tmp_path)
    try:
        made.start()
        assert made.server is not None
        made.server.wait_until_healthy()
        yield made
    finally:
        made.close()


def has_ended(server: Server) -> bool:
    """Return whether the process ended by itself."""
    try:
        server.check_running()
    except RuntimeError:
        return True
    return False


@pytest.mark.long
def test_a_log_is_followed_and_its_operator_caught(stage: Stage, tmp_path: Path) -> None:
    # Honest: cosigned, monitored, mirrored; receipts kept.
    for number in range(3):
        stage.register(f"School {number}")
    head = stage.until_cosigned()
    receipts = tmp_path / "receipts"
    receipts.mkdir()
    for position in range(head.size):
        proof = stage.http.get(f"{stage.base_url}/v1/log/proof/{position}").text
        (receipts / f"{position}.txt").write_text(proof)
    status, told = stage.monitor(f"{stage.base_url}/log", "--receipts", str(receipts), "--json")
    assert status == 0, told
    assert json.loads(told)["findings"] == []
    mirror = ("mirror", f"{stage.base_url}/log", "--to", str(tmp_path / "copy"), "--log", stage.log_key)
    status, told = command(*mirror)
    assert (status, told.startswith(f"mirror: {head.size} entries")) == (0, True), told
    assert stage.monitor(str(tmp_path / "copy"), "--all")[0] == 0
    assert command("policy", str(stage.policy))[0] in (0, 1)  # it may say that two witnesses are few

    # A witness is killed, and comes back: it remembers, and the quorum stands again.
    stage.witnesses[0].send_signal(signal.SIGKILL)
    stage.witnesses[0].wait()
    stage.register("School 3")
    stage.witnesses[0] = stage.start_witness(0)
    head = stage.until_cosigned()
    assert stage.monitor(f"{stage.base_url}/log", "--receipts", str(receipts))[0] == 0

    # The operator restores an old copy: his own witnesses remember more than he does, and it does not start.
    rolled_port = free_port()
    rolled = stage.serve("old copy", rolled_port, LEERSPOOR_WITNESSES=str(stage.policy))
    try:
        until(lambda: "head_went_back" in (tmp_path / "old copy.log").read_text(), "nobody noticed")
        assert stage.try_to_register("Rolled back", data="old copy", port=rolled_port) is None
        until(lambda: has_ended(rolled), "it went on")
        assert "not_started" in (tmp_path / "old copy.log").read_text()
    finally:
        rolled.close()

    # He hides it from them, and goes on with another history: whoever saw the first one has the proof.
    other_port = free_port()
    other = stage.serve("old copy", other_port)
    try:
        other.wait_until_healthy()
        for number in range(head.size + 1):
            assert stage.try_to_register(f"Other {number}", data="old copy", port=other_port) == 201
        address = f"http://127.0.0.1:{other_port}/log"
        until(
            lambda: checkpoints.parse(stage.http.get(f"{address}/checkpoint").text).size > head.size,
            "the other history was not published",
        )
        status, told = stage.monitor(address)
        assert status == 1
        assert "fork" in told
        assert "quorum_missing" in told
        assert any(proves_fork(data, parse_vkey(stage.log_key)) for data in stage.evidence())
        status, told = command("mirror", address, "--to", str(tmp_path / "copy"), "--log", stage.log_key)
        assert (status, "fork" in told) == (1, True), told
    finally:
        other.close()

    # Without an address that answers, nothing is said about the log.
    status, told = stage.monitor("http://127.0.0.1:9/log")
    assert (status, "address_unreachable" in told) == (2, True)
