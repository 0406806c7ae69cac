"""Erasing: what becomes unreadable, what stays true, every place where it can stop, and restores of old copies."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from ledger import bootstrap
from ledger.audit import Audit, Trust, head_file, log_key_of, snapshot
from ledger.errors import (
    ConflictError,
    CorruptError,
    ErasedError,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)
from ledger.keys.epochs import EpochFolder
from ledger.keys.vault import Vault
from ledger.settings import Settings
from ledger.store import tables
from ledger.usecases import erase, erasure_certificate, history, issue, share, status
from ledger.usecases.access import authenticate
from ledger.usecases.idempotency import Idempotency
from ledger.usecases.issue import IssueAttestation
from ledger.usecases.verify import verify_bytes
from tests.ledger.usecases.world import START, Party, World, example
from verifiers import TrustPolicy, check
from verifiers.formats import erasure as certificates
from verifiers.formats.receipt import parse as parse_receipt
from verifiers.worker import Pool

ONCE = Idempotency("erase-1", b"POST /v1/learners/x/erasure\n{}")


def counted(world: World, learner: Party) -> dict[str, int | None]:
    """Return what the certificate counts, by what."""
    said = certificates.parse(erase.certificate(world.ledger, learner.id)).said
    return {part.what: part.count for part in (*said.removed, *said.kept)}


def audited(world: World) -> list[str]:
    """Return the faults that an audit finds in the ledger as it stands."""
    data_dir: Path = world.ledger.settings.data_dir  # type: ignore[attr-defined]
    url = f"sqlite:///{data_dir / 'ledger.sqlite'}"
    file = head_file(url)
    with snapshot(url) as connection:
        trust = Trust(log_key_of(data_dir / "log-key"), world.ledger.heads.origin, file)
        return [str(fault) for fault in Audit(connection, trust).faults()]


def test_what_was_read_becomes_gone(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    link = share.grant(world.ledger, ada.actor, share.GrantShare("stage")).token
    done = erase.erase(world.ledger, ada.actor, ada.id)
    assert done.replayed is False
    readings: list[Callable[[], object]] = [
        lambda: authenticate(world.ledger, ada.secret),
        lambda: history.history(world.ledger, ada.actor, ada.id),
        lambda: history.history_bundle(world.ledger, ada.actor, ada.id),
        lambda: issue.issue(world.ledger, ada.actor, IssueAttestation(ada.id, example("self_claim"))),
        lambda: world.issue(roc, ada),
        lambda: issue.read(world.ledger, roc.actor, issued.id),
        lambda: status.revoke(world.ledger, roc.actor, status.ChangeStatus(issued.id)),
        lambda: share.grant(world.ledger, ada.actor, share.GrantShare("werk")),
    ]
    for ask in readings:
        with world.refuses(ErasedError, "erased"):
            ask()
    with world.refuses(NotFoundError, "share_not_found"):
        share.landing(world.ledger, link)
    with world.ledger.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(tables.share_token)).scalar_one() == 0


def test_everybody_elses_proofs_and_the_log_stay(world: World, roc: Party, ada: Party, bea: Party) -> None:
    world.issue(roc, ada)
    kept = world.issue(roc, bea)
    before = history.history_bundle(world.ledger, bea.actor, bea.id)
    size, root = world.ledger.store.head().size, world.root()
    erase.erase(world.ledger, ada.actor, ada.id)
    head = world.ledger.store.head()
    assert head.size == size + 1, "the tombstone and nothing else"
    old = parse_receipt(kept.receipt).checkpoint
    assert old.size <= size
    assert world.ledger.heads.latest().size == size + 1
    policy = TrustPolicy(issuers={}, logs=(world.ledger.heads.verifier_key,), log_issuers=True)
    for file in (before, history.history_bundle(world.ledger, bea.actor, bea.id)):
        assert check(file, policy=policy, at=world.ledger.now()).verdict == "valid"
    world.require_receipt(kept.receipt, kept.credential, kept.position)
    assert root != world.root()
    assert audited(world) == []


def test_the_certificate_says_what_went_and_what_stays(world: World, roc: Party, ada: Party) -> None:
    world.issue(roc, ada)
    issue.read(world.ledger, roc.actor, world.issue(roc, ada).id)
    share.grant(world.ledger, ada.actor, share.GrantShare("stage"))
    world.clock.pass_(days=1)
    done = erase.erase(world.ledger, world.operator, ada.id, reason="retention")
    found = certificates.parse(done.certificate)
    certificates.verify(found, logs=(world.ledger.heads.verifier_key,))
    said = found.said
    assert (said.learner, said.reason, said.asked_by) == (ada.id, "retention", "operator")
    assert said.erased_at == world.ledger.now()
    assert counted(world, ada) == {
        "data_key": 1, "bodies": 5, "tokens": 1, "shares": 1, "log_entries": 6, "status_places": 4,
        "tombstone": 1, "request_marks": None, "copies_of_others": None,
    }  # fmt: skip
    assert said.old_copies.epoch == 1
    assert (said.old_copies.noise_after - START).days == 30
    receipt = parse_receipt(said.receipt)
    assert receipt.index == world.ledger.store.head().size - 1


def test_asking_again_answers_the_same(world: World, roc: Party, ada: Party) -> None:
    first = erase.erase(world.ledger, world.operator, ada.id, idempotency=ONCE)
    root = world.root()
    world.clock.pass_(days=3)
    for once in (ONCE, None, Idempotency("other", b"x")):
        again = erase.erase(world.ledger, world.operator, ada.id, reason="retention", idempotency=once)
        assert (again.certificate, again.replayed) == (first.certificate, True)
    assert erase.certificate(world.ledger, ada.id) == first.certificate
    assert world.root() == root
    bea = world.learner(roc)
    with world.refuses(ConflictError, "idempotency_conflict"):
        erase.erase(world.ledger, world.operator, bea.id, idempotency=Idempotency("erase-1", b"another"))
    assert world.ledger.vault.data_key(bea.id) is not None


def test_who_may_erase(world: World, roc: Party, ada: Party, bea: Party) -> None:
    with world.refuses(ForbiddenError, "not_yours"):
        erase.erase(world.ledger, bea.actor, ada.id)
    with world.refuses(ForbiddenError, "scope_missing"):
        erase.erase(world.ledger, roc.actor, ada.id)
    with world.refuses(RejectedError, "reason_not_yours"):
        erase.erase(world.ledger, ada.actor, ada.id, reason="retention")
    for stranger in (roc.id, world.issue(roc, ada).id, world.ledger.chance.uuid()):
        with world.refuses(NotFoundError, "learner_unknown"):
            erase.erase(world.ledger, world.operator, stranger)
        with world.refuses(NotFoundError, "erasure_unknown"):
            erase.certificate(world.ledger, stranger)
    assert not world.ledger.vault.destroyed()


def test_a_status_index_is_never_freed_and_its_bit_stays(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    status.revoke(world.ledger, roc.actor, status.ChangeStatus(issued.id))
    with world.ledger.engine.connect() as connection:
        places = connection.execute(select(tables.status_index)).all()
    erase.erase(world.ledger, ada.actor, ada.id)
    with world.ledger.engine.connect() as connection:
        assert connection.execute(select(tables.status_index)).all() == places
    assert len(places) == 2
    world.clock.pass_(hours=1)
    found = verify_bytes(world.ledger, issued.credential)
    assert [item.code for item in found.report.all_checks() if item.verdict == "invalid"] == [
        "status_revoked"
    ]


class PowerFailureError(Exception):
    """Raised where the power goes."""


STOPS: dict[str, tuple[Any, str, bool]] = {
    "after the tombstone": (Vault, "destroy", False),
    "while the key is destroyed": (EpochFolder, "note_erased", True),
    "after the key": (Vault, "destroy", True),
    "before the rows": (erase, "_remove_rows", False),
    "after the rows": (erasure_certificate, "make", False),
    "after signing": (erasure_certificate, "make", True),
}


@pytest.mark.parametrize("by", ["the next start", "asking again", "the hourly look"])
@pytest.mark.parametrize("stop", STOPS)
def test_what_stopped_anywhere_is_completed(
    world: World, roc: Party, ada: Party, data_dir: Path, pool: Pool, stop: str, by: str
) -> None:
    world.issue(roc, ada)
    share.grant(world.ledger, ada.actor, share.GrantShare("stage"))
    owner, name, after = STOPS[stop]
    real = getattr(owner, name)

    def fail(*arguments: Any, **options: Any) -> Any:
        if after:
            real(*arguments, **options)
        raise PowerFailureError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, fail)
        with pytest.raises(PowerFailureError):
            erase.erase(world.ledger, ada.actor, ada.id)
    size = world.ledger.store.head().size
    with pytest.raises(UnavailableError) as caught:
        erase.certificate(world.ledger, ada.id)
    assert caught.value.code == "erasure_unfinished"
    if by == "the next start":
        world.ledger.close()
        world.ledger = bootstrap.build(Settings(data_dir=data_dir), clock=world.clock, pool=pool)
    elif by == "asking again":
        assert erase.erase(world.ledger, world.operator, ada.id).replayed is True
    else:
        assert erase.finish(world.ledger) == 1
    certificate = certificates.parse(erase.certificate(world.ledger, ada.id))
    certificates.verify(certificate, logs=(world.ledger.heads.verifier_key,))
    assert erase.finish(world.ledger) == 0
    assert world.ledger.store.head().size == size, "one tombstone"
    with pytest.raises(ErasedError) as gone:
        authenticate(world.ledger, ada.secret)
    assert gone.value.code == "erased"
    assert audited(world) == []
    if by == "the next start":
        world.ledger.close()


def copy_database(data_dir: Path, name: str, to: Path) -> Path:
    """Copy an SQLite database as a backup tool does."""
    with closing(sqlite3.connect(data_dir / name)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)
    return to


def put_back(backup: Path, data_dir: Path, name: str) -> None:
    """Put an older copy in the place of a database."""
    for old in data_dir.glob(f"{name}-*"):
        old.unlink()
    shutil.copy(backup, data_dir / name)


def test_an_old_vault_brings_nobody_back(
    world: World, roc: Party, ada: Party, bea: Party, data_dir: Path, tmp_path: Path, pool: Pool
) -> None:
    """Even when the folder's own list of the erased is lost: the tombstones are in the ledger."""
    issued, kept = world.issue(roc, ada), world.issue(roc, bea)
    backup = copy_database(data_dir, "vault.sqlite", tmp_path / "backup")
    erase.erase(world.ledger, ada.actor, ada.id)
    certificate = erase.certificate(world.ledger, ada.id)
    world.ledger.close()
    for lists_too in (False, True):
        put_back(backup, data_dir, "vault.sqlite")
        if lists_too:
            for path in (data_dir / "vault-keys").glob("erased-*"):
                path.unlink()
        ledger = bootstrap.build(Settings(data_dir=data_dir), clock=world.clock, pool=pool)
        assert ledger.vault.destroyed() == {ada.id}
        with pytest.raises(ErasedError):
            issue.read(ledger, roc.actor, issued.id)
        assert issue.read(ledger, roc.actor, kept.id).credential == kept.credential
        assert erase.certificate(ledger, ada.id) == certificate
        ledger.close()


