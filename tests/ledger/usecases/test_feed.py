"""The feed: an organisation finds everything the log holds in its name, and what it did not do (THREATS E12)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from ledger.domain.credential import Credential
from ledger.errors import ForbiddenError, RejectedError
from ledger.store import tables
from ledger.usecases import feed, register
from ledger.usecases.bring import BringCredential, bring
from ledger.usecases.issue import IssueAttestation, IssuedCredential, issue
from ledger.usecases.reading import read
from ledger.usecases.recording import add_proofs
from ledger.usecases.register import AddKey, CompromiseKey
from ledger.usecases.share import GrantShare, grant
from ledger.usecases.status import ChangeStatus, suspend
from tests.ledger.usecases.test_bring import Maker
from tests.ledger.usecases.world import OwnSigner, Party, World, example
from verifiers.formats import feed as formats
from verifiers.formats.feed import FeedItem, FeedPage
from verifiers.formats.register import Register
from verifiers.primitives import jcs
from verifiers.recheck import Finding, Recheck

Change = Callable[[FeedItem], FeedItem]


def whole_feed(world: World, party: Party, limit: int = 100) -> list[FeedItem]:
    items: list[FeedItem] = []
    after: int | None = None
    while True:
        page = feed.feed(world.ledger, party.actor, party.id, after=after, limit=limit)
        assert formats.parse(jcs.canonicalise(page.to_model().model_dump())) == page, (
            "nothing is lost on the wire"
        )
        items += page.items
        after = page.next_after
        if after is None:
            return items


def findings(
    world: World,
    party: Party,
    known: Register | None = None,
    *,
    items: list[FeedItem] | None = None,
) -> list[Finding]:
    checking = Recheck(party.id, logs=(world.ledger.heads.verifier_key,), register=known)
    shown = whole_feed(world, party) if items is None else items
    return [*checking.add(FeedPage(party.id, tuple(shown), None)), *checking.finish()]


def codes(found: list[Finding]) -> list[tuple[str, str]]:
    return [(one.verdict, one.code) for one in found]


def ids(*issued: IssuedCredential) -> Register:
    return Register(ids=frozenset(one.id for one in issued))


def hashes(*issued: IssuedCredential) -> Register:
    return Register(hashes=frozenset(hashlib.sha256(one.credential).digest() for one in issued))


def contents(*issued: IssuedCredential) -> Register:
    return Register().with_credentials(one.credential for one in issued)


def forge(world: World, victim: Party, learner: Party) -> UUID:
    """Issue in somebody's name as an operator could: with the managed key, past every rule."""
    (key,) = register.organisation(world.ledger, victim.id).keys[:1]
    document = Maker(world, OwnSigner.ed25519()).document(learner)
    document["issuer"] = {"id": victim.did, "type": ["Profile"], "name": "x"}
    signed = add_proofs(
        document,
        suites=("eddsa-jcs-2022",),
        verification_method=key.verification_method,
        created=world.clock.moment,
        sign=partial(world.ledger.keys.sign, key.multikey),
    )
    forged = Credential.issue(
        id=world.ledger.chance.uuid7(world.clock.moment),
        event_id=world.ledger.chance.uuid(),
        now=world.clock.moment,
        learner=learner.id,
        organisation=victim.id,
        credential=jcs.canonicalise(signed),
    )
    world.ledger.record(forged)
    return forged.id


def test_everything_in_its_name_and_nothing_else(
    world: World, roc: Party, hospital: Party, ada: Party
) -> None:
    issued = world.issue(roc, ada)
    world.issue(hospital, ada)
    suspend(world.ledger, roc.actor, ChangeStatus(issued.id))
    read(world.ledger, roc.actor, issued.id)
    grant(world.ledger, ada.actor, GrantShare("stage"))
    register.add_key(world.ledger, roc.actor, AddKey(roc.id))
    items = whole_feed(world, roc)
    assert [item.type for item in items] == [
        "organisation-registered.v1",
        "organisation-token-issued.v1",
        "learner-enrolled.v1",
        "credential-issued.v1",
        "credential-suspended.v1",
        "credential-read.v1",
        "organisation-key-added.v1",
    ]
    found = items[3]
    assert found.credential_sha256 == hashlib.sha256(issued.credential).digest()
    assert (found.stream, found.position, found.recorded_at) == (
        issued.id,
        issued.position,
        issued.recorded_at,
    )
    (method,) = [key.verification_method for key in register.organisation(world.ledger, roc.id).keys[:1]]
    assert found.signed_by == (method,)
    assert [item.payload is not None for item in items] == [True, False, False, False, False, False, True]
    world.require_receipt(found.receipt, issued.credential, issued.position)
    assert findings(world, roc) == []


