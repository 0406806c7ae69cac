"""Verifying for a visitor: strangers' files too, with what this ledger knows, and nothing more."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from ledger.errors import NotFoundError, UnavailableError
from ledger.usecases import bundle, share, status
from ledger.usecases.bring import BringCredential, bring
from ledger.usecases.history import history_bundle
from ledger.usecases.recording import add_proofs, status_list_url
from ledger.usecases.register import AddKey, RetireKey, add_key, organisation, retire_key
from ledger.usecases.verify import verify_bytes
from ledger.usecases.verify_share import verify_share
from tests.ledger.usecases.test_bring import Maker
from tests.ledger.usecases.world import START, Clock, OwnSigner, Party, World, verdicts
from verifiers import MalformedError, UndeterminedError
from verifiers.formats import bundle as bundles
from verifiers.formats.bundle import Item
from verifiers.primitives import jcs, strict_json
from verifiers.worker import Pool


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_a_credential"),
        (b"hello", "not_a_credential"),
        (b"{}", "not_a_credential"),
        (b'{"a":NaN}', "json_not_finite"),
        (b'{"a":1,"a":2}', "json_duplicate_key"),
        (b'{"type":"leerspoor-bundle.v9"}', "bundle_version"),
        (b'{"type":"leerspoor-bundle.v1"}', "bundle_malformed"),
        (b"a.b.c", "jwt_malformed"),
        (b"[" * 100_000, "not_a_credential"),
        (b'{"a":' * 100_000, "json_too_deep"),
        (b'{"a":"' + b"x" * 1_100_000 + b'"}', "json_too_large"),
        (b'{"a":"' + b"x" * 17_000_000 + b'"}', "json_too_large"),
    ],
)
def test_what_is_no_credential_is_refused_by_code(world: World, data: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        verify_bytes(world.ledger, data)
    assert caught.value.code == code


def test_a_strangers_credential_is_checked_and_not_believed(world: World, ada: Party) -> None:
    stranger = Maker(world, OwnSigner.ed25519(), "key")
    data = stranger.signed(ada)
    # Signed for a DID this ledger knows, never recorded here: believed by its key, without a receipt.
    own = verify_bytes(world.ledger, data)
    assert (own.report.verdict, own.recorded) == ("valid", (None,))
    assert ("receipt", "undetermined", "receipt_absent") in verdicts(own.report)
    nobody = OwnSigner.ed25519()
    stranger.signer, stranger.party.did = nobody, nobody.public.did_key
    stranger.method = nobody.public.did_key_verification_method
    foreign = verify_bytes(world.ledger, stranger.signed(ada))
    assert foreign.report.verdict == "undetermined"
    assert ("issuer", "undetermined", "issuer_not_trusted") in verdicts(foreign.report)
    assert [found.verdict for found in foreign.report.all_checks() if found.name == "proof"] == [
        "valid",
        "valid",
    ]


def test_a_key_used_after_it_was_retired_is_caught_by_the_logs_time(
    world: World, roc: Party, ada: Party
) -> None:
    (first,) = organisation(world.ledger, roc.id).keys
    add_key(world.ledger, roc.actor, AddKey(roc.id))
    world.clock.pass_(days=1)
    retire_key(world.ledger, roc.actor, RetireKey(roc.id, first.multikey, "rotated"))
    world.clock.pass_(days=1)
    # Whoever holds the stolen key back-dates as much as he likes: nothing recorded it while the key counted.
    thief = Maker(world, OwnSigner.ed25519())
    thief.party.did = roc.did
    document = thief.document(ada)
    forged = jcs.canonicalise(
        add_proofs(
            document,
            suites=("eddsa-rdfc-2022",),
            verification_method=first.verification_method,
            created=START,
            sign=partial(world.ledger.keys.sign, first.multikey),
        )
    )
    report = verify_bytes(world.ledger, forged).report
    assert report.verdict == "undetermined"
    assert ("key", "undetermined", "key_time_unknown") in verdicts(report)


def test_a_recorded_credential_is_found_only_by_its_exact_bytes(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    respelled = issued.credential.replace(b'{"@context":', b'{ "@context":')
    found = verify_bytes(world.ledger, respelled)
    assert found.recorded == (None,), "another spelling is not what was recorded"
    assert verify_bytes(world.ledger, b" " + issued.credential + b"\n").recorded == (issued.id,)


def test_a_brought_credential_is_found_again(world: World, ada: Party) -> None:
    maker = Maker(world, OwnSigner.p256(), "key")
    brought = bring(world.ledger, maker.party.actor, BringCredential(ada.id, maker.jwt(ada)))
    assert verify_bytes(world.ledger, brought.credential).recorded == (brought.id,)


def test_a_bundle_is_reported_item_by_item_also_when_one_is_broken(
    world: World, roc: Party, ada: Party
) -> None:
    good = world.issue(roc, ada)
    bundle = bundles.parse(history_bundle(world.ledger, ada.actor, ada.id))
    items = (Item(b"{broken", "application/vc"), *bundle.items, Item(b'{"a":1}', "application/vc"))
    data = bundles.Bundle(
        bundle.created, items, bundle.keys, bundle.did_documents, bundle.status_lists, bundle.log
    ).dump()
    found = verify_bytes(world.ledger, data)
    assert [own.verdict for own in found.report.credentials] == ["invalid", "valid", "invalid"]
    assert found.recorded == (None, good.id, None)


def test_a_stale_list_in_an_old_bundle_is_replaced_by_todays(world: World, roc: Party, ada: Party) -> None:
    world.issue(roc, ada)
    data = history_bundle(world.ledger, ada.actor, ada.id)
    world.clock.pass_(days=60)
    assert verify_bytes(world.ledger, data).report.verdict == "valid"


def test_made_up_list_addresses_are_not_at_hand(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    for tail in (
        b"/status/revocation/7",
        b"/status/refund",
        b"/status/revocation/-1",
        b"/status/revocation/x",
        b"/x",
    ):
        data = issued.credential.replace(b"/status/revocation", tail)
        report = verify_bytes(world.ledger, data).report
        assert report.verdict == "invalid", "it was tampered with"
        assert ("status", "undetermined", "status_unavailable") in verdicts(report)


def test_a_strangers_file_cannot_make_the_ledger_look_up_lists_without_end(
    world: World, roc: Party, ada: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = strict_json.loads_object(world.issue(roc, ada).credential)
    address = status_list_url(world.ledger, roc.id, "revocation", 0)
    looked_up: list[tuple[object, ...]] = []

    def look_up(ledger: object, *place: object, at: object) -> None:
        looked_up.append(place)
        raise NotFoundError("status_list_unknown", "the organisation has no such status list")

    monkeypatch.setattr(bundle, "status_list", look_up)
    document["credentialStatus"] = [{"statusListCredential": f"{address}/{n}"} for n in range(1, 5_000)]
    data = jcs.canonicalise(document)
    assert verify_bytes(world.ledger, data).report.verdict == "invalid"
    assert len(set(looked_up)) == len(looked_up) == bundle.LISTS_ASKED_MAX
    looked_up.clear()
    # One list has one address; what spells it otherwise is not asked for, and nothing is asked for twice.
    document["credentialStatus"] = [
        {"statusListCredential": url}
        for url in (f"{address}/0", f"{address}/00", f"{address}/07", address.upper(), address, address)
    ]
    verify_bytes(world.ledger, jcs.canonicalise(document))
    assert looked_up == [(roc.id, "revocation", 0)]


def test_another_moment_may_be_asked_for(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    before = verify_bytes(world.ledger, issued.credential, at=START - timedelta(days=1)).report
    assert ("validity", "invalid", "not_yet_valid") in verdicts(before)


def test_a_list_signed_while_evidence_is_gathered_can_be_judged(
    world: World, roc: Party, ada: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = world.issue(roc, ada)
    link = share.grant(world.ledger, ada.actor, share.GrantShare(purpose="Sollicitatie"))
    # Every look at the clock is a second later than the one before.
    monkeypatch.setattr(Clock, "__call__", lambda clock: clock.pass_(seconds=1))
    assert verify_bytes(world.ledger, issued.credential).report.verdict == "valid"
    status.revoke(world.ledger, roc.actor, status.ChangeStatus(issued.id, "mistake"))
    report = verify_share(world.ledger, link.token).report
    assert ("status", "invalid", "status_revoked") in verdicts(report)


def test_work_that_takes_too_long_is_not_a_verdict(
    world: World, roc: Party, ada: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = world.issue(roc, ada)
    status.status_list(world.ledger, roc.id, "revocation")  # published now, and not by the first who verifies

    def give_up(self: Pool, *arguments: object, **options: object) -> None:
        raise UndeterminedError("work_too_long", "the work took longer than allowed and was stopped")

    monkeypatch.setattr(Pool, "run", give_up)
    with world.refuses(UnavailableError, "work_too_long"):
        verify_bytes(world.ledger, issued.credential)


def test_every_leaf_of_an_issued_credential_counts(world: World, roc: Party, ada: Party) -> None:
    """Change each text of the signed document in turn: never valid."""
    issued = world.issue(roc, ada, "training")
    document = strict_json.loads_object(issued.credential)
    leaves = [
        path for path, value in walk(document) if isinstance(value, str | int | float) and path[0] != "proof"
    ]
    assert len(leaves) > 40
    for path in leaves[:: max(1, len(leaves) // 12)]:
        report = verify_bytes(world.ledger, jcs.canonicalise(changed(document, path))).report
        assert report.verdict != "valid", path


def walk(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], object]]:
    if isinstance(value, dict):
        return [found for name, member in value.items() for found in walk(member, (*path, name))]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in walk(item, (*path, index))]
    return [(path, value)]


def changed(
    document: dict[str, strict_json.JSON], path: tuple[str | int, ...]
) -> dict[str, strict_json.JSON]:
    copy = strict_json.loads_object(jcs.canonicalise(document))
    place: object = copy
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]
    old = place[path[-1]]  # type: ignore[index]
    place[path[-1]] = f"{old}x" if isinstance(old, str) else 7  # type: ignore[index]
    return copy
