"""append: how many sealed events a second reach the disk, against the library's own recorders.

Ready-made events with bodies of 4 kB, one to a request, measured from the call to the answered commit;
64 requests in flight, and one. Rounds alternate between ours and theirs, so that a busy machine hurts both;
the ratio is the median over the rounds. Theirs stores header, signature and body in its one column; ours
also the entry, the tree, and the indexes by id, by person and by organisation. Streams are uuid7, as those
of credentials are.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from eventsourcing.persistence import ApplicationRecorder, StoredEvent
from rich.console import Console
from rich.table import Table

from bench.databases import KINDS, Kind, ours, theirs, workshop
from bench.issuing import print_steps
from ledger.application.clock import SystemChance, system_clock
from tests.ledger.sealed import sealed_event

BODY_BYTES = 4_096
ROUNDS = {64: 7, 1: 15}
PEOPLE, ORGANISATIONS = 1_000, 10
TARGETS: dict[tuple[Kind, int], float] = {
    ("PostgreSQL", 64): 8.0,
    ("PostgreSQL", 1): 0.9,
    ("SQLite", 64): 2.5,
    ("SQLite", 1): 0.9,
}
EVENTS = {64: (6_000, 1_500), 1: (300, 300)}
"""Per round, by requests in flight: ours and theirs, so that both take about as long."""

_people = [uuid4() for _ in range(PEOPLE)]
_organisations = [uuid4() for _ in range(ORGANISATIONS)]


def main(arguments: Sequence[str]) -> bool:
    """Print the table and the figure; True when every target is met."""
    console = Console(width=100)
    quick = "--quick" in arguments
    table = Table("database", "in flight", "ours, events/s", "theirs, events/s", "ratio", "target")
    met, worst = True, ""
    margin = float("inf")
    with workshop() as folder:
        for (kind, in_flight), target in TARGETS.items():
            rounds = ROUNDS[in_flight] // 5 if quick else ROUNDS[in_flight]
            mine, peers, ratio = compare(kind, in_flight, rounds, folder)
            table.add_row(
                kind, str(in_flight), f"{mine:,.0f}", f"{peers:,.0f}", f"{ratio:.2f}", f"at least {target}"
            )
            met &= ratio >= target
            if ratio / target < margin:
                margin, worst = ratio / target, f"{kind} with {in_flight} in flight"
        print_steps(console, folder, quick=quick)
    console.print(table)
    console.print(f"append: {margin:.2f} of target at the tightest place ({worst})")
    return met


def compare(kind: Kind, in_flight: int, rounds: int, folder: Path) -> tuple[float, float, float]:
    """Return events a second of ours and theirs, and the median of the rounds' ratios."""
    assert kind in KINDS
    rates: list[tuple[float, float]] = []
    with ours(kind, folder) as mine, theirs(kind, folder) as peer:
        for round_ in range(rounds + 1):
            our_events, their_events = make_events(EVENTS[in_flight])
            rate = measure(mine, our_events, in_flight), measure(peer, their_events, in_flight)
            if round_ > 0:  # the first warms up connections and prepared statements
                rates.append(rate)
    return (
        statistics.median(ours_ for ours_, _ in rates),
        statistics.median(theirs_ for _, theirs_ in rates),
        statistics.median(ours_ / theirs_ for ours_, theirs_ in rates),
    )


def make_events(counts: tuple[int, int]) -> tuple[list[StoredEvent], list[StoredEvent]]:
    """Return events for ours and theirs, each the first of its own stream."""
    ours_, theirs_ = counts
    chance = SystemChance()
    sealed = [
        sealed_event(
            stream=chance.uuid7(system_clock()),
            subject=_people[number % PEOPLE],
            issuer=_organisations[number % ORGANISATIONS],
            body=os.urandom(BODY_BYTES),
        )
        for number in range(max(ours_, theirs_))
    ]
    plain = [
        StoredEvent(
            event.originator_id,
            event.originator_version,
            event.topic,
            event.header + event.signature + event.state,
        )
        for event in sealed[:theirs_]
    ]
    return list(sealed[:ours_]), plain


def measure(recorder: ApplicationRecorder, events: Sequence[StoredEvent], in_flight: int) -> float:
    """Return events a second, from the first call to the last answer."""
    waiting = iter(events)
    gc.collect()
    gc.freeze()  # what was made ready is not searched for garbage during the measurement

    def work(_: int) -> None:
        for event in waiting:  # one iterator for all: next() of a list's iterator is atomic
            recorder.insert_events([event])

    if in_flight == 1:
        begin = time.perf_counter()
        work(0)
        return len(events) / (time.perf_counter() - begin)
    with ThreadPoolExecutor(in_flight) as pool:
        begin = time.perf_counter()
        list(pool.map(work, range(in_flight)))
        return len(events) / (time.perf_counter() - begin)
