"""audit: how long a whole audit of one million events takes, on two cores.

The ledger is one as issuing leaves it: schools, learners, nineteen credentials for each learner, each with its
two places in status lists and the idempotency key of its request, signed by a real key, with bodies of 1 kB; and a
published checkpoint with its cosignatures for every 250 events.
The figure is the seconds of `Audit` itself over the whole snapshot, as `leerspoor audit` runs it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Engine

from bench.databases import ledger_engine, workshop
from ledger.application import SystemChance
from ledger.application.status_indexes import StatusIndexes
from ledger.audit import Audit, HeadFile, Trust, snapshot
from ledger.keys.cosigning import CosignerKeys
from ledger.log.cosigner import Cosigner
from ledger.log.published import Published
from ledger.store import tables
from ledger.store.appender import Append, Appender
from ledger.store.events import RowInsert, SealedEvent
from ledger.store.idempotency import IdempotencyRecord
from ledger.store.recorder import LedgerRecorder
from tests.ledger.sealed import NOW, sealed_event
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import VerifierKey
from verifiers.primitives.keys import from_raw

EVENTS, EVENTS_QUICK = 1_000_000, 20_000
SECONDS_MAX = 300.0
ORGANISATIONS, CREDENTIALS = 20, 19
BODY_BYTES, BATCH = 1_024, 250
ORIGIN = "bench.example/leerspoor"


@dataclass
class Maker:
    """Makes a ledger that an audit finds clean."""

    engine: Engine
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def __post_init__(self) -> None:
        """Make what everything is made with."""
        self.public = from_raw("Ed25519", self.key.public_key().public_bytes_raw())
        self._indexes = StatusIndexes(self.engine, SystemChance())
        self._schools: list[UUID] = []

    def requests(self) -> Iterator[Append]:
        """Yield requests without end, of one event each: first the schools, then learners and credentials."""
        for _ in range(ORGANISATIONS):
            self._schools.append(school := uuid4())
            other = from_raw("Ed25519", Ed25519PrivateKey.generate().public_key().public_bytes_raw())
            row = RowInsert(tables.public_key, {"multikey": other.multikey, "organisation": school})
            yield self._request(school, school, None, "organisation-registered.v1", row)
        while True:
            school, learner = self._schools[uuid4().int % ORGANISATIONS], uuid4()
            token = {
                "token_hash": os.urandom(32), "id": uuid4(), "owner": learner, "role": "learner",
                "scopes": "", "label": "", "created_at": round(NOW.timestamp()),
            }  # fmt: skip
            enrolled = RowInsert(tables.token, token)
            yield self._request(learner, school, learner, "learner-enrolled.v1", enrolled)
            for _ in range(CREDENTIALS):
                stream = uuid4()
                places = [self._indexes.take(school, purpose) for purpose in ("revocation", "suspension")]
                rows = [place.taken_by(stream) for place in places]
                yield self._request(stream, school, learner, "credential-issued.v1", *rows)

    def _request(
        self, stream: UUID, issuer: UUID, subject: UUID | None, type_: str, *rows: RowInsert
    ) -> Append:
        event: SealedEvent = sealed_event(
            stream=stream, subject=subject, issuer=issuer, type_=type_, body=os.urandom(BODY_BYTES),
            key=self.public.multikey, signer=self.key.sign,
        )  # fmt: skip
        once = IdempotencyRecord(issuer, os.urandom(32), os.urandom(32), (event.event_id,))
        return Append([event], once, rows)


def main(arguments: Sequence[str]) -> bool:
    """Print the figure; True when the target is met."""
    events = EVENTS_QUICK if "--quick" in arguments else EVENTS
    with workshop() as folder:
        url, trust = make(folder, events)
        began, cpu = time.perf_counter(), os.times()
        with snapshot(url) as connection, Progress(transient=True) as progress:
            task = progress.add_task("auditing", total=events)
            audit = Audit(
                connection, trust, processes=os.cpu_count() or 1,
                tell=lambda step, done, _: progress.update(task, completed=done) if step == "events" else None,
            )  # fmt: skip
            faults = list(audit.faults())
        seconds, used = time.perf_counter() - began, os.times()
    if faults:
        raise RuntimeError(f"the audit of a clean ledger found {len(faults)} faults: {faults[0]}")
    spent = sum(used[:4]) - sum(cpu[:4])
    Console().print(
        f"audit: {seconds:.0f} s for {events:,} events, {spent / events * 1e6:.0f} us of processor each; "
        f"for 1,000,000 at most {SECONDS_MAX:.0f} s"
    )
    return seconds * EVENTS / events <= SECONDS_MAX


def make(folder: Path, events: int) -> tuple[str, Trust]:
    """Return the address of a ledger with that many events, and what an audit of it may trust."""
    with ledger_engine("SQLite", folder) as engine:
        maker, appender, recorder = Maker(engine), Appender(engine), LedgerRecorder(engine)
        vkey = VerifierKey(ORIGIN, maker.public)
        cosigner = Cosigner(CosignerKeys(folder / "cosigner-keys", os.urandom(32)), ORIGIN)
        published = Published(engine, vkey, None)
        requests = islice(maker.requests(), events)
        with Progress(transient=True) as progress:
            task = progress.add_task("filling", total=events)
            while batch := list(islice(requests, BATCH)):
                appender.append(batch)
                head = recorder.head()
                note = checkpoints.sign(
                    origin=ORIGIN, size=head.size, root=head.root, key=vkey, signer=maker.key.sign
                )
                published.put(cosigner.complete(note, at=NOW), at=NOW)
                progress.advance(task, len(batch))
        appender.connection.discard()
        recorder.close()
        last = HeadFile("file bench.head", cosigner.stamp(note, at=NOW).dump().encode())
        url = engine.url.render_as_string(hide_password=False)
    return url, Trust(maker.public, ORIGIN, last, cosigner.keys)
