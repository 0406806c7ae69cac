"""The trail, rebuilt as of two clocks."""

from __future__ import annotations

import traceback
from datetime import timedelta
from uuid import UUID

import pytest

from ledger.errors import ConflictError, ErasedError, ForbiddenError, RejectedError
from ledger.usecases import bundle, issue, status
from ledger.usecases.history import history, history_bundle
from ledger.usecases.issue import IssueAttestation
from ledger.usecases.status import ChangeStatus
from ledger.usecases.verify import verify_bytes
from tests.ledger.usecases.world import KINDS, START, Party, World, example, ids
from verifiers import TrustPolicy, check
from verifiers.formats import bundle as bundles


def test_every_kind_comes_back_with_its_dates_apart(world: World, roc: Party, ada: Party) -> None:
    issued = {kind: world.issue(roc, ada, kind) for kind in KINDS}
    world.clock.pass_(hours=1)
    claim = issue.issue(world.ledger, ada.actor, IssueAttestation(ada.id, example("self_claim")))
    trail = history(world.ledger, ada.actor, ada.id)
    assert (trail.learner, trail.name, trail.valid_at) == (ada.id, "Ada de Vries", world.clock.moment)
    assert {entry.kind for entry in trail.entries} == {*KINDS, "self_claim"}
    for entry in trail.entries:
        attestation = example(entry.kind)
        assert entry.title == attestation.title
        assert (entry.learned_from, entry.learned_until) == (
            attestation.learned_from,
            attestation.learned_until,
        )
        assert entry.awarded_at == attestation.awarded_at
        made = claim if entry.kind == "self_claim" else issued[entry.kind]
        assert (entry.id, entry.credential, entry.position) == (made.id, made.credential, made.position)
        assert entry.signed_at == entry.recorded_at == made.recorded_at
        assert entry.status == "active"
        own = entry.kind == "self_claim"
        assert (entry.organisation, entry.issuer_did) == ((None, ada.did) if own else (roc.id, roc.did))
        assert entry.issuer_name == ("Ada de Vries" if own else "ROC van Testdam")
    days = [entry.learned_from for entry in trail.entries if entry.learned_from is not None]
    assert days == sorted(days)


@pytest.mark.parametrize("form", ["proof-set", "single-proof", "jwt"])
def test_each_form_reads_alike(world: World, roc: Party, ada: Party, form: issue.Form) -> None:
    made = world.issue(roc, ada, form=form)
    (entry,) = history(world.ledger, ada.actor, ada.id).entries
    assert (entry.media_type, entry.kind, entry.signed_at) == (made.media_type, "training", START)
    assert entry.document["id"] == f"urn:uuid:{made.id}"


def test_two_clocks(world: World, roc: Party, ada: Party) -> None:
    """Issued on day 0, suspended on day 2, reinstated on day 4, revoked on day 6."""
    world.issue(roc, ada)
    (entry,) = history(world.ledger, ada.actor, ada.id).entries
    for change in (status.suspend, status.reinstate, status.revoke):
        world.clock.pass_(days=2)
        change(world.ledger, roc.actor, ChangeStatus(entry.id, "under_review"))
    world.clock.pass_(days=2)

    def state(valid: float, known: float | None = None) -> str | None:
        known_at = None if known is None else START + timedelta(days=known)
        trail = history(
            world.ledger, ada.actor, ada.id, valid_at=START + timedelta(days=valid), known_at=known_at
        )
        return trail.entries[0].status if trail.entries else None

    # What was valid then, as known now.
    assert [state(day) for day in (-1, 0, 1, 2, 3, 4, 5, 6, 7)] == [
        "not_yet_valid",
        "active",
        "active",
        "suspended",
        "suspended",
        "active",
        "active",
        "revoked",
        "revoked",
    ]
    # What was known then, about a later day: nobody knew of the revocation yet.
    assert [state(7, day) for day in (-1, 0, 1, 2, 3, 4, 5, 6)] == [
        None,
        "active",
        "active",
        "suspended",
        "suspended",
        "active",
        "active",
        "revoked",
    ]
    (entry,) = history(world.ledger, ada.actor, ada.id, known_at=START + timedelta(days=5)).entries
    assert [(change.status, change.reason) for change in entry.changes] == [
        ("suspended", "under_review"),
        ("active", "under_review"),
    ]


