"""M6, Nessie2025: an overloaded store without a limit on writes, and entries that were promised went missing.

Here requests wait in a queue with an end; one more is refused at once and may be sent again. What was acknowledged
is there, what was refused is not.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from ledger import bootstrap
from ledger.errors import UnavailableError
from ledger.store.recorder import LedgerRecorder
from ledger.store.writer import Writer
from ledger.usecases.recording import IssuedCredential
from tests.incidents.place import Place, populate
from tests.ledger.store.faults import FaultyAppender

QUEUE_MAX = 3


def test_a_full_queue_refuses_at_once_and_keeps_what_it_accepted(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    appenders: list[FaultyAppender] = []

    def recorder(engine: Engine) -> LedgerRecorder:
        appenders.append(FaultyAppender(engine))
        return LedgerRecorder(engine, writer=Writer(appenders[-1], queue_max=QUEUE_MAX))

    monkeypatch.setattr(bootstrap, "LedgerRecorder", recorder)
    with place.running() as world, ThreadPoolExecutor(QUEUE_MAX + 1) as clients:
        roc, ada = populate(world)
        before = world.ledger.store.head().size
        appenders[-1].plan = ["wait"]
        accepted: list[Future[IssuedCredential]] = [clients.submit(world.issue, roc, ada)]
        appenders[-1].begun.wait()  # the store is busy with the first; the others wait behind it
        accepted += [clients.submit(world.issue, roc, ada) for _ in range(QUEUE_MAX)]
        while world.ledger.store.waiting < QUEUE_MAX:
            time.sleep(0.001)
        with pytest.raises(UnavailableError) as caught:
            world.issue(roc, ada)
        assert caught.value.code == "store_busy"
        appenders[-1].go.set()
        for future in accepted:
            issued = future.result()
            world.require_receipt(issued.receipt, issued.credential, issued.position)
        assert world.ledger.store.head().size == before + len(accepted)
        world.issue(roc, ada)  # sent again when there is room
    assert place.audit() == set()
