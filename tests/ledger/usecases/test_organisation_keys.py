"""Keys over time, as an organisation's administrator asks for it: rotated with proof, compromised, claimed once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.errors import ConflictError, ForbiddenError, NotFoundError, RejectedError
from ledger.usecases import register
from ledger.usecases.idempotency import Idempotency
from ledger.usecases.register import AddKey, CompromiseKey, ManagedKey, OwnKey, RetireKey, RotateKey
from tests.ledger.usecases.world import OwnSigner, Party, World
from verifiers.formats import did_document

UNKNOWN = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"


def only_key(world: World, party: Party) -> str:
    (key,) = register.organisation(world.ledger, party.id).keys
    return key.multikey


def types_of(world: World, party: Party, since: int) -> list[str]:
    return [event.sealed.type for event in world.ledger.store.select_issuer(party.id, gt_position=since)]


def test_a_rotation_is_two_events_in_one_transaction(world: World, roc: Party) -> None:
    old, size = only_key(world, roc), world.ledger.store.head().size
    world.clock.pass_(days=1)
    view = register.rotate_key(world.ledger, roc.actor, RotateKey(roc.id, old, ManagedKey("P-256")))
    first, second = view.keys
    assert (first.multikey, first.retire_reason, second.kind) == (old, "rotated", "P-256")
    assert second.valid_from == world.clock.moment
    assert first.valid_until == world.clock.moment + timedelta(seconds=1)
    assert types_of(world, roc, size - 1) == ["organisation-key-added.v1", "organisation-key-retired.v1"]
    assert world.ledger.keys.holds(second.multikey)


def test_credentials_are_signed_by_the_new_key_at_once(world: World, roc: Party, ada: Party) -> None:
    register.rotate_key(world.ledger, roc.actor, RotateKey(roc.id, only_key(world, roc)))
    _, new = register.organisation(world.ledger, roc.id).keys
    assert new.verification_method.encode() in world.issue(roc, ada).credential


def test_a_rotated_own_key_shows_that_it_is_held(world: World, roc: Party, hospital: Party) -> None:
    old, mine, other = only_key(world, roc), OwnSigner.ed25519(), OwnSigner.ed25519()
    did = roc.did
    for possession in (
        other.own_key(did).possession,  # somebody else's signature
        mine.own_key(hospital.did).possession,  # for another organisation
        bytes(64),
        b"",
    ):
        with world.refuses(RejectedError, "possession_not_proven"):
            own = OwnKey(mine.public.multikey, possession)
            register.rotate_key(world.ledger, roc.actor, RotateKey(roc.id, old, own))
    view = register.rotate_key(world.ledger, roc.actor, RotateKey(roc.id, old, mine.own_key(did)))
    assert view.keys[-1].multikey == mine.public.multikey


def test_a_known_key_is_nobodys_new_one(world: World, roc: Party, hospital: Party) -> None:
    """THREATS A14: also a retired or compromised key stays its organisation's, for ever."""
    mine = OwnSigner.ed25519()
    register.add_key(world.ledger, hospital.actor, AddKey(hospital.id, mine.own_key(hospital.did)))
    register.retire_key(world.ledger, hospital.actor, RetireKey(hospital.id, mine.public.multikey))
    register.compromise_key(world.ledger, hospital.actor, CompromiseKey(hospital.id, mine.public.multikey))
    for asking in (roc, hospital):
        own = mine.own_key(asking.did)
        with world.refuses(ConflictError, "key_in_use"):
            register.rotate_key(
                world.ledger, asking.actor, RotateKey(asking.id, first_key(world, asking), own)
            )
        with world.refuses(ConflictError, "key_in_use"):
            register.add_key(world.ledger, asking.actor, AddKey(asking.id, own))
    assert [key.valid_until for key in register.organisation(world.ledger, roc.id).keys] == [None]


def first_key(world: World, party: Party) -> str:
    return register.organisation(world.ledger, party.id).keys[0].multikey


def test_a_did_key_cannot_rotate_and_no_key_is_made_for_it(world: World) -> None:
    party = world.organisation(did_method="key")
    before = world.ledger.keys.multikeys()
    with world.refuses(ConflictError, "did_key_has_one_key"):
        register.rotate_key(world.ledger, party.actor, RotateKey(party.id, only_key(world, party)))
    assert world.ledger.keys.multikeys() == before


