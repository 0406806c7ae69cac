"""M4, Mammoth2024h1 (2024): the database ran out of disk, and two promised entries could never be added.

A promise must be durable before it is given. Here a full disk is said at once, nothing was promised that is not
there, reading goes on, and when there is room again the same request is stored once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, event

from ledger import bootstrap
from ledger.errors import UnavailableError
from ledger.store.engine import make_engine
from ledger.usecases.idempotency import Idempotency
from ledger.usecases.issue import IssueAttestation, issue
from tests.incidents.place import Place, populate
from tests.ledger.usecases.world import example

PAGES_LEFT = 12
ENOUGH = 1_000_000


@dataclass
class Disk:
    """How many pages the file of the ledger may have; whoever takes a connection from the pool learns it."""

    pages_max: int = ENOUGH

    def make_engine(self, url: str, **options: bool) -> Engine:
        """Return an engine of the ledger; a vault's has room enough."""
        engine = make_engine(url, **options)
        if url.endswith("ledger.sqlite"):
            event.listen(engine, "checkout", self._limit)
        return engine

    def _limit(self, connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {self.pages_max}").close()


def test_nothing_is_promised_on_a_full_disk_and_nothing_is_lost(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk()
    monkeypatch.setattr(bootstrap, "make_engine", disk.make_engine)
    with place.running() as world:
        roc, ada = populate(world, credentials=1)
    ((pages,),) = place.read("PRAGMA page_count")
    disk.pages_max = pages + PAGES_LEFT
    acknowledged = []
    with place.running() as world:

        def send(number: int) -> None:
            once = Idempotency(f"request-{number}", b"body")
            command = IssueAttestation(ada.id, example("training"))
            acknowledged.append(issue(world.ledger, roc.actor, command, idempotency=once))

        def send_many() -> None:
            for number in range(PAGES_LEFT):
                send(number)

        with pytest.raises(UnavailableError) as caught:
            send_many()
        assert caught.value.code == "store_full"
        refused = len(acknowledged)
        assert 0 < refused < PAGES_LEFT
        assert world.ledger.heads.latest().size == acknowledged[-1].position + 1  # reading goes on
        disk.pages_max = ENOUGH  # somebody made room
        send(refused)
        send(refused)
        first, again = acknowledged[-2:]
        assert (first.id, first.position, again.replayed) == (again.id, again.position, True)
        for issued in acknowledged:
            world.require_receipt(issued.receipt, issued.credential, issued.position)
    assert place.audit() == set()
