"""Ids: random ones are random, time-ordered ones are in the order of their milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ledger.application import SystemChance, system_clock

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_time_ordered_ids() -> None:
    chance = SystemChance()
    made = [chance.uuid7(NOON + timedelta(milliseconds=count)) for count in range(100)]
    assert made == sorted(made)
    assert {(item.version, item.variant) for item in made} == {(7, "specified in RFC 4122")}
    assert made[0].int >> 80 == int(NOON.timestamp() * 1000)
    same = {chance.uuid7(NOON) for _ in range(100)}
    assert len(same) == 100


def test_random_ids_and_bytes() -> None:
    chance = SystemChance()
    assert {chance.uuid().version for _ in range(10)} == {4}
    assert len({chance.bytes(16) for _ in range(10)}) == 10


def test_the_machines_clock_is_aware() -> None:
    assert system_clock().tzinfo is UTC
