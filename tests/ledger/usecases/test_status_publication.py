"""When status lists are published, and what that tells: nothing but what they say (THREATS D2, D3, D5)."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from ledger.application import SystemChance
from ledger.application.signed_lists import SignedLists
from ledger.application.status_indexes import LIST_SIZE, StatusIndexes
from ledger.bootstrap import build
from ledger.domain.credential import Credential
from ledger.domain.status_lists import StatusLists, content_id
from ledger.errors import ConflictError, NotFoundError
from ledger.settings import Settings
from ledger.store import tables
from ledger.usecases import register, status_publication
from ledger.usecases.publications import LIFE
from ledger.usecases.register import AddKey, RetireKey
from ledger.usecases.status import ChangeStatus, StatusPurpose, reinstate, revoke, status_list, suspend
from ledger.usecases.status_list import StatusList
from ledger.usecases.status_publication import FRESH
from tests.ledger.usecases.world import START, Clock, Party, World
from verifiers.formats import status_list as formats
from verifiers.primitives import jcs
from verifiers.primitives.encoding import b64url_encode
from verifiers.primitives.strict_json import loads_object
from verifiers.worker import Pool

SLOT = 900
PURPOSES: tuple[StatusPurpose, ...] = ("revocation", "suspension")


def published(world: World, party: Party) -> dict[str, StatusList]:
    """Return both lists as they are served now."""
    return {purpose: status_list(world.ledger, party.id, purpose) for purpose in PURPOSES}


def set_places(found: StatusList) -> set[int]:
    """Return which places of a list are set."""
    bits = formats.parse_list(loads_object(found.body)).bits
    return {index for index in range(8 * len(bits)) if formats.status_at(bits, index)}


def events(world: World) -> list[tuple[int, UUID]]:
    """Return position and stream of every publication in the log."""
    event = tables.event.c
    query = select(event.position, event.stream).where(event.type == StatusLists.Published.TOPIC)
    with world.ledger.engine.connect() as connection:
        return [(row[0], row[1]) for row in connection.execute(query.order_by(event.position))]


def forget(world: World) -> None:
    """Forget what this process remembers, as a restart does."""
    world.ledger.signed_lists = SignedLists()


@contextmanager
def another_world(template: Path, folder: Path, pool: Pool) -> Iterator[World]:
    """Give one more ledger, with a clock of its own that shows the same time."""
    shutil.copytree(template, folder)
    clock = Clock()
    ledger = build(Settings(data_dir=folder), clock=clock, pool=pool)
    yield World(ledger, clock)
    ledger.close()


def issue_many(world: World, by: Party, to: Party, number: int) -> None:
    """Record that many credentials with their places, in one transaction: what they say does not matter here."""
    ledger, made, rows = world.ledger, [], []
    for _ in range(number):
        id_ = ledger.chance.uuid7(world.clock.moment)
        made.append(
            Credential.issue(
                id=id_,
                event_id=ledger.chance.uuid(),
                now=world.clock.moment,
                learner=to.id,
                organisation=by.id,
                credential=b"{}",
            )
        )
        rows += [ledger.status_indexes.take(by.id, purpose).taken_by(id_) for purpose in PURPOSES]
    ledger.record(*made, rows=rows)


def test_lists_tell_nothing_of_how_much_was_issued(template: Path, tmp_path: Path, pool: Pool) -> None:
    """Two ledgers, one day: one issues nothing, the other a thousand credentials."""
    school, pages = uuid4(), []
    for name, number in (("idle", 0), ("busy", 1_000)):
        with another_world(template, tmp_path / name, pool) as world:
            roc = world.organisation(id=school)
            ada = world.learner(roc)
            seen: list[tuple[object, ...]] = []
            for hour in range(24):
                issue_many(world, roc, ada, number * (hour + 1) // 24 - number * hour // 24)
                for found in published(world, roc).values():
                    document = loads_object(found.body)
                    del document["proof"]  # by another key; everything else is the same, byte for byte
                    seen.append((jcs.canonicalise(document), found.ttl_seconds, found.valid_until))
                world.clock.pass_(hours=1)
            assert len(world.ledger.store.select_issuer(school, types=("credential-issued.v1",))) == number
            pages.append(seen)
    assert pages[0] == pages[1]


def test_the_bytes_of_a_slot_never_change(world: World, roc: Party, ada: Party) -> None:
    first, second = world.issue(roc, ada), world.issue(roc, ada)
    before = published(world, roc)
    for step in (
        lambda: world.issue(roc, ada),
        lambda: revoke(world.ledger, roc.actor, ChangeStatus(first.id)),
        lambda: suspend(world.ledger, roc.actor, ChangeStatus(second.id)),
        lambda: forget(world),
        lambda: world.clock.pass_(seconds=SLOT - 1),
    ):
        step()
        after = published(world, roc)
        assert [after[name].body for name in PURPOSES] == [before[name].body for name in PURPOSES]
        assert after["revocation"].ttl_seconds == SLOT - (world.clock.moment - START).seconds
    world.clock.pass_(seconds=1)
    after = published(world, roc)
    assert [len(set_places(after[name])) for name in PURPOSES] == [1, 1]
    assert {found.ttl_seconds for found in after.values()} == {SLOT}
    # Its dates are the slot's, whenever it is asked for.
    for name in PURPOSES:
        assert loads_object(after[name].body)["validFrom"] == "2026-11-24T10:15:00Z"
        assert after[name].valid_until == START + timedelta(seconds=SLOT) + LIFE


def test_both_forms_are_of_the_same_slot(world: World, roc: Party) -> None:
    world.clock.pass_(seconds=70)
    jwt = status_list(world.ledger, roc.id, "revocation", media_type="application/vc+jwt")
    world.clock.pass_(seconds=70)
    body = status_list(world.ledger, roc.id, "revocation")
    assert jwt.valid_until == body.valid_until == START + LIFE
    assert jwt.etag != body.etag
    assert len(events(world)) == 1


def test_an_idle_ledger_does_not_grow(world: World, roc: Party) -> None:
    world.clock.pass_(days=3)
    assert events(world) == [], "nobody asked"
    first = published(world, roc)
    for _ in range(int(FRESH / timedelta(seconds=SLOT)) - 1):
        world.clock.pass_(seconds=SLOT)
        assert published(world, roc)["revocation"].body == first["revocation"].body
    assert len(events(world)) == 1
    world.clock.pass_(seconds=SLOT)
    renewed = published(world, roc)["revocation"]
    assert renewed.valid_until == world.clock.moment + LIFE
    assert len(events(world)) == 2


def test_every_published_list_is_in_the_log(world: World, roc: Party, ada: Party) -> None:
    revoke(world.ledger, roc.actor, ChangeStatus(world.issue(roc, ada).id))
    size = world.ledger.store.head().size
    world.clock.pass_(seconds=SLOT)
    found = published(world, roc)
    ((position, stream),) = events(world)
    recorded = world.ledger.store.at_position(position)
    assert (recorded.sealed.subject, recorded.sealed.issuer) == (None, None)
    payload, _ = world.ledger.sealing.opening(recorded)
    address = f"http://127.0.0.1:8000/v1/organisations/{roc.id}/status"
    assert loads_object(payload) == {
        "slot": "2026-11-24T10:15:00Z",
        "valid_until": "2026-11-25T10:15:00Z",
        "size": size,
        "lists": [
            {
                "url": f"{address}/{purpose}",
                "sha256": b64url_encode(hashlib.sha256(found[purpose].body).digest()),
                "jwt_sha256": b64url_encode(
                    hashlib.sha256(
                        status_list(world.ledger, roc.id, purpose, media_type="application/vc+jwt").body
                    ).digest()
                ),
            }
            for purpose in PURPOSES
        ],
    }
    assert stream == content_id(payload)
    assert stream.version == 8
    world.require_receipt(world.ledger.receipt(recorded), payload, position)


def test_who_comes_second_gets_what_the_first_published(
    world: World, roc: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = published(world, roc)
    forget(world)
    # As another process that looked before the first had committed.
    monkeypatch.setattr(status_publication, "newest", lambda *_, **__: None)
    world.issue(roc, world.learner(roc))  # so that what it would publish is not quite the same
    assert published(world, roc) == first
    assert len(events(world)) == 1


def test_another_conflict_is_not_taken_for_somebody_elses_publication(
    world: World, roc: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConflictError("store_odd", "something else")

    monkeypatch.setattr(world.ledger, "record", refuse)
    with world.refuses(ConflictError, "store_odd"):
        published(world, roc)


def test_an_event_that_arrives_late_waits_for_the_next_slot(world: World, roc: Party, ada: Party) -> None:
    early, late = world.issue(roc, ada), world.issue(roc, ada)
    world.clock.pass_(seconds=SLOT + 5)
    revoke(world.ledger, roc.actor, ChangeStatus(early.id))  # of the second slot
    slow = world.ledger.load(Credential, late.id)
    slow.revoke(event_id=uuid4(), now=START + timedelta(seconds=SLOT - 5), reason="other")
    world.ledger.record(slow)  # behind it in the log, and of the first slot
    assert set_places(published(world, roc)["revocation"]) == set()
    world.clock.pass_(seconds=SLOT)
    assert len(set_places(published(world, roc)["revocation"])) == 2


def test_a_rotated_key_signs_a_new_list_at_once(world: World, roc: Party) -> None:
    (first,) = register.organisation(world.ledger, roc.id).keys
    assert first.multikey.encode() in published(world, roc)["revocation"].body
    world.clock.pass_(seconds=60)
    _, second = register.add_key(world.ledger, roc.actor, AddKey(roc.id)).keys
    found = published(world, roc)["revocation"]
    assert second.multikey.encode() in found.body
    assert found.valid_until == START + timedelta(seconds=60) + LIFE
    world.clock.pass_(seconds=60)
    register.retire_key(world.ledger, roc.actor, RetireKey(roc.id, second.multikey))
    again = published(world, roc)["revocation"]
    assert first.multikey.encode() in again.body
    # Without a key nothing new can be published: the last list stays, and says itself how old it is.
    register.retire_key(world.ledger, roc.actor, RetireKey(roc.id, first.multikey))
    world.clock.pass_(days=30)
    forget(world)
    assert published(world, roc)["revocation"].body == again.body


def test_an_organisation_that_never_had_a_key_here_has_no_list(world: World, roc: Party) -> None:
    (only,) = register.organisation(world.ledger, roc.id).keys
    register.retire_key(world.ledger, roc.actor, RetireKey(roc.id, only.multikey))
    with world.refuses(NotFoundError, "status_list_unknown"):
        status_list(world.ledger, roc.id, "revocation")


def test_what_was_revoked_in_the_last_slot_is_published_before_the_end(
    world: World, roc: Party, ada: Party
) -> None:
    issued = world.issue(roc, ada)
    published(world, roc)
    world.clock.pass_(seconds=60)
    revoke(world.ledger, roc.actor, ChangeStatus(issued.id))
    status_publication.publish_last(world.ledger, roc.id)
    (only,) = register.organisation(world.ledger, roc.id).keys
    register.retire_key(world.ledger, roc.actor, RetireKey(roc.id, only.multikey))
    assert len(set_places(published(world, roc)["revocation"])) == 1
    status_publication.publish_last(world.ledger, roc.id)  # no key any more: nothing happens
    assert len(events(world)) == 2


def test_the_next_list_is_there_before_anybody_needs_it(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    published(world, roc)
    allocation = tables.status_allocation
    with world.ledger.engine.begin() as connection:
        connection.execute(update(allocation).values(leased=LIST_SIZE // 2))
    with world.refuses(NotFoundError, "status_list_unknown"):
        status_list(world.ledger, roc.id, "revocation", 1)
    world.clock.pass_(seconds=SLOT)
    assert set_places(status_list(world.ledger, roc.id, "revocation", 1)) == set()
    assert loads_object(status_list(world.ledger, roc.id, "suspension", 1).body)["id"] == (
        f"http://127.0.0.1:8000/v1/organisations/{roc.id}/status/suspension/1"
    )
    revoke(world.ledger, roc.actor, ChangeStatus(issued.id))
    world.clock.pass_(seconds=SLOT)
    assert len(set_places(status_list(world.ledger, roc.id, "revocation", 0))) == 1
    assert set_places(status_list(world.ledger, roc.id, "revocation", 1)) == set()


def test_ten_thousand_credentials_share_one_list(world: World, roc: Party) -> None:
    indexes = StatusIndexes(world.ledger.engine, SystemChance())
    assert {indexes.take(roc.id, "revocation").number for _ in range(10_000)} == {0}
    assert set(indexes.lists(roc.id, "revocation")) == {0}


@pytest.mark.parametrize("seed", range(2))
def test_any_life_of_credentials_agrees_with_a_model(world: World, roc: Party, ada: Party, seed: int) -> None:
    """The model: a list shows what was recorded before the present slot began, and nothing else."""
    chance = random.Random(seed)
    credentials = [world.issue(roc, ada).id for _ in range(3)]
    told: list[tuple[datetime, str, UUID]] = []
    places = {
        purpose: world.ledger.status_indexes.places(
            world.ledger.status_indexes.lists(roc.id, purpose)[0], credentials
        )
        for purpose in PURPOSES
    }
    for _ in range(40):
        world.clock.pass_(seconds=chance.choice([0, 1, 7, SLOT // 3, SLOT, 5 * SLOT]))
        if chance.random() < 0.1:
            forget(world)
        stream = chance.choice(credentials)
        change = chance.choice([suspend] * 6 + [reinstate] * 6 + [revoke])
        try:
            change(world.ledger, roc.actor, ChangeStatus(stream))
            told.append((world.clock.moment, change.__name__, stream))
        except ConflictError:
            pass  # not from this state; the wrong states have a test of their own
        if chance.random() < 0.5:
            slot = world.clock.moment.timestamp() // SLOT * SLOT
            known = [item for item in told if item[0].timestamp() < slot]
            revoked = {stream for _, verb, stream in known if verb == "revoke"}
            last = {stream: verb for _, verb, stream in known if verb != "revoke"}
            suspended = {stream for stream, verb in last.items() if verb == "suspend"}
            found = published(world, roc)
            assert set_places(found["revocation"]) == {places["revocation"][item] for item in revoked}
            assert set_places(found["suspension"]) == {places["suspension"][item] for item in suspended}
    assert len(told) > 8