def test_an_expired_credential_says_so(world: World, roc: Party, ada: Party) -> None:
    limited = example("training").model_copy(update={"valid_until": START + timedelta(days=10)})
    issue.issue(world.ledger, roc.actor, IssueAttestation(ada.id, limited))
    later = START + timedelta(days=11)
    assert history(world.ledger, ada.actor, ada.id, valid_at=later).entries[0].status == "expired"
    assert history(world.ledger, ada.actor, ada.id).entries[0].status == "active"


def test_only_ones_own_trail(world: World, roc: Party, ada: Party, bea: Party) -> None:
    mine, hers = world.issue(roc, ada), world.issue(roc, bea)
    assert ids(history(world.ledger, ada.actor, ada.id).entries) == [mine.id]
    assert ids(history(world.ledger, bea.actor, bea.id).entries) == [hers.id]
    for actor, code in (
        (bea.actor, "not_yours"),
        (roc.actor, "scope_missing"),
        (world.operator, "scope_missing"),
    ):
        with world.refuses(ForbiddenError, code):
            history(world.ledger, actor, ada.id)
        with world.refuses(ForbiddenError, code):
            history_bundle(world.ledger, actor, ada.id)
    with world.refuses(ForbiddenError, "not_yours"):
        history(world.ledger, ada.actor, UUID(int=1))


def test_a_moment_needs_a_time_zone(world: World, ada: Party) -> None:
    with world.refuses(RejectedError, "time_invalid"):
        history(world.ledger, ada.actor, ada.id, valid_at=START.replace(tzinfo=None))


def test_an_erased_trail_is_gone(world: World, roc: Party, ada: Party, bea: Party) -> None:
    world.issue(roc, ada)
    other = world.issue(roc, bea)
    world.ledger.vault.destroy(ada.id, now=START)
    with world.refuses(ErasedError, "erased"):
        history(world.ledger, ada.actor, ada.id)
    assert ids(history(world.ledger, bea.actor, bea.id).entries) == [other.id]


def test_the_bundle_verifies_anywhere_with_the_logs_key_alone(
    world: World, roc: Party, hospital: Party, ada: Party
) -> None:
    issued = [
        world.issue(roc, ada),
        world.issue(hospital, ada, "workplace"),
        world.issue(roc, ada, form="jwt"),
    ]
    data = history_bundle(world.ledger, ada.actor, ada.id)
    bundle = bundles.parse(data)
    assert {item.credential for item in bundle.items} == {item.credential for item in issued}
    assert len(bundle.status_lists) == 4
    policy = TrustPolicy(logs=(world.ledger.heads.verifier_key,), log_issuers=True, require_receipt=True)
    report = check(data, policy=policy, at=START)
    assert report.verdict == "valid"
    assert {own.position for own in report.credentials} == {item.position for item in issued}
    assert check(data, policy=None, at=START).verdict == "undetermined"
    assert check(data, policy=policy, at=START + timedelta(days=2)).verdict == "undetermined", (
        "lists go stale"
    )


def test_what_no_reader_would_accept_is_said_and_not_made(
    world: World, roc: Party, ada: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = world.issue(roc, ada)
    bundle.make(world.ledger, [issued.id])  # the status lists are published now, and not by what is refused
    with world.refuses(ConflictError, "bundle_too_large") as caught:
        bundle.make(world.ledger, [issued.id] * 1_001)
    assert "Ada" not in "".join(traceback.format_exception(caught.value))
    monkeypatch.setattr(bundle, "BUNDLE_BYTES_MAX", 1_000)
    with world.refuses(ConflictError, "bundle_too_large"):
        history_bundle(world.ledger, ada.actor, ada.id)


def test_one_flipped_byte_of_a_bundle_is_caught(world: World, roc: Party, ada: Party) -> None:
    world.issue(roc, ada)
    data = history_bundle(world.ledger, ada.actor, ada.id)
    tampered = data.replace(b'activityEndDate\\":\\"20', b'activityEndDate\\":\\"21', 1)
    assert tampered != data
    assert verify_bytes(world.ledger, data).report.verdict == "valid"
    assert verify_bytes(world.ledger, tampered).report.verdict == "invalid"


def test_an_empty_trail(world: World, ada: Party) -> None:
    assert history(world.ledger, ada.actor, ada.id).entries == ()
    with world.refuses(ConflictError, "nothing_to_share"):
        history_bundle(world.ledger, ada.actor, ada.id)
