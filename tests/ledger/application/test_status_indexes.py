"""Places in status lists: each given once, whatever the number of processes, and telling nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from ledger.application import SystemChance
from ledger.application import status_indexes as module
from ledger.application.status_indexes import BLOCK_SIZE, BLOCK_SIZE_MAX, LIST_SIZE, StatusIndexes, permuted
from ledger.store import tables
from tests.conftest import Database

ORGANISATION = UUID(int=0x10C)


@given(st.binary(min_size=32, max_size=32), st.sampled_from([1, 2, 3, 8, 100, 256, 1_000]))
def test_a_permutation_reaches_every_place_once(seed: bytes, size: int) -> None:
    assert sorted(permuted(count, seed=seed, size=size) for count in range(size)) == list(range(size))


@given(st.binary(min_size=32, max_size=32), st.integers(0, LIST_SIZE - 1))
def test_a_place_lies_in_the_list(seed: bytes, count: int) -> None:
    assert 0 <= permuted(count, seed=seed, size=LIST_SIZE) < LIST_SIZE


def test_places_follow_the_seed_and_not_the_count() -> None:
    first, second = (
        [permuted(count, seed=seed, size=LIST_SIZE) for count in range(64)]
        for seed in (bytes(32), b"\x01" * 32)
    )
    assert first != second
    ascending = sum(after > before for before, after in pairwise(first))
    assert 16 < ascending < 48, "they look shuffled"


@pytest.mark.parametrize("count", [-1, 8])
def test_a_count_outside_the_list(count: int) -> None:
    with pytest.raises(ValueError, match="not in the range"):
        permuted(count, seed=bytes(32), size=8)


def test_two_processes_never_give_the_same_place(database: Database) -> None:
    processes = [StatusIndexes(database.engine, SystemChance()) for _ in range(4)]
    with ThreadPoolExecutor(8) as threads:
        places = list(
            threads.map(
                lambda number: processes[number % 4].take(ORGANISATION, "revocation"),
                range(300),
            )
        )
    assert len({(place.list, place.index) for place in places}) == len(places)
    assert {place.number for place in places} == {0}
    assert processes[0].lists(ORGANISATION, "revocation") == {0: places[0].list}
    with database.engine.connect() as connection:
        leased = connection.execute(select(tables.status_allocation.c.leased)).scalars().all()
    assert len(leased) == 1
    assert len(places) <= leased[0] <= len(places) + 4 * BLOCK_SIZE_MAX


def test_a_full_list_is_followed_by_the_next(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIST_SIZE", 80)
    indexes = StatusIndexes(database.engine, SystemChance())
    places = [indexes.take(ORGANISATION, "revocation") for _ in range(200)]
    assert [place.number for place in places] == [0] * 80 + [1] * 80 + [2] * 40
    assert sorted(place.index for place in places[:80]) == list(range(80))
    assert set(indexes.lists(ORGANISATION, "revocation")) == {0, 1, 2}


def test_lists_are_apart_by_organisation_and_purpose(database: Database) -> None:
    indexes = StatusIndexes(database.engine, SystemChance())
    places = [
        indexes.take(organisation, purpose)
        for organisation in (ORGANISATION, uuid4())
        for purpose in ("revocation", "suspension")
    ]
    assert len({place.list for place in places}) == 4


def test_a_busy_organisation_leases_ever_larger_blocks(database: Database) -> None:
    indexes = StatusIndexes(database.engine, SystemChance())
    leased = []
    for _ in range(2 * BLOCK_SIZE_MAX):
        indexes.take(ORGANISATION, "revocation")
        with database.engine.connect() as connection:
            leased.append(connection.execute(select(tables.status_allocation.c.leased)).scalar_one())
    blocks = [after - before for before, after in pairwise([0, *leased]) if after != before]
    assert blocks == [16, 32, 64, 128, 256, 512, 1_024, 1_024]


def test_a_restart_wastes_at_most_a_block(database: Database) -> None:
    seen = {
        StatusIndexes(database.engine, SystemChance()).take(ORGANISATION, "revocation").index
        for _ in range(3)
    }
    assert len(seen) == 3
    with database.engine.connect() as connection:
        (leased,) = connection.execute(select(tables.status_allocation.c.leased)).scalars().all()
    assert leased == 3 * BLOCK_SIZE


def test_places_are_found_for_many_credentials(database: Database) -> None:
    list_id, streams = uuid4(), [uuid4() for _ in range(1_200)]
    with database.engine.begin() as connection:
        connection.execute(
            tables.status_index.insert(),
            [
                {"list": list_id, "index": index, "stream": stream}
                for index, stream in enumerate(streams[:1_100])
            ],
        )
    indexes = StatusIndexes(database.engine, SystemChance())
    assert indexes.places(list_id, streams) == {stream: index for index, stream in enumerate(streams[:1_100])}
    assert indexes.places(uuid4(), streams) == indexes.places(list_id, []) == {}
