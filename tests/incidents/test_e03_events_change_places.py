"""E3: events are put in another order, or one is put among those of the past."""

from __future__ import annotations

from itertools import combinations

import pytest

from ledger.errors import CorruptError
from tests.incidents.place import Place, populate


def test_any_two_that_change_places_are_found(place: Place) -> None:
    with place.running() as world:
        populate(world, credentials=2)
    size = place.signed().size
    for first, second in combinations(range(size), 2):
        swap = [(first, -1), (second, first), (-1, second)]
        place.tamper(*(f"UPDATE event SET position = {to} WHERE position = {at}" for at, to in swap))
        found = place.audit()
        assert ("log_head", "log ledger", "root_mismatch") in found
        assert ("signed_head", "file ledger.sqlite.head", "checkpoint_not_prefix") in found
        place.tamper(*(f"UPDATE event SET position = {to} WHERE position = {at}" for at, to in swap))
    assert place.audit() == set()


def test_an_event_among_those_of_the_past_is_found_and_nothing_is_signed_over_it(place: Place) -> None:
    with place.running() as world:
        roc, ada = populate(world)
    size = place.signed().size
    columns = "version, type, subject, issuer, recorded_at, entry, header, signature, body"
    place.tamper(
        f"UPDATE event SET position = position + 1000 WHERE position >= {size - 1}",
        "UPDATE event SET position = position - 999 WHERE position >= 1000",
        f"INSERT INTO event (stream, position, event_id, {columns}) "
        f"SELECT zeroblob(16), {size - 1}, zeroblob(16), {columns} FROM event WHERE position = 1",
    )
    found = place.audit()
    assert ("event", f"position {size - 1}", "column_mismatch") in found
    assert ("signed_head", "file ledger.sqlite.head", "checkpoint_not_prefix") in found
    with pytest.raises(CorruptError) as caught, place.running() as world:
        world.issue(roc, ada)
    assert caught.value.code in ("head_went_back", "head_mismatch")
