"""Kill -9 a real server under load, again and again, and check after every kill.

    python -m tests.faults.kill --n 30 --database sqlite|postgresql [--seed N] [--threads N]

One client process lives through all of it and writes down, fsynced, what it was told. Each turn: the server
starts, answers at least one request, works on for a random moment, and is killed; then the ledger is opened
and everything ever acknowledged is checked, and the store and its exported copy are audited. Ends with one
line, and non-zero when anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr
from sqlalchemy import create_engine, text

from api.commands.audit_trust import trust_of
from ledger import bootstrap
from ledger.audit import Audit, Export, snapshot
from ledger.settings import Settings
from ledger.store import tables
from ledger.usecases import tokens
from tests import postgres
from tests.faults import acks
from tests.faults.acks import Ack
from tests.faults.checker import Finding, check
from tests.faults.load import EXAMPLE
from tests.faults.server import ROOT, START_SECONDS_MAX, Server, free_port
from tests.ledger.audit import mutations

OPERATOR = tokens.write("operator", bytes(range(32)))
THREADS = 6
WORK_SECONDS_MAX = 0.4
"""How long at most a server works on after its first answer; short, so that kills fall into all phases."""
KINDS = ("sqlite", "postgresql")
CHECKPOINTS = ("/log/checkpoint", "/v1/log/checkpoint")
REPLAYS_MAX = 20


@dataclass(frozen=True)
class Summary:
    """What a whole campaign found.

    Args:
        repeated: acknowledgements that took more than one attempt: their first was cut off.
    """

    kills: int
    acknowledged: int
    unacknowledged: int
    repeated: int
    wrong: tuple[str, ...]


class Campaign:
    """A folder, a database, a server that is killed and a client that is not.

    Args:
        folder: fresh; keys, vault, logs and acknowledgements go there.
        database_url: None for SQLite in the folder.
    """

    def __init__(self, folder: Path, database_url: str | None, *, seed: int, threads: int = THREADS) -> None:
        self._folder, self._threads = folder, threads
        self._random = random.Random(seed)
        self._acks_path = folder / "acks.jsonl"
        self._seen: list[str] = []
        port = free_port()
        self._settings = Settings(
            data_dir=folder / "data",
            database_url=database_url,
            base_url=f"http://127.0.0.1:{port}",
            operator_token=SecretStr(OPERATOR),
            verifier_processes=1,
            export=str(folder / "log"),
        )
        environment = {
            "LEERSPOOR_DATA_DIR": str(folder / "data"),
            "LEERSPOOR_BASE_URL": self._settings.base_url,
            "LEERSPOOR_OPERATOR_TOKEN": OPERATOR,
            "LEERSPOOR_VERIFIER_PROCESSES": "1",
            "LEERSPOOR_EXPORT": str(folder / "log"),
        }
        if database_url is not None:
            environment["LEERSPOOR_DATABASE_URL"] = database_url
        self._server = Server(environment, port=port, log_path=folder / "server.log")
        self._organisation = ""
        self._learner = ""
        self._token = ""

    def run(self, kills: int, told: Callable[[int, Finding], None] = lambda _, __: None) -> Summary:
        """Kill that many times, then let one server finish what is waiting, and check once more.

        Args:
            told: called after every kill with its number and what was found.
        """
        wrong: list[str] = []
        found = Finding(0, 0, 0, ())
        try:
            self._set_up()
            with self._load():
                for number in range(1, kills + 1):
                    self._work_then_kill()
                    found = self._check()
                    wrong += [f"kill {number}: {fault}" for fault in found.wrong]
                    told(number, found)
                    self._server.start()
                self._wait_for_more_acks()
            wrong += self._send_again()
            self._server.stop()
            last = self._check()
            if self._settings.database_url is None:
                wrong += unnoticed(self._settings, self._random, self._folder)
        finally:
            self._server.close()
        wrong += [f"at the end: {fault}" for fault in last.wrong]
        if not (self._folder / "log" / "checkpoint").exists():
            wrong.append("at the end: nothing was exported")
        repeated = sum(ack.attempts > 1 for ack in self._told())
        return Summary(kills, last.acknowledged, last.unacknowledged, repeated, tuple(wrong))

    def _set_up(self) -> None:
        self._server.start()
        self._server.wait_until_healthy()
        with httpx.Client(base_url=self._server.base_url, trust_env=False, timeout=30) as http:
            body: dict[str, object] = {"name": "ROC Alblas", "role": "school"}
            roc = _created(http.post("/v1/organisations", json=body, headers=_bearer(OPERATOR)))
            self._organisation, self._token = roc["organisation"]["id"], roc["token"]["secret"]
            body = {"name": "Samira Haddad"}
            learner = _created(http.post("/v1/learners", json=body, headers=_bearer(self._token)))
            self._learner = learner["id"]

    @contextmanager
    def _load(self) -> Iterator[None]:
        arguments = [
            self._server.base_url, self._token, self._learner, str(self._acks_path), str(self._threads),
        ]  # fmt: skip
        load = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.load", *arguments],
            cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            yield
        finally:
            _, refusals = load.communicate(timeout=60)
        if load.returncode != 0:
            raise RuntimeError(f"the server refused what it should not: {refusals.decode()[:2_000]}")

    def _work_then_kill(self) -> None:
        self._wait_for_more_acks()
        time.sleep(self._random.uniform(0, WORK_SECONDS_MAX))
        self._look()
        self._server.kill()

    def _look(self) -> None:
        """Keep the heads that anybody would be shown at this moment."""
        with httpx.Client(base_url=self._server.base_url, trust_env=False, timeout=10) as http:
            self._seen += [http.get(path).raise_for_status().text for path in CHECKPOINTS]

    def _send_again(self) -> list[str]:
        """Send a sample of what was acknowledged once more."""
        told = self._told()
        some = self._random.sample(told, min(REPLAYS_MAX, len(told)))
        with httpx.Client(base_url=self._server.base_url, trust_env=False, timeout=30) as http:
            return replayed(http, self._token, self._learner, some)

    def _told(self) -> list[Ack]:
        return acks.acknowledged(acks.history(self._acks_path))

    def _wait_for_more_acks(self) -> None:
        before, deadline = acks.count(self._acks_path), time.monotonic() + START_SECONDS_MAX
        while acks.count(self._acks_path) == before:
            self._server.check_running()
            if time.monotonic() > deadline:
                raise RuntimeError("the server acknowledges nothing")
            time.sleep(0.005)

    def _check(self) -> Finding:
        ledger = bootstrap.build(self._settings)
        try:
            steps = acks.history(self._acks_path)
            found = check(ledger, UUID(self._organisation), steps, seen=self._seen)
        finally:
            ledger.close()
        return replace(found, wrong=(*found.wrong, *audited(self._settings)))


def audited(settings: Settings) -> list[str]:
    """Return what an audit finds in the stored ledger and its copy, one line each."""
    url = database_of(settings)
    trust = trust_of(settings, url=url)
    folder = Path(settings.export or "")
    # A server that was killed before it ever exported left nothing to look at.
    copy = Export(folder, trust.signers) if (folder / "checkpoint").exists() else None
    with snapshot(url) as connection:
        return [str(fault) for fault in Audit(connection, trust, export=copy).faults()]


def unnoticed(settings: Settings, chance: random.Random, folder: Path) -> list[str]:
    """Flip one bit of one event, in a copy of an SQLite ledger; return a sentence if the audit does not see it."""
    copy = folder / "flipped.sqlite"
    shutil.copy(settings.data_dir / "ledger.sqlite", copy)
    shutil.copy(settings.data_dir / "ledger.sqlite.head", folder / "flipped.sqlite.head")
    engine = create_engine(f"sqlite:///{copy}")
    with engine.begin() as connection:
        for name in (
            connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        ):
            connection.execute(text(f"DROP TRIGGER {name}"))
        column = chance.choice(["header", "signature", "body", "entry"])
        mutation = mutations.flipped(connection, chance, tables.event, column, set())
        mutation.change(connection)
    engine.dispose()
    url = f"sqlite:///{copy}"
    with snapshot(url) as connection:
        found = [fault.row for fault in Audit(connection, trust_of(settings, url=url)).faults()]
    return [] if mutation.row in found else [f"the audit does not see: {mutation.name}"]


def database_of(settings: Settings) -> str:
    """Return the address of the ledger's database."""
    return settings.database_url or f"sqlite:///{settings.data_dir / 'ledger.sqlite'}"


