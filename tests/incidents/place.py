"""A ledger on SQLite in a folder that a test may spoil: opened, closed, changed, restored, audited."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from api.commands.audit_trust import trust_of
from ledger.application import Ledger
from ledger.audit import Audit, Export, snapshot
from ledger.bootstrap import build
from ledger.settings import Settings
from tests.ledger.usecases.world import Clock, Party, World
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint
from verifiers.worker import Pool

Found = tuple[str, str, str]
"""Table, row and code of a fault."""


@dataclass
class Place:
    """A folder with a ledger, open or not.

    Args:
        folder: its data.
        pool: worker processes, of the caller's.
    """

    folder: Path
    pool: Pool
    clock: Clock = field(default_factory=Clock)

    @property
    def database(self) -> Path:
        """The file of the database."""
        return self.folder / "ledger.sqlite"

    def open(self, **settings: Any) -> Ledger:
        """Start the ledger, as a server does."""
        return build(Settings(data_dir=self.folder, **settings), clock=self.clock, pool=self.pool)

    @contextmanager
    def running(self, **settings: Any) -> Iterator[World]:
        """Run a ledger, and close it."""
        ledger = self.open(**settings)
        try:
            yield World(ledger, self.clock)
        finally:
            ledger.close()

    def signed(self) -> Checkpoint:
        """Return the last signed head, from its second place."""
        return checkpoints.parse(self.database.with_name("ledger.sqlite.head").read_bytes())

    def tamper(self, *statements: str, **values: object) -> None:
        """Run SQL as somebody who owns the machine: the guards of the tables do not count."""
        engine = create_engine(f"sqlite:///{self.database}")
        with engine.begin() as connection:
            guards = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for name in guards.scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))
            for statement in statements:
                connection.execute(text(statement), values)
        engine.dispose()

    def read(self, query: str) -> list[Any]:
        """Return the rows of a query, whoever holds the database."""
        engine = create_engine(f"sqlite:///{self.database}")
        with engine.connect() as connection:
            found = list(connection.execute(text(query)))
        engine.dispose()
        return found

    def back_up(self) -> Path:
        """Copy the database of a closed ledger, without the signed head, as the operator's guide says."""
        kept = self.folder.with_name("backup.sqlite")
        shutil.copy(self.database, kept)
        return kept

    def restore(self, backup: Path) -> None:
        """Put a backup in the place of the database."""
        for suffix in ("-wal", "-shm"):
            self.database.with_name(f"ledger.sqlite{suffix}").unlink(missing_ok=True)
        shutil.copy(backup, self.database)

    def audit(self, export: Path | None = None) -> set[Found]:
        """Return what an audit finds, in a copy of the log too."""
        url = f"sqlite:///{self.database}"
        trust = trust_of(Settings(data_dir=self.folder), url=url)
        copy = None if export is None else Export(export, trust.signers)
        with snapshot(url) as connection:
            audit = Audit(connection, trust, export=copy)
            return {(fault.table, fault.row, fault.code) for fault in audit.faults()}


def populate(world: World, credentials: int = 3) -> tuple[Party, Party]:
    """Let a school issue to one learner; return both."""
    roc = world.organisation()
    ada = world.learner(roc)
    for _ in range(credentials):
        world.clock.pass_(seconds=1)
        world.issue(roc, ada)
    world.ledger.heads.latest()
    return roc, ada
