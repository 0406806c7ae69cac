"""A log's tree at one checkpoint, read from somebody else's files: no hash is used before it is verified.

From the top down, so that each fault has a place:

    the right edge       the partial tiles of all levels fold to the checkpoint's root     root_mismatch
    a whole tile         hashes to the hash that the tile above has for it                 tile_wrong
    a bundle             its entries hash to the tile of level 0                           entry_wrong
    anything             must be there, for a size that was signed                         tile_missing, entry_missing

Whoever holds the root's hash so holds every leaf; where the files came from does not matter.

Not here: whether the checkpoint is to be believed, what the differences mean (`monitor`, `mirror`).
Source: https://c2sp.org/tlog-tiles, "Merkle Tree"; RFC 9162 §2.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from ledger.errors import CorruptError, UnavailableError
from ledger.outbound.log_client import LogSource
from verifiers.errors import MalformedError
from verifiers.formats.checkpoint import Checkpoint
from verifiers.formats.tile import (
    BUNDLE_BYTES_MAX,
    ENTRIES,
    TILE_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    TilePath,
    decode_entries,
    split_hashes,
)
from verifiers.primitives.merkle import (
    Frontier,
    consistency_proof,
    leaf_hash,
    node_hash,
    tree_root,
)

TILES_KEPT_MAX = 1_024  # 8 KiB each
Hashes = Sequence[bytes]


class Tree:
    """The tree of one signed head; reads what it is asked for, and keeps what it verified.

    Args:
        source: where the files are.
        head: the checkpoint whose root everything must lead to.

    Raises (every method):
        CorruptError: root_mismatch, tile_wrong, tile_missing, entry_wrong, entry_missing; `got` is the path.
        UnavailableError: as the source.
    """

    def __init__(self, source: LogSource, head: Checkpoint) -> None:
        self.head = head
        self._source = source
        self._kept: dict[tuple[int, int], Hashes] = {}
        self._edge: dict[int, Hashes] | None = None

    def hashes(self, level: int, index: int) -> Hashes:
        """Return the hashes of a tile, as many as the tree has there."""
        known = self._kept.get((level, index))
        if known is not None:
            return known
        path = self._path(level, index)
        if not path.is_full:
            return self._right_edge()[level]
        found = self._read_hashes(path)
        above = self.hashes(level + 1, index // TILE_WIDTH)[index % TILE_WIDTH]
        if Frontier.EMPTY.extend(found).root() != above:
            _wrong("tile_wrong", "the hashes of a tile are not those that the tile above it stands for", path)
        if len(self._kept) >= TILES_KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[level, index] = found
        return found

    def entries(self, index: int) -> Sequence[bytes]:
        """Return the entries of a bundle, as many as the tree has there."""
        hashes = self.hashes(0, index)
        path = TilePath(ENTRIES, index, len(hashes))
        data, width = self._read(path, "entry", bytes_max=BUNDLE_BYTES_MAX)
        try:
            found = decode_entries(data, width)[: path.width]
        except MalformedError as error:
            raise CorruptError("entry_wrong", f"a bundle cannot be read: {error}", got=path.dump()) from error
        if [leaf_hash(entry) for entry in found] != list(hashes):
            _wrong("entry_wrong", "the entries of a bundle are not those in the tree", path)
        return found

    def node(self, level: int, index: int) -> bytes:
        """Return the root of a complete subtree: a `verifiers.primitives.merkle.NodeSource`."""
        tile, inside = divmod(level, TILE_HEIGHT)
        if inside == 0:
            return self.hashes(tile, index // TILE_WIDTH)[index % TILE_WIDTH]
        # Within one tile: fold its hashes instead of asking for each.
        first = index << inside
        offset = first % TILE_WIDTH
        row = list(self.hashes(tile, first // TILE_WIDTH)[offset : offset + (1 << inside)])
        while len(row) > 1:
            row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        return row[0]

    def check(self) -> None:
        """Return only when the right edge leads to the root; the empty tree has a root too."""
        self._right_edge()

    def root_at(self, size: int) -> bytes:
        """Return the root that this tree had when it had `size` leaves, at most what it has now."""
        self.check()
        return tree_root(size, self.node)

    def proof_of(self, size: int) -> list[bytes]:
        """Return the consistency proof from `size` leaves to this head (RFC 9162 §2.1.4)."""
        return consistency_proof(size, self.head.size, self.node)

    def _right_edge(self) -> dict[int, Hashes]:
        """Read and verify all partial tiles: they are at once the tree's frontier."""
        if self._edge is None:
            edge: dict[int, Hashes] = {}
            subtrees: list[bytes] = []
            top = -(-self.head.size.bit_length() // TILE_HEIGHT)
            for level in reversed(range(top)):
                before = self.head.size >> TILE_HEIGHT * level
                if before % TILE_WIDTH:
                    path = TilePath(level, before // TILE_WIDTH, before % TILE_WIDTH)
                    edge[level] = self._read_hashes(path)
                    subtrees += Frontier.EMPTY.extend(edge[level]).hashes
            if Frontier(self.head.size, tuple(subtrees)).root() != self.head.root:
                raise CorruptError(
                    "root_mismatch",
                    "the tiles of the log do not lead to the root that it signed",
                    got=str(self.head.size),
                )
            self._edge = edge
        return self._edge

    def _path(self, level: int, index: int) -> TilePath:
        have = (self.head.size >> TILE_HEIGHT * level) - index * TILE_WIDTH
        return TilePath(level, index, min(have, TILE_WIDTH))

    def _read_hashes(self, path: TilePath) -> Hashes:
        data, width = self._read(path, "tile", bytes_max=TILE_BYTES)
        try:
            return split_hashes(data, width)[: path.width]
        except MalformedError as error:
            raise CorruptError("tile_wrong", f"a tile cannot be read: {error}", got=path.dump()) from error

    def _read(self, path: TilePath, kind: str, *, bytes_max: int) -> tuple[bytes, int]:
        """Return a file and the width it must have: a partial one may have given way to the whole one."""
        for width in dict.fromkeys((path.width, TILE_WIDTH)):
            name = TilePath(path.level, path.index, width).dump()
            try:
                data = self._source.read(name, bytes_max=bytes_max)
            except UnavailableError as error:
                if error.code == "answer_too_large":
                    _wrong(f"{kind}_wrong", "a file is larger than any of its kind", path)
                raise
            if data is not None:
                return data, width
        return _wrong(f"{kind}_missing", "a file is missing that a signed head promises", path)


def _wrong(code: str, message: str, path: TilePath) -> NoReturn:
    raise CorruptError(code, message, got=path.dump())
