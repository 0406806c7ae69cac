"""Trying mutations: each is made, audited and undone; signatures that were checked once are remembered.

A mutation changes one row of hundreds, so nearly every signature is one that an earlier audit checked: the same
code did, with the same key over the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pytest

from ledger.audit import Fault
from ledger.audit.faults import at_position
from ledger.audit.notes import Signers
from ledger.audit.signatures import HeaderSignatures, Signed
from tests.ledger.audit.mutations import Mutation, sample
from tests.ledger.audit.stored import Stored

Told = Callable[[int], None]
_KEPT = 100_000


@contextmanager
def remembering() -> Iterator[None]:
    """Check no signature twice while the block runs."""
    check, read = HeaderSignatures.__call__, Signers.read

    @lru_cache(_KEPT)
    def is_wrong(checking: HeaderSignatures, header: bytes, signature: bytes) -> bool:
        return bool(check(checking, [(0, header, signature)]))

    def remembered(checking: HeaderSignatures, batch: Sequence[Signed]) -> list[Fault]:
        wrong = [at for at, header, signature in batch if is_wrong(checking, header, signature)]
        return [at_position(at, "signature_invalid") for at in wrong]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HeaderSignatures, "__call__", remembered)
        patch.setattr(Signers, "read", lru_cache(_KEPT)(read))
        yield


def missed(stored: Stored, seed: int, number: int, told: Told = lambda _: None) -> list[str]:
    """Try that many mutations of rows; return what was not named, or not what it is, or was said of a clean one."""
    with stored.changed() as connection:
        tries = list(sample(connection, stored.kind, seed, number))
    wrong = []
    with remembering():
        for done, mutation in enumerate(tries):
            faults = stored.faults(mutation.change)
            if not any(_names(fault, mutation) for fault in faults):
                wrong.append(f"{mutation.name}: {sorted(mutation.codes)}, but {[str(f) for f in faults][:5]}")
            told(done + 1)
        wrong += [f"clean, but {fault}" for fault in stored.faults()]
    return wrong


def missed_files(stored: Stored, seed: int, number: int, told: Told = lambda _: None) -> list[str]:
    """The same for files of the copy of the log."""
    chance, wrong = random.Random(seed), []
    kinds = (_flip, _cut, _lengthen, _delete, _swap, _add)
    with stored.changed() as connection, remembering():

        def audited() -> list[Fault]:
            return stored.audited(connection, export=stored.export)

        for done in range(number):
            files = _files(stored.export)
            name, expected = chance.choice(kinds)(stored.export, files, chance)
            faults = {(fault.table, fault.row) for fault in audited()}
            if not faults & {("export", row) for row in expected}:
                wrong.append(f"{name}: expected {expected}, but {sorted(faults)}")
            _put_back(stored.export, files)
            told(done + 1)
        wrong += [f"clean, but {fault}" for fault in audited()]
    return wrong


def _names(fault: Fault, mutation: Mutation) -> bool:
    row = not mutation.row or fault.row == mutation.row
    at_end = fault.code == "position_missing" and fault.row.startswith("position")
    return fault.table in mutation.tables and fault.code in mutation.codes and (row or at_end)


def _files(folder: Path) -> dict[Path, bytes]:
    return {
        path: path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".writing" not in path.parts
    }


def _put_back(folder: Path, files: dict[Path, bytes]) -> None:
    for path in _files(folder).keys() - files.keys():
        path.unlink()
    for path, data in files.items():
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)


Damage = tuple[str, set[str]]
"""What was done, and which rows a fault may name."""


def _flip(folder: Path, files: dict[Path, bytes], chance: random.Random) -> Damage:
    path = chance.choice(list(files))
    data = bytearray(files[path])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return _written(folder, path, bytes(data), "flip a bit")


def _cut(folder: Path, files: dict[Path, bytes], chance: random.Random) -> Damage:
    path = chance.choice(list(files))
    return _written(folder, path, files[path][: chance.randrange(len(files[path]))], "truncate")


def _lengthen(folder: Path, files: dict[Path, bytes], chance: random.Random) -> Damage:
    path = chance.choice(list(files))
    return _written(folder, path, files[path] + b"\n", "lengthen")


def _delete(folder: Path, files: dict[Path, bytes], chance: random.Random) -> Damage:
    path = chance.choice([path for path in files if _is_needed(folder, path)])
    path.unlink()
    return f"delete {path.name}", {_row(folder, path)}


def _swap(folder: Path, files: dict[Path, bytes], chance: random.Random) -> Damage:
    first, second = chance.sample([path for path in files if path.name != "checkpoint"], 2)
    first.write_bytes(files[second])
    second.write_bytes(files[first])
    return f"swap {first.name} and {second.name}", {_row(folder, first), _row(folder, second)}


def _add(folder: Path, files: dict[Path, bytes], chance: random.Random) -> Damage:
    name = chance.choice(
        ["tile/0/002", "tile/entries/001.p/200", "tile/2/000.p/1", "tile/0/0000", "index.html"]
    )
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return _written(folder, path, chance.choice(list(files.values())), "add")


def _written(folder: Path, path: Path, data: bytes, what: str) -> Damage:
    path.write_bytes(data)
    return f"{what} {path.name}", {_row(folder, path)}


def _row(folder: Path, path: Path) -> str:
    name = path.relative_to(folder).as_posix()
    return f"file {name}" if name == "checkpoint" else name


def _is_needed(folder: Path, path: Path) -> bool:
    """Return whether the checkpoint promises the file: no part of a tile that is whole by now."""
    return path.name != "checkpoint" and not (
        path.parent.suffix == ".p" and path.parent.with_suffix("").exists()
    )
