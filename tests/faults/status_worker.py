"""One process of the campaign on status indexes: it leases places and gives them to credentials until it ends.

    python -m tests.faults.status_worker DATABASE_URL FOLDER THREADS ORGANISATION...

Leases, the transaction of the event and the writer's queue are the ledger's own; the credentials are noise, because
what they say does not matter here. A place is written down, by a single write, before anything is done with it:
what was written outlives a kill. It works until its input is closed.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import traceback
from pathlib import Path
from uuid import UUID, uuid4

from ledger.application import SystemChance
from ledger.application.status_indexes import Purpose, StatusIndex, StatusIndexes
from ledger.store.engine import make_engine
from ledger.store.recorder import LedgerRecorder
from tests.ledger.sealed import sealed_event

PURPOSES: tuple[Purpose, ...] = ("revocation", "suspension")
PLACE_BYTES = 20


def noted(place: StatusIndex) -> bytes:
    """Return a place as it is written down."""
    return place.list.bytes + place.index.to_bytes(4, "big")


def main(url: str, folder: Path, threads: int, organisations: list[UUID]) -> int:
    """Work until the input is closed; anything that goes wrong is written down and ends the process."""
    engine = make_engine(url)
    recorder, indexes = LedgerRecorder(engine), StatusIndexes(engine, SystemChance())
    name = f"{os.getpid()}-{uuid4().hex}"
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    given = os.open(folder / f"{name}.given", append, 0o600)
    done = os.open(folder / f"{name}.done", append, 0o600)
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.is_set():
                organisation, stream = random.choice(organisations), uuid4()
                places = [indexes.take(organisation, purpose) for purpose in PURPOSES]
                os.write(given, b"".join(noted(place) for place in places))
                event = sealed_event(stream=stream, subject=uuid4(), issuer=organisation)
                recorder.insert_events([event], rows=[place.taken_by(stream) for place in places])
                os.write(done, b".")
        except BaseException:
            (folder / f"{name}.wrong").write_text(traceback.format_exc()[-2_000:])
            os._exit(1)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    sys.stdin.read()
    stop.set()
    for worker in workers:
        worker.join()
    recorder.close()
    engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), [UUID(text) for text in sys.argv[4:]]))
