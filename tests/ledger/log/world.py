"""One log with all its parts over a database, a clock that is moved by hand, and witnesses that do as told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import LedgerError
from ledger.keys.cosigning import CosignerKeys
from ledger.keys.signing import LedgerKey
from ledger.log.cosigner import Cosigner
from ledger.log.export import Export
from ledger.log.export_places import Place
from ledger.log.heads import Heads
from ledger.log.publication import Publisher
from ledger.log.published import Published
from ledger.log.receipts import Receipts
from ledger.log.second_place import SecondPlace, second_place
from ledger.log.tiles import TileReader
from ledger.log.witnesses import Lines, Witnesses
from ledger.store.recorder import LedgerRecorder
from tests.conftest import Database
from tests.ledger.sealed import NOW, sealed_event
from verifiers.formats import witness_policy
from verifiers.formats.checkpoint import Checkpoint
from verifiers.formats.cosignature import WitnessKey, cosign
from verifiers.formats.witness_policy import WitnessPolicy

ORIGIN = "example.org/leerspoor"
SECRET = bytes(range(32))
P = ParamSpec("P")
T = TypeVar("T")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the moment that it is here."""
        return self.now

    def move(self, **period: float) -> None:
        """Move it, also backwards; `period` as for timedelta."""
        self.now += timedelta(**period)


class ByHand(Executor):
    """An executor that works when it is told to, in the thread that tells it."""

    def __init__(self, *, at_once: bool = True) -> None:
        self.at_once = at_once
        self.waiting: list[Callable[[], None]] = []

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Take work, and do it at once or later."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except LedgerError as error:
                future.set_exception(error)

        self.waiting.append(run)
        if self.at_once:
            self.work()
        return future

    def work(self) -> None:
        """Do what waits."""
        while self.waiting:
            self.waiting.pop(0)()


@dataclass
class FakeWitness:
    """A witness at an address: cosigns what it is asked, or fails as it is told."""

    name: str
    clock: Clock
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    error: LedgerError | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://{self.name}.example"

    @property
    def key(self) -> WitnessKey:
        """Its public key."""
        return WitnessKey(self.name, "Ed25519", self.private.public_key().public_bytes_raw())

    def answer(self, checkpoint: Checkpoint, old_size: int) -> Lines:
        """Return its line."""
        self.asked.append((old_size, checkpoint.size))
        if self.error is not None:
            raise self.error
        return (cosign(checkpoint, self.key, at=self.clock(), signer=self.private.sign),)


def policy_of(witnesses: Sequence[FakeWitness], threshold: int) -> WitnessPolicy:
    """Return a policy in which so many of the witnesses are enough."""
    lines = [f"witness {item.name} {item.key.dump()} {item.url}" for item in witnesses]
    names = " ".join(item.name for item in witnesses)
    lines += [f"group all-of-them {threshold} {names}", "quorum all-of-them"]
    return witness_policy.parse("\n".join(lines) + "\n")


class Log:
    """One log over one database; making another over the same database and folder is a restart.

    Args:
        folder: for its keys.
        place: its second place; None: the one that goes with the database.
        export: where it is copied to.
        witnesses: by a quorum of all but one of them, at least one.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        clock: Clock | None = None,
        place: SecondPlace | None = None,
        export: Place | None = None,
        witnesses: Sequence[FakeWitness] = (),
        executor: Executor | None = None,
        **heads: Any,
    ) -> None:
        self.clock = clock or Clock()
        self.recorder = LedgerRecorder(database.engine)
        self.tiles = TileReader(self.recorder)
        self.cosigner = Cosigner(CosignerKeys(folder / "cosigner-keys", SECRET), ORIGIN)
        self.place = place or second_place(database.engine)
        self.heads = Heads(
            self.recorder,
            LedgerKey.load_or_create(folder / "log-key", SECRET),
            ORIGIN,
            place=self.place,
            tiles=self.tiles,
            cosigner=self.cosigner,
            clock=self.clock,
            **heads,
        )
        by_url: Mapping[str, FakeWitness] = {item.url: item for item in witnesses}
        policy = policy_of(witnesses, max(1, len(witnesses) - 1)) if witnesses else None

        def ask(url: str, _: Sequence[WitnessKey], checkpoint: Checkpoint, old_size: int) -> Lines:
            return by_url[url].answer(checkpoint, old_size)

        self.published = Published(database.engine, self.heads.verifier_key, policy)
        self.publisher = Publisher(
            self.heads,
            self.published,
            self.cosigner,
            tiles=self.tiles,
            clock=self.clock,
            witnesses=None if policy is None else Witnesses(policy, ask, executor or ByHand()),
            export=None if export is None else Export(export, self.tiles, self.heads.verifier_key),
        )
        self.receipts = Receipts(self.heads, self.tiles, self.published)

    def append(self, count: int, *, recorded_at: datetime | None = None) -> None:
        """Commit that many events."""
        at = recorded_at or self.clock().replace(microsecond=0)
        self.recorder.insert_events([sealed_event(recorded_at=at) for _ in range(count)])

    def close(self) -> None:
        """Stop, as a process that ends."""
        self.publisher.close()
        self.recorder.close()
