"""A place for exports that fails when told to, and an independent count of what must be in it."""

from __future__ import annotations

import hashlib

from ledger.errors import UnavailableError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import VerifierKey


class Shelf:
    """A place in memory that fails when told to: before or after it did what it was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.writes: list[str] = []
        self.failing: set[int] = set()
        self.done_first = False
        self.count = 0

    def read(self, path: str) -> bytes | None:
        """Return a file."""
        self._fail()
        return self.files.get(path)

    def write(self, path: str, data: bytes) -> None:
        """Put a file."""
        if self.done_first:
            self._put(path, data)
        self._fail()
        self._put(path, data)

    def swap(self, path: str, expected: bytes | None, data: bytes) -> bool:
        """Put a file in place of another."""
        if self.files.get(path) != expected:
            return False
        self.write(path, data)
        return True

    def remove(self, folder: str) -> None:
        """Remove a folder."""
        self._fail()
        self.files = {path: data for path, data in self.files.items() if not path.startswith(f"{folder}/")}

    def _put(self, path: str, data: bytes) -> None:
        self.files[path] = data
        self.writes.append(path)

    def _fail(self) -> None:
        self.count += 1
        if self.count in self.failing:
            raise UnavailableError("export_unavailable", "planned")


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def mth(leaves: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1 over leaf hashes, as it is written there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha(b"")
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\x01" + mth(leaves[:k]) + mth(leaves[k:]))


def path_of(level: str, index: int, width: int) -> str:
    """tlog-tiles: groups of three digits, all but the last behind an x."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{name}" + (f".p/{width}" if width < 256 else "")


def whole_log(entries: list[bytes]) -> dict[str, bytes]:
    """All files of a log but its checkpoint, by the definitions of tlog-tiles and nothing of ours."""
    files = {}
    for start in range(0, len(entries), 256):
        part = entries[start : start + 256]
        bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry in part)
        files[path_of("entries", start // 256, len(part))] = bundle
    level, hashes = 0, [sha(b"\x00" + entry) for entry in entries]
    while hashes:
        for start in range(0, len(hashes), 256):
            part = hashes[start : start + 256]
            files[path_of(str(level), start // 256, len(part))] = b"".join(part)
        whole = len(hashes) - len(hashes) % 256
        hashes = [mth(hashes[start : start + 256]) for start in range(0, whole, 256)]
        level += 1
    return files


def readable(files: dict[str, bytes], key: VerifierKey) -> int:
    """Return the size of a log that a stranger can read from files alone; fails when he cannot."""
    if "checkpoint" not in files:
        return -1
    checkpoint = checkpoints.parse(files["checkpoint"])
    checkpoints.verify(checkpoint, key)
    entries: list[bytes] = []
    for start in range(0, checkpoint.size, 256):
        width = min(256, checkpoint.size - start)
        bundle = files[path_of("entries", start // 256, width)]
        assert len(bundle) == 34 * width
        entries += [bundle[at + 2 : at + 34] for at in range(0, len(bundle), 34)]
    assert mth([sha(b"\x00" + entry) for entry in entries]) == checkpoint.root
    for path, data in whole_log(entries).items():
        assert files[path] == data, path
    return checkpoint.size
