"""An organisation that ceases: nothing new begins, what was stays readable, and takes nothing back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.errors import ConflictError, ForbiddenError, RejectedError
from ledger.usecases import access, feed, register
from ledger.usecases.bring import BringCredential, bring
from ledger.usecases.cease import CeaseOrganisation, cease
from ledger.usecases.enrol import EnrolLearner, enrol
from ledger.usecases.history import history, history_bundle
from ledger.usecases.idempotency import Idempotency
from ledger.usecases.issue import IssueAttestation, issue, read
from ledger.usecases.key_events import key_events
from ledger.usecases.prepare import PrepareAttestation, prepare
from ledger.usecases.register import AddKey, CompromiseKey, RotateKey
from ledger.usecases.status import ChangeStatus, revoke
from tests.ledger.usecases.world import OwnSigner, Party, World, example
from verifiers import Report, check
from verifiers.formats import bundle as bundles
from verifiers.primitives.strict_json import loads_object

SUCCESSOR = "did:web:roc-noord.example:issuers:1"


def end(world: World, party: Party, **options: Any) -> Any:
    return cease(world.ledger, party.actor, CeaseOrganisation(party.id, **options))


def test_the_end_is_recorded_with_who_can_be_asked(world: World, roc: Party) -> None:
    world.clock.pass_(days=400)
    view = end(
        world, roc, reason="merged", successor=SUCCESSOR, archive="https://archief.example", reference="KvK 1"
    )
    now = world.clock.moment
    ceasing = view.ceasing
    assert (ceasing.ceased_at, ceasing.successor, ceasing.archive) == (
        now,
        SUCCESSOR,
        "https://archief.example",
    )
    assert (ceasing.reason, ceasing.reference) == ("merged", "KvK 1")
    assert [(key.retire_reason, key.valid_until) for key in view.keys] == [
        ("ceased", now + timedelta(seconds=1))
    ]
    # Verifiers far away learn it from the bundle alone.
    *_, (retired, _), (ceased, receipt) = key_events(world.ledger, roc.id)
    world.require_receipt(receipt, ceased)
    assert loads_object(retired)["reason"] == "ceased"
    assert loads_object(ceased) == {
        "did": roc.did,
        "ceased_at": "2027-12-29T10:00:00Z",
        "successor": SUCCESSOR,
        "archive": "https://archief.example",
        "reason": "merged",
        "reference": "KvK 1",
    }


Write = Callable[[World, Party, Party, str], object]
WRITES: dict[str, Write] = {
    "issue": lambda w, roc, ada, _: issue(w.ledger, roc.actor, IssueAttestation(ada.id, example("training"))),
    "bring": lambda w, roc, ada, _: bring(w.ledger, roc.actor, BringCredential(ada.id, b"{}")),
    "prepare": lambda w, roc, ada, _: prepare(
        w.ledger, roc.actor, PrepareAttestation(ada.id, example("training"))
    ),
    "enrol": lambda w, roc, *_: enrol(w.ledger, roc.actor, EnrolLearner()),
    "revoke": lambda w, roc, ada, _: revoke(
        w.ledger, roc.actor, ChangeStatus(history(w.ledger, ada.actor, ada.id).entries[0].id)
    ),
    "token": lambda w, roc, *_: access.issue_token(
        w.ledger, roc.actor, access.IssueToken(roc.id, frozenset({"attestations:read"}), "x")
    ),
    "add key": lambda w, roc, *_: register.add_key(w.ledger, roc.actor, AddKey(roc.id)),
    "add own key": lambda w, roc, *_: register.add_key(
        w.ledger, roc.actor, AddKey(roc.id, OwnSigner.ed25519().own_key(roc.did))
    ),
    "rotate": lambda w, roc, _, key: register.rotate_key(w.ledger, roc.actor, RotateKey(roc.id, key)),
    "cease again": lambda w, roc, *_: end(w, roc),
    "key by the operator": lambda w, roc, *_: register.add_key(w.ledger, w.operator, AddKey(roc.id)),
}


@pytest.mark.parametrize("name", WRITES)
def test_nothing_new_begins(world: World, roc: Party, ada: Party, name: str) -> None:
    world.issue(roc, ada)
    (key,) = register.organisation(world.ledger, roc.id).keys
    end(world, roc)
    made = world.ledger.keys.multikeys()
    with world.refuses(ConflictError, "organisation_ceased"):
        WRITES[name](world, roc, ada, key.multikey)
    assert world.ledger.keys.multikeys() == made


def test_reads_stay_and_so_does_what_takes_trust_away(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    (key,) = register.organisation(world.ledger, roc.id).keys
    end(world, roc)
    assert read(world.ledger, roc.actor, issued.id).credential == issued.credential
    assert feed.feed(world.ledger, roc.actor, roc.id).items
    register.compromise_key(world.ledger, roc.actor, CompromiseKey(roc.id, key.multikey))
    access.revoke_token(world.ledger, roc.actor, access.RevokeToken(roc.id, roc.actor.token_id))


def test_the_last_lists_hold_what_was_revoked_just_before(world: World, roc: Party, ada: Party) -> None:
    kept, revoked = (world.issue(roc, ada, "workplace") for _ in range(2))
    world.clock.pass_(hours=1)
    bundle = history_bundle(world.ledger, ada.actor, ada.id)
    assert verdicts_of(check(bundle, policy=world.ledger.policy(), at=world.clock.moment)) == ["valid"] * 2
    world.clock.pass_(seconds=5)
    revoke(world.ledger, roc.actor, ChangeStatus(revoked.id))
    world.clock.pass_(seconds=5)
    end(world, roc)
    bundle = history_bundle(world.ledger, ada.actor, ada.id)
    # A lifetime later, offline, from the file alone.
    report = check(bundle, policy=world.ledger.policy(), at=world.clock.moment + timedelta(days=365 * 20))
    assert verdicts_of(report) == ["valid", "invalid"]
    assert [item.credential for item in bundles.parse(bundle).items] == [kept.credential, revoked.credential]
    codes = [{found.code for found in one.checks} for one in report.credentials]
    assert "status_frozen" in codes[0]
    assert "status_revoked" in codes[1]
    (said,) = [found for found in report.credentials[0].checks if found.name == "issuer"]
    assert said.detail["ceased_at"] == "2026-11-24T11:00:10Z"


def test_in_2066_the_last_list_counts_by_the_moment_at_which_the_log_had_it(
    world: World, roc: Party, hospital: Party, ada: Party
) -> None:
    """Ed25519 is broken since 2040; what the operator's ML-DSA-44 dates before that still stands (THREATS K3)."""
    world.issue(roc, ada, "workplace")
    world.issue(hospital, ada, "workplace")
    world.clock.pass_(hours=1)
    end(world, roc)
    history_bundle(world.ledger, ada.actor, ada.id)
    world.ledger.publisher.publish()  # with the operator's ML-DSA-44 cosignature, the lists of the moment included
    whole = bundles.parse(history_bundle(world.ledger, ada.actor, ada.id))
    assert len(whole.status_events) == 2
    policy = replace(world.ledger.policy(), sunsets={"Ed25519": datetime(2040, 1, 1, tzinfo=UTC)})
    for events, expected in (
        (whole.status_events, ["valid", "undetermined"]),
        (whole.status_events[::-1], ["valid", "undetermined"]),
        ((), ["undetermined", "undetermined"]),
    ):
        data = replace(whole, status_events=events).dump()
        report = check(data, policy=policy, at=datetime(2066, 11, 24, 10, tzinfo=UTC))
        assert verdicts_of(report) == expected
        codes = [{found.code for found in one.checks if found.name == "status"} for one in report.credentials]
        # The hospital went on: a later list may say more, so an old one is stale, whoever dates it.
        assert codes == [{"status_frozen" if events else "status_stale"}, {"status_stale"}]