def test_it_holds_no_word_about_a_person(world: World, roc: Party, ada: Party) -> None:
    world.issue(roc, ada)
    page = feed.feed(world.ledger, roc.actor, roc.id).to_model().model_dump_json()
    assert "Ada" not in page
    assert ada.did not in page


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_pages_of_any_size_tell_the_same(world: World, roc: Party, ada: Party, limit: int) -> None:
    for _ in range(3):
        world.issue(roc, ada)
    assert [item.position for item in whole_feed(world, roc, limit)] == [
        event.position for event in world.ledger.store.select_issuer(roc.id)
    ]


def test_who_reads_a_feed(world: World, roc: Party, hospital: Party, ada: Party) -> None:
    for actor, code in (
        (hospital.actor, "not_yours"),
        (ada.actor, "scope_missing"),
        (world.operator, "scope_missing"),
        (replace(roc.actor, scopes=roc.actor.scopes - {"feed:read"}), "scope_missing"),
    ):
        with world.refuses(ForbiddenError, code):
            feed.feed(world.ledger, actor, roc.id)
    feed.feed(world.ledger, replace(roc.actor, scopes=frozenset({"feed:read"})), roc.id)


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_page_is_bounded(world: World, roc: Party, limit: int) -> None:
    with world.refuses(RejectedError, "limit_invalid"):
        feed.feed(world.ledger, roc.actor, roc.id, limit=limit)


def test_every_entry_of_the_log_is_in_one_feed_or_in_nobodys_name(
    world: World, roc: Party, hospital: Party, ada: Party, bea: Party
) -> None:
    """An auditor can ask that every leaf be opened to exactly one feed."""
    for party, learner in ((roc, ada), (hospital, ada), (roc, bea)):
        world.issue(party, learner)
    grant(world.ledger, ada.actor, GrantShare("stage"))
    issue(world.ledger, ada.actor, IssueAttestation(ada.id, example("self_claim")))
    fed = [item.position for party in (roc, hospital) for item in whole_feed(world, party)]
    with world.ledger.engine.connect() as connection:
        nobodys = connection.execute(
            tables.event.select()
            .where(tables.event.c.issuer.is_(None))
            .with_only_columns(tables.event.c.position)
        ).scalars()
        assert sorted([*fed, *nobodys]) == list(range(world.ledger.store.head().size))


@pytest.mark.parametrize("known", [ids, hashes, contents])
def test_a_forged_credential_is_found(
    world: World, roc: Party, ada: Party, known: Callable[..., Register]
) -> None:
    own = [world.issue(roc, ada), world.issue(roc, ada, form="jwt")]
    assert findings(world, roc, known(*own)) == []
    forged = forge(world, roc, ada)
    (found,) = findings(world, roc, known(*own))
    assert (found.verdict, found.code, found.detail) == (
        "invalid",
        "credential_unknown",
        f"urn:uuid:{forged}",
    )
    # The forger's victim sees it in the very next page; without a register nobody can know.
    assert findings(world, roc) == []


def test_a_brought_credential_is_known_by_its_hash(world: World, ada: Party) -> None:
    maker = Maker(world, OwnSigner.ed25519())
    brought = bring(world.ledger, maker.party.actor, BringCredential(ada.id, maker.signed(ada)))
    assert findings(world, maker.party, hashes(brought)) == []


def test_a_key_that_the_organisation_does_not_know(world: World, roc: Party, ada: Party) -> None:
    (first,) = [key.multikey for key in register.organisation(world.ledger, roc.id).keys]
    world.issue(roc, ada)
    known = Register(keys=frozenset({first}), ids=frozenset({whole_feed(world, roc)[-1].stream}))
    assert findings(world, roc, known) == []
    # The operator makes itself a key in the school's name, and signs with it.
    register.add_key(world.ledger, world.operator, AddKey(roc.id))
    register.compromise_key(world.ledger, world.operator, CompromiseKey(roc.id, first))
    issued = world.issue(roc, ada)
    found = findings(world, roc, replace(known, ids=known.ids | {issued.id}))
    assert codes(found) == [("invalid", "key_unknown"), ("invalid", "signer_unknown")]
    second = register.organisation(world.ledger, roc.id).keys[1]
    assert [one.detail for one in found] == [second.multikey, second.verification_method]


