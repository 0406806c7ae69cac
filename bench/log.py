"""log: what a leaf of the tree costs, a receipt out of published files, and asking a witness.

    leaf       our tree over ready entries, in batches as they are committed, against the two SHA-256 that
               any tree needs for a leaf
    receipt    an inclusion proof from the files of an export, each tile verified up to the signed root,
               against the same proof from the database, and against checking it
    witness    `leerspoor witness` in its own process, asked over HTTP for the next head, against what it
               must do at least: verify and sign twice, and write one file durably

Rounds of ours and of the limit alternate, so that a busy machine hurts both. Target: a leaf in two
microseconds. A proof out of one level-0 tile needs some 250 hashes when nothing is kept; the ledger keeps them.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from bench.databases import ledger_engine, workshop
from ledger.errors import UnavailableError
from ledger.keys.cosigning import KINDS, CosignerKeys
from ledger.log.export import Export
from ledger.log.export_places import FolderPlace
from ledger.log.tiles import TileReader
from ledger.outbound.http import Http
from ledger.outbound.log_client import FolderLog
from ledger.outbound.witness_client import add_checkpoint
from ledger.oversight.tree import Tree
from ledger.store.appender import Append, Appender
from ledger.store.recorder import LedgerRecorder
from tests.faults.operator import Operator
from tests.ledger.sealed import sealed_event
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint
from verifiers.formats.cosignature import WitnessKey, parse_witness_key
from verifiers.primitives import merkle
from verifiers.primitives.merkle import Frontier, leaf_hash

LEAF_MICROSECONDS_MAX = 2.0
LEAVES, BATCH = 200_000, 64
EVENTS, PROOFS = 30_000, 400
ASKED = 100
ROUNDS = 7
PORT_SECONDS_MAX = 30.0

Row = tuple[str, float, float, str]
"""What, ours and the limit in microseconds, and what the limit is."""


def main(arguments: Sequence[str]) -> bool:
    """Print the table and the figure; True when every target is met."""
    quick = "--quick" in arguments
    console = Console(width=110)
    table = Table("what", "ours, microseconds", "limit, microseconds", "ratio", "the limit is")
    with workshop() as folder, ledger_engine("SQLite", folder) as engine:
        leaf = _leaf(3 if quick else ROUNDS)
        operator = Operator()
        recorder = LedgerRecorder(engine)
        _fill(engine, EVENTS // 10 if quick else EVENTS)
        head = recorder.head()
        signed = operator.lie(head.size, head.root)  # its own honest head, over our rows
        receipts = _receipts(recorder, signed, operator, folder, 3 if quick else ROUNDS)
        witness = _witness(recorder, operator, folder, ASKED // 5 if quick else ASKED)
        recorder.close()
    for name, ours, limit, what in (leaf, *receipts, witness):
        table.add_row(name, f"{ours:,.2f}", f"{limit:,.2f}", f"{ours / limit:.2f}", what)
    console.print(table)
    console.print(f"log: {leaf[1]:.2f} microseconds a leaf, at most {LEAF_MICROSECONDS_MAX}")
    return leaf[1] <= LEAF_MICROSECONDS_MAX


def _leaf(rounds: int) -> Row:
    entries = [os.urandom(32) for _ in range(LEAVES)]

    def ours() -> None:
        frontier = Frontier.EMPTY
        for start in range(0, LEAVES, BATCH):
            frontier = frontier.extend([leaf_hash(entry) for entry in entries[start : start + BATCH]])

    def limit() -> None:
        sha256, pair = hashlib.sha256, b"\x01" + bytes(64)
        for entry in entries:
            sha256(b"\x00" + entry).digest()
            sha256(pair).digest()

    ours_, limit_ = _alternate((ours, limit), rounds)
    return "leaf", ours_ / LEAVES, limit_ / LEAVES, "two SHA-256"


def _fill(engine: Engine, events: int) -> None:
    appender = Appender(engine)
    for start in range(0, events, 250):
        appender.append([Append([sealed_event()]) for _ in range(min(250, events - start))])
    appender.connection.discard()


def _receipts(
    recorder: LedgerRecorder, signed: Checkpoint, operator: Operator, folder: Path, rounds: int
) -> list[Row]:
    tiles = TileReader(recorder)
    Export(FolderPlace(folder / "export"), tiles, operator.key).publish(lambda: signed)
    chosen = random.Random(1).sample(range(signed.size), PROOFS)
    leaves = recorder.entries(0, signed.size)

    def prove(node: Callable[[int, int], bytes]) -> None:
        for position in chosen:
            merkle.inclusion_proof(position, signed.size, node)

    def from_files() -> None:
        prove(Tree(FolderLog(folder / "export"), signed).node)

    def from_database() -> None:
        prove(TileReader(recorder).node)

    proofs = {at: merkle.inclusion_proof(at, signed.size, tiles.node) for at in chosen}

    def check() -> None:
        for position, proof in proofs.items():
            merkle.verify_inclusion(
                index=position,
                tree_size=signed.size,
                leaf_hash=leaf_hash(leaves[position]),
                proof=proof,
                root=signed.root,
            )

    files, database, checked = (
        each / PROOFS for each in _alternate((from_files, from_database, check), rounds)
    )
    return [
        ("receipt from files", files, database, "the same from the database"),
        ("receipt from the database", database, checked, "checking it"),
    ]


def _witness(recorder: LedgerRecorder, operator: Operator, folder: Path, asked: int) -> Row:
    tiles = TileReader(recorder)
    sizes = [recorder.head().size - asked + at for at in range(asked + 1)]
    heads = [operator.lie(size, merkle.tree_root(size, tiles.node)) for size in sizes]
    with _running(folder / "witness", operator) as (url, keys), Http() as http:

        def ask(old_size: int, head: Checkpoint) -> None:
            add_checkpoint(
                http,
                url,
                head,
                keys=keys,
                old_size=old_size,
                proof=lambda first, second: merkle.consistency_proof(first, second, tiles.node),
            )

        ask(0, heads[0])
        limits, took = [], []
        limit = _least(folder / "limit", operator, heads[0])
        for before, head in itertools.pairwise(heads):
            limits.append(_seconds(limit))
            took.append(_seconds(partial(ask, before.size, head)))
    return (
        "witness, round trip",
        statistics.median(took) * 1e6,
        statistics.median(limits) * 1e6,
        "verify, sign twice, one durable file",
    )


def _least(folder: Path, operator: Operator, head: Checkpoint) -> Callable[[], None]:
    """Return what a witness cannot do without."""
    folder.mkdir(parents=True)
    keys = CosignerKeys(folder / "keys", os.urandom(32))
    note = head.dump().encode()

    def run() -> None:
        checkpoints.verify(head, operator.key)
        with (folder / "new").open("wb") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        (folder / "new").rename(folder / "checkpoint")
        for kind in KINDS:
            keys.sign(kind, note)

    return run


@contextmanager
def _running(folder: Path, operator: Operator) -> Iterator[tuple[str, list[WitnessKey]]]:
    """Give the address and keys of a witness of this log in its own process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from api.commands import main; main()", "witness"]
    command += ["--name", "bench.example/w1", "--state", str(folder), "--log", operator.key.dump()]
    shown = subprocess.run([*command, "--show-keys"], check=True, capture_output=True, text=True).stdout
    keys: list[WitnessKey] = [parse_witness_key(line.split()[2]) for line in shown.splitlines()]
    with subprocess.Popen([*command, "--port", str(port)], stderr=subprocess.DEVNULL) as process:
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}", keys
        finally:
            process.terminate()


def _wait(port: int) -> None:
    deadline = time.monotonic() + PORT_SECONDS_MAX
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise UnavailableError("witness_unreachable", "the witness of the benchmark did not start")


def _alternate(works: Sequence[Callable[[], None]], rounds: int) -> list[float]:
    """Return the median microseconds of each, taken in turns."""
    took = [[_seconds(work) * 1e6 for work in works] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*took, strict=True)]


def _seconds(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
