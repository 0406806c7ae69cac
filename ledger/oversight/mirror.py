"""Copying a log: every file verified against the signed head before it is stored, the head stored last.

A copy has the paths of the log itself, so any web server can serve it, and `Tree` and monitors read it like
the log. Whoever stops it anywhere finds at the next start what was stored, verifies it again and goes on; a
file that was spoiled meanwhile is fetched anew.

    1. the head           signed by the log's key, and the continuation of the copy's head: or nothing is done
    2. files              from the right edge down; each hangs from one that was verified before
    3. the head           only now is the copy that large
    4. partial files      of the smaller head, which nothing needs any more

Not here: answering requests, cosigning. Source: https://c2sp.org/tlog-tiles; THREATS E11.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ledger.errors import CorruptError, UnavailableError
from ledger.outbound.log_client import FolderLog, LogSource
from ledger.oversight.memory import replace_file
from ledger.oversight.tree import Tree
from verifiers.errors import VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import CHECKPOINT_BYTES_MAX, Checkpoint, VerifierKey
from verifiers.formats.tile import TilePath, count_tiles, encode_entries, partial_tiles, tiles_down

Tell = Callable[[int, int], None]
"""(files done, files to do)."""


class Mirror:
    """A copy of one log in a folder. One process at a time may work on it.

    Args:
        folder: made when it is missing.
        key: of the log.
    """

    def __init__(self, folder: Path, key: VerifierKey) -> None:
        self._folder = folder
        self._key = key
        self._copy = FolderLog(folder)

    def update(
        self, source: LogSource, *, everything: bool = False, tell: Tell = lambda done, total: None
    ) -> Checkpoint:
        """Make the copy as large as the log.

        Args:
            source: the log, or a copy of it by whomever.
            everything: verify what was copied earlier too, and put back what was spoiled.
            tell: called after each file.

        Returns:
            The head that the copy now has.

        Raises:
            CorruptError: checkpoint_wrong; went_back; fork; or as `Tree`. What was stored stays good.
            UnavailableError: checkpoint_missing; mirror_unavailable, the folder cannot be written;
                as the source.
        """
        # 1. The head.
        note = source.read("checkpoint", bytes_max=CHECKPOINT_BYTES_MAX)
        if note is None:
            raise UnavailableError(
                "checkpoint_missing", "there is no checkpoint: is this the address of a log?"
            )
        head = self._own(note)
        have = self._copy.read("checkpoint", bytes_max=CHECKPOINT_BYTES_MAX)
        last = None if have is None else self._own(have)
        theirs, ours = Tree(source, head), Tree(self._copy, head)
        _check_past(last, theirs)
        # 2. Files. The right edge comes from the log; with it, what is in the folder can be verified too.
        partial = partial_tiles(head.size)
        for path in partial:
            self._write(path.dump(), _bytes_of(theirs, path))
        since = 0 if last is None or everything else last.size
        total = count_tiles(head.size, since=since)
        for done, path in enumerate(tiles_down(head.size, since=since), start=1):
            try:
                _bytes_of(ours, path)
            except CorruptError:  # not there yet, or spoiled; if it is the log's fault, the next line says so
                self._write(path.dump(), _bytes_of(theirs, path))
            tell(done, total)
        # 3. The head, as it came: cosignatures belong to it.
        self._write("checkpoint", note)
        # 4. Partial files.
        self._prune({path.dump() for path in partial})
        return head

    def _write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, data)
        except OSError as error:
            raise UnavailableError("mirror_unavailable", "a file of the copy cannot be written") from error

    def _prune(self, needed: set[str]) -> None:
        """Remove what smaller heads needed, and what a stop left half written."""
        for path in (*self._folder.glob("tile/**/*.p/*"), *self._folder.glob("**/.*.new")):
            if path.is_file() and path.relative_to(self._folder).as_posix() not in needed:
                path.unlink(missing_ok=True)

    def _own(self, note: bytes) -> Checkpoint:
        try:
            return checkpoints.parse_signed(note, self._key)
        except VerifierError as error:
            raise CorruptError(
                "checkpoint_wrong", "the checkpoint is no well-formed head signed by the log's key"
            ) from error


def _bytes_of(tree: Tree, path: TilePath) -> bytes:
    if isinstance(path.level, int):
        return b"".join(tree.hashes(path.level, path.index))
    return encode_entries(tree.entries(path.index))


def _check_past(last: Checkpoint | None, tree: Tree) -> None:
    tree.check()
    if last is None:
        return
    if last.size > tree.head.size:
        raise CorruptError(
            "went_back",
            "the log is smaller than its copy",
            expected=f"at least {last.size}",
            got=str(tree.head.size),
        )
    if tree.root_at(last.size) != last.root:
        raise CorruptError("fork", "the log is not the continuation of its copy", got=str(last.size))
