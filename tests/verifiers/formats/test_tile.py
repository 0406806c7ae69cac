"""Paths and contents of tlog-tiles: one spelling, a round trip, and every refusal by its code."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from verifiers.errors import MalformedError
from verifiers.formats import tile
from verifiers.formats.tile import ENTRIES, TilePath, count_tiles, partial_tiles, tiles_down, tiles_of
from verifiers.primitives.merkle import SIZE_MAX

# Paths of the specification's own text, and the edges between its groups of three digits.
PATHS = {
    "tile/0/x001/x234/067": TilePath(0, 1_234_067),
    "tile/0/000": TilePath(0, 0),
    "tile/0/999": TilePath(0, 999),
    "tile/0/x001/000": TilePath(0, 1_000),
    "tile/0/x999/999": TilePath(0, 999_999),
    "tile/0/x001/x000/000": TilePath(0, 1_000_000),
    "tile/63/000.p/1": TilePath(63, 0, 1),
    "tile/1/x001/234.p/255": TilePath(1, 1_234, 255),
    "tile/entries/x001/234": TilePath(ENTRIES, 1_234),
    "tile/entries/000.p/7": TilePath(ENTRIES, 0, 7),
}

MALFORMED = [
    "",
    "/",
    "checkpoint",
    "tile",
    "tile/",
    "tile/0",
    "tile/0/",
    "/tile/0/000",
    "tile/0/000/",
    "tile//0/000",
    "tile/0//000",
    "Tile/0/000",
    "tile/00/000",
    "tile/01/000",
    "tile/-1/000",
    "tile/+1/000",
    "tile/64/000",
    "tile/99/000",
    "tile/100/000",
    "tile/ 0/000",
    "tile/0/0",
    "tile/0/00",
    "tile/0/0000",
    "tile/0/00a",
    "tile/0/x000",
    "tile/0/x000/000",
    "tile/0/x000/x001/000",
    "tile/0/001/000",
    "tile/0/x001/x000",
    "tile/0/X001/000",
    "tile/0/x1/000",
    "tile/0/x0001/000",
    "tile/0/x001x000/000",
    "tile/0/x001/../000",
    "tile/0/..",
    "tile/0/../0/000",
    "tile/0/%30%30%30",
    "tile/0/000.p",
    "tile/0/000.p/",
    "tile/0/000.p/0",
    "tile/0/000.p/00",
    "tile/0/000.p/01",
    "tile/0/000.p/-1",
    "tile/0/000.p/256",
    "tile/0/000.p/257",
    "tile/0/000.p/1000",
    "tile/0/000.p/1/",
    "tile/0/000.p/1.p/1",
    "tile/0/000.P/1",
    "tile/0/000p/1",
    "tile/0/000 ",
    "tile/0/000\n",
    "tile/0/000?x=1",
    "tile/0/000#1",
    "tile/0/٠٠٠",
    "tile/٣/000",
    "tile/0/0_0",
    "tile/0/000\x00",
    "tile\\0\\000",
    "tile/entry/000",
    "tile/entries",
    "tile/entries/0/000",
    "tile/Entries/000",
    "tile/data/000",
    "tile/names/000",
    "tile/0/" + "x999/" * 7 + "999",
    "tile/0/" + "x999/" * 6 + "999",  # beyond the largest log
    "tile/0/" + "x001/" * 10_000 + "000",
    "tile/0/000.p/" + "1" * 10_000,
]


@pytest.mark.parametrize("text", PATHS)
def test_a_path_is_read_and_written_alike(text: str) -> None:
    assert tile.parse_path(text) == PATHS[text]
    assert PATHS[text].dump() == text


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: ascii(text)[:40])
def test_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        tile.parse_path(text)
    assert caught.value.code == "tile_path_malformed"


@given(st.sampled_from([ENTRIES, *range(64)]), st.integers(0, SIZE_MAX // 256), st.integers(1, 256))
def test_every_place_has_one_path(level: tile.Level, index: int, width: int) -> None:
    path = TilePath(level, index, width)
    assert tile.parse_path(path.dump()) == path


@given(st.one_of(st.text(), st.text("tile/x0123456789.p")))
def test_no_text_makes_it_crash(text: str) -> None:
    with suppress(MalformedError):
        assert tile.parse_path(text).dump() == text


@pytest.mark.parametrize(
    ("level", "index", "width"),
    [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, SIZE_MAX, 1), (0, 0, 0), (0, 0, 257)],
)
def test_a_place_that_no_log_has_does_not_exist(level: int, index: int, width: int) -> None:
    with pytest.raises(MalformedError) as caught:
        TilePath(level, index, width)
    assert caught.value.code == "tile_path_malformed"


def test_the_example_of_the_specification() -> None:
    """A tree of size 70,000, as tlog-tiles counts its tiles under "Partial Tiles"."""
    paths = list(tiles_of(70_000))
    hashes = [path for path in paths if path.level != ENTRIES]
    assert [path.level for path in hashes if path.is_full] == [0] * 273 + [1]
    assert [path for path in hashes if not path.is_full] == [
        TilePath(0, 273, 112),
        TilePath(1, 1, 17),
        TilePath(2, 0, 1),
    ]
    assert list(tiles_of(256))[1:] == [TilePath(0, 0), TilePath(1, 0, 1)]
    assert list(tiles_of(0)) == []


def naive_tiles(size: int) -> set[TilePath]:
    """The same by the definition: the hashes of each level, cut into pieces of 256."""
    found = set()
    for level in range(64):
        count = size // 256**level
        for start in range(0, count, 256):
            piece = min(256, count - start)
            found.add(TilePath(level, start // 256, piece))
            if level == 0:
                found.add(TilePath(ENTRIES, start // 256, piece))
    return found


@given(st.integers(0, 200_000), st.integers(0, 3_000))
@example(65_536, 0)
@example(65_535, 1)
@example(0, 0)
def test_what_a_tree_gains_is_what_it_has_and_had_not(since: int, more: int) -> None:
    size = since + more
    gained = list(tiles_of(size, since=since))
    assert len(set(gained)) == len(gained)
    assert set(gained) == naive_tiles(size) - naive_tiles(since)
    assert all(path.is_in(size) and not path.is_in(since) for path in gained)
    assert list(tiles_down(size, since=since)) == gained[::-1]
    assert count_tiles(size, since=since) == len(gained)
    assert partial_tiles(size) == [path for path in tiles_of(size) if not path.is_full]


@given(st.integers(0, 70_000), st.integers(0, 2), st.integers(0, 300), st.integers(1, 256))
def test_a_tile_is_in_a_tree_that_has_its_last_hash(size: int, level: int, index: int, width: int) -> None:
    assert TilePath(level, index, width).is_in(size) == (256**level * (index * 256 + width) <= size)


def test_a_level_that_no_tree_reaches_is_in_none() -> None:
    assert not TilePath(63, 0, 1).is_in(SIZE_MAX)
    assert not TilePath(8, 0, 1).is_in(SIZE_MAX)
    assert TilePath(7, 0, 127).is_in(SIZE_MAX)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_entries_are_read_and_written_alike(entries: list[bytes]) -> None:
    assert tile.decode_entries(tile.encode_entries(entries), len(entries)) == entries


def test_a_bundle_is_written_as_the_specification_says() -> None:
    assert tile.encode_entries([b"ab", b""]) == b"\x00\x02ab\x00\x00"


@pytest.mark.parametrize(
    ("data", "width"),
    [
        (b"", 1),
        (b"\x00", 1),
        (b"\x00\x01", 1),
        (b"\x00\x02a", 1),
        (b"\x00\x01a", 2),
        (b"\x00\x01a\x00", 1),
        (b"\x00\x01a\x00\x01b", 1),
        (b"\xff\xff" + bytes(65_534), 1),
    ],
)
def test_a_bundle_of_another_length_is_refused(data: bytes, width: int) -> None:
    with pytest.raises(MalformedError) as caught:
        tile.decode_entries(data, width)
    assert caught.value.code == "tile_malformed"


@pytest.mark.parametrize("entries", [[], [b""] * 257, [bytes(65_536)]])
def test_entries_that_make_no_bundle_are_refused(entries: list[bytes]) -> None:
    with pytest.raises(MalformedError) as caught:
        tile.encode_entries(entries)
    assert caught.value.code == "tile_malformed"


@pytest.mark.parametrize(("length", "width"), [(0, 1), (31, 1), (33, 1), (64, 1), (32, 2), (8_192, 255)])
def test_a_tile_of_another_length_is_refused(length: int, width: int) -> None:
    with pytest.raises(MalformedError) as caught:
        tile.split_hashes(bytes(length), width)
    assert caught.value.code == "tile_malformed"


def test_hashes_are_cut_apart() -> None:
    hashes = [bytes([number]) * 32 for number in range(3)]
    assert tile.split_hashes(b"".join(hashes), 3) == hashes
