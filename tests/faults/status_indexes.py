"""Issue from many threads and processes at once, kill -9 them again and again: no status index is given twice.

    python -m tests.faults.status_indexes --n 100000 --kills 30 --database sqlite|postgresql [--seed N]

On SQLite one process serves and is killed; on PostgreSQL several are, one after another. Every place that was
ever leased and given out was written down before it was used, so a place that was given twice is seen even where
the database would refuse the second. Ends with one line, and non-zero when anything was wrong.
Source: THREATS D4.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, func, select

from ledger.audit.opening import snapshot
from ledger.audit.places import place_faults
from ledger.store import tables
from ledger.store.engine import make_engine, migrate
from tests import postgres
from tests.conftest import Kind
from tests.faults.kill import KINDS
from tests.faults.server import ROOT
from tests.faults.status_worker import PLACE_BYTES, PURPOSES

PROCESSES = {"sqlite": 1, "postgresql": 4}
THREADS = 64
"""Requests in flight, of all processes together."""
ORGANISATIONS = [UUID(int=number) for number in (0xA1, 0xB2)]
STUCK_SECONDS_MAX = 60


@dataclass(frozen=True)
class Summary:
    """What a campaign found.

    Args:
        issued: credentials that were recorded with their places.
        given: places that were leased and given out; more, because kills interrupt.
        wrong: what is not as it must be, one sentence each.
    """

    issued: int
    given: int
    kills: int
    wrong: tuple[str, ...]


class Campaign:
    """Processes that issue into one database, and are killed.

    Args:
        folder: fresh; what was given out is written down there.
        url: of a migrated, empty ledger database.
    """

    def __init__(self, kind: Kind, folder: Path, url: str, *, seed: int, threads: int = THREADS) -> None:
        self._kind, self._folder, self._url, self._random = kind, folder, url, random.Random(seed)
        self._threads = max(1, threads // PROCESSES[kind])
        self._running: list[subprocess.Popen[bytes]] = []

    def run(self, number: int, kills: int, told: Callable[[int, int], None] = lambda *_: None) -> Summary:
        """Issue at least that many credentials with that many kills spread over them.

        Args:
            told: called after every kill with its number and how many were recorded.
        """
        folder = self._folder
        try:
            for _ in range(PROCESSES[self._kind]):
                self._start()
            for kill in range(1, kills + 1):
                self._wait_for(round(number * kill / (kills + 1)))
                time.sleep(self._random.uniform(0, 0.05))  # so that kills fall into all phases
                victim = self._running.pop(self._random.randrange(len(self._running)))
                victim.kill()
                victim.communicate()
                if victim.returncode != -signal.SIGKILL:
                    break  # it ended by itself, and wrote down why
                told(kill, _count(folder))
                self._start()
            self._wait_for(number)
        finally:
            for process in self._running:
                process.communicate(timeout=STUCK_SECONDS_MAX)
        wrong = [path.read_text() for path in folder.glob("*.wrong")]
        engine = make_engine(self._url)
        wrong += faults(engine, given := given_out(folder))
        with snapshot(self._url) as connection:
            wrong += [str(fault) for fault in place_faults(connection)]
        with engine.connect() as connection:
            issued = connection.execute(select(func.count()).select_from(tables.event)).scalar_one()
        engine.dispose()
        if issued < _count(folder):
            wrong.append(f"{_count(folder)} were acknowledged and {issued} are there")
        return Summary(issued, len(given), kills, tuple(wrong))

    def _start(self) -> None:
        arguments = [self._url, str(self._folder), str(self._threads), *map(str, ORGANISATIONS)]
        command = [sys.executable, "-m", "tests.faults.status_worker", *arguments]
        self._running.append(subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE))

    def _wait_for(self, number: int) -> None:
        seen, since = -1, time.monotonic()
        while (count := _count(self._folder)) < number and not list(self._folder.glob("*.wrong")):
            if count > seen:
                seen, since = count, time.monotonic()
            elif time.monotonic() - since > STUCK_SECONDS_MAX:
                raise RuntimeError("nothing is issued any more")
            time.sleep(0.01)


def given_out(folder: Path) -> list[bytes]:
    """Return every place that was written down, in its bytes."""
    found = []
    for path in folder.glob("*.given"):
        data = path.read_bytes()
        found += [data[start : start + PLACE_BYTES] for start in range(0, len(data), PLACE_BYTES)]
    return found


def faults(engine: Engine, given: Iterable[bytes]) -> list[str]:
    """Return what is wrong with places that were given out, and with those that are recorded."""
    counted = Counter(given)
    wrong = [
        f"the place {place.hex()} was given {times} times" for place, times in counted.items() if times > 1
    ]
    place, allocation = tables.status_index.c, tables.status_allocation.c
    query = select(place.list, place.index, place.stream, allocation.purpose).join_from(
        tables.status_index, tables.status_allocation, allocation.list == place.list
    )
    purposes = Counter[UUID]()
    with engine.connect() as connection:
        for list_id, index, stream, _ in connection.execute(query):
            purposes[stream] += 1
            if list_id.bytes + index.to_bytes(4, "big") not in counted:
                wrong.append(f"the place {index} of list {list_id} was recorded and never given out")
        streams = set(connection.execute(select(tables.event.c.stream)).scalars())
    wrong += [f"{stream} has {times} places" for stream, times in purposes.items() if times != len(PURPOSES)]
    if streams != set(purposes):
        wrong.append(
            f"{len(streams ^ set(purposes))} credentials without places or places without credential"
        )
    return wrong


def _count(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.done"))


def main(arguments: list[str] | None = None) -> int:
    """Run a campaign and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.status_indexes")
    parser.add_argument("--n", type=int, default=100_000, help="credentials")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--seed", type=int, default=None, help="of the random moments; printed")
    options = parser.parse_args(arguments)
    seed = random.randrange(2**32) if options.seed is None else options.seed

    def tell(kill: int, issued: int) -> None:
        print(f"kill {kill}/{options.kills}: {issued} issued", flush=True)

    with ExitStack() as after:
        folder = Path(after.enter_context(tempfile.TemporaryDirectory(prefix="leerspoor-status-")))
        url = f"sqlite:///{folder / 'ledger.sqlite'}"
        if options.database == "postgresql":
            server = after.enter_context(postgres.server(folder / "postgres"))
            url = after.enter_context(postgres.database(server, "status_indexes"))
        engine = make_engine(url)
        migrate(engine)
        engine.dispose()
        (given := folder / "given").mkdir()
        summary = Campaign(options.database, given, url, seed=seed).run(options.n, options.kills, tell)
    for fault in summary.wrong[:100]:
        print(fault)
    print(
        f"campaign status-indexes on {options.database}, seed {seed}: {summary.issued} issued, "
        f"{summary.given} places given out, {summary.kills} kills, {len(summary.wrong)} wrong"
    )
    return 1 if summary.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
