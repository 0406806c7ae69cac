"""M5, Oak 2022 (2021): a split of the database lost rows; what was sent again got new places.

Old places then answered with the wrong entries and times. Here the audit names each lost place, a repeated request
whose event is gone is refused instead of stored anew, and an event has one place only whatever other tables say.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from ledger.errors import ConflictError, CorruptError
from ledger.store.events import SealedEvent
from ledger.usecases.idempotency import Idempotency
from ledger.usecases.issue import IssueAttestation, issue
from tests.incidents.place import Place, populate
from tests.ledger.usecases.world import example


def test_a_lost_row_is_named_and_its_request_is_not_stored_in_another_place(place: Place) -> None:
    once = Idempotency("one", b"body")
    with place.running() as world:
        roc, ada = populate(world)
        command = IssueAttestation(ada.id, example("training"))
        lost = issue(world.ledger, roc.actor, command, idempotency=once)
        world.issue(roc, ada)
        place.tamper(f"DELETE FROM event WHERE position = {lost.position}")
        with world.refuses(CorruptError, "idempotency_events_missing"):
            issue(world.ledger, roc.actor, command, idempotency=once)
    assert {
        ("event", f"position {lost.position}", "position_missing"),
        ("log_head", "log ledger", "size_mismatch"),
    } <= place.audit()
    assert "event_missing" in {code for table, _, code in place.audit() if table == "idempotency"}


def test_an_event_has_one_place_though_the_table_of_requests_is_lost(place: Place) -> None:
    with place.running() as world:
        populate(world)
        stored = world.ledger.store.at_position(3)
    place.tamper("DELETE FROM idempotency")
    with place.running() as world:
        root = world.root()
        assert world.ledger.store.insert_events([stored.sealed]) == [stored.notification_id]
        assert world.root() == root
        # Another event in the same place of its stream is a conflict, not a second place.
        with pytest.raises(ConflictError) as caught:
            world.ledger.store.insert_events([_other(stored.sealed)])
        assert caught.value.code == "version_conflict"
        assert world.root() == root
    assert place.audit() == set()


def _other(event: SealedEvent) -> SealedEvent:
    return replace(event, event_id=UUID(int=7))
