"""Learners: enrolled with a token, a key and nothing readable in the store."""

from __future__ import annotations

import pytest

from ledger.errors import ErasedError, ForbiddenError, RejectedError
from ledger.usecases import enrol, learner_key
from ledger.usecases.access import authenticate
from ledger.usecases.enrol import EnrolLearner
from tests.ledger.usecases.world import START, OwnSigner, Party, World
from verifiers.primitives.keys import parse_did_key


def test_a_learner_gets_an_id_a_key_and_a_token(world: World, roc: Party) -> None:
    made = enrol.enrol(world.ledger, roc.actor, EnrolLearner("Ada de Vries"))
    assert made.enrolled_at == START
    assert authenticate(world.ledger, made.token.secret).id == made.id
    (recorded,) = world.ledger.store.select_subject(made.id)
    payload, _ = world.ledger.sealing.opening(recorded)
    world.require_receipt(made.receipt, payload, recorded.position)
    assert (recorded.sealed.subject, recorded.sealed.issuer) == (made.id, roc.id)


def test_the_learners_key_is_derived_and_ends_with_her_data_key(world: World, ada: Party, bea: Party) -> None:
    key = learner_key.public_key(world.ledger, ada.id)
    assert key.did_key == ada.did
    assert key != learner_key.public_key(world.ledger, bea.id)
    key.verify(learner_key.sign(world.ledger, ada.id, b"mine"), b"mine")
    world.ledger.vault.destroy(ada.id, now=START)
    with world.refuses(ErasedError, "erased"):
        learner_key.sign(world.ledger, ada.id, b"mine")


def test_a_learner_may_bring_her_own_did(world: World, roc: Party) -> None:
    did = OwnSigner.p256().public.did_key
    assert enrol.enrol(world.ledger, roc.actor, EnrolLearner(did=did)).subject_id == did


def test_two_learners_share_nothing(world: World, roc: Party) -> None:
    first, second = (enrol.enrol(world.ledger, roc.actor, EnrolLearner("Ada")) for _ in range(2))
    assert first.id != second.id
    assert parse_did_key(first.subject_id) != parse_did_key(second.subject_id)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (EnrolLearner(name=""), "string_too_short"),
        (EnrolLearner(name="x" * 201), "string_too_long"),
        (EnrolLearner(name="Ada 123456782"), "bsn_refused"),
        (EnrolLearner(name="Ada\x00"), "text_control_character"),
        (EnrolLearner(did="did:web:ada.example"), "did_invalid"),
        (EnrolLearner(did="did:key:z6Mk"), "did_invalid"),
        (EnrolLearner(did=""), "did_invalid"),
    ],
)
def test_what_cannot_be_enrolled(world: World, roc: Party, command: EnrolLearner, code: str) -> None:
    with world.refuses(RejectedError, code):
        enrol.enrol(world.ledger, roc.actor, command)


def test_only_an_organisation_enrols(world: World, ada: Party) -> None:
    for actor in (world.operator, ada.actor):
        with world.refuses(ForbiddenError, "scope_missing"):
            enrol.enrol(world.ledger, actor, EnrolLearner())
