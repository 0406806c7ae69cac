"""history: reading one person's 40 credentials, from a ledger of 10,000 events to one of 1,000,000.

Her credentials lie spread over the whole ledger, each time; the figure is the median time of the query by
subject on the large ledger over that on the small one. What a first look costs, when the pages of a person
are not in the database's own cache, is printed beside it, without a bar.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID, uuid4

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import Engine

from bench.databases import KINDS, ledger_engine, workshop
from ledger.store.appender import Append, Appender
from ledger.store.events import RecordedEvent
from ledger.store.recorder import LedgerRecorder
from tests.ledger.sealed import sealed_event

CREDENTIALS = 40
SMALL, LARGE, LARGE_QUICK = 10_000, 1_000_000, 100_000
OTHER_BODY_BYTES, BODY_BYTES = 1_024, 4_096
"""Strangers' credentials are shorter, so that a million fit on a small disk."""
READS = 200
RATIO_MAX = 1.5
BATCH = 500


@dataclass
class Population:
    """Who is in the ledger: strangers with up to 40 credentials each, and who issues them."""

    organisations: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(20)])
    strangers: list[UUID] = field(default_factory=list)


def main(arguments: Sequence[str]) -> bool:
    """Print the table and the figure; True when the target is met on both databases."""
    large = LARGE_QUICK if "--quick" in arguments else LARGE
    console = Console(width=100)
    table = Table(
        "database",
        f"{SMALL:,} events",
        f"{large:,} events",
        "ratio",
        "target",
        "first looks",
        title="one person's history of 40 credentials, median",
    )
    worst = 0.0
    with workshop() as folder:
        for kind in KINDS:
            with ledger_engine(kind, folder) as engine, appending(engine) as appender:
                population = Population()
                recorder = LedgerRecorder(engine)
                small = read(recorder, fill(appender, population, 0, SMALL, kind))
                big = read(recorder, fill(appender, population, SMALL, large, kind))
                first = statistics.median(
                    once(recorder, person) for person in population.strangers[::7][-100:]
                )
                recorder.close()
            worst = max(worst, big / small)
            table.add_row(
                kind,
                f"{small * 1000:.2f} ms",
                f"{big * 1000:.2f} ms",
                f"{big / small:.2f}",
                f"at most {RATIO_MAX}",
                f"{first * 1000:.2f} ms",
            )
    console.print(table)
    console.print(f"history: {worst:.2f} times the time at {large // SMALL} times the events")
    return worst <= RATIO_MAX


@contextmanager
def appending(engine: Engine) -> Iterator[Appender]:
    """Give an appender for filling, without the queue."""
    appender = Appender(engine)
    yield appender
    appender.connection.discard()


def fill(appender: Appender, population: Population, size: int, target: int, kind: str) -> UUID:
    """Grow the ledger to `target` events and return a person whose credentials lie spread over the new ones."""
    person = uuid4()
    every = (target - size) // CREDENTIALS
    events = iter(_subjects(population, person, target - size, every))
    with Progress(transient=True) as progress:
        task = progress.add_task(f"{kind}: filling to {target:,}", total=target - size)
        while batch := list(islice(events, BATCH)):
            appender.append(
                [
                    Append(
                        [
                            sealed_event(
                                subject=subject,
                                issuer=population.organisations[subject.int % 20],
                                body=os.urandom(BODY_BYTES if subject == person else OTHER_BODY_BYTES),
                            )
                        ]
                    )
                    for subject in batch
                ]
            )
            progress.advance(task, len(batch))
    return person


def _subjects(population: Population, person: UUID, count: int, every: int) -> Iterator[UUID]:
    """Yield whose event comes next: strangers in turns of a class, so that each one's lie apart."""
    class_: list[UUID] = []
    for number in range(count):
        if number % every == every // 2:
            yield person
            continue
        if number % (CREDENTIALS * 100) == 0:
            class_ = [uuid4() for _ in range(100)]
            population.strangers.extend(class_)
        yield class_[number % 100]


def read(recorder: LedgerRecorder, person: UUID) -> float:
    """Return the median seconds of reading her history, after warming up."""
    if len(look(recorder, person)) != CREDENTIALS:
        raise RuntimeError("the person does not have the credentials that were stored")
    times = [once(recorder, person) for _ in range(READS)]
    return statistics.median(times[READS // 10 :])


def once(recorder: LedgerRecorder, person: UUID) -> float:
    """Return the seconds of one reading."""
    begin = time.perf_counter()
    look(recorder, person)
    return time.perf_counter() - begin


def look(recorder: LedgerRecorder, person: UUID) -> list[RecordedEvent]:
    """Return a person's credentials."""
    return recorder.select_subject(person, types=["credential-issued.v1"])
