"""Tokens: what they permit, and that they stop when they should."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from ledger.domain.organisation import Organisation
from ledger.errors import ConflictError, ForbiddenError, NotFoundError, RejectedError, UnauthenticatedError
from ledger.store import tables
from ledger.usecases import access, enrol, issue, tokens
from ledger.usecases.access import IssueToken, RevokeToken, authenticate
from tests.ledger.usecases.world import START, Party, World, example

READ = frozenset({"attestations:read"})


def test_a_token_says_who_acts_and_what_it_may(world: World, roc: Party, ada: Party) -> None:
    assert (world.operator.role, world.operator.id, world.operator.scopes) == (
        "operator",
        None,
        access.OPERATOR_SCOPES,
    )
    assert (roc.actor.role, roc.actor.id) == ("organisation", roc.id)
    assert roc.actor.scopes == access.ORGANISATION_SCOPES
    assert (ada.actor.role, ada.actor.id, ada.actor.scopes) == ("learner", ada.id, access.LEARNER_SCOPES)


def test_only_the_hash_of_a_token_is_stored(world: World, roc: Party, ada: Party) -> None:
    with world.ledger.engine.connect() as connection:
        stored = connection.execute(select(tables.token)).all()
    assert {row.role for row in stored} == {"operator", "organisation", "learner"}
    for secret in (roc.secret, ada.secret):
        assert tokens.hash_of(secret) in {row.token_hash for row in stored}
        assert all(secret not in str(tuple(row)) for row in stored)
    for file in world.ledger.settings.data_dir.rglob("*"):  # type: ignore[attr-defined]
        if file.is_file():
            assert roc.secret.encode() not in file.read_bytes()


def test_whose_token_it_is_called_is_sealed_and_stands_nowhere_else(world: World, roc: Party) -> None:
    label = "Laptop of W. Kanarie"
    made = access.issue_token(
        world.ledger, roc.actor, IssueToken(roc.id, frozenset({"attestations:read"}), label)
    )
    assert made.label == label
    assert world.ledger.load(Organisation, roc.id).tokens[made.id].label == label
    for file in world.ledger.settings.data_dir.rglob("*"):  # type: ignore[attr-defined]
        if file.is_file():
            assert b"Kanarie" not in file.read_bytes()


@pytest.mark.parametrize("position", [0, 4, 20, 40, 55, -1])
def test_a_changed_token_is_nobody(world: World, roc: Party, position: int) -> None:
    changed = list(roc.secret)
    changed[position] = "A" if changed[position] != "A" else "B"
    with world.refuses(UnauthenticatedError, "token_invalid"):
        authenticate(world.ledger, "".join(changed))


@pytest.mark.parametrize("text", ["", "lsp_", "Bearer x", "lsp_operator_" + "A" * 43 + "_AAAAAA", "é" * 80])
def test_what_is_no_token_is_nobody(world: World, text: str) -> None:
    with world.refuses(UnauthenticatedError, "token_invalid"):
        authenticate(world.ledger, text)


def test_a_well_formed_token_that_was_never_given_is_nobody(world: World) -> None:
    with world.refuses(UnauthenticatedError, "token_invalid"):
        authenticate(world.ledger, tokens.write("operator", bytes(32)))


def test_a_narrow_token_does_what_it_says_and_no_more(world: World, roc: Party, ada: Party) -> None:
    issued = access.issue_token(world.ledger, roc.actor, IssueToken(roc.id, READ, "read only"))
    reader = authenticate(world.ledger, issued.secret)
    credential = world.issue(roc, ada)
    assert issue.read(world.ledger, reader, credential.id).credential == credential.credential
    with world.refuses(ForbiddenError, "scope_missing"):
        issue.issue(world.ledger, reader, issue.IssueAttestation(ada.id, example("training")))
    with world.refuses(ForbiddenError, "scope_missing"):
        enrol.enrol(world.ledger, reader, enrol.EnrolLearner())
    with world.refuses(ForbiddenError, "scope_missing"):
        access.issue_token(world.ledger, reader, IssueToken(roc.id, READ, "one more"))


def test_a_token_expires_at_its_moment(world: World, roc: Party) -> None:
    command = IssueToken(roc.id, READ, "a day", START + timedelta(days=1))
    secret = access.issue_token(world.ledger, roc.actor, command).secret
    world.clock.pass_(hours=23, minutes=59, seconds=59)
    assert authenticate(world.ledger, secret).id == roc.id
    world.clock.pass_(seconds=1)
    with world.refuses(UnauthenticatedError, "token_expired"):
        authenticate(world.ledger, secret)


def test_a_revoked_token_stops_and_its_sisters_go_on(world: World, roc: Party) -> None:
    issued = access.issue_token(world.ledger, roc.actor, IssueToken(roc.id, READ, "short"))
    access.revoke_token(world.ledger, roc.actor, RevokeToken(roc.id, issued.id))
    with world.refuses(UnauthenticatedError, "token_invalid"):
        authenticate(world.ledger, issued.secret)
    assert authenticate(world.ledger, roc.secret).id == roc.id
    with world.refuses(ConflictError, "already_revoked"):
        access.revoke_token(world.ledger, roc.actor, RevokeToken(roc.id, issued.id))


def test_the_operator_can_give_and_take_tokens(world: World, roc: Party) -> None:
    issued = access.issue_token(world.ledger, world.operator, IssueToken(roc.id, READ, "by the operator"))
    access.revoke_token(world.ledger, world.operator, RevokeToken(roc.id, issued.id))
    with world.refuses(UnauthenticatedError, "token_invalid"):
        authenticate(world.ledger, issued.secret)


def test_one_organisation_has_no_say_over_anothers_tokens(world: World, roc: Party, hospital: Party) -> None:
    with world.refuses(ForbiddenError, "not_yours"):
        access.issue_token(world.ledger, hospital.actor, IssueToken(roc.id, READ, "mine now"))
    with world.refuses(ForbiddenError, "not_yours"):
        access.revoke_token(world.ledger, hospital.actor, RevokeToken(roc.id, roc.actor.token_id))
    with world.refuses(NotFoundError, "token_unknown"):
        access.revoke_token(world.ledger, hospital.actor, RevokeToken(hospital.id, roc.actor.token_id))


@pytest.mark.parametrize(
    ("scopes", "label", "expires_at", "code"),
    [
        (frozenset(), "x", None, "scope_unknown"),
        (frozenset({"operator"}), "x", None, "scope_unknown"),
        (READ | {"trail"}, "x", None, "scope_unknown"),
        (READ, "", None, "string_too_short"),
        (READ, "x" * 201, None, "string_too_long"),
        (READ, "BSN 111222333", None, "bsn_refused"),
        (READ, "x", START, "expiry_in_past"),
        (READ, "x", START.replace(tzinfo=None), "time_invalid"),
    ],
)
def test_what_no_token_can_be(
    world: World, roc: Party, scopes: frozenset[str], label: str, expires_at: object, code: str
) -> None:
    with world.refuses(RejectedError, code):
        access.issue_token(world.ledger, roc.actor, IssueToken(roc.id, scopes, label, expires_at))  # type: ignore[arg-type]


def test_an_unknown_organisation(world: World, ada: Party) -> None:
    for nobody in (UUID(int=5), ada.id):
        with world.refuses(NotFoundError, "organisation_unknown"):
            access.issue_token(world.ledger, world.operator, IssueToken(nobody, READ, "x"))


def test_roles_do_not_stand_in_for_each_other(world: World, roc: Party, ada: Party) -> None:
    with world.refuses(ForbiddenError, "scope_missing"):
        access.require_learner(roc.actor)
    with world.refuses(ForbiddenError, "scope_missing"):
        access.require_organisation(ada.actor, "attestations:read")
    with world.refuses(ForbiddenError, "scope_missing"):
        access.require_organisation(world.operator, "attestations:read")
