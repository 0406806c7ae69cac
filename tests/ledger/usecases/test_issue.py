"""Issuing with managed keys: every kind and form, whose it is, and that reading is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from ledger.errors import ConflictError, ErasedError, ForbiddenError, NotFoundError, RejectedError
from ledger.store import tables
from ledger.usecases import compose, enrol, history, issue, register
from ledger.usecases.access import authenticate
from ledger.usecases.issue import Form, IssueAttestation
from ledger.usecases.register import AddKey, ManagedKey, RetireKey
from ledger.usecases.verify import verify_bytes
from tests.ledger.usecases.world import KINDS, START, OwnSigner, Party, World, example, verdicts
from verifiers import Evidence, TrustPolicy, check
from verifiers.formats import credential as credentials
from verifiers.primitives import jcs, strict_json

BINDING = [("binding", "undetermined", "binding_not_shown")]
SELF_CLAIM = [("issuer", "undetermined", "issuer_not_trusted"), *BINDING]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_issued_recorded_and_verifies(world: World, roc: Party, ada: Party, kind: str) -> None:
    size = world.ledger.store.head().size
    issued = world.issue(roc, ada, kind)
    assert (issued.learner, issued.organisation, issued.replayed) == (ada.id, roc.id, False)
    assert (issued.position, issued.recorded_at) == (size, START)
    world.require_receipt(issued.receipt, issued.credential, issued.position)
    read = credentials.parse(issued.credential)
    assert (read.id, read.issuer_id, read.subject_id) == (f"urn:uuid:{issued.id}", roc.did, ada.did)
    view = compose.read(read.document)
    assert (view.kind, view.title, view.learner_name) == (kind, example(kind).title, "Ada de Vries")
    found = verify_bytes(world.ledger, issued.credential)
    assert (found.report.verdict, found.recorded) == ("valid", (issued.id,))
    assert verdicts(found.report) == BINDING
    assert found.report.credentials[0].position == issued.position


@pytest.mark.parametrize(
    ("form", "media_type", "suites"),
    [
        ("proof-set", "application/vc", ["eddsa-rdfc-2022", "eddsa-jcs-2022"]),
        ("single-proof", "application/vc", ["eddsa-rdfc-2022"]),
        ("jwt", "application/vc+jwt", []),
    ],
)
def test_each_form(
    world: World, roc: Party, ada: Party, form: Form, media_type: str, suites: list[str]
) -> None:
    issued = world.issue(roc, ada, form=form)
    assert issued.media_type == media_type
    proof = credentials.parse(issued.credential).secured.get("proof", [])
    proofs = proof if isinstance(proof, list) else [proof]
    assert [item["cryptosuite"] for item in proofs if isinstance(item, dict)] == suites
    assert verify_bytes(world.ledger, issued.credential).report.verdict == "valid"


@pytest.mark.parametrize("form", ["proof-set", "jwt"])
def test_a_p256_organisation_signs_with_its_own_algorithm(world: World, form: Form) -> None:
    bureau = world.organisation("Bureau", role="bureau", key=ManagedKey("P-256"))
    issued = world.issue(bureau, world.learner(bureau), form=form)
    report = verify_bytes(world.ledger, issued.credential).report
    assert report.verdict == "valid"
    (proof,) = [found for found in report.all_checks() if found.name == "proof"]
    assert proof.detail.get("cryptosuite", "ES256") in ("ecdsa-rdfc-2019", "ES256")


def test_an_outsider_verifies_offline_with_the_receipt_and_the_logs_key(
    world: World, roc: Party, ada: Party
) -> None:
    issued = world.issue(roc, ada)
    (registered, *_) = world.ledger.store.select_stream(roc.id)
    payload, opening = world.ledger.sealing.opening(registered)
    evidence = Evidence(key_events=((payload, world.ledger.receipts.receipt(registered, opening)),))
    policy = TrustPolicy(logs=(world.ledger.heads.verifier_key,), log_issuers=True, require_status=False)
    report = check(issued.credential, policy=policy, at=START, evidence=evidence, receipt=issued.receipt)
    assert report.verdict == "valid"
    assert check(issued.credential, policy=None, at=START).verdict == "undetermined"


def test_one_changed_leaf_is_caught(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    document = strict_json.loads_object(issued.credential)
    subject = document["credentialSubject"]
    assert isinstance(subject, dict)
    subject["activityEndDate"] = "2030-01-01T00:00:00Z"
    found = verify_bytes(world.ledger, jcs.canonicalise(document))
    assert (found.report.verdict, found.recorded) == ("invalid", (None,))


def test_the_name_is_left_out_when_asked_or_unknown(world: World, roc: Party, ada: Party) -> None:
    nameless = world.learner(roc, None)
    for issued in (world.issue(roc, ada, with_name=False), world.issue(roc, nameless)):
        assert compose.read(credentials.parse(issued.credential).document).learner_name is None
        assert b"Ada" not in issued.credential


def test_both_lists_get_a_random_place_that_only_this_credential_has(
    world: World, roc: Party, ada: Party
) -> None:
    issued = [world.issue(roc, ada) for _ in range(5)]
    with world.ledger.engine.connect() as connection:
        rows = connection.execute(select(tables.status_index)).all()
    assert len(rows) == 10
    assert len({(row.list, row.index) for row in rows}) == 10
    assert {row.stream for row in rows} == {item.id for item in issued}
    entries = credentials.parse(issued[0].credential).status_entries
    named = {str(entry["statusPurpose"]): entry for entry in entries if isinstance(entry, dict)}
    assert set(named) == {"revocation", "suspension"}
    url = f"http://127.0.0.1:8000/v1/organisations/{roc.id}/status/revocation"
    assert named["revocation"]["statusListCredential"] == url
    own = {str(row.index) for row in rows if row.stream == issued[0].id}
    assert {entry["statusListIndex"] for entry in named.values()} == own


def test_the_newest_managed_key_signs_and_a_retired_one_does_not(
    world: World, roc: Party, ada: Party
) -> None:
    before = world.issue(roc, ada)
    (first,) = register.organisation(world.ledger, roc.id).keys
    world.clock.pass_(days=1)
    _, second = register.add_key(world.ledger, roc.actor, AddKey(roc.id)).keys
    after = world.issue(roc, ada)
    assert second.multikey.encode() in after.credential
    assert first.multikey.encode() not in after.credential
    world.clock.pass_(days=1)
    register.retire_key(world.ledger, roc.actor, RetireKey(roc.id, first.multikey))
    # What was recorded while the key counted stays good.
    assert verify_bytes(world.ledger, before.credential).report.verdict == "valid"
    register.retire_key(world.ledger, roc.actor, RetireKey(roc.id, second.multikey))
    with world.refuses(ConflictError, "no_managed_key"):
        world.issue(roc, ada)


def test_an_own_key_organisation_has_no_managed_key(world: World, ada: Party) -> None:
    signer = OwnSigner.ed25519()
    bureau = world.organisation(
        "B", role="bureau", did_method="key", key=signer.own_key(signer.public.did_key)
    )
    with world.refuses(ConflictError, "no_managed_key"):
        world.issue(bureau, ada)


def test_who_may_issue_what(world: World, roc: Party, ada: Party) -> None:
    with world.refuses(ForbiddenError, "scope_missing"):
        issue.issue(world.ledger, world.operator, IssueAttestation(ada.id, example("training")))
    with world.refuses(ForbiddenError, "kind_not_yours"):
        issue.issue(world.ledger, ada.actor, IssueAttestation(ada.id, example("training")))
    with world.refuses(ForbiddenError, "kind_not_yours"):
        issue.issue(world.ledger, roc.actor, IssueAttestation(ada.id, example("self_claim")))


def test_about_whom(world: World, roc: Party) -> None:
    for nobody in (UUID(int=9), roc.id):
        with world.refuses(NotFoundError, "learner_unknown") as caught:
            issue.issue(world.ledger, roc.actor, IssueAttestation(nobody, example("training")))
        assert caught.value.pointer == "/learner"


def test_nothing_is_issued_about_the_erased(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    world.ledger.vault.destroy(ada.id, now=START)
    with world.refuses(ErasedError, "erased"):
        world.issue(roc, ada)
    with world.refuses(ErasedError, "erased"):
        issue.read(world.ledger, roc.actor, issued.id)


@pytest.mark.parametrize(
    ("valid_from", "code"),
    [
        (START + timedelta(days=40_000), "validity_period_invalid"),
        (START.replace(tzinfo=None), "time_invalid"),
    ],
)
def test_a_validity_that_is_none(
    world: World, roc: Party, ada: Party, valid_from: datetime, code: str
) -> None:
    attestation = example("training")
    limited = attestation.model_copy(update={"valid_until": START + timedelta(days=30)})
    command = IssueAttestation(ada.id, limited, valid_from=valid_from)
    with world.refuses(RejectedError, code):
        issue.issue(world.ledger, roc.actor, command)


def test_a_later_beginning_is_kept_to(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada, valid_from=START + timedelta(days=2))
    early = verify_bytes(world.ledger, issued.credential).report
    assert ("validity", "invalid", "not_yet_valid") in verdicts(early)
    world.clock.pass_(days=2)
    assert verify_bytes(world.ledger, issued.credential).report.verdict == "valid"


def test_a_self_claim_is_signed_by_the_learner_and_shown_as_such(world: World, ada: Party) -> None:
    made = issue.issue(world.ledger, ada.actor, IssueAttestation(ada.id, example("self_claim")))
    assert made.organisation is None
    read = credentials.parse(made.credential)
    assert read.issuer_id == read.subject_id == ada.did
    assert read.issuer_name == "Ada de Vries"
    assert verdicts(verify_bytes(world.ledger, made.credential).report) == SELF_CLAIM
    nameless = IssueAttestation(ada.id, example("self_claim"), with_name=False)
    unnamed = issue.issue(world.ledger, ada.actor, nameless)
    assert credentials.parse(unnamed.credential).issuer_name == issue.SELF_CLAIMANT


def test_one_claims_for_oneself_only(world: World, roc: Party, ada: Party, bea: Party) -> None:
    with world.refuses(ForbiddenError, "not_yours"):
        issue.issue(world.ledger, ada.actor, IssueAttestation(bea.id, example("self_claim")))
    did = OwnSigner.ed25519().public.did_key
    own = enrol.enrol(world.ledger, roc.actor, enrol.EnrolLearner(did=did))
    actor = authenticate(world.ledger, own.token.secret)
    with world.refuses(ConflictError, "no_managed_key"):
        issue.issue(world.ledger, actor, IssueAttestation(own.id, example("self_claim")))


def test_the_issuer_reads_and_the_learner_sees_that(
    world: World, roc: Party, hospital: Party, ada: Party, bea: Party
) -> None:
    issued = world.issue(roc, ada)
    world.clock.pass_(hours=1)
    read = issue.read(world.ledger, roc.actor, issued.id)
    assert replace(read, receipt="") == replace(issued, receipt="")
    world.require_receipt(read.receipt, read.credential, issued.position)
    (entry,) = history.history(world.ledger, ada.actor, ada.id).entries
    assert [(look.organisation, look.read_at) for look in entry.readings] == [(roc.id, world.clock.moment)]
    size = world.ledger.store.head().size
    assert issue.read(world.ledger, ada.actor, issued.id).credential == issued.credential
    assert world.ledger.store.head().size == size, "the learner's own look is no event"
    with world.refuses(ForbiddenError, "not_yours"):
        issue.read(world.ledger, hospital.actor, issued.id)
    with world.refuses(ForbiddenError, "not_yours"):
        issue.read(world.ledger, bea.actor, issued.id)
    with world.refuses(ForbiddenError, "scope_missing"):
        issue.read(world.ledger, world.operator, issued.id)
    for nothing in (UUID(int=1), ada.id, roc.id):
        with world.refuses(NotFoundError, "credential_unknown"):
            issue.read(world.ledger, roc.actor, nothing)


def test_nothing_of_the_person_is_readable_in_the_stores(world: World, roc: Party, ada: Party) -> None:
    issued = world.issue(roc, ada)
    world.ledger.close()
    canaries = [
        b"Ada",
        b"de Vries",
        ada.did.encode(),
        example("training").title.encode(),
        issued.credential[:200],
    ]
    folder = world.ledger.settings.data_dir  # type: ignore[attr-defined]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        data = path.read_bytes()
        assert [canary for canary in canaries if canary in data] == [], path.name


@pytest.mark.parametrize("form", ["proof-set", "jwt"])
def test_what_a_verifier_could_not_read_is_not_signed(
    world: World, roc: Party, ada: Party, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compose_too_much(*arguments: Any, **options: Any) -> dict[str, object]:
        return compose.compose(*arguments, **options) | {"hidden": "x"}

    monkeypatch.setattr("ledger.usecases.recording.compose", compose_too_much)
    with world.refuses(RejectedError, "not_signable") as caught:
        world.issue(roc, ada, form=form)
    assert caught.value.got == "term_dropped"
