"""The time of a head: never before what it follows or covers, and refused when the clock cannot be right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.errors import UnavailableError
from ledger.log.heads import CLOCK_AHEAD_MAX, CLOCK_BACK_MAX
from tests.ledger.log.conftest import MakeLog
from tests.ledger.log.world import Clock
from tests.ledger.sealed import NOW
from verifiers.formats import checkpoint as checkpoints


def test_a_head_says_when_it_was_signed(make_log: MakeLog) -> None:
    log = make_log()
    log.append(1)
    log.clock.move(seconds=7)
    assert log.cosigner.time_of(log.heads.latest()) == NOW + timedelta(seconds=7)


def test_nothing_is_signed_when_the_clock_went_back(make_log: MakeLog) -> None:
    log = make_log()
    log.append(1)
    before = log.heads.latest()
    log.append(1)
    log.clock.move(days=-1)
    with pytest.raises(UnavailableError) as caught:
        log.heads.latest()
    assert caught.value.code == "clock_went_back"
    assert log.place.load() == before.dump()
    # Neither would an event get such a time, nor a restart help.
    with pytest.raises(UnavailableError) as caught:
        log.heads.now()
    assert caught.value.code == "clock_went_back"
    with pytest.raises(UnavailableError) as caught:
        make_log(clock=log.clock)
    assert caught.value.code == "clock_went_back"
    log.clock.move(days=1)
    assert log.heads.latest().size == 2


def test_a_corrected_clock_holds_the_last_time_a_little_longer(make_log: MakeLog) -> None:
    log = make_log()
    log.append(1)
    first = log.cosigner.time_of(log.heads.latest())
    log.append(1, recorded_at=NOW)
    log.clock.now = NOW - CLOCK_BACK_MAX
    assert log.cosigner.time_of(log.heads.latest()) == first == log.heads.now()
    log.append(1, recorded_at=NOW)
    log.clock.move(microseconds=-1)
    with pytest.raises(UnavailableError) as caught:
        log.heads.latest()
    assert caught.value.code == "clock_went_back"


def test_a_head_is_never_older_than_an_event_in_it(make_log: MakeLog) -> None:
    """Mammoth 2025h1: clocks of two machines differed, and a head was older than an entry it covered."""
    log = make_log()
    log.append(1, recorded_at=NOW + timedelta(seconds=3))
    log.append(1, recorded_at=NOW + timedelta(seconds=1))
    assert log.cosigner.time_of(log.heads.latest()) == NOW + timedelta(seconds=3)
    log.append(1, recorded_at=NOW + timedelta(hours=1))
    with pytest.raises(UnavailableError) as caught:
        log.heads.latest()
    assert caught.value.code == "clock_went_back"
    assert caught.value.expected == f"not before {(NOW + timedelta(hours=1)).isoformat()}"


def test_a_clock_that_leapt_is_checked_by_a_person(make_log: MakeLog) -> None:
    log = make_log()
    log.append(1)
    log.heads.latest()
    far = Clock(NOW + CLOCK_AHEAD_MAX + timedelta(seconds=1))
    with pytest.raises(UnavailableError) as caught:
        make_log(clock=far)
    assert caught.value.code == "clock_leapt"
    log.clock.now = far.now
    with pytest.raises(UnavailableError) as caught:
        log.heads.now()
    assert caught.value.code == "clock_leapt"
    again = make_log(clock=far, clock_checked=True)
    again.append(1)
    assert again.cosigner.time_of(again.heads.latest()) == far.now
    assert make_log(clock=far).heads.now() == far.now


def test_the_time_is_part_of_what_the_second_place_keeps(make_log: MakeLog) -> None:
    log = make_log()
    note = log.place.load()
    assert note is not None
    assert log.cosigner.time_of(checkpoints.parse(note)) == NOW