def test_an_old_ledger_is_refused_and_with_an_old_vault_too(
    world: World, roc: Party, ada: Party, data_dir: Path, tmp_path: Path, pool: Pool
) -> None:
    world.issue(roc, ada)
    assert world.ledger.heads.latest().size == world.ledger.store.head().size
    names = ("ledger.sqlite", "vault.sqlite")
    backups = {name: copy_database(data_dir, name, tmp_path / name) for name in names}
    erase.erase(world.ledger, ada.actor, ada.id)
    world.ledger.close()
    for name in names:
        put_back(backups[name], data_dir, name)
        with pytest.raises(CorruptError) as caught:
            bootstrap.build(Settings(data_dir=data_dir), clock=world.clock, pool=pool)
        assert caught.value.code == "head_went_back"
    # Who forces it, by throwing the second place away, still reads nobody who was erased.
    (data_dir / "ledger.sqlite.head").unlink()
    ledger = bootstrap.build(Settings(data_dir=data_dir), clock=world.clock, pool=pool)
    with pytest.raises(ErasedError):
        history.rebuild(ledger, ada.id)
    ledger.close()


def test_what_a_crowd_recorded_meanwhile_is_noise(world: World, roc: Party, ada: Party) -> None:
    """A share that is granted between tombstone and key: the event stays, its link does not."""
    granted: list[share.GrantedShare] = []
    destroy = world.ledger.vault.destroy

    def late(*arguments: Any, **options: Any) -> None:
        granted.append(share.grant(world.ledger, ada.actor, share.GrantShare("stage")))
        destroy(*arguments, **options)

    world.issue(roc, ada)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.ledger.vault, "destroy", late)
        erase.erase(world.ledger, world.operator, ada.id)
    with pytest.raises(NotFoundError) as caught:
        share.open_share(world.ledger, granted[0].token)
    assert caught.value.code == "share_not_found"
    assert audited(world) == []