def test_what_the_feed_leaves_out_is_missed(world: World, roc: Party, ada: Party) -> None:
    one, two = world.issue(roc, ada), world.issue(roc, ada)
    items = [item for item in whole_feed(world, roc) if item.stream != two.id]
    for known, detail in (
        (ids(one, two), f"urn:uuid:{two.id}"),
        (hashes(one, two), f"sha256:{hashlib.sha256(two.credential).hexdigest()}"),
    ):
        (found,) = findings(world, roc, known, items=items)
        assert (found.verdict, found.code, found.detail) == ("invalid", "credential_missing", detail)


def test_an_erased_credential_keeps_its_place_and_nothing_more(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    world.ledger.vault.destroy(ada.id, now=world.clock.moment)
    gone = next(item for item in whole_feed(world, roc) if item.stream == issued.id)
    assert (gone.credential_sha256, gone.signed_by, "extra" in gone.receipt) == (None, (), False)
    assert findings(world, roc, ids(issued)) == [], "its place is still proven"
    # Of a hash alone nobody can say that it was this one: a forger could hide behind an erasure.
    assert codes(findings(world, roc, hashes(issued))) == [
        ("undetermined", "credential_unopenable"),
        ("undetermined", "credential_missing"),
    ]


def test_a_hash_that_the_server_makes_up_is_caught_by_the_content(
    world: World, roc: Party, ada: Party
) -> None:
    own = world.issue(roc, ada)
    forge(world, roc, ada)
    items = whole_feed(world, roc)
    lie = replace(items[-1], credential_sha256=hashlib.sha256(own.credential).digest())
    true = [item for item in items[:-1] if item.stream != own.id]
    assert codes(findings(world, roc, contents(own), items=[*true, lie])) == [
        ("invalid", "payload_other"),
        ("invalid", "credential_missing"),
    ]
    # With hashes only: the same hash twice is seen.
    assert codes(findings(world, roc, hashes(own), items=[*items[:-1], lie])) == [
        ("invalid", "credential_twice")
    ]


def _lies(item: FeedItem, other: FeedItem) -> Iterator[tuple[str, FeedItem]]:
    flipped = bytes([item.signature[0] ^ 1]) + item.signature[1:]
    yield "item_mismatch", replace(item, type="credential-read.v1")
    yield "item_mismatch", replace(item, stream=UUID(int=7))
    yield "item_mismatch", replace(item, recorded_at=item.recorded_at - timedelta(days=1))
    yield "receipt_header_signature", replace(item, signature=flipped)
    yield "receipt_not_in_log", replace(item, header=other.header, signature=other.signature)
    yield "header_malformed", replace(item, header=b"{}")
    yield "receipt_malformed", replace(item, receipt="x")
    yield "item_mismatch", replace(item, position=item.position + 1)
    yield "payload_other", replace(item, payload=b'{"key":"z6Mk"}')


def test_each_lie_of_a_page_has_its_name(world: World, roc: Party, ada: Party) -> None:
    world.issue(roc, ada)
    *_, other, item = whole_feed(world, roc)
    for code, lie in _lies(item, other):
        assert codes(findings(world, roc, items=[lie])) == [("invalid", code)], code


def test_another_organisations_events_and_pages(world: World, roc: Party, hospital: Party) -> None:
    items = whole_feed(world, hospital)
    assert {one.code for one in findings(world, roc, items=items)} == {"issuer_other"}
    checking = Recheck(roc.id, logs=(world.ledger.heads.verifier_key,))
    page = feed.feed(world.ledger, hospital.actor, hospital.id)
    assert codes(list(checking.add(page))) == [("invalid", "feed_other")]


def test_the_order_is_the_logs(world: World, roc: Party, ada: Party) -> None:
    world.issue(roc, ada)
    first, second, *_ = whole_feed(world, roc)
    assert codes(findings(world, roc, items=[second, first])) == [("invalid", "feed_order")]
    assert codes(findings(world, roc, items=[first, first])) == [("invalid", "feed_order")]


def test_another_logs_proofs_prove_nothing_here(world: World, roc: Party) -> None:
    key = replace(world.ledger.heads.verifier_key, key=OwnSigner.ed25519().public)
    checking = Recheck(roc.id, logs=(key,))
    found = list(checking.add(feed.feed(world.ledger, roc.actor, roc.id)))
    assert {(one.verdict, one.code) for one in found} == {("undetermined", "log_not_trusted")}
