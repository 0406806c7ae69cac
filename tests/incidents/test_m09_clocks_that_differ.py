"""M9, Mammoth2025h1 (2025): clocks of two nodes differed, and a head was older than an entry in it.

Here the time of a head is never before the last one nor before an event that it covers; a clock that went back is
refused, and the audit compares the times of events with those of the heads over them.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.errors import UnavailableError
from ledger.log.cosigner import Cosigner
from tests.incidents.place import Place, populate
from tests.ledger.usecases.world import Clock


def test_a_clock_that_goes_back_records_and_signs_nothing(place: Place) -> None:
    with place.running() as world:
        roc, ada = populate(world)
        size = world.ledger.store.head().size
        world.clock.pass_(days=-1)
        with world.refuses(UnavailableError, "clock_went_back"):
            world.issue(roc, ada)
    with pytest.raises(UnavailableError) as caught:
        place.open()
    assert caught.value.code == "clock_went_back"
    place.clock.pass_(days=1)
    with place.running() as world:
        assert world.issue(roc, ada).position == size


def test_a_server_whose_clock_is_behind_does_not_sign_for_one_whose_is_ahead(place: Place) -> None:
    behind = Place(place.folder, place.pool, Clock())
    place.clock.pass_(minutes=10)
    with behind.running() as late:
        with place.running() as early:
            roc, ada = populate(early)
        with late.refuses(UnavailableError, "clock_went_back"):
            late.ledger.heads.latest()
        late.clock.pass_(minutes=11)
        issued = late.issue(roc, ada)
        late.require_receipt(issued.receipt, issued.credential, issued.position)
    assert place.audit() == set()


def test_a_head_that_is_older_than_an_entry_in_it_is_named(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp, complete = Cosigner.stamp, Cosigner.complete
    hour = timedelta(hours=1)
    with place.running() as world:
        populate(world)
        world.clock.pass_(hours=2)
        monkeypatch.setattr(Cosigner, "stamp", lambda self, head, *, at: stamp(self, head, at=at - hour))
        monkeypatch.setattr(
            Cosigner, "complete", lambda self, head, *, at: complete(self, head, at=at - hour)
        )
        world.organisation("Ziekenhuis Zuid")
        size = world.ledger.publisher.publish().size
    assert {
        ("signed_head", "file ledger.sqlite.head", "recorded_after_cosignature"),
        ("checkpoint", f"size {size}", "recorded_after_cosignature"),
    } <= place.audit()
