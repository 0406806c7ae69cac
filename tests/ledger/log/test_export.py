"""The export: right by an independent count, idempotent, put back when damaged, readable after every crash."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from ledger.errors import CorruptError, UnavailableError
from ledger.log.export import Export
from ledger.log.export_places import FolderPlace
from ledger.log.tiles import TileReader
from tests.conftest import Database
from tests.ledger.log.conftest import MakeLog
from tests.ledger.log.shelf import Shelf, readable, whole_log
from tests.ledger.log.world import Log
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.tile import TilePath


def publish(export: Export, checkpoint: checkpoints.Checkpoint) -> None:
    """Publish one checkpoint."""
    export.publish(lambda: checkpoint)


def entries_of(log: Log) -> list[bytes]:
    return log.recorder.entries(0, log.recorder.head().size)


@pytest.fixture(scope="module")
def big(sqlite_template: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    """A log of a little more than two tiles."""
    from ledger.store.engine import make_engine

    folder = tmp_path_factory.mktemp("big")
    (folder / "ledger.sqlite").write_bytes(sqlite_template)
    url = f"sqlite:///{folder / 'ledger.sqlite'}"
    engine = make_engine(url)
    log = Log(Database("sqlite", url, engine, url), folder)
    log.append(700)
    log.publisher.publish()
    yield log
    log.close()
    engine.dispose()


@pytest.mark.parametrize(
    "sizes", [[0], [1], [255], [256], [257], [1, 2, 3], [100, 256, 300, 513], [511, 512, 513]]
)
def test_the_files_are_those_of_the_specification(make_log: MakeLog, sizes: list[int]) -> None:
    shelf = Shelf()
    log = make_log(export=shelf)
    for size in sizes:
        if size > log.recorder.head().size:
            log.append(size - log.recorder.head().size)
        published = log.publisher.publish()
        assert shelf.files["checkpoint"] == published.dump().encode()
        assert readable(shelf.files, log.heads.verifier_key) == size
    wanted = whole_log(entries_of(log))
    assert {path: shelf.files[path] for path in wanted} == wanted


def test_the_checkpoint_is_written_after_what_it_promises(sqlite_log: MakeLog) -> None:
    shelf = Shelf()
    log = sqlite_log(export=shelf)
    log.append(300)
    log.publisher.publish()
    assert shelf.writes[-1] == "checkpoint"
    assert shelf.writes.count("checkpoint") == 1


def test_doing_it_again_changes_nothing(sqlite_log: MakeLog) -> None:
    shelf = Shelf()
    log = sqlite_log(export=shelf)
    log.append(300)
    log.publisher.publish()
    files, writes = dict(shelf.files), len(shelf.writes)
    log.publisher.publish()
    again = sqlite_log(export=shelf, clock=log.clock)
    again.publisher.publish()
    assert shelf.files == files
    assert len(shelf.writes) == writes
    assert again.published.latest() is not None


def test_later_cosignatures_are_exported_too(sqlite_log: MakeLog) -> None:
    shelf = Shelf()
    log = sqlite_log(export=shelf)
    log.append(1)
    log.publisher.publish()
    log.clock.move(hours=1)
    renewed = log.publisher.publish()
    assert shelf.files["checkpoint"] == renewed.dump().encode()


def test_parts_of_tiles_go_when_the_next_tile_is_whole(sqlite_log: MakeLog) -> None:
    shelf = Shelf()
    log = sqlite_log(export=shelf)
    for size in (10, 200, 256, 260, 511):
        log.append(size - log.recorder.head().size)
        log.publisher.publish()
    assert {"tile/0/000.p/10", "tile/0/000.p/200", "tile/entries/000.p/10"} <= shelf.files.keys()
    log.append(1)
    log.publisher.publish()
    assert not [path for path in shelf.files if path.startswith(("tile/0/000.p", "tile/entries/000.p"))]
    assert {"tile/0/001.p/4", "tile/0/001.p/255", "tile/1/000.p/1"} <= shelf.files.keys()
    assert readable(shelf.files, log.heads.verifier_key) == 512


def test_what_is_missing_or_wrong_is_put_back(big: Log) -> None:
    shelf = Shelf()
    export = Export(shelf, big.tiles, big.heads.verifier_key)
    checkpoint = big.publisher.publish()
    publish(export, checkpoint)
    whole = dict(shelf.files)
    chance = random.Random(7)
    paths = sorted(path for path in whole if path != "checkpoint")
    for path in paths:
        if chance.random() < 0.5:
            del shelf.files[path]
        else:
            data = bytearray(shelf.files[path])
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            shelf.files[path] = bytes(data)
    told: list[int] = []
    assert export.repair(checkpoint, progress=told.append) == len(paths)
    assert shelf.files == whole
    assert export.repair(checkpoint) == 0
    assert sum(told) == 2 * checkpoint.size  # bundles and leaves


def test_a_copy_without_checkpoint_is_made_whole(big: Log) -> None:
    shelf = Shelf()
    export = Export(shelf, big.tiles, big.heads.verifier_key)
    checkpoint = big.publisher.publish()
    publish(export, checkpoint)
    del shelf.files["checkpoint"], shelf.files["tile/0/000"]
    publish(Export(shelf, big.tiles, big.heads.verifier_key), checkpoint)
    assert readable(shelf.files, big.heads.verifier_key) == 700


def grow(log: Log, sizes: list[int], shelf: Shelf) -> None:
    """Publish sizes one after another; after each failure, a new process goes on."""
    for size in sizes:
        checkpoint = next(item for item in HISTORY[log] if item.size == size)
        while True:
            try:
                publish(Export(shelf, log.tiles, log.heads.verifier_key), checkpoint)
                break
            except UnavailableError:  # as planned
                readable(shelf.files, log.heads.verifier_key)


HISTORY: dict[Log, list[checkpoints.Checkpoint]] = {}


@pytest.fixture
def grown(sqlite_log: MakeLog) -> Log:
    """A log with heads at the edges of tiles, whose checkpoints are remembered."""
    log = sqlite_log()
    HISTORY[log] = []
    for size in (3, 256, 258, 515):
        log.append(size - log.recorder.head().size)
        HISTORY[log].append(log.publisher.publish())
    return log


@pytest.mark.parametrize("done_first", [True, False])
def test_a_crash_at_any_step_leaves_a_readable_log(grown: Log, done_first: bool) -> None:
    """Every single fault, with the fault after the work was done or before; then a new process goes on."""
    sizes = [item.size for item in HISTORY[grown]]
    clean = Shelf()
    grow(grown, sizes, clean)
    assert readable(clean.files, grown.heads.verifier_key) == 515
    for step in range(1, clean.count + 1):
        shelf = Shelf()
        shelf.failing, shelf.done_first = {step}, done_first
        grow(grown, sizes, shelf)
        assert shelf.files == clean.files


def test_pairs_of_crashes_leave_a_readable_log(grown: Log) -> None:
    """Cloudflare's Raio, 2025: a second fault while recovering from the first was ignored, and tiles were lost."""
    sizes = [item.size for item in HISTORY[grown]]
    clean = Shelf()
    grow(grown, sizes, clean)
    pairs = list(combinations(range(1, clean.count + 4), 2))
    for pair in random.Random(11).sample(pairs, 60):
        shelf = Shelf()
        shelf.failing, shelf.done_first = set(pair), pair[0] % 2 == 0
        grow(grown, sizes, shelf)
        assert shelf.files == clean.files