def verdicts_of(report: Report) -> list[str]:
    return [one.verdict for one in report.credentials]


def test_others_go_on(world: World, roc: Party, hospital: Party, ada: Party) -> None:
    end(world, roc)
    world.issue(hospital, ada)
    assert len(history(world.ledger, ada.actor, ada.id).entries) == 1


def test_who_may_end_it(world: World, roc: Party, hospital: Party, ada: Party) -> None:
    command = CeaseOrganisation(roc.id, "bankrupt")
    with world.refuses(ForbiddenError, "not_yours"):
        cease(world.ledger, hospital.actor, command)
    with world.refuses(ForbiddenError, "scope_missing"):
        cease(world.ledger, ada.actor, command)
    with world.refuses(RejectedError, "reference_required") as caught:
        cease(world.ledger, world.operator, command)
    assert caught.value.pointer == "/reference"
    by_law = CeaseOrganisation(roc.id, "bankrupt", reference="Rechtbank Testdam F.10/26/1")
    view = cease(world.ledger, world.operator, by_law)
    assert view.ceasing is not None
    assert view.ceasing.reference == "Rechtbank Testdam F.10/26/1"


@pytest.mark.parametrize(
    ("options", "code", "pointer"),
    [
        ({"successor": "ROC Noord"}, "did_invalid", "/successor"),
        ({"successor": "did:web:"}, "did_invalid", "/successor"),
        ({"successor": "did:web:x#key"}, "did_invalid", "/successor"),
        ({"successor": "did:web:x\n"}, "did_invalid", "/successor"),
        ({"archive": "archief"}, "url_invalid", "/archive"),
        ({"reference": "a\0b"}, "text_control_character", "/reference"),
        ({"reference": "x" * 300}, "string_too_long", "/reference"),
        ({"reference": "111222333"}, "bsn_refused", "/reference"),
    ],
)
def test_words_that_are_none(
    world: World, roc: Party, options: dict[str, str], code: str, pointer: str
) -> None:
    with world.refuses(RejectedError, code) as caught:
        end(world, roc, **options)
    assert caught.value.pointer == pointer


def test_it_is_not_its_own_successor(world: World, roc: Party) -> None:
    with world.refuses(RejectedError, "successor_is_itself"):
        end(world, roc, successor=roc.did)


def test_asked_twice_it_is_done_once(world: World, roc: Party) -> None:
    again = Idempotency("cease", b"request")
    command = CeaseOrganisation(roc.id)
    first = cease(world.ledger, roc.actor, command, idempotency=again)
    size = world.ledger.store.head().size
    assert cease(world.ledger, roc.actor, command, idempotency=again) == first
    assert world.ledger.store.head().size == size
