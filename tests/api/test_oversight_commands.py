"""The commands of those who watch a log: what they print, keep and return. The network is in `tests/flows`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands import application
from ledger.oversight.findings import proves_fork
from ledger.oversight.mirror import Mirror
from ledger.oversight.witness import origin_hash
from tests.faults.operator import ORIGIN, Operator, Rows, bare, cosigner, entry, without
from verifiers.formats.cosignature import parse_witness_key

OPERATOR = Operator()
VKEY = OPERATOR.key.dump()
ROWS = Rows(entry(number) for number in range(300))


def run(*arguments: str) -> tuple[int, str]:
    """Run a command; return its status and all it printed."""
    done = CliRunner().invoke(application, arguments)
    return done.exit_code, done.output


def publish(folder: Path, rows: Rows = ROWS) -> str:
    """Write a log into a folder, as a mirror of it would."""
    Mirror(folder, OPERATOR.key).update(OPERATOR.serve(rows))
    return str(folder)


class Watcher:
    """A monitor with a memory."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "seen"

    def look(self, address: str, *more: str) -> tuple[int, str]:
        return run("monitor", address, "--log", VKEY, "--state", str(self.state), "--once", *more)

    def evidence(self) -> list[bytes]:
        return [path.read_bytes() for path in (self.state / origin_hash(ORIGIN) / "evidence").iterdir()]


@pytest.fixture
def watcher(tmp_path: Path) -> Watcher:
    """A monitor that has seen nothing yet."""
    return Watcher(tmp_path)


def test_an_honest_log_gives_nothing_to_say(tmp_path: Path, watcher: Watcher) -> None:
    log = publish(tmp_path / "log")
    assert watcher.look(log) == (0, "monitor: 300 entries, 5 files read, 0 findings\n")
    status, told = watcher.look(log, "--json")
    assert status == 0
    assert json.loads(told) == {"at": json.loads(told)["at"], "files": 0, "findings": [], "size": 300}
    assert watcher.look(log, "--all")[1].startswith("monitor: 300 entries, 5 files")


def test_a_fork_is_told_and_its_proof_kept(tmp_path: Path, watcher: Watcher) -> None:
    assert watcher.look(publish(tmp_path / "log"))[0] == 0
    for grown in range(2):  # it is told until it is gone, and kept once
        other = publish(
            tmp_path / "other", Rows([*without(ROWS, {3: b"other"}).entries, *ROWS.entries[:grown]])
        )
        status, told = watcher.look(other)
        assert (status, told.split(":")[0]) == (1, "fork")
    assert [proves_fork(data, OPERATOR.key) for data in watcher.evidence()] == [True]
    status, told = watcher.look(other, "--json")
    assert [one["code"] for one in json.loads(told)["findings"]] == ["fork"]


def test_a_spoiled_file_is_told_with_its_place(tmp_path: Path, watcher: Watcher) -> None:
    log = publish(tmp_path / "log")
    (tmp_path / "log" / "tile" / "entries" / "000").write_bytes(b"spoiled")
    status, told = watcher.look(log)
    assert status == 1
    assert told.startswith("entry_wrong tile/entries/000: ")
    status, told = run("mirror", log, "--to", str(tmp_path / "copy"), "--log", VKEY)
    assert status == 1
    assert "(entry_wrong tile/entries/000)" in told


def test_receipts_and_policies_are_asked_for(tmp_path: Path, watcher: Watcher) -> None:
    log = publish(tmp_path / "log")
    promised = tmp_path / "receipts"
    (promised / "folder").mkdir(parents=True)
    (promised / "kept").write_bytes(OPERATOR.receipt(ROWS, 7))
    (promised / "broken").write_bytes(OPERATOR.receipt(without(ROWS, {7: b"other"}), 7))
    (promised / "other").write_bytes(b"\xff")
    policy = tmp_path / "policy"
    policy.write_text(f"witness w {cosigner('w.example').key.dump()} http://127.0.0.1:9\nquorum w\n")
    status, told = watcher.look(log, "--receipts", str(promised), "--policy", str(policy))
    assert status == 1
    assert [line.partition(":")[0] for line in told.split("\n")[:-2]] == [
        "quorum_missing",
        "receipt_missing broken",
    ]


