"""M7, Cloudflare Raio (2025): a second failure, while recovering from a first one, was not noticed.

Two passing errors of the object store left tiles missing under a published checkpoint, for ever. Here every pair of
failing writes is tried, each done or not done when its error comes: whatever the copy's checkpoint promises is there
at every moment, and the third run leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import UnavailableError
from ledger.log.export_places import FolderPlace
from ledger.log.publication import Publisher
from tests.incidents.place import Place, populate

WRITES = 3
"""Of a small publication: a part of a bundle, a part of a tile, the checkpoint."""


class Faulty:
    """The folder's `write`, which fails once, at the write that is planned."""

    def __init__(self, write: Callable[..., None]) -> None:
        self._write = write
        self.fails_in, self.done = -1, False
        self.count = 0

    def plan(self, fails_in: int, *, done: bool) -> None:
        """Fail at the write of this number, before or after it is done."""
        self.fails_in, self.done, self.count = fails_in, done, 0

    def __call__(self, place: FolderPlace, *arguments: Any) -> None:
        """Write, or fail."""
        self.count += 1
        fails = self.count - 1 == self.fails_in
        if fails:
            self.fails_in = -1
        if not fails or self.done:
            self._write(place, *arguments)
        if fails:
            raise UnavailableError("export_unavailable", "planned")


def attempted(publisher: Publisher) -> str | None:
    """Publish, and return the code of the refusal."""
    try:
        publisher.publish()
    except UnavailableError as error:
        return error.code
    return None


@pytest.mark.long
def test_no_two_failures_leave_a_gap_under_a_checkpoint(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = Faulty(FolderPlace.write)
    monkeypatch.setattr(FolderPlace, "write", lambda *arguments: faulty(*arguments))
    export = tmp_path / "export"
    with place.running(export=str(export)) as world:
        roc, _ = populate(world)
        publisher = world.ledger.publisher
        faulty.plan(-1, done=False)
        size = publisher.publish().size
        assert faulty.count == WRITES
        for first, second in product(product(range(WRITES), (False, True)), repeat=2):
            world.learner(roc, None)
            codes = []
            for number, done in (first, second):
                faulty.plan(number, done=done)
                codes.append(attempted(publisher))
                assert place.audit(export) == set()
            # The second run has less to write when the first did all, and was only told otherwise.
            assert codes[0] == "export_unavailable"
            assert codes[1] == ("export_unavailable" if faulty.fails_in < 0 else None)
            faulty.plan(-1, done=False)
            published = publisher.publish().size
            assert published == size + 1
            size = published
            assert place.audit(export) == set()


def test_a_tile_that_went_missing_is_named_and_put_back(place: Place, tmp_path: Path) -> None:
    export = tmp_path / "export"
    with place.running(export=str(export)) as world:
        populate(world)
        size = world.ledger.publisher.publish().size
        missing = export / f"tile/0/000.p/{size}"
        missing.unlink()
        assert place.audit(export) == {("export", f"tile/0/000.p/{size}", "tile_missing")}
        world.ledger.publisher.copy(None, tell=lambda *_: None)
        assert place.audit(export) == set()
