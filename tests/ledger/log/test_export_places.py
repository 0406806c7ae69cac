"""Where exports go: one contract for a folder and for a real server that speaks S3."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import obstore
import pytest
from obstore.store import from_url

from ledger.errors import UnavailableError
from ledger.log.export_places import FolderPlace, ObjectPlace, Place, open_place
from tests.ledger.log import servers

if TYPE_CHECKING:
    from obstore import UpdateVersion

BUCKET = "leerspoor-log"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with servers.s3(BUCKET) as url:
        yield url


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return open_place(str(tmp_path / "made" / "when missing"))
    request.getfixturevalue("s3")
    return open_place(f"s3://{BUCKET}/{uuid4()}")


def test_what_is_written_is_read(place: Place) -> None:
    assert place.read("checkpoint") is None
    assert place.read("tile/0/x001/000") is None
    place.write("checkpoint", b"one")
    place.write("tile/0/x001/000", bytes(range(256)))
    place.write("tile/0/x001/000.p/3", b"")
    assert place.read("checkpoint") == b"one"
    assert place.read("tile/0/x001/000") == bytes(range(256))
    assert place.read("tile/0/x001/000.p/3") == b""
    place.write("checkpoint", b"two")
    assert place.read("checkpoint") == b"two"


def test_it_compares_before_it_swaps(place: Place) -> None:
    assert not place.swap("checkpoint", b"one", b"two")
    assert place.read("checkpoint") is None
    assert place.swap("checkpoint", None, b"one")
    assert not place.swap("checkpoint", None, b"two")
    assert not place.swap("checkpoint", b"two", b"three")
    assert place.read("checkpoint") == b"one"
    assert place.swap("checkpoint", b"one", b"two")
    assert place.read("checkpoint") == b"two"


@pytest.mark.parametrize("empty", [True, False])
def test_of_many_swaps_in_a_folder_one_is_accepted(tmp_path: Path, empty: bool) -> None:
    place = FolderPlace(tmp_path)
    if not empty:
        place.write("checkpoint", b"old")
    start = threading.Barrier(8)

    def swap(number: int) -> bool:
        start.wait()
        return place.swap("checkpoint", None if empty else b"old", bytes([number]))

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(swap, range(8)))
    assert sorted(done) == [False] * 7 + [True]
    assert place.read("checkpoint") == bytes([done.index(True)])


@pytest.mark.parametrize("empty", [True, False])
def test_a_swap_in_a_bucket_is_the_stores_own(s3: str, empty: bool) -> None:
    """Somebody writes between our look and our put; only the store can see it."""
    other = open_place(f"s3://{BUCKET}/{uuid4()}")
    assert isinstance(other, ObjectPlace)

    class Overtaken(ObjectPlace):
        def look(self, path: str) -> tuple[bytes | None, UpdateVersion | None]:
            """Look, and let the other one write."""
            found = super().look(path)
            other.write(path, b"theirs")
            return found

    if not empty:
        other.write("checkpoint", b"old")
    assert not Overtaken(other.store).swap("checkpoint", None if empty else b"old", b"ours")
    assert other.read("checkpoint") == b"theirs"


def test_a_folder_is_removed_with_what_is_in_it(place: Place) -> None:
    for path in ("tile/0/000.p/1", "tile/0/000.p/255", "tile/0/000", "tile/0/001.p/1"):
        place.write(path, b"x")
    for _ in range(2):
        place.remove("tile/0/000.p")
    assert place.read("tile/0/000.p/1") is place.read("tile/0/000.p/255") is None
    assert place.read("tile/0/000") == place.read("tile/0/001.p/1") == b"x"


def test_objects_carry_the_headers_they_are_served_with(s3: str) -> None:
    prefix = uuid4()
    place = open_place(f"s3://{BUCKET}/{prefix}")
    place.write("checkpoint", b"note")
    place.write("tile/0/000", b"hash")
    wanted = {
        "checkpoint": ("text/plain; charset=utf-8", "public, max-age=1"),
        "tile/0/000": ("application/octet-stream", "public, max-age=31536000, immutable"),
    }
    for path, (content_type, cache) in wanted.items():
        attributes = obstore.get(from_url(f"s3://{BUCKET}/{prefix}"), path).attributes
        assert (attributes["Content-Type"], attributes["Cache-Control"]) == (content_type, cache)


def test_files_are_for_everybody_and_whole(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path)
    place.write("tile/0/000", b"hash")
    assert (tmp_path / "tile/0/000").stat().st_mode & 0o444 == 0o444
    assert place.swap("checkpoint", None, b"note")
    assert [path.name for path in (tmp_path / ".writing").iterdir()] == ["lock"]


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "tile").write_bytes(b"a file where a folder should be")
    place = FolderPlace(tmp_path)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: place.read("tile/0/000"),
        lambda: place.write("tile/0/000", b""),
        lambda: place.remove("tile/0/000.p"),
    )
    for attempt in attempts:
        with pytest.raises(UnavailableError) as caught:
            attempt()
        assert caught.value.code == "export_unavailable"


def test_a_bucket_that_is_not_there_is_said(s3: str) -> None:
    place = open_place("s3://nobodys-bucket")
    with pytest.raises(UnavailableError) as caught:
        place.write("checkpoint", b"")
    assert caught.value.code == "export_unavailable"


@pytest.mark.parametrize("address", ["s3://", "s3:///prefix", "gs://bucket", "http://host/x", "s3://a/../b"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        open_place(address)
    assert caught.value.code == "export_address"


def test_an_address_tells_the_kind(tmp_path: Path, s3: str) -> None:
    assert isinstance(open_place(str(tmp_path)), FolderPlace)
    assert isinstance(open_place(f"s3://{BUCKET}/log"), ObjectPlace)
    assert os.environ["AWS_ENDPOINT_URL"] == s3