@pytest.mark.parametrize("at", ["write", "swap"])
def test_two_processes_never_take_the_checkpoint_back(grown: Log, at: str) -> None:
    """The slower one finds a larger checkpoint where it would put its own, and asks again what is latest."""
    first, second, third, _ = HISTORY[grown]
    key = grown.heads.verifier_key

    class Overtaken(Shelf):
        """A place at which another process is faster, once."""

        overtaken = False

        def write(self, path: str, data: bytes) -> None:
            """Let the other process go first, or not."""
            self._let_pass("write")
            super().write(path, data)

        def swap(self, path: str, expected: bytes | None, data: bytes) -> bool:
            """Let the other process go first, or not."""
            self._let_pass("swap")
            return super().swap(path, expected, data)

        def _let_pass(self, doing: str) -> None:
            if doing == at and not self.overtaken:
                self.overtaken = True
                publish(Export(self, grown.tiles, key), third)

    shelf = Overtaken()
    answers = iter([second, third])
    slow = Export(shelf, grown.tiles, key)
    slow.publish(lambda: next(answers))
    assert shelf.files["checkpoint"] == third.dump().encode()
    assert shelf.writes.count("checkpoint") == 1
    assert readable(shelf.files, key) == third.size
    # One that is always late gives up, and says so.
    always = Shelf()
    always.swap = lambda path, expected, data: False  # type: ignore[method-assign]
    with pytest.raises(UnavailableError) as caught:
        publish(Export(always, grown.tiles, key), first)
    assert caught.value.code == "export_contended"


