"""The second place: one contract, every home; compared before it is swapped, whatever gets lost on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from ledger.errors import CorruptError, UnavailableError
from ledger.log.etcd import EtcdPlace, parse_address
from ledger.log.second_place import FilePlace, ReplicatedPlace, SecondPlace, TablePlace, second_place
from ledger.outbound.http import Http
from tests.conftest import Database
from tests.ledger.log import servers
from tests.ledger.log.conftest import MakeLog
from tests.ledger.log.world import ORIGIN
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint, NoteSignature

LINE = NoteSignature(ORIGIN, b"1234", b"signature")


def note(size: int, root: bytes = bytes(32)) -> Checkpoint:
    return Checkpoint(ORIGIN, size, root, (LINE,))


@pytest.fixture(scope="module")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.etcd(tmp_path_factory.mktemp("etcd")) as member:
        yield member


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(seconds_max=5) as client:
        yield client


@pytest.fixture(params=["file", "row", "etcd", "row and file", "row and etcd"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> SecondPlace:
    """An empty place of each kind."""
    kinds = request.param.split(" and ")
    places: list[SecondPlace] = []
    if "file" in kinds:
        places.append(FilePlace(tmp_path / "note"))
    if "etcd" in kinds:
        endpoints, _ = parse_address(f"etcd://{request.getfixturevalue('etcd')}/x")
        places.append(EtcdPlace(endpoints, f"test/{uuid4()}", request.getfixturevalue("http")))
    if "row" not in kinds:
        return places[0]
    database: Database = request.getfixturevalue("postgresql_database")
    return second_place(database.engine, *places)


def test_it_compares_before_it_swaps(place: SecondPlace) -> None:
    first, second, third = (note(size) for size in range(3))
    assert place.load() is None
    assert not place.swap(first.dump(), second)
    assert place.load() is None
    assert place.swap(None, first)
    assert place.load() == first.dump()
    assert not place.swap(None, second)
    assert not place.swap(third.dump(), second)
    assert place.load() == first.dump()
    assert place.swap(first.dump(), second)
    assert place.swap(second.dump(), third)
    assert place.load() == third.dump()


@pytest.mark.parametrize("empty", [True, False])
def test_of_many_swaps_one_is_accepted(place: SecondPlace, empty: bool) -> None:
    first = note(0)
    if not empty:
        place.swap(None, first)
    start = threading.Barrier(8)

    def swap(number: int) -> bool:
        start.wait()
        return place.swap(None if empty else first.dump(), note(1, number.to_bytes(32)))

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(swap, range(8)))
    assert sorted(done) == [False] * 7 + [True]
    assert place.load() == note(1, done.index(True).to_bytes(32)).dump()


def test_a_ledger_lives_with_its_head_in_etcd(
    make_log: MakeLog, database: Database, etcd: str, http: Http
) -> None:
    """Also when the database is restored from yesterday with everything in it: etcd is not in that backup."""
    endpoints, _ = parse_address(f"etcd://{etcd}/x")
    key = f"ledger/{uuid4()}"

    def place() -> SecondPlace:
        return second_place(database.engine, EtcdPlace(endpoints, key, http))

    log = make_log(place=place())
    log.append(2)
    log.heads.latest()
    assert make_log(place=place()).heads.latest().size == 2
    old = log.recorder.head()
    note_of_yesterday = log.place.load()
    assert note_of_yesterday is not None
    log.append(1)
    log.heads.latest()
    log.recorder.close()
    database.tamper(
        "DELETE FROM event WHERE position >= 2",
        f"UPDATE log_head SET size = 2, root = {literal(database, old.root)}, "
        f"frontier = {literal(database, old.frontier.dump())}",
        f"UPDATE signed_head SET size = 2, note = '{note_of_yesterday}'",
    )
    with pytest.raises(CorruptError) as caught:
        make_log(place=place())
    assert caught.value.code == "head_went_back"


def test_the_row_moves_over_when_another_place_is_set(postgresql_database: Database, tmp_path: Path) -> None:
    engine = postgresql_database.engine
    TablePlace(engine).swap(None, note(3))
    place = second_place(engine, FilePlace(tmp_path / "note"))
    assert place.load() == note(3).dump()
    assert place.swap(note(3).dump(), note(4))
    assert FilePlace(tmp_path / "note").load() == note(4).dump()
    assert TablePlace(engine).load() == note(4).dump()


def test_the_row_never_goes_back(postgresql_database: Database, tmp_path: Path) -> None:
    engine = postgresql_database.engine
    place = ReplicatedPlace(engine, FilePlace(tmp_path / "note"))
    assert place.swap(None, note(5))
    assert not place.swap(note(5).dump(), note(4))
    assert place.load() == note(5).dump()
    assert TablePlace(engine).load() == note(5).dump()


@pytest.mark.parametrize("done", [True, False])
def test_an_answer_of_etcd_that_is_lost_is_told_by_the_next_look(etcd: str, done: bool) -> None:
    """Ledgers ask again and find either their own note or the old one; never both, never neither."""

    class Losing(httpx.AsyncHTTPTransport):
        lose = True

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if not request.url.path.endswith("/txn") or not self.lose:
                return await super().handle_async_request(request)
            self.lose = False
            if done:
                await (await super().handle_async_request(request)).aread()
            raise httpx.ReadError("planned")

    with Http(seconds_max=5, transport=Losing()) as client:
        place = EtcdPlace([f"http://{etcd}"], f"test/{uuid4()}", client)
        with pytest.raises(UnavailableError) as caught:
            place.swap(None, note(1))
        assert caught.value.code == "second_place_unavailable"
        assert place.load() == (note(1).dump() if done else None)
        assert place.swap(None, note(1)) is not done


def test_the_next_member_of_etcd_answers_when_one_is_down(etcd: str, http: Http) -> None:
    endpoints, key = parse_address(f"etcd://127.0.0.1:9,{etcd}/test/{uuid4()}")
    place = EtcdPlace(endpoints, key, http)
    assert place.swap(None, note(1))
    assert place.load() == note(1).dump()


ANSWERS: dict[str, tuple[int, bytes]] = {
    "an error": (500, b"{}"),
    "no JSON": (200, b"{"),
    "a list": (200, b"[]"),
    "another shape": (200, b'{"kvs": [{"value": 5}]}'),
    "no value": (200, b'{"kvs": [{}]}'),
    "an object": (200, b'{"kvs": {}}'),
    "no base64": (200, b'{"kvs": [{"value": "*"}]}'),
    "no text": (200, b'{"kvs": [{"value": "/w=="}]}'),
    "too much": (200, b'{"x": "' + b"x" * 1_000_000 + b'"}'),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_whatever_answers_in_the_place_of_etcd_is_refused(kind: str) -> None:
    status, body = ANSWERS[kind]

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, stream=httpx.ByteStream(body))

    with Http(seconds_max=5, transport=httpx.MockTransport(answer)) as client:
        place = EtcdPlace(["http://etcd.example"], "key", client)
        with pytest.raises(UnavailableError) as caught:
            place.load()
        assert caught.value.code == "second_place_unavailable"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "file://host/path",
        "etcd://",
        "etcd:///key",
        "etcd://host:1",
        "etcd://host:1/",
        "etcd://a:1,,b:2/key",
        "etcd://me:secret@host:1/key",
        "etcd://host:1/key?x",
        "etcd://host:1/key#x",
        "http://host:1/key",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        parse_address(address)
    assert caught.value.code == "second_place_address"


def test_an_address_names_members_and_a_key() -> None:
    assert parse_address("etcd://a:1,b:2/leerspoor/head") == (["http://a:1", "http://b:2"], "leerspoor/head")
    assert parse_address("etcds://[::1]:2379/k") == (["https://[::1]:2379"], "k")


def test_what_stands_there_is_a_checkpoint(make_log: MakeLog) -> None:
    log = make_log()
    text = log.place.load()
    assert text is not None
    checkpoints.verify(checkpoints.parse(text), log.heads.verifier_key)


def literal(database: Database, data: bytes) -> str:
    return f"X'{data.hex()}'" if database.kind == "sqlite" else f"'\\x{data.hex()}'"