def replayed(http: httpx.Client, token: str, learner: str, told: Sequence[Ack]) -> list[str]:
    """Send acknowledged requests again; return a sentence for each that got another answer, or added something."""
    attestation = json.loads(EXAMPLE.read_bytes())
    before = http.get("/v1/health").json()["size"]
    wrong = []
    for ack in told:
        body = {"learner": learner, "attestation": {**attestation, "title": f"Training {ack.marker}"}}
        headers = {**_bearer(token), "idempotency-key": ack.marker}
        answer = http.post("/v1/attestations", json=body, headers=headers)
        again = answer.json()
        if answer.status_code != 201 or (again["id"], again["position"]) != (ack.id, ack.position):
            wrong.append(f"{ack.marker} was sent again and got {answer.status_code}")
    if http.get("/v1/health").json()["size"] != before:
        wrong.append("requests that were sent again added something")
    return wrong


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def _created(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code != 201:
        raise RuntimeError(f"the server does not work: {answer.status_code} {answer.text[:500]}")
    body: dict[str, Any] = answer.json()
    return body


def main(arguments: list[str] | None = None) -> int:
    """Run a campaign and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kill")
    parser.add_argument("--n", type=int, default=30, help="kills")
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--seed", type=int, default=None, help="of the random moments; printed")
    parser.add_argument("--threads", type=int, default=THREADS, help="requests in flight")
    options = parser.parse_args(arguments)
    seed = random.randrange(2**32) if options.seed is None else options.seed

    def tell(number: int, found: Finding) -> None:
        print(
            f"kill {number}/{options.n}: {found.acknowledged} acknowledged, {found.unacknowledged} more "
            f"recorded, {len(found.wrong)} wrong",
            flush=True,
        )

    with ExitStack() as after:
        folder = Path(after.enter_context(tempfile.TemporaryDirectory(prefix="leerspoor-kill-")))
        url = None
        if options.database == "postgresql":
            server = after.enter_context(postgres.server(folder / "postgres"))
            url = after.enter_context(postgres.database(server, "ledger_kill"))
        campaign = Campaign(folder, url, seed=seed, threads=options.threads)
        summary = campaign.run(options.n, tell)
    for fault in summary.wrong:
        print(fault)
    print(
        f"campaign kill on {options.database}, seed {seed}: {summary.kills} kills, "
        f"{summary.acknowledged} acknowledged, {summary.repeated} of these by a repeated request, "
        f"{len(summary.wrong)} wrong"
    )
    return 1 if summary.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
