"""Suspending, reinstating, revoking; and the lists that tell the world."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from ledger.errors import ConflictError, ErasedError, ForbiddenError, NotFoundError
from ledger.usecases import issue, register, status
from ledger.usecases.issue import IssueAttestation
from ledger.usecases.organisations import did_web
from ledger.usecases.prepare import CompleteAttestation, PrepareAttestation, complete, prepare
from ledger.usecases.publications import LIFE
from ledger.usecases.register import ManagedKey
from ledger.usecases.status import ChangeStatus, StatusPurpose, reinstate, revoke, status_list, suspend
from ledger.usecases.verify import verify_bytes
from tests.ledger.usecases.world import START, OwnSigner, Party, World, example, verdicts
from verifiers import Evidence, TrustedIssuer, TrustPolicy, check
from verifiers.formats import credential as credentials
from verifiers.formats import status_list as formats

SLOT = 900
PURPOSES: tuple[StatusPurpose, ...] = ("revocation", "suspension")


def bit_counts(world: World, organisation: UUID) -> dict[str, int]:
    """Return how many bits are set in each list, as a reader sees it."""
    counts: dict[str, int] = {}
    for purpose in PURPOSES:
        body = status_list(world.ledger, organisation, purpose).body
        counts[purpose] = sum(
            byte.bit_count() for byte in formats.parse_list(credentials.parse(body).document).bits
        )
    return counts


def test_the_life_of_a_credential_as_its_readers_see_it(world: World, roc: Party, ada: Party) -> None:
    issued, other = world.issue(roc, ada), world.issue(roc, ada)
    steps: list[tuple[Callable[..., status.StatusChanged], str, str, dict[str, int]]] = [
        (suspend, "suspended", "invalid", {"revocation": 0, "suspension": 1}),
        (reinstate, "active", "valid", {"revocation": 0, "suspension": 0}),
        (suspend, "suspended", "invalid", {"revocation": 0, "suspension": 1}),
        (revoke, "revoked", "invalid", {"revocation": 1, "suspension": 1}),
    ]
    before = {"revocation": 0, "suspension": 0}
    for change, state, verdict, counts in steps:
        world.clock.pass_(hours=1)
        changed = change(world.ledger, roc.actor, ChangeStatus(issued.id, "mistake"))
        assert (changed.credential, changed.status, changed.reason) == (issued.id, state, "mistake")
        assert changed.changed_at == world.clock.moment
        recorded = world.ledger.store.at_position(changed.position)
        world.require_receipt(changed.receipt, world.ledger.sealing.opening(recorded)[0], changed.position)
        # Here it is seen at once, and by everyone else from the next slot on.
        assert verify_bytes(world.ledger, issued.credential).report.verdict == verdict
        assert bit_counts(world, roc.id) == before
        world.clock.pass_(seconds=SLOT)
        assert verify_bytes(world.ledger, issued.credential).report.verdict == verdict
        before = bit_counts(world, roc.id)
        assert before == counts
    assert ("status", "invalid", "status_revoked") in verdicts(
        verify_bytes(world.ledger, issued.credential).report
    )
    assert verify_bytes(world.ledger, other.credential).report.verdict == "valid", (
        "only the one that was meant"
    )


@pytest.mark.parametrize(
    ("before", "change", "code"),
    [
        ((), reinstate, "not_suspended"),
        ((suspend,), suspend, "already_suspended"),
        ((revoke,), suspend, "already_revoked"),
        ((revoke,), reinstate, "already_revoked"),
        ((revoke,), revoke, "already_revoked"),
    ],
)
def test_the_wrong_state(
    world: World,
    roc: Party,
    ada: Party,
    before: tuple[Callable[..., object], ...],
    change: Callable[..., object],
    code: str,
) -> None:
    issued = world.issue(roc, ada)
    for step in before:
        step(world.ledger, roc.actor, ChangeStatus(issued.id))
    with world.refuses(ConflictError, code):
        change(world.ledger, roc.actor, ChangeStatus(issued.id))


@pytest.mark.parametrize("change", [suspend, reinstate, revoke])
def test_who_may(
    world: World, roc: Party, hospital: Party, ada: Party, change: Callable[..., object]
) -> None:
    issued = world.issue(roc, ada)
    for actor, code in (
        (hospital.actor, "not_yours"),
        (ada.actor, "not_yours"),
        (world.operator, "scope_missing"),
    ):
        with world.refuses(ForbiddenError, code):
            change(world.ledger, actor, ChangeStatus(issued.id))
    for nothing in (UUID(int=1), roc.id, ada.id):
        with world.refuses(NotFoundError, "credential_unknown"):
            change(world.ledger, roc.actor, ChangeStatus(nothing))
    world.ledger.vault.destroy(ada.id, now=START)
    with world.refuses(ErasedError, "erased"):
        change(world.ledger, roc.actor, ChangeStatus(issued.id))


def test_the_learner_takes_back_what_she_claimed(world: World, roc: Party, ada: Party, bea: Party) -> None:
    claim = issue.issue(world.ledger, ada.actor, IssueAttestation(ada.id, example("self_claim")))
    for actor in (roc.actor, bea.actor):
        with world.refuses(ForbiddenError, "not_yours"):
            revoke(world.ledger, actor, ChangeStatus(claim.id))
    assert revoke(world.ledger, ada.actor, ChangeStatus(claim.id, "on_request")).status == "revoked"
    # It names no list: what the ledger recorded is said all the same.
    report = verify_bytes(world.ledger, claim.credential).report
    assert ("status", "invalid", "status_revoked") in verdicts(report)


def test_a_revocation_without_a_list_counts_here(world: World, ada: Party) -> None:
    signer, chosen = OwnSigner.ed25519(), uuid4()
    key = signer.own_key(did_web(world.ledger, chosen))
    bureau = world.organisation("Bureau", role="bureau", id=chosen, key=key)
    prepared = prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, example("training")))
    signatures = tuple((item.cryptosuite, signer.sign(item.data)) for item in prepared.to_sign)
    issued = complete(world.ledger, bureau.actor, CompleteAttestation(prepared.draft, signatures))
    assert verify_bytes(world.ledger, issued.credential).report.verdict == "valid"
    suspend(world.ledger, bureau.actor, ChangeStatus(issued.id))
    assert ("status", "invalid", "status_suspended") in verdicts(
        verify_bytes(world.ledger, issued.credential).report
    )
    reinstate(world.ledger, bureau.actor, ChangeStatus(issued.id))
    assert verify_bytes(world.ledger, issued.credential).report.verdict == "valid"
    with world.refuses(NotFoundError, "status_list_unknown"):
        status_list(world.ledger, bureau.id, "revocation")


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("kind", ["Ed25519", "P-256"])
def test_the_list_is_the_issuers_own_in_both_securings(
    world: World, purpose: StatusPurpose, kind: str
) -> None:
    school = world.organisation("School", key=ManagedKey(kind))  # type: ignore[arg-type]
    multikey = register.organisation(world.ledger, school.id).keys[0].multikey
    policy = TrustPolicy(issuers={school.did: TrustedIssuer(school.did, None, (multikey,))})
    url = f"http://127.0.0.1:8000/v1/organisations/{school.id}/status/{purpose}"
    for media_type in ("application/vc", "application/vc+jwt"):
        made = status_list(world.ledger, school.id, purpose, media_type=media_type)
        assert made.media_type == media_type
        assert made.valid_until == START + LIFE
        read = credentials.parse(made.body)
        assert (read.id, read.issuer_id) == (url, school.did)
        found = formats.parse_list(read.document)
        assert (found.purposes, len(found.bits)) == ((purpose,), 131_072 // 8)
        # Its proof is one that a stranger can check.
        report = check(made.body, policy=policy, at=START)
        assert {item.verdict for item in report.all_checks() if item.name == "proof"} == {"valid"}


def test_an_outsider_sees_the_revocation_through_the_list_alone(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    multikey = register.organisation(world.ledger, roc.id).keys[0].multikey
    policy = TrustPolicy(issuers={roc.did: TrustedIssuer(roc.did, None, (multikey,))})

    def look() -> str:
        at = world.clock.moment
        lists = {
            f"http://127.0.0.1:8000/v1/organisations/{roc.id}/status/{purpose}": status_list(
                world.ledger, roc.id, purpose
            ).body
            for purpose in PURPOSES
        }
        return check(issued.credential, policy=policy, at=at, evidence=Evidence(status_lists=lists)).verdict

    assert check(issued.credential, policy=policy, at=START).verdict == "undetermined"
    assert look() == "valid"
    revoke(world.ledger, roc.actor, ChangeStatus(issued.id))
    assert look() == "valid", "the slot is not over"
    world.clock.pass_(seconds=SLOT)
    assert look() == "invalid"


def test_a_list_outlives_erasure(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    revoke(world.ledger, roc.actor, ChangeStatus(issued.id))
    world.ledger.vault.destroy(ada.id, now=START)
    world.clock.pass_(seconds=SLOT)
    assert bit_counts(world, roc.id) == {"revocation": 1, "suspension": 0}


def test_a_moment_in_the_past_is_judged_by_the_list_of_then(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    moments = []
    for change in (None, suspend, reinstate):
        if change is not None:
            change(world.ledger, roc.actor, ChangeStatus(issued.id))
        moments.append(world.clock.pass_(seconds=SLOT))
        assert bit_counts(world, roc.id)["suspension"] == (change is suspend)
        world.clock.pass_(hours=1)
    found = [verify_bytes(world.ledger, issued.credential, at=at).report.verdict for at in moments]
    assert found == ["valid", "invalid", "valid"]


def test_the_verdict_tells_what_happened_before(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    for change in (suspend, reinstate):
        world.clock.pass_(hours=1)
        change(world.ledger, roc.actor, ChangeStatus(issued.id, "under_review"))
    history = "suspended 2026-11-24T11:00:00Z, reinstated 2026-11-24T12:00:00Z"
    for seconds in (0, SLOT):
        world.clock.pass_(seconds=seconds)
        report = verify_bytes(world.ledger, issued.credential).report
        assert report.verdict == "valid"
        found = [item for item in report.all_checks() if item.name == "status"]
        assert [(item.code, item.detail["history"]) for item in found] == [("status_clear", history)] * 2


def test_lists_that_are_not_there(world: World, roc: Party, ada: Party) -> None:
    status_list(world.ledger, roc.id, "revocation")
    with world.refuses(NotFoundError, "status_list_unknown"):
        status_list(world.ledger, roc.id, "revocation", 1)
    with world.refuses(NotFoundError, "organisation_unknown"):
        status_list(world.ledger, ada.id, "revocation")