def test_a_compromised_managed_key_signs_nothing_more(world: World, roc: Party, ada: Party) -> None:
    multikey = only_key(world, roc)
    world.issue(roc, ada)
    world.clock.pass_(hours=1)
    since = world.clock.moment - timedelta(minutes=10)
    view = register.compromise_key(world.ledger, roc.actor, CompromiseKey(roc.id, multikey, since, "stolen"))
    assert view.keys[0].compromised_since == since
    with world.refuses(ConflictError, "no_managed_key"):
        world.issue(roc, ada)
    _, new = register.add_key(world.ledger, roc.actor, AddKey(roc.id)).keys
    assert new.verification_method.encode() in world.issue(roc, ada).credential


def test_the_did_document_shows_what_is_current(world: World, roc: Party) -> None:
    first = only_key(world, roc)
    register.rotate_key(world.ledger, roc.actor, RotateKey(roc.id, first))
    second = register.organisation(world.ledger, roc.id).keys[1].multikey
    register.rotate_key(world.ledger, roc.actor, RotateKey(roc.id, second))
    third = register.organisation(world.ledger, roc.id).keys[2].multikey
    register.compromise_key(world.ledger, roc.actor, CompromiseKey(roc.id, second))
    read = did_document.parse(register.did_document(world.ledger, roc.id), did=roc.did)
    shown = {key.key.multikey: key.valid_until is None for key in read.assertion_keys()}
    assert shown == {first: False, third: True}, "rotated with its end, compromised not at all"


def test_compromise_without_a_moment_is_from_now_on(world: World, roc: Party) -> None:
    world.clock.pass_(days=3)
    view = register.compromise_key(world.ledger, roc.actor, CompromiseKey(roc.id, only_key(world, roc)))
    assert view.keys[0].compromised_since == world.clock.moment
    with world.refuses(ConflictError, "already_compromised"):
        register.compromise_key(world.ledger, roc.actor, CompromiseKey(roc.id, only_key(world, roc)))
    with world.refuses(RejectedError, "compromise_in_future"):
        later = world.clock.moment + timedelta(seconds=1)
        register.compromise_key(world.ledger, roc.actor, CompromiseKey(roc.id, only_key(world, roc), later))
    with world.refuses(RejectedError, "time_invalid"):
        naive = world.clock.moment.replace(tzinfo=None)
        register.compromise_key(world.ledger, roc.actor, CompromiseKey(roc.id, only_key(world, roc), naive))
    with world.refuses(NotFoundError, "key_unknown"):
        register.compromise_key(world.ledger, roc.actor, CompromiseKey(roc.id, UNKNOWN))


def test_nobody_else_decides_about_keys(world: World, roc: Party, hospital: Party, ada: Party) -> None:
    multikey = only_key(world, roc)
    for party, code in ((hospital, "not_yours"), (ada, "scope_missing")):
        with world.refuses(ForbiddenError, code):
            register.rotate_key(world.ledger, party.actor, RotateKey(roc.id, multikey))
        with world.refuses(ForbiddenError, code):
            register.compromise_key(world.ledger, party.actor, CompromiseKey(roc.id, multikey))
    # The operator can: when a school loses its key and its tokens, somebody must stop it.
    register.compromise_key(world.ledger, world.operator, CompromiseKey(roc.id, multikey, None, "lost"))


def test_asked_twice_it_is_done_once(world: World, roc: Party) -> None:
    old = only_key(world, roc)
    again = Idempotency("rotate-1", b"the request")
    first = register.rotate_key(world.ledger, roc.actor, RotateKey(roc.id, old), idempotency=again)
    size, made = world.ledger.store.head().size, world.ledger.keys.multikeys()
    assert register.rotate_key(world.ledger, roc.actor, RotateKey(roc.id, old), idempotency=again) == first
    assert (world.ledger.store.head().size, world.ledger.keys.multikeys()) == (size, made)
    with world.refuses(ConflictError, "idempotency_conflict"):
        register.rotate_key(
            world.ledger, roc.actor, RotateKey(roc.id, old), idempotency=Idempotency("rotate-1", b"another")
        )


def test_a_hundred_issuers_have_a_hundred_keys(world: World) -> None:
    """THREATS C10: every key is made for its organisation; none is a default."""
    parties = [world.organisation(f"School {number}") for number in range(100)]
    keys = {only_key(world, party) for party in parties}
    assert len(keys) == 100
    assert {party.did for party in parties} == {register.did_web(world.ledger, party.id) for party in parties}


@pytest.mark.parametrize("nobody", [UUID(int=5)])
def test_an_organisation_that_is_none_has_no_keys(world: World, nobody: UUID) -> None:
    with world.refuses(NotFoundError, "organisation_unknown"):
        register.rotate_key(world.ledger, world.operator, RotateKey(nobody, UNKNOWN))
    with world.refuses(NotFoundError, "organisation_unknown"):
        register.compromise_key(world.ledger, world.operator, CompromiseKey(nobody, UNKNOWN))