def test_a_visitor_who_comes_in_between_is_not_told_why(world: World, roc: Party, ada: Party) -> None:
    world.issue(roc, ada)
    link = share.grant(world.ledger, ada.actor, share.GrantShare("stage")).token
    change = world.ledger.change

    def erased_first(*arguments: Any, **options: Any) -> Any:
        erase.erase(world.ledger, ada.actor, ada.id)
        return change(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.ledger, "change", erased_first)
        with pytest.raises(NotFoundError) as caught:
            share.open_share(world.ledger, link)
    assert caught.value.code == "share_not_found"


def test_a_tombstone_behind_an_event_of_another_is_written_anew(world: World, roc: Party, ada: Party) -> None:
    append, calls = world.ledger.append, []

    def first_stale(fact: Any, **options: Any) -> Any:
        calls.append(fact.originator_version)
        if len(calls) == 1:
            fact = type(fact)(
                originator_id=fact.originator_id,
                originator_version=1,
                timestamp=fact.timestamp,
                event_id=fact.event_id,
                subject=fact.subject,
                issuer=None,
            )
        return append(fact, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.ledger, "append", first_stale)
        erase.erase(world.ledger, world.operator, ada.id)
    assert calls == [2, 2]


def test_reasons_in_the_row_are_the_certificates(world: World, ada: Party) -> None:
    with world.ledger.engine.connect() as connection:
        assert connection.execute(select(tables.erasure)).all() == []
    erase.erase(world.ledger, world.operator, ada.id)
    with world.ledger.engine.begin() as connection:
        connection.execute(update(tables.erasure).values(certificate=None))
    assert erase.finish(world.ledger) == 1
    assert certificates.parse(erase.certificate(world.ledger, ada.id)).said.asked_by == "operator"
