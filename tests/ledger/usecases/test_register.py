"""Organisations and their keys: managed and own, did:web and did:key, one key to one organisation."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from ledger.errors import ConflictError, ForbiddenError, NotFoundError, RejectedError
from ledger.usecases import register
from ledger.usecases.access import OPERATOR
from ledger.usecases.organisations import did_web, organisation_of_did
from ledger.usecases.register import (
    AddKey,
    CompromiseKey,
    ManagedKey,
    OwnKey,
    RegisterOrganisation,
    RetireKey,
)
from ledger.usecases.verify import verify_bytes
from tests.ledger.usecases.world import START, OwnSigner, Party, World
from verifiers.formats import did_document, key_event
from verifiers.formats.receipt import parse as parse_receipt
from verifiers.primitives import strict_json


def test_a_managed_organisation(world: World) -> None:
    made = register.register(
        world.ledger, world.operator, RegisterOrganisation("ROC van Testdam", "school", "https://roc.example")
    )
    found = made.organisation
    assert found.did == f"did:web:127.0.0.1%3A8000:issuers:{found.id}" == did_web(world.ledger, found.id)
    assert (found.name, found.role, found.website) == ("ROC van Testdam", "school", "https://roc.example")
    (key,) = found.keys
    assert (key.kind, key.managed, key.valid_from, key.valid_until) == ("Ed25519", True, START, None)
    assert key.verification_method == f"{found.did}#{key.multikey}"
    assert world.ledger.keys.holds(key.multikey)
    assert register.organisation(world.ledger, found.id) == found


def test_the_registration_proves_the_key_to_verifiers(world: World) -> None:
    made = register.register(world.ledger, world.operator, RegisterOrganisation("ROC", "school"))
    (recorded, _) = world.ledger.store.select_stream(made.organisation.id)
    payload, _ = world.ledger.sealing.opening(recorded)
    world.require_receipt(made.receipt, payload, recorded.position)
    event = key_event.parse(payload, type=recorded.sealed.type)
    assert isinstance(event, key_event.KeyAdded)
    assert (event.did, event.key.multikey) == (made.organisation.did, made.organisation.keys[0].multikey)
    assert event.valid_from == START
    assert parse_receipt(made.receipt).opening is not None


@pytest.mark.parametrize("signer", [OwnSigner.ed25519(), OwnSigner.p256()], ids=["Ed25519", "P-256"])
def test_an_own_key_with_did_web(world: World, signer: OwnSigner) -> None:
    chosen = uuid4()
    own = signer.own_key(did_web(world.ledger, chosen))
    made = register.register(
        world.ledger, world.operator, RegisterOrganisation("Bureau", "bureau", key=own, id=chosen)
    )
    assert made.organisation.id == chosen
    (key,) = made.organisation.keys
    assert (key.multikey, key.kind, key.managed) == (signer.public.multikey, signer.public.kind, False)
    assert not world.ledger.keys.holds(key.multikey)


def test_an_own_key_with_did_key(world: World) -> None:
    signer = OwnSigner.ed25519()
    command = RegisterOrganisation(
        "Bureau", "bureau", did_method="key", key=signer.own_key(signer.public.did_key)
    )
    found = register.register(world.ledger, world.operator, command).organisation
    assert found.did == signer.public.did_key
    assert found.keys[0].verification_method == signer.public.did_key_verification_method
    with world.refuses(ConflictError, "did_key_has_one_key"):
        register.add_key(world.ledger, world.operator, AddKey(found.id))
    with world.refuses(NotFoundError, "organisation_unknown"):
        register.did_document(world.ledger, found.id)


def test_possession_is_of_this_key_for_this_did(world: World) -> None:
    signer, other = OwnSigner.ed25519(), OwnSigner.ed25519()
    did = signer.public.did_key
    wrong = [
        other.own_key(did).possession,
        signer.own_key("did:key:z6MkOther").possession,
        signer.sign(signer.public.multikey.encode()),
        b"",
        bytes(64),
    ]
    for possession in wrong:
        command = RegisterOrganisation(
            "Bureau", "bureau", did_method="key", key=OwnKey(signer.public.multikey, possession)
        )
        with world.refuses(RejectedError, "possession_not_proven"):
            register.register(world.ledger, world.operator, command)


def test_the_possession_text_is_what_is_documented() -> None:
    assert (
        register.possession_text("did:web:x", "z6Mk") == "leerspoor possession of a key v1\ndid:web:x\nz6Mk\n"
    )


@pytest.mark.parametrize(
    ("multikey", "code"),
    [
        ("", "key_malformed"),
        ("u7QE", "key_malformed"),
        ("z6Mk", "key_malformed"),
        ("z" + "1" * 50, "key_type_unknown"),
    ],
)
def test_a_key_that_is_none(world: World, multikey: str, code: str) -> None:
    command = RegisterOrganisation("X", "bureau", did_method="key", key=OwnKey(multikey, bytes(64)))
    with world.refuses(RejectedError, code) as caught:
        register.register(world.ledger, world.operator, command)
    assert caught.value.pointer == "/key/multikey"


def test_a_small_order_key_is_refused(world: World) -> None:
    # The identity point: with it one signature fits every message.
    identity = "z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP"
    command = RegisterOrganisation("X", "bureau", did_method="key", key=OwnKey(identity, bytes(64)))
    with world.refuses(RejectedError, "key_small_order"):
        register.register(world.ledger, world.operator, command)


def test_an_own_key_with_did_web_needs_an_id_chosen_before(world: World) -> None:
    own = OwnSigner.ed25519().own_key("did:web:x")
    with world.refuses(RejectedError, "organisation_id_required"):
        register.register(world.ledger, world.operator, RegisterOrganisation("X", "bureau", key=own))


def test_a_key_belongs_to_one_organisation(world: World, roc: Party) -> None:
    signer, chosen = OwnSigner.ed25519(), uuid4()
    register.add_key(world.ledger, roc.actor, AddKey(roc.id, signer.own_key(roc.did)))
    own = signer.own_key(did_web(world.ledger, chosen))
    with world.refuses(ConflictError, "key_in_use"):
        register.register(
            world.ledger, world.operator, RegisterOrganisation("Dief", "bureau", key=own, id=chosen)
        )
    with world.refuses(ConflictError, "key_in_use"):
        register.add_key(world.ledger, roc.actor, AddKey(roc.id, signer.own_key(roc.did)))


def test_an_id_is_taken_once(world: World, roc: Party, ada: Party) -> None:
    for taken in (roc.id, ada.id):
        with world.refuses(ConflictError, "organisation_exists"):
            register.register(world.ledger, world.operator, RegisterOrganisation("X", "bureau", id=taken))


@pytest.mark.parametrize(
    ("name", "website", "code"),
    [
        ("", None, "string_too_short"),
        (" ", None, "string_too_short"),
        ("x" * 201, None, "string_too_long"),
        ("ROC\nTestdam", None, "text_control_character"),
        ("ROC \u202etest", None, "text_control_character"),
        ("School 111222333", None, "bsn_refused"),
        ("ROC", "javascript:alert(1)", "url_invalid"),
        ("ROC", "https://user@roc.example", "url_invalid"),
        ("ROC", "", "string_too_short"),
    ],
)
def test_names_and_addresses_that_are_none(world: World, name: str, website: str | None, code: str) -> None:
    with world.refuses(RejectedError, code) as caught:
        register.register(world.ledger, world.operator, RegisterOrganisation(name, "school", website))
    assert "111222333" not in str(caught.value)


def test_only_the_operator_registers(world: World, roc: Party, ada: Party) -> None:
    for actor in (roc.actor, ada.actor):
        with world.refuses(ForbiddenError, "scope_missing"):
            register.register(world.ledger, actor, RegisterOrganisation("X", "school"))


def test_a_key_is_added_and_the_old_one_retired(world: World, roc: Party) -> None:
    world.clock.pass_(days=1)
    (old, new) = register.add_key(world.ledger, roc.actor, AddKey(roc.id, ManagedKey("P-256"))).keys
    assert (new.kind, new.valid_from) == ("P-256", world.clock.moment)
    world.clock.pass_(days=1)
    (old, new) = register.retire_key(world.ledger, roc.actor, RetireKey(roc.id, old.multikey)).keys
    ended = world.clock.moment + timedelta(seconds=1)
    assert (old.valid_until, old.retire_reason, new.valid_until) == (ended, "rotated", None)
    with world.refuses(ConflictError, "already_retired"):
        register.retire_key(world.ledger, roc.actor, RetireKey(roc.id, old.multikey))
    with world.refuses(NotFoundError, "key_unknown"):
        register.retire_key(world.ledger, roc.actor, RetireKey(roc.id, "z6MkOther"))


def test_one_organisation_has_no_say_over_anothers_keys(world: World, roc: Party, hospital: Party) -> None:
    multikey = register.organisation(world.ledger, roc.id).keys[0].multikey
    with world.refuses(ForbiddenError, "not_yours"):
        register.add_key(world.ledger, hospital.actor, AddKey(roc.id))
    with world.refuses(ForbiddenError, "not_yours"):
        register.retire_key(world.ledger, hospital.actor, RetireKey(roc.id, multikey))
    with world.refuses(NotFoundError, "key_unknown"):
        register.retire_key(world.ledger, hospital.actor, RetireKey(hospital.id, multikey))


def test_the_did_document_shows_every_key_and_lets_a_compromised_one_assert_nothing(
    world: World, roc: Party
) -> None:
    first = register.organisation(world.ledger, roc.id).keys[0]
    _, second = register.add_key(world.ledger, roc.actor, AddKey(roc.id)).keys
    *_, third = register.add_key(world.ledger, roc.actor, AddKey(roc.id)).keys
    world.clock.pass_(hours=1)
    register.retire_key(world.ledger, roc.actor, RetireKey(roc.id, first.multikey, "rotated"))
    register.compromise_key(world.ledger, roc.actor, CompromiseKey(roc.id, second.multikey))
    text = register.did_document(world.ledger, roc.id)
    read = did_document.parse(text, did=roc.did)
    assert [(key.key.multikey, key.valid_until) for key in read.assertion_keys()] == [
        (first.multikey, world.clock.moment + timedelta(seconds=1)),
        (third.multikey, None),
    ]
    methods = strict_json.loads_object(text)["verificationMethod"]
    assert isinstance(methods, list)
    assert [method.get("publicKeyMultibase") for method in methods if isinstance(method, dict)] == [
        first.multikey,
        second.multikey,
        third.multikey,
    ]


def test_the_operators_own_id_is_nobodys(world: World) -> None:
    """Idempotency keys and sealed events are kept by owner: two owners of one id would share them."""
    with world.refuses(ConflictError, "organisation_exists"):
        world.organisation(id=OPERATOR)


def test_a_did_leads_to_its_organisation_and_no_other_does(world: World, roc: Party) -> None:
    found = organisation_of_did(world.ledger, roc.did)
    assert found is not None
    assert found.id == roc.id
    strange = [
        f"did:web:127.0.0.1%3A8000:issuers:{UUID(int=1)}",
        f"did:web:other.example:issuers:{roc.id}",
        f"did:web:127.0.0.1%3A8000:issuers:{str(roc.id).upper()}",
        f"did:web:127.0.0.1%3A8000:issuers:{{{roc.id}}}",
        "did:web:127.0.0.1%3A8000:issuers:",
        "did:key:z6MkOther",
        "https://roc.example",
        "",
    ]
    assert [organisation_of_did(world.ledger, did) for did in strange] == [None] * len(strange)


def test_an_organisation_that_is_none(world: World, ada: Party) -> None:
    for nobody in (UUID(int=5), ada.id):
        with world.refuses(NotFoundError, "organisation_unknown"):
            register.organisation(world.ledger, nobody)


def test_what_was_recorded_in_the_second_of_retirement_stays_good(
    world: World, roc: Party, ada: Party
) -> None:
    issued = world.issue(roc, ada)
    (key,) = register.organisation(world.ledger, roc.id).keys
    register.retire_key(world.ledger, roc.actor, RetireKey(roc.id, key.multikey))
    with world.refuses(ConflictError, "no_managed_key"):
        world.issue(roc, ada)
    register.add_key(world.ledger, roc.actor, AddKey(roc.id))
    world.clock.pass_(days=1)
    report = verify_bytes(world.ledger, issued.credential).report
    assert report.verdict == "valid"
    assert "key_valid_when_recorded" in {found.code for found in report.all_checks()}
