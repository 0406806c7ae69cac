"""Copying the log to where any web server or CDN can serve it, without us and without the database.

    1. bundles of entries, then tiles from level 0 up     whole files; each checked against the signed root
    2. the checkpoint that promises them                  only when all of them are there, durably
    3. partial tiles that nobody needs any more           removed one whole tile later

If we stop before 2, the old checkpoint stands over tiles it does not mention; whoever follows it finds
everything. The next run begins at the checkpoint that is there, and writes again what it cannot be sure of.

Several processes may keep one copy: files of one name have one content, and the checkpoint is compared before
it is swapped, so that it never goes back.

Not here: where files go (`export_places`), when (`publication`). Source: C2SP tlog-tiles; THREATS E7, M7.
"""

from __future__ import annotations

from collections.abc import Callable

from ledger.errors import CorruptError, UnavailableError
from ledger.log.export_places import Place
from ledger.log.tiles import TileReader
from ledger.store.tiles import tile_root
from verifiers.errors import VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint, VerifierKey
from verifiers.formats.tile import ENTRIES, TILE_HEIGHT, Level, TilePath, decode_entries, tiles_of
from verifiers.primitives.merkle import leaf_hash, tree_root

CHECKPOINT = "checkpoint"
SWAPS_MAX = 100


class Export:
    """One copy of one log. Used by one thread at a time.

    Args:
        place: where the files go.
        tiles: of the log.
        key: the log's.
    """

    def __init__(self, place: Place, tiles: TileReader, key: VerifierKey) -> None:
        self._place = place
        self._tiles = tiles
        self._key = key
        self._done: Checkpoint | None = None

    def publish(self, latest: Callable[[], Checkpoint | None]) -> None:
        """Bring the copy to the latest published checkpoint; does nothing when it is there already.

        Args:
            latest: asked after the copy was looked at, so that the copy cannot be ahead of its answer.

        Raises:
            UnavailableError: export_unavailable; export_foreign, another log stands there;
                export_contended, others write this copy faster than this process can.
            CorruptError: head_went_back, the copy is ahead of the events, or of other ones;
                tile_mismatch, a tile of ours does not lead to the signed root: nothing is published.
        """
        for _ in range(SWAPS_MAX):
            before = self._done or self._standing()
            checkpoint = latest()
            if checkpoint is None or checkpoint == self._done or self._advance(before, checkpoint):
                return
            self._done = None  # another process was here: look again
        raise UnavailableError("export_contended", "other processes write the copy faster than this one can")

    def _advance(self, before: Checkpoint | None, checkpoint: Checkpoint) -> bool:
        """Bring the copy from one checkpoint to another; False when another process did meanwhile."""
        since = 0 if before is None else before.size
        if before is not None:
            self._check_prefix(before, checkpoint)
        self._check_root(checkpoint)
        for path in tiles_of(checkpoint.size, since=since):
            self._place.write(path.dump(), self._checked(path))
        expected = None if before is None else before.dump().encode()
        note = checkpoint.dump().encode()
        if note != expected and not self._place.swap(CHECKPOINT, expected, note):
            return False
        self._remove_parts(checkpoint.size, since)
        self._done = checkpoint
        return True

    def repair(self, checkpoint: Checkpoint, *, progress: Callable[[int], None] = lambda _: None) -> int:
        """Compare every file of the copy with the log, and put back what is missing or wrong.

        Args:
            progress: told the leaves that are done, from time to time.

        Returns:
            How many files were put back.

        Raises: as `publish`.
        """
        standing = self._standing()
        if standing is not None:
            self._check_prefix(standing, checkpoint)
        self._check_root(checkpoint)
        written = 0
        for path in tiles_of(checkpoint.size):
            data = self._checked(path)
            if self._place.read(path.dump()) != data:
                self._place.write(path.dump(), data)
                written += 1
            if path.height == 0:
                progress(path.width)
        self._done = None
        self.publish(lambda: checkpoint)
        return written

    def _standing(self) -> Checkpoint | None:
        """Return the checkpoint that stands there, None when there is none."""
        data = self._place.read(CHECKPOINT)
        if data is None:
            return None
        try:
            return checkpoints.parse_signed(data, self._key)
        except VerifierError as error:
            raise UnavailableError(
                "export_foreign", "the checkpoint at the place of the export is not one that this log signed"
            ) from error

    def _check_prefix(self, before: Checkpoint, now: Checkpoint) -> None:
        if before.size > now.size or before.root != tree_root(before.size, self._tiles.node):
            raise CorruptError(
                "head_went_back",
                "what was exported is not a part of what would be",
                expected=f"at least {before.size}",
                got=str(now.size),
            )

    def _check_root(self, checkpoint: Checkpoint) -> None:
        if tree_root(checkpoint.size, self._tiles.node) != checkpoint.root:
            raise _mismatch("checkpoint")

    def _checked(self, path: TilePath) -> bytes:
        """Return a file's content, after checking it against the tree above it."""
        data = self._tiles.contents(path)
        if path.level == ENTRIES:
            leaves = b"".join(leaf_hash(entry) for entry in decode_entries(data, path.width))
            if leaves != self._tiles.contents(TilePath(0, path.index, path.width)):
                raise _mismatch(path.dump())
        elif path.is_full and tile_root(data) != self._tiles.node(
            TILE_HEIGHT * (path.height + 1), path.index
        ):
            raise _mismatch(path.dump())
        return data

    def _remove_parts(self, size: int, since: int) -> None:
        """Remove what was partial of a tile once the tile after it is whole: readers had time to move on.

        Only the tiles at the edge of a tree that was published were ever partial, so few must be looked at;
        the last one is looked at again by a process that starts, since another may have died before this.
        """
        levels: list[Level] = [ENTRIES, *range(-(-size.bit_length() // TILE_HEIGHT))]
        for level in levels:
            height = TILE_HEIGHT * (0 if isinstance(level, str) else level)
            edge, whole = (tree >> height + TILE_HEIGHT for tree in (since, size))
            if edge == whole and self._done is not None:
                continue
            for index in {edge - 1, edge, whole - 2}:
                if 0 <= index <= whole - 2:
                    self._place.remove(TilePath(level, index).dump() + ".p")


def _mismatch(path: str) -> CorruptError:
    return CorruptError("tile_mismatch", "a tile does not lead to the signed root", got=path)
