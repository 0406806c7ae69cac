"""What is set from outside: export, second place, witnesses; a start refuses what it cannot use, by a code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.commands import application
from ledger.application import Ledger
from ledger.bootstrap import build
from ledger.errors import RejectedError, UnavailableError
from ledger.log.export_places import FolderPlace
from ledger.log.second_place import FilePlace
from ledger.outbound.http import Http
from ledger.settings import Settings
from tests.ledger.log.world import Clock, FakeWitness, policy_of
from verifiers.formats import checkpoint as checkpoints
from verifiers.worker import Pool

Start = Callable[..., Ledger]


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """One pool for all ledgers here: none of them verifies anything."""
    with Pool(1) as found:
        yield found


@pytest.fixture
def start(tmp_path: Path, pool: Pool) -> Iterator[Start]:
    """Start a ledger in one and the same folder; closed at the end."""
    running: list[Ledger] = []

    def run(**settings: Any) -> Ledger:
        running.append(build(Settings(data_dir=tmp_path / "data", **settings), clock=Clock(), pool=pool))
        return running[-1]

    yield run
    for ledger in running:
        ledger.close()


def test_an_export_is_written_by_each_publication(start: Start, tmp_path: Path) -> None:
    ledger = start(export=str(tmp_path / "log"))
    published = ledger.publisher.publish()
    assert FolderPlace(tmp_path / "log").read("checkpoint") == published.dump().encode()


def test_the_head_goes_to_the_place_that_is_set(start: Start, tmp_path: Path) -> None:
    ledger = start(second_place=f"file://{tmp_path}/elsewhere")
    assert FilePlace(tmp_path / "elsewhere").load() == ledger.heads.latest().dump()
    assert not (tmp_path / "data" / "ledger.sqlite.head").exists()


def test_the_policy_of_the_server_names_witnesses_and_cosigner(start: Start, tmp_path: Path) -> None:
    clock = Clock()
    text = policy_of([FakeWitness(name, clock) for name in ("w1", "w2", "w3")], 2).dump()
    (tmp_path / "policy").write_text(text)
    ledger = start(witnesses=tmp_path / "policy")
    policy = ledger.policy()
    assert policy.witnesses is not None
    assert list(policy.witnesses.witnesses) == ["w1", "w2", "w3"]
    assert [key.kind for key in policy.operator_cosigners] == ["Ed25519", "ML-DSA-44"]
    assert type(policy).from_json(policy.dump()) == policy


WITNESS = f"witness w {FakeWitness('w', Clock()).key.dump()}"
REFUSED = {
    "witness_policy_malformed": "witness w\nquorum none\n",
    "witness_policy_unknown_name": "quorum nobody\n",
    "witness_policy_duplicate": f"{WITNESS}\n{WITNESS}\nquorum none\n",
    "quorum_splits": "\n".join(
        [
            f"witness w1 {FakeWitness('w1', Clock()).key.dump()}",
            f"witness w2 {FakeWitness('w2', Clock()).key.dump()}",
            "group either any w1 w2",
            "quorum either\n",
        ]
    ),
}


@pytest.mark.parametrize("code", REFUSED)
def test_witnesses_that_protect_from_nothing_stop_the_start(start: Start, tmp_path: Path, code: str) -> None:
    (tmp_path / "policy").write_text(REFUSED[code])
    with pytest.raises(UnavailableError) as caught:
        start(witnesses=tmp_path / "policy")
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [
        ("witnesses", Path("/nowhere/policy"), "witness_policy_missing"),
        ("export", "gs://bucket", "export_address"),
        ("second_place", "redis://host/key", "second_place_address"),
        ("second_place", "etcd://127.0.0.1:9/key", "second_place_unavailable"),
    ],
)
def test_what_cannot_be_used_stops_the_start(start: Start, setting: str, value: object, code: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        start(**{setting: value})
    assert caught.value.code == code


def test_a_start_that_is_refused_closes_what_it_opened(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_now: list[Http] = []

    class Counted(Http):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            open_now.append(self)

        def close(self) -> None:
            """Close it."""
            open_now.remove(self)
            super().close()

    monkeypatch.setattr("ledger.bootstrap.Http", Counted)
    (tmp_path / "policy").write_text(policy_of([FakeWitness("w", Clock())], 1).dump())
    witnesses = start(witnesses=tmp_path / "policy")
    assert len(open_now) == 1
    with pytest.raises(UnavailableError) as caught:
        start(witnesses=tmp_path / "policy", export="gs://bucket")
    assert caught.value.code == "export_address"
    assert len(open_now) == 1
    witnesses.close()
    assert open_now == []


def test_a_copy_is_compared_and_put_back_by_command(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = start()
    with pytest.raises(RejectedError) as caught:
        ledger.publisher.copy(None, tell=lambda done, total: None)
    assert caught.value.code == "export_not_set"
    size = ledger.publisher.publish().size
    ledger.close()
    monkeypatch.setenv("LEERSPOOR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LEERSPOOR_CLOCK_CHECKED", "true")
    done = CliRunner().invoke(application, ["export", "--to", str(tmp_path / "log")])
    assert (done.exit_code, done.output) == (0, f"export: {size} entries, 0 tiles and bundles written\n")
    assert checkpoints.parse((tmp_path / "log" / "checkpoint").read_bytes()).size == size
    done = CliRunner().invoke(application, ["export"])
    assert done.exit_code == 1
    assert "(export_not_set)" in done.output
