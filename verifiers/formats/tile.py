"""Where the hashes and entries of a log stand, and how they are written: C2SP tlog-tiles.

    tile/0/x001/x234/067          256 hashes of level 0, from leaf 1234067 * 256 on
    tile/1/000.p/17               the first 17 hashes of a tile of level 1
    tile/entries/000              256 entries, each behind its length in two bytes

Hash i of tile n at level l is the root over the 256**l leaves from (n * 256 + i) * 256**l on. Paths, tiles
and bundles never change once they exist: whoever serves them needs no database, and may cache for ever.

Not here: fetching and serving tiles, proofs from them (`verifiers.primitives.merkle` asks for nodes).
Source: https://c2sp.org/tlog-tiles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from verifiers.errors import MalformedError
from verifiers.primitives.merkle import HASH_BYTES, SIZE_MAX

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILE_BYTES = TILE_WIDTH * HASH_BYTES
LEVEL_MAX = 63
"""The specification's; a tree of SIZE_MAX leaves has nothing above level 7."""
ENTRY_BYTES_MAX = (1 << 16) - 1
BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + ENTRY_BYTES_MAX)
PATH_CHARACTERS_MAX = 64

ENTRIES: Literal["entries"] = "entries"
Level = int | Literal["entries"]

_LENGTH_BYTES = 2
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class TilePath:
    """One tile of hashes, or one bundle of entries, complete or its first part.

    Args:
        level: 0 to 63; "entries" for the bundle that goes with a tile of level 0.
        index: of the tile in its level, 0-based.
        width: hashes or entries in it, 1 to 256; fewer than 256 make it partial.

    Raises:
        MalformedError: tile_path_malformed.
    """

    level: Level
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        """Refuse a place that no log has."""
        _require_path(self.level == ENTRIES or 0 <= self.height <= LEVEL_MAX, "the level is out of range")
        _require_path(0 <= self.index <= SIZE_MAX // TILE_WIDTH, "the index is out of range")
        _require_path(1 <= self.width <= TILE_WIDTH, "the width is out of range")

    @property
    def height(self) -> int:
        """The level as a number: entries stand at level 0."""
        return 0 if isinstance(self.level, str) else self.level

    @property
    def is_full(self) -> bool:
        """Whether nothing can be added to it."""
        return self.width == TILE_WIDTH

    @property
    def first(self) -> int:
        """The index, within its level, of the first hash or entry."""
        return self.index * TILE_WIDTH

    def is_in(self, size: int) -> bool:
        """Return whether a tree of this size has all of it."""
        return self.first + self.width <= size >> TILE_HEIGHT * self.height

    def dump(self) -> str:
        """Return the path below the log's prefix, without a slash before it."""
        groups = [f"{self.index % 1000:03}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03}")
            rest //= 1000
        partial = "" if self.is_full else f".p/{self.width}"
        return f"tile/{self.level}/{'/'.join(reversed(groups))}{partial}"


def parse_path(text: str) -> TilePath:
    """Read a path; only the one canonical spelling is accepted.

    Args:
        text: as `TilePath.dump` writes it, for example "tile/0/x001/234.p/5".

    Raises:
        MalformedError: tile_path_malformed.
    """
    found = _PATH.fullmatch(text) if len(text) <= PATH_CHARACTERS_MAX else None
    if found is None:
        raise MalformedError("tile_path_malformed", "the path is not tile, level, index and width")
    level: Level = ENTRIES if found["level"] == ENTRIES else int(found["level"])
    index = int(found["index"].replace("x", "").replace("/", ""))
    path = TilePath(level, index, int(found["width"] or TILE_WIDTH))
    _require_path(path.dump() == text, "it is not written in its one canonical form")
    return path


def tiles_of(size: int, *, since: int = 0) -> Iterator[TilePath]:
    """Return what a tree of one size has and a smaller one had not: whole tiles, then what is partial.

    Bundles of entries first, then the levels from 0 up, so that what is above rests on what is there.

    Args:
        size: leaves in the tree.
        since: leaves in the smaller tree; 0 for everything.

    Source: tlog-tiles, "Merkle Tree" and "Partial Tiles".
    """
    for level, whole, width in _rows(size, since):
        for index in whole:
            yield TilePath(level, index)
        if width:
            yield TilePath(level, whole.stop, width)


def tiles_down(size: int, *, since: int = 0) -> Iterator[TilePath]:
    """Return the same in the opposite order, one by one: a signed size may promise more than any memory holds."""
    for level, whole, width in reversed(_rows(size, since)):
        if width:
            yield TilePath(level, whole.stop, width)
        for index in reversed(whole):
            yield TilePath(level, index)


def count_tiles(size: int, *, since: int = 0) -> int:
    """Return how many these are, without making them; args as `tiles_of`."""
    return sum(whole.stop - whole.start + (width > 0) for _, whole, width in _rows(size, since))


def partial_tiles(size: int) -> list[TilePath]:
    """Return those of a tree that are partial: at most one a level."""
    return [TilePath(level, whole.stop, width) for level, whole, width in _rows(size, 0) if width]


def _rows(size: int, since: int) -> list[tuple[Level, range, int]]:
    """Return for each level that gained something its whole tiles, and the width of the partial one or 0."""
    rows: list[tuple[Level, range, int]] = []
    levels: list[Level] = [ENTRIES, *range(-(-size.bit_length() // TILE_HEIGHT))]
    for level in levels:
        height = TILE_HEIGHT * (0 if isinstance(level, str) else level)
        before, after = since >> height, size >> height
        if before != after:
            rows.append((level, range(before // TILE_WIDTH, after // TILE_WIDTH), after % TILE_WIDTH))
    return rows


def split_hashes(data: bytes, width: int) -> list[bytes]:
    """Return the hashes of a tile.

    Args:
        width: how many there must be, from its path.

    Raises:
        MalformedError: tile_malformed.
    """
    if len(data) != width * HASH_BYTES:
        raise MalformedError(
            "tile_malformed",
            "the tile does not have the length of its width",
            expected=str(width * HASH_BYTES),
            got=str(len(data)),
        )
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """Return the bundle of up to 256 entries, each at most ENTRY_BYTES_MAX long.

    Raises:
        MalformedError: tile_malformed.
    """
    if not 1 <= len(entries) <= TILE_WIDTH or any(len(entry) > ENTRY_BYTES_MAX for entry in entries):
        raise MalformedError("tile_malformed", "these entries make no bundle")
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES) + entry for entry in entries)


def decode_entries(data: bytes, width: int) -> list[bytes]:
    """Return the entries of a bundle.

    Args:
        width: how many there must be, from its path.

    Raises:
        MalformedError: tile_malformed.
    """
    entries, at = [], 0
    for _ in range(width):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start])
        if at > len(data) or start > len(data):
            raise MalformedError("tile_malformed", "the bundle ends within an entry")
        entries.append(data[start:at])
    if at != len(data):
        raise MalformedError("tile_malformed", "the bundle goes on behind its last entry")
    return entries


def _require_path(condition: bool, what: str) -> None:
    if not condition:
        raise MalformedError("tile_path_malformed", f"the path is not that of a tile: {what}")
