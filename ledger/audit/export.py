"""The copy of the log in a folder, which web servers and mirrors show: every file of it, derived again.

A whole tile and its bundle of entries are compared when the tree completes them, their parts at the same time or at
the end of the log. The copy may be behind the events, and files ahead of its checkpoint are no fault: they are
written first. Every other file is one too many.

Not here: the checkpoint itself (`checkpoints`), a copy in a bucket. Source: C2SP tlog-tiles; THREATS E7 and M7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ledger.audit.faults import Fault
from ledger.audit.notes import Signers
from ledger.audit.opening import HeadFile
from ledger.audit.tree import Tile, Tree
from ledger.errors import UnavailableError
from verifiers.formats.checkpoint import CHECKPOINT_BYTES_MAX

TABLE = "export"
_CHECKPOINT = "checkpoint"
_WRITING = ".writing"
"""Where files stand until they are whole."""
_TILE_LEVELS, _WIDTH = 8, 256
_HASH_BYTES = 32
_LENGTH = _HASH_BYTES.to_bytes(2, "big")  # before each entry of a bundle
_PATH = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)


class Export:
    """One folder.

    Make it before the snapshot is taken: what its checkpoint promises must be in the events.

    Args:
        folder: that the settings name, or a copy of it.
        signers: who signs its checkpoint.

    Raises:
        UnavailableError: export_missing, there is no checkpoint in it; export_unreadable.
    """

    def __init__(self, folder: Path, signers: Signers) -> None:
        self._folder, self._signers = folder, signers
        self._entries = b""  # of the last, incomplete bundle
        self.checkpoint = HeadFile(f"file {_CHECKPOINT}", self._read(_CHECKPOINT, CHECKPOINT_BYTES_MAX))
        if self.checkpoint.note is None:
            raise UnavailableError("export_missing", "there is no checkpoint in the folder of the export")
        self.size = self._size(self.checkpoint.note)
        """What it promises: all files of a log of this size; -1 when it is no checkpoint."""

    def added(self, entry: bytes, completed: list[Tile]) -> Iterator[Fault]:
        """Look at what one more entry completes.

        Args:
            entry: 32 bytes.
            completed: whole tiles.
        """
        self._entries += _LENGTH + entry
        for tile in completed:
            end = (tile.index + 1) * _WIDTH << _TILE_LEVELS * tile.level
            for level, data in self._contents(tile):
                path = _path(level, tile.index)
                yield from self._compare(path, data, required=end <= self.size)
                yield from self._parts(path, data, _WIDTH)
        if completed:
            self._entries = b""

    def reached(self, tree: Tree) -> Iterator[Fault]:
        """Look for what is partial at the promised size; a whole tile that came since is as good."""
        for tile in tree.unfinished():
            width = len(tile.hashes) // _HASH_BYTES
            for level, _ in self._contents(tile):
                path = _path(level, tile.index, width)
                if not any((self._folder / name).is_file() for name in (path, path.partition(".p/")[0])):
                    yield Fault(TABLE, path, "tile_missing")

    def rest(self, tree: Tree) -> Iterator[Fault]:
        """Look at parts at the end of the log, and for files that no log of its size has."""
        for tile in tree.unfinished():
            for level, data in self._contents(tile):
                yield from self._parts(_path(level, tile.index), data, len(tile.hashes) // _HASH_BYTES)
        # The copy goes on while it is looked at.
        size = max(tree.size, self._size(self._read(_CHECKPOINT, CHECKPOINT_BYTES_MAX)))
        for file in sorted(self._folder.rglob("*")):
            path = file.relative_to(self._folder).as_posix()
            if file.is_file() and not path.startswith(f"{_WRITING}/") and not _belongs(path, size):
                yield Fault(TABLE, path if path.isprintable() else "another file", "file_unexpected")

    def _size(self, note: bytes | None) -> int:
        checkpoint = self._signers.read(note).checkpoint
        return -1 if checkpoint is None else checkpoint.size

    def _contents(self, tile: Tile) -> Iterator[tuple[int | str, bytes]]:
        """Return what stands there for a tile: its hashes, and below them the entries."""
        yield tile.level, tile.hashes
        if tile.level == 0:
            yield "entries", self._entries

    def _parts(self, path: str, data: bytes, width: int) -> Iterator[Fault]:
        """Look at the parts of a tile or bundle that are there; width: hashes or entries in the data."""
        each = len(data) // width
        for part in range(1, min(width, _WIDTH - 1) + 1) if (self._folder / f"{path}.p").is_dir() else ():
            yield from self._compare(f"{path}.p/{part}", data[: part * each], required=False)

    def _compare(self, path: str, data: bytes, *, required: bool) -> Iterator[Fault]:
        stored = self._read(path, len(data))
        if stored is None:
            if required:
                yield Fault(TABLE, path, "tile_missing")
        elif stored != data:
            detail = "" if len(stored) == len(data) else f"not {len(data)} bytes"
            yield Fault(TABLE, path, "tile_mismatch", detail)

    def _read(self, path: str, bytes_max: int) -> bytes | None:
        """Return a file, or so much of it that it shows to be too long."""
        try:
            with (self._folder / path).open("rb") as file:
                return file.read(bytes_max + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise UnavailableError("export_unreadable", "a file of the export cannot be read") from error


def _path(level: int | str, index: int, width: int = _WIDTH) -> str:
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    part = "" if width == _WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{part}"


def _belongs(path: str, size: int) -> bool:
    """Return whether a log of this size has, or once had, such a file."""
    found = _PATH.fullmatch(path)
    if found is None:
        return path == _CHECKPOINT
    level, index = (
        found[1],
        sum(
            _digits(group) * 1000**power
            for power, group in enumerate(reversed(found[2].replace("x", "").split("/")))
        ),
    )
    width = _digits(found[3]) if found[3] else _WIDTH
    hashes = size >> (0 if level == "entries" else _TILE_LEVELS * _digits(level))
    canonical = _path(level, index, width)
    return canonical == path and index * _WIDTH + width <= hashes


def _digits(text: str) -> int:
    """Return the number of decimal digits that a pattern matched."""
    return int(text)
