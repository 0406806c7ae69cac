"""The events that date published lists: found for a list at hand, put into bundles, and told to nobody else's lists."""

from __future__ import annotations

from datetime import timedelta

from api.web.own_check import complete
from ledger.errors import NotFoundError
from ledger.usecases.history import history_bundle
from ledger.usecases.status_events import status_event, status_events
from ledger.usecases.status_list import status_list
from ledger.usecases.verify import verify_bytes
from tests.ledger.usecases.world import START, OwnSigner, Party, World
from verifiers import check
from verifiers.formats import bundle as bundles
from verifiers.formats import status_event as formats


def list_of(world: World, party: Party) -> tuple[str, bytes]:
    """Return address and bytes of the list of revocations that is served now."""
    address = f"{world.ledger.settings.base_url}/v1/organisations/{party.id}/status/revocation"
    return address, status_list(world.ledger, party.id, "revocation").body


def test_every_list_has_the_event_that_published_it(world: World, roc: Party, hospital: Party) -> None:
    old = list_of(world, roc)
    world.clock.pass_(days=1)
    new, other = list_of(world, roc), list_of(world, hospital)
    assert old[1] != new[1]
    found = [status_events(world.ledger, dict([held])) for held in (old, new, other)]
    for held, events in zip((old, new, other), found, strict=True):
        ((payload, receipt),) = events
        world.require_receipt(receipt, payload)
        assert formats.parse(payload).holds(*held)
    assert len({events[0][0] for events in found}) == 3
    assert status_events(world.ledger, dict([new, other])) == (found[1][0], found[2][0])
    assert status_event(world.ledger, roc.id).payload == found[1][0][0]
    assert status_event(world.ledger, roc.id, at=START).payload == found[0][0][0]


def test_lists_of_others_have_no_event_here(world: World, roc: Party) -> None:
    address, held = list_of(world, roc)
    lists = {
        "https://elsewhere.example/v1/status/revocation": held,
        address + "/01": held,
        address.replace("revocation", "other"): held,
        address: b"no list",
    }
    assert status_events(world.ledger, lists) == ()
    moved = held.replace(b'"validFrom":"2026-', b'"validFrom":"2025-')
    assert status_events(world.ledger, {address: moved}) == ()


def test_where_nothing_was_published_there_is_no_event(world: World, roc: Party) -> None:
    signer = OwnSigner.ed25519()
    key = signer.own_key(signer.public.did_key)
    own = world.organisation("Eigen sleutel", did_method="key", key=key)
    for organisation, at in ((own.id, None), (own.id, START), (roc.id, START - timedelta(days=9))):
        with world.refuses(NotFoundError, "status_list_unknown"):
            status_event(world.ledger, organisation, at=at)
    for at in (None, START):
        with world.refuses(NotFoundError, "organisation_unknown"):
            status_event(world.ledger, world.ledger.chance.uuid(), at=at)


def test_bundles_carry_what_dates_their_lists(world: World, roc: Party, hospital: Party, ada: Party) -> None:
    world.issue(roc, ada)
    world.issue(hospital, ada, "workplace")
    made = bundles.parse(history_bundle(world.ledger, ada.actor, ada.id))
    assert len(made.status_events) == 2
    for event in made.status_events:
        world.require_receipt(event.receipt, event.payload)
    held = [formats.parse(event.payload) for event in made.status_events]
    assert all(sum(one.holds(*own) for one in held) == 1 for own in made.status_lists.items())
    report = check(made.dump(), policy=world.ledger.policy(), at=world.clock.moment)
    assert (report.verdict, len(report.checks)) == ("valid", 1)


def test_a_page_gets_the_events_of_the_lists_it_gets(world: World, roc: Party, ada: Party) -> None:
    world.issue(roc, ada)
    old = history_bundle(world.ledger, ada.actor, ada.id)
    world.clock.pass_(days=1)
    found = verify_bytes(world.ledger, old)
    assert found.report.verdict == "valid"
    page = complete(old, found.evidence, at=world.clock.moment)
    assert page is not None
    events = [(event.payload, event.receipt) for event in bundles.parse(page).status_events]
    assert tuple(events) == found.evidence.status_events
    report = check(page, policy=world.ledger.policy(), at=world.clock.moment)
    assert (report.verdict, len(report.checks)) == ("valid", 1)
