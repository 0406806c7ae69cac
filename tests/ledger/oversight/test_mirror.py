"""A mirror is a true copy at every moment, wherever it is stopped, and takes nothing it did not verify."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ledger.errors import CorruptError, UnavailableError
from ledger.outbound.log_client import FolderLog
from ledger.oversight.memory import replace_file
from ledger.oversight.mirror import Mirror
from ledger.oversight.monitor import Rules, Watch, look
from tests.faults.operator import START, Operator, Rows, Served, entry, without
from verifiers.primitives.merkle import Frontier

OPERATOR = Operator()
ROWS = Rows(entry(number) for number in range(1_300))


def _served(size: int, rows: Rows = ROWS) -> Served:
    return OPERATOR.serve(rows, OPERATOR.head(rows, size))


def _is_true_copy(folder: Path, size: int) -> None:
    found = look(Watch(FolderLog(folder)), Rules(OPERATOR.key), at=START)
    assert (found.findings, found.size) == ((), size)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_mirror_grows_with_its_log_and_is_read_like_it(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, OPERATOR.key)
    for size in (0, 1, 200, 256, 300, 300, 1_300):
        assert mirror.update(_served(size)).size == size
        _is_true_copy(tmp_path, size)
    names = set(_files(tmp_path))
    assert {
        "checkpoint",
        "tile/entries/004",
        "tile/entries/005.p/20",
        "tile/0/005.p/20",
        "tile/1/000.p/5",
    } < names
    assert len(names) == 1 + 6 + 6 + 1, "partial files of smaller heads are gone"


def test_what_it_has_it_does_not_ask_for_again(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, OPERATOR.key)
    mirror.update(_served(1_000))
    served = _served(1_300)
    mirror.update(served)
    assert not {"tile/entries/000", "tile/0/001"} & set(served.reads)
    told: list[tuple[int, int]] = []
    mirror.update(_served(1_300), everything=True, tell=lambda done, total: told.append((done, total)))
    assert told == [(number, 13) for number in range(1, 14)]


class _Stop(BaseException):
    """The machine is switched off."""


@pytest.mark.parametrize("seed", range(6))
def test_wherever_it_is_stopped_the_copy_is_true_and_the_next_start_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng, mirror = random.Random(seed), Mirror(tmp_path, OPERATOR.key)
    mirror.update(_served(600))
    write, left = replace_file, rng.randrange(12)

    def stopping(path: Path, data: bytes) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            path.with_name(f".{path.name}.new").write_bytes(data[: rng.randrange(len(data))])
            raise _Stop
        write(path, data)

    monkeypatch.setattr("ledger.oversight.mirror.replace_file", stopping)
    with pytest.raises(_Stop):
        mirror.update(_served(1_300))
    monkeypatch.undo()
    _is_true_copy(tmp_path, 600)
    mirror.update(_served(1_300))
    _is_true_copy(tmp_path, 1_300)
    assert not [name for name in _files(tmp_path) if name.endswith(".new")]


def test_a_first_copy_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    class Failing(Served):
        def read(self, name: str, *, bytes_max: int) -> bytes | None:
            if name == "tile/entries/000":
                raise UnavailableError("log_refused", "not now", got="503")
            return super().read(name, bytes_max=bytes_max)

    mirror = Mirror(tmp_path, OPERATOR.key)
    with pytest.raises(UnavailableError) as refused:
        mirror.update(Failing(ROWS, OPERATOR.head(ROWS).dump().encode()))
    assert refused.value.code == "log_refused"
    assert not (tmp_path / "checkpoint").exists()
    served = _served(1_300)
    mirror.update(served)
    assert "tile/entries/002" not in served.reads
    _is_true_copy(tmp_path, 1_300)


def test_a_spoiled_copy_is_put_back(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, OPERATOR.key)
    mirror.update(_served(1_300))
    good = _files(tmp_path)
    for name in good:
        if name != "checkpoint":
            (tmp_path / name).write_bytes(b"\x00" + good[name][1:] + b"\x00")
    mirror.update(_served(1_300), everything=True)
    assert _files(tmp_path) == good


@pytest.mark.parametrize(
    ("served", "code"),
    [
        (Served(ROWS, None), "checkpoint_missing"),
        (Served(ROWS, b"nonsense"), "checkpoint_wrong"),
        (Served(ROWS, Operator(1).head(ROWS, 700).dump().encode()), "checkpoint_wrong"),
        (_served(599), "went_back"),
        (_served(600, without(ROWS, {3: b"other"})), "fork"),
        (_served(700, without(ROWS, {3: b"other"})), "fork"),
        (Served(ROWS, OPERATOR.lie(700, bytes(32)).dump().encode()), "root_mismatch"),
        (Served(ROWS, _served(700).note, {"tile/0/002.p/188": None, "tile/0/002": None}), "tile_missing"),
        (Served(ROWS, _served(900).note, {"tile/0/002": bytes(8_192)}), "tile_wrong"),
        (Served(ROWS, _served(900).note, {"tile/entries/002": b""}), "entry_wrong"),
        (Served(ROWS, _served(900).note, {"tile/entries/002": None}), "entry_missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_log_that_lies_changes_nothing(tmp_path: Path, served: Served, code: str) -> None:
    mirror = Mirror(tmp_path, OPERATOR.key)
    mirror.update(_served(600))
    with pytest.raises((CorruptError, UnavailableError)) as refused:
        mirror.update(served)
    assert refused.value.code == code
    _is_true_copy(tmp_path, 600)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError) as refused:
        Mirror(tmp_path / "file", OPERATOR.key).update(_served(3))
    assert refused.value.code == "mirror_unavailable"


def test_a_head_that_promises_more_than_any_memory_holds_is_refused(tmp_path: Path) -> None:
    hashes = bytes(range(64)) * 32
    tops = [hashes[start : start + 32] for start in range(0, len(hashes), 32)]
    head = OPERATOR.lie(1 << 62, Frontier.EMPTY.extend(tops).root())
    with pytest.raises(CorruptError) as refused:
        Mirror(tmp_path, OPERATOR.key).update(
            Served(Rows(()), head.dump().encode(), {"tile/7/000.p/64": hashes})
        )
    assert refused.value.code == "tile_missing"