def test_a_copy_that_is_ahead_stops_the_export(grown: Log) -> None:
    """The database was restored from a backup; the copy remembers."""
    shelf = Shelf()
    *_, before, last = HISTORY[grown]
    publish(Export(shelf, grown.tiles, grown.heads.verifier_key), last)
    files = dict(shelf.files)
    with pytest.raises(CorruptError) as caught:
        publish(Export(shelf, grown.tiles, grown.heads.verifier_key), before)
    assert caught.value.code == "head_went_back"
    assert shelf.files == files


def test_a_copy_of_another_history_stops_the_export(
    grown: Log, sqlite_template: bytes, tmp_path: Path
) -> None:
    from ledger.store.engine import make_engine

    url = f"sqlite:///{tmp_path / 'other.sqlite'}"
    (tmp_path / "other.sqlite").write_bytes(sqlite_template)
    engine = make_engine(url)
    fork = Log(Database("sqlite", url, engine, url), tmp_path)  # the same keys, other events
    fork.append(300)
    shelf = Shelf()
    publish(Export(shelf, fork.tiles, fork.heads.verifier_key), fork.publisher.publish())
    with pytest.raises(CorruptError) as caught:
        publish(Export(shelf, grown.tiles, grown.heads.verifier_key), HISTORY[grown][-1])
    assert caught.value.code == "head_went_back"
    fork.close()
    engine.dispose()


@pytest.mark.parametrize("standing", [b"", b"\xff", b"no checkpoint\n", "foreign"])
def test_what_another_log_wrote_is_left_alone(grown: Log, tmp_path: Path, standing: bytes | str) -> None:
    shelf = Shelf()
    if isinstance(standing, str):
        standing = HISTORY[grown][0].dump().replace("example.org", "example.net").encode()
    shelf.files["checkpoint"] = standing
    with pytest.raises(UnavailableError) as caught:
        publish(Export(shelf, grown.tiles, grown.heads.verifier_key), HISTORY[grown][0])
    assert caught.value.code == "export_foreign"
    assert shelf.files == {"checkpoint": standing}


@pytest.mark.parametrize(("level", "index"), [(0, 0), (0, 1), (1, 0)])
def test_a_tile_that_does_not_lead_to_the_root_is_not_exported(
    sqlite_database: Database, sqlite_log: MakeLog, level: int, index: int
) -> None:
    log = sqlite_log()
    log.append(600)
    checkpoint = log.publisher.publish()
    good = log.tiles.contents(TilePath(level, index, 256 if level == 0 else 2))
    wrong = bytes(32) + good[32:]
    sqlite_database.tamper(
        f"UPDATE tile SET hashes = X'{wrong.hex()}' WHERE level = {level} AND \"index\" = {index}"
    )
    shelf = Shelf()
    with pytest.raises(CorruptError) as caught:
        publish(Export(shelf, TileReader(log.recorder), log.heads.verifier_key), checkpoint)
    assert caught.value.code == "tile_mismatch"
    assert "checkpoint" not in shelf.files


@pytest.mark.parametrize(("position", "path"), [(17, "tile/entries/000"), (299, "checkpoint")])
def test_an_entry_that_does_not_lead_to_the_root_is_not_exported(
    sqlite_database: Database, sqlite_log: MakeLog, position: int, path: str
) -> None:
    """A whole bundle has a tile to answer to; what is partial has only the root."""
    log = sqlite_log()
    log.append(300)
    checkpoint = log.publisher.publish()
    sqlite_database.tamper(f"UPDATE event SET entry = zeroblob(32) WHERE position = {position}")
    shelf = Shelf()
    with pytest.raises(CorruptError) as caught:
        publish(Export(shelf, TileReader(log.recorder), log.heads.verifier_key), checkpoint)
    assert (caught.value.code, caught.value.got) == ("tile_mismatch", path)
    assert "checkpoint" not in shelf.files


def test_a_folder_can_be_served_by_anything(big: Log, tmp_path: Path) -> None:
    checkpoint = big.publisher.publish()
    publish(Export(FolderPlace(tmp_path / "log"), big.tiles, big.heads.verifier_key), checkpoint)
    files = {
        str(path.relative_to(tmp_path / "log")): path.read_bytes()
        for path in (tmp_path / "log").rglob("*")
        if path.is_file()
    }
    assert readable(files, big.heads.verifier_key) == 700
