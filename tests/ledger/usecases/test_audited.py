"""What keys, an organisation's end and the registry leave in the store is what an audit derives, on both databases."""

from __future__ import annotations

from pathlib import Path

from ledger.audit import Audit, Trust, head_file, log_key_of, snapshot
from ledger.bootstrap import build
from ledger.settings import Settings
from ledger.usecases import feed, registry
from ledger.usecases.cease import CeaseOrganisation, cease
from ledger.usecases.idempotency import Idempotency
from ledger.usecases.register import CompromiseKey, RotateKey, compromise_key, organisation, rotate_key
from tests.conftest import Database
from tests.ledger.usecases.world import Clock, World
from verifiers.worker import Pool


def test_an_audit_finds_nothing(database: Database, tmp_path: Path, pool: Pool) -> None:
    clock = Clock()
    settings = Settings(data_dir=tmp_path / "audited", database_url=database.url)
    ledger = build(settings, clock=clock, pool=pool)
    world = World(ledger, clock)
    operator, roc = world.operator, world.organisation()
    world.issue(roc, world.learner(roc))
    registry.set_policy(ledger, operator, registry.SetPolicy("x"), idempotency=Idempotency("a", b"1"))
    anchor = registry.ChangeAnchor("issuer", "did:web:diplomas.example", "diplomas")
    registry.add_anchor(ledger, operator, anchor, idempotency=Idempotency("b", b"2"))
    (key,) = organisation(ledger, roc.id).keys
    rotate_key(ledger, roc.actor, RotateKey(roc.id, key.multikey), idempotency=Idempotency("c", b"3"))
    compromise_key(ledger, roc.actor, CompromiseKey(roc.id, key.multikey), idempotency=Idempotency("d", b"4"))
    cease(ledger, roc.actor, CeaseOrganisation(roc.id), idempotency=Idempotency("e", b"5"))
    assert len(feed.feed(ledger, roc.actor, roc.id).items) == 9
    ledger.publisher.publish()
    ledger.close()
    key_of_log = log_key_of(settings.data_dir / "log-key")
    trust = Trust(key_of_log, settings.log_origin, head_file(database.url))
    with snapshot(database.url) as connection:
        audit = Audit(connection, trust)
        assert list(audit.faults()) == []
        assert audit.events > 10