@pytest.mark.parametrize("found", [0, 1, 2])
def test_whoever_ends_a_monitor_gets_the_status_of_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: int
) -> None:
    looks = iter([found])

    def look(*_: object, **__: object) -> int:
        for status in looks:
            return status
        raise KeyboardInterrupt  # in the middle of the second look

    monkeypatch.setattr("api.commands.monitor._look", look)
    monkeypatch.setattr("api.commands.monitor.time.sleep", lambda _: None)
    log = publish(tmp_path / "log")
    assert run("monitor", log, "--log", VKEY, "--state", str(tmp_path / "seen"))[0] == found


def test_what_cannot_be_checked_is_not_called_wrong(tmp_path: Path, watcher: Watcher) -> None:
    (tmp_path / "empty").mkdir()
    log = publish(tmp_path / "log")
    attempts = (
        ("checkpoint_missing", watcher.look(str(tmp_path / "empty"))),
        ("address_unreachable", watcher.look("http://127.0.0.1:9/log")),
        ("receipts_unreadable", watcher.look(log, "--receipts", str(tmp_path / "nowhere"))),
        (
            "checkpoint_missing",
            run("mirror", str(tmp_path / "empty"), "--to", str(tmp_path / "x"), "--log", VKEY),
        ),
        ("vkey_malformed", run("mirror", log, "--to", str(tmp_path / "x"), "--log", "nonsense")),
    )
    for code, (status, told) in attempts:
        assert (status, code in told) == (2, True), told
    assert watcher.look(log, "--policy", str(tmp_path / "nowhere"))[0] == 2
    assert run("monitor", log, "--log", "nonsense", "--state", str(tmp_path / "s"), "--once")[0] == 2
    (tmp_path / "seen" / origin_hash(ORIGIN)).mkdir(parents=True, exist_ok=True)
    (tmp_path / "seen" / origin_hash(ORIGIN) / "checkpoint").write_text("nonsense")
    status, told = watcher.look(log)
    assert (status, "checkpoint_malformed" in told) == (2, True)


def test_a_mirror_says_what_it_has(tmp_path: Path) -> None:
    log = publish(tmp_path / "log")
    mirror = ("mirror", log, "--to", str(tmp_path / "copy"), "--log", VKEY)
    status, told = run(*mirror)
    assert (status, told) == (0, run(*mirror, "--all")[1])
    assert told.startswith("mirror: 300 entries, root ")
    head = bare(OPERATOR.head(ROWS))
    assert (tmp_path / "copy" / "checkpoint").read_text() == head.dump()


def test_a_witness_shows_the_same_two_keys_at_every_start(tmp_path: Path) -> None:
    show = ("witness", "--name", "w.example/1", "--state", str(tmp_path / "w"), "--show-keys")
    status, told = run(*show)
    assert (status, told) == (0, run(*show)[1])
    lines = [line.split(" ") for line in told.strip().split("\n")]
    assert [line[:2] for line in lines] == [
        ["witness", "w.example/1/Ed25519"],
        ["witness", "w.example/1/ML-DSA-44"],
    ]
    assert [parse_witness_key(line[2]).name for line in lines] == ["w.example/1"] * 2
    assert (tmp_path / "w" / "secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "no log to watch"),
        (("--log", "nonsense"), "verifier key"),
        (("--policy", "/nowhere"), "No such file"),
    ],
)
def test_a_witness_of_nothing_does_not_start(tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    status, told = run("witness", "--name", "w.example/1", "--state", str(tmp_path / "w"), *more)
    assert (status, said in told) == (64, True), told


def test_a_witness_with_a_name_that_is_none_does_not_start(tmp_path: Path) -> None:
    status, told = run("witness", "--name", "two words", "--state", str(tmp_path / "w"), "--log", VKEY)
    assert (status, "key name" in told) == (64, True)


def test_a_policy_is_linted(tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    one, two = (cosigner(f"w.example/{number}").key.dump() for number in (1, 2))
    policy.write_text(f"witness a {one}\nwitness b {two}\ngroup any any a b\nquorum any\n")
    status, told = run("policy", str(policy))
    assert (status, "quorum_splits" in told) == (1, True), told
    policy.write_text("quorum nobody\n")
    status, told = run("policy", str(policy))
    assert (status, "witness_policy_unknown_name" in told) == (1, True), told
