"""A small ledger with rows in every table, closed, and the power to change any of them.

Every change is made in a transaction of somebody who owns the machine, audited inside it, and undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from api.commands.audit_trust import trust_of
from ledger.application import Ledger
from ledger.audit import Audit, Export, Fault, Trust, Vault
from ledger.bootstrap import build
from ledger.domain.credential import Credential
from ledger.settings import Settings
from ledger.usecases import access, erase, organisation_keys, share, status
from ledger.usecases.idempotency import Idempotency
from ledger.usecases.issue import IssueAttestation, issue
from tests.conftest import Kind
from tests.ledger.usecases.world import Clock, Party, World, example
from tests.verifiers.witnesses import WitnessSigner
from verifiers.worker import Pool

READS = 250
"""Enough for a whole tile of leaves, a tile above it, and leaves that fill none."""
WITNESS = WitnessSigner("witness.example/w1")
POLICY = f"witness one {WITNESS.key.dump()}\nquorum one\n"

Change = Callable[[Connection], object]


@dataclass(frozen=True)
class Stored:
    """A ledger at rest.

    Args:
        admin_url: opens the database with every right.
        now: an hour after all of it.
    """

    kind: Kind
    settings: Settings
    url: str
    admin_url: str
    now: datetime

    @property
    def trust(self) -> Trust:
        """What the settings say an audit may believe."""
        return trust_of(self.settings, url=self.url, now=self.now)

    @property
    def export(self) -> Path:
        """The folder with a copy of the log."""
        return Path(str(self.settings.export))

    def faults(self, *changes: Change, trust: Trust | None = None) -> list[Fault]:
        """Return what an audit finds after changes, which are undone again."""
        with self.changed() as connection:
            for change in changes:
                change(connection)
            return self.audited(connection, trust)

    def audited(
        self, connection: Connection, trust: Trust | None = None, export: Path | None = None
    ) -> list[Fault]:
        """Return what an audit finds in a transaction, and in a copy of the log."""
        trust = trust or self.trust
        copy = None if export is None else Export(export, trust.signers)
        return list(Audit(connection, trust, export=copy).faults())

    def vault_faults(
        self, *statements: str, change: Change = lambda _: None, **values: object
    ) -> list[Fault]:
        """Return what an audit finds of the vault after statements, and a change of the ledger; both undone again."""
        folder = self.settings.data_dir
        with self.changed() as connection, _engine(f"sqlite:///{folder / 'vault.sqlite'}").connect() as vault:
            change(connection)
            for statement in statements:
                vault.execute(text(statement), values)
            found = list(Audit(connection, self.trust, vault=Vault(vault, folder / "vault-keys")).faults())
            vault.rollback()
        return found

    @contextmanager
    def changed(self) -> Iterator[Connection]:
        """Give a transaction that may do everything, without the guards of the tables, and is undone."""
        with _engine(self.admin_url).connect() as connection:
            if self.kind == "sqlite":
                connection.execute(text("BEGIN"))
                names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
                for name in names.scalars().all():
                    connection.execute(text(f"DROP TRIGGER {name}"))
            yield connection
            connection.rollback()


@cache
def _engine(url: str) -> Engine:
    """Return one engine for all changes: it remembers statements, and keeps no connection."""
    return create_engine(url, poolclass=NullPool)


def store(kind: Kind, folder: Path, pool: Pool, url: str, admin_url: str) -> Stored:
    """Make a ledger: two issuers, two learners, keys, tokens, shares, changes of status, repeated requests."""
    witnesses = folder.with_name("witnesses")
    witnesses.write_text(POLICY)
    settings = Settings(
        data_dir=folder, database_url=url, export=str(folder.with_name("export")), witnesses=witnesses
    )
    clock = Clock()
    ledger = build(settings, clock=clock, pool=pool)
    world = World(ledger, clock)
    roc, hospital = world.organisation("ROC van Testdam"), world.organisation("Ziekenhuis", role="employer")
    ada, bea = world.learner(roc), world.learner(hospital, "Bea Bakker")
    credentials = []
    for number, (by, to) in enumerate([(roc, ada), (roc, bea), (hospital, ada), (hospital, bea)] * 2):
        clock.pass_(seconds=7)
        once = Idempotency(f"issue-{number}", b"request")
        made = issue(ledger, by.actor, IssueAttestation(to.id, example("training")), idempotency=once)
        credentials.append(made.id)
        _publish(ledger)
    _live(world, roc, ada, credentials[0])
    looked_at = ledger.load(Credential, credentials[2])
    for _ in range(READS):
        looked_at.read(
            event_id=ledger.chance.uuid(), now=ledger.now(), organisation=roc.id, scope="attestations:read"
        )
    ledger.record(looked_at)
    erase.erase(ledger, bea.actor, bea.id)
    clock.pass_(minutes=1)
    _publish(ledger)
    clock.pass_(minutes=15)
    _publish(ledger)  # at rest: renewed
    ledger.close()
    return Stored(kind, settings, url, admin_url, clock.pass_(hours=1))


def _live(world: World, by: Party, learner: Party, credential: UUID) -> None:
    """Let some of everything happen."""
    ledger, change = world.ledger, status.ChangeStatus(credential)
    for step in (None, status.suspend, status.reinstate):  # a list of each state is published
        if step is not None:
            step(ledger, by.actor, change, idempotency=Idempotency(step.__name__, b"x"))
        world.clock.pass_(seconds=900)
        status.status_list(ledger, by.id, "suspension")
    token = access.IssueToken(by.id, frozenset({"attestations:read"}), "reader")
    access.issue_token(ledger, by.actor, token)
    organisation_keys.add_key(ledger, world.operator, organisation_keys.AddKey(by.id))
    granted = share.grant(
        ledger, learner.actor, share.GrantShare("stage"), idempotency=Idempotency("s", b"y")
    )
    share.grant(ledger, learner.actor, share.GrantShare("werk"))
    share.open_share(ledger, granted.token, opened_by="Zorggroep")


def _publish(ledger: Ledger) -> None:
    """Publish, with the witness that the policy asks for."""
    published = ledger.publisher.publish()
    ledger.publisher.published.add(published.size, [WITNESS.line(published, ledger.now())])


def other_note(trust: Trust, change: Callable[[bytes], bytes | None]) -> Trust:
    """Return the same trust with another content of the second place's file."""
    assert trust.file is not None
    assert trust.file.note is not None
    return replace(trust, file=replace(trust.file, note=change(trust.file.note)))
