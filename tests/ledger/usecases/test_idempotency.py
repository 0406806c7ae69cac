"""Asking twice is answering twice, for every use case that writes; another request under the key is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from ledger.errors import ConflictError, ErasedError, LedgerError, RejectedError
from ledger.store import tables
from ledger.usecases import access, enrol, issue, prepare, register, share, status
from ledger.usecases.bring import BringCredential, bring
from ledger.usecases.idempotency import KEY_CHARACTERS_MAX, Idempotency
from ledger.usecases.issue import IssueAttestation
from tests.ledger.usecases.test_bring import Maker
from tests.ledger.usecases.world import START, OwnSigner, Party, World, example

ONCE = Idempotency("key-1", b"POST /v1/x\n{}")
OTHER = Idempotency("key-1", b"POST /v1/x\n{ }")

Ask = Callable[[Idempotency | None], Any]


@dataclass
class Scene:
    """Everybody and everything that a request may need."""

    world: World
    roc: Party
    ada: Party

    def __post_init__(self) -> None:
        self.ledger = self.world.ledger
        self.credential = self.world.issue(self.roc, self.ada)
        self.maker = Maker(self.world, OwnSigner.ed25519())
        self.brought = self.maker.signed(self.ada)
        made = prepare.prepare(
            self.ledger, self.maker.party.actor, prepare.PrepareAttestation(self.ada.id, example("training"))
        )
        self.completion = prepare.CompleteAttestation(
            made.draft, tuple((item.cryptosuite, self.maker.signer.sign(item.data)) for item in made.to_sign)
        )
        self.key = OwnSigner.ed25519().own_key(self.roc.did)
        self.own = register.organisation(self.ledger, self.roc.id).keys[0].multikey

    def issue(self, once: Idempotency | None) -> Any:
        return issue.issue(
            self.ledger, self.roc.actor, IssueAttestation(self.ada.id, example("training")), idempotency=once
        )

    def claim(self, once: Idempotency | None) -> Any:
        return issue.issue(
            self.ledger,
            self.ada.actor,
            IssueAttestation(self.ada.id, example("self_claim")),
            idempotency=once,
        )

    def bring(self, once: Idempotency | None) -> Any:
        return bring(
            self.ledger, self.maker.party.actor, BringCredential(self.ada.id, self.brought), idempotency=once
        )

    def complete(self, once: Idempotency | None) -> Any:
        return prepare.complete(self.ledger, self.maker.party.actor, self.completion, idempotency=once)

    def suspend(self, once: Idempotency | None) -> Any:
        return status.suspend(
            self.ledger, self.roc.actor, status.ChangeStatus(self.credential.id), idempotency=once
        )

    def revoke(self, once: Idempotency | None) -> Any:
        return status.revoke(
            self.ledger, self.roc.actor, status.ChangeStatus(self.credential.id), idempotency=once
        )

    def add_key(self, once: Idempotency | None) -> Any:
        return register.add_key(
            self.ledger, self.roc.actor, register.AddKey(self.roc.id, self.key), idempotency=once
        )

    def retire_key(self, once: Idempotency | None) -> Any:
        return register.retire_key(
            self.ledger, self.roc.actor, register.RetireKey(self.roc.id, self.own), idempotency=once
        )

    def register(self, once: Idempotency | None) -> Any:
        return register.register(
            self.ledger, self.world.operator, register.RegisterOrganisation("X", "bureau"), idempotency=once
        )

    def token(self, once: Idempotency | None) -> Any:
        scopes = frozenset({"attestations:read"})
        return access.issue_token(
            self.ledger, self.roc.actor, access.IssueToken(self.roc.id, scopes, "x"), idempotency=once
        )

    def enrol(self, once: Idempotency | None) -> Any:
        return enrol.enrol(self.ledger, self.roc.actor, enrol.EnrolLearner("Cas"), idempotency=once)

    def share(self, once: Idempotency | None) -> Any:
        return share.grant(self.ledger, self.ada.actor, share.GrantShare("stage"), idempotency=once)


ANSWERS_AGAIN = ["issue", "claim", "bring", "complete", "suspend", "revoke"]
ANSWERS_THE_STATE = ["add_key", "retire_key"]
SHOWS_SECRETS = ["register", "token", "enrol", "share"]
OF_PERSONS = [*ANSWERS_AGAIN, "enrol", "share"]


@pytest.fixture
def scene(world: World, roc: Party, ada: Party) -> Scene:
    return Scene(world, roc, ada)


@pytest.mark.parametrize("name", ANSWERS_AGAIN)
def test_a_replay_answers_from_the_event_with_a_current_receipt(scene: Scene, name: str) -> None:
    ask: Ask = getattr(scene, name)
    first = ask(ONCE)
    scene.world.learner(scene.roc)
    scene.world.clock.pass_(days=400)
    before = scene.world.root()
    again = ask(ONCE)
    assert scene.world.root() == before, "a replay adds nothing"
    assert (first.replayed, again.replayed) == (False, True)
    assert again.position == first.position
    assert getattr(again, "credential", None) == getattr(first, "credential", None)
    recorded = scene.ledger.store.at_position(first.position)
    scene.world.require_receipt(again.receipt, scene.ledger.sealing.opening(recorded)[0], first.position)


@pytest.mark.parametrize("name", ANSWERS_THE_STATE)
def test_a_replay_of_a_key_change_answers_the_organisation(scene: Scene, name: str) -> None:
    ask: Ask = getattr(scene, name)
    first, before = ask(ONCE), scene.world.root()
    assert ask(ONCE) == first
    assert scene.world.root() == before


@pytest.mark.parametrize("name", SHOWS_SECRETS)
def test_a_secret_is_shown_once(scene: Scene, name: str) -> None:
    ask: Ask = getattr(scene, name)
    ask(ONCE)
    with scene.world.refuses(ConflictError, "secret_already_shown"):
        ask(ONCE)


@pytest.mark.parametrize("name", [*ANSWERS_AGAIN, *ANSWERS_THE_STATE, *SHOWS_SECRETS])
def test_another_request_under_the_key_is_a_conflict(scene: Scene, name: str) -> None:
    ask: Ask = getattr(scene, name)
    ask(ONCE)
    with scene.world.refuses(ConflictError, "idempotency_conflict"):
        ask(OTHER)


@pytest.mark.parametrize("name", [*ANSWERS_AGAIN, *ANSWERS_THE_STATE, *SHOWS_SECRETS])
def test_a_refused_request_does_not_use_up_its_key(scene: Scene, name: str) -> None:
    ask: Ask = getattr(scene, name)

    def fail(*arguments: object, **options: object) -> None:
        raise RejectedError("made_up", "refused by the test")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scene.ledger.store, "insert_events", fail)
        with scene.world.refuses(RejectedError, "made_up"):
            ask(ONCE)
    ask(ONCE)


@pytest.mark.parametrize("name", OF_PERSONS)
def test_after_erasure_a_replay_is_gone(scene: Scene, name: str) -> None:
    ask: Ask = getattr(scene, name)
    done = ask(ONCE)
    person = done.id if name == "enrol" else scene.ada.id
    scene.ledger.vault.destroy(person, now=START)
    for once in (ONCE, OTHER):
        with scene.world.refuses(ErasedError, "erased"):
            ask(once)


def test_a_key_is_ones_own(scene: Scene) -> None:
    scene.issue(ONCE)
    assert scene.bring(ONCE).replayed is False, "another organisation's key of the same text is another key"
    assert scene.share(Idempotency("key-1", b"the learner's")) is not None


@pytest.mark.parametrize("key", ["", "x" * (KEY_CHARACTERS_MAX + 1), "tab\t", "newline\n"])
def test_a_key_that_is_none(scene: Scene, key: str) -> None:
    with scene.world.refuses(RejectedError, "idempotency_key_malformed"):
        scene.issue(Idempotency(key, b""))


@pytest.mark.parametrize("name", ["issue", "suspend", "revoke", "complete"])
def test_the_same_request_many_times_at_once_is_done_once(scene: Scene, name: str) -> None:
    ask: Ask = getattr(scene, name)
    size = scene.ledger.store.head().size
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: ask(ONCE), range(6)))
    assert scene.ledger.store.head().size == size + 1
    assert len({answer.position for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1


def test_many_changes_at_once_without_a_key_leave_one_winner(scene: Scene) -> None:
    def ask(_: int) -> str:
        try:
            return str(scene.revoke(None).status)
        except LedgerError as error:
            return error.code

    with ThreadPoolExecutor(6) as threads:
        answers = sorted(threads.map(ask, range(6)))
    assert answers == ["already_revoked"] * 5 + ["revoked"]


def test_what_is_kept_of_a_request_is_no_oracle(scene: Scene) -> None:
    """The MAC depends on the person's key: two persons, the same request, two MACs; never a bare hash."""
    scene.issue(ONCE)
    bea = scene.world.learner(scene.roc)
    again = Idempotency("key-2", ONCE.request)
    issue.issue(
        scene.ledger, scene.roc.actor, IssueAttestation(bea.id, example("training")), idempotency=again
    )
    with scene.ledger.engine.connect() as connection:
        macs = connection.execute(select(tables.idempotency.c.request_mac)).scalars().all()
    assert len(set(macs)) == 2


def test_a_clients_key_is_kept_as_a_mac_only(scene: Scene) -> None:
    text = "request of Ada de Vries, 12-03-2004"
    scene.issue(Idempotency(text, b"first"))
    scene.bring(Idempotency(text, b"second"))
    with scene.ledger.engine.connect() as connection:
        rows = connection.execute(select(tables.idempotency)).all()
    kept = {row.key for row in rows}
    assert len(kept) == 2, "the same text of two owners does not look the same"
    assert all(len(key) == 32 for key in kept)
    assert not kept & {hashlib.sha256(text.encode()).digest(), hashlib.sha256(b"request").digest()}
    assert b"Ada" not in repr(rows).encode()
