"""Signing with an own key in two steps; in between the draft travels, opaque and unchangeable."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from ledger.errors import ConflictError, ErasedError, ForbiddenError, NotFoundError, RejectedError
from ledger.usecases import register
from ledger.usecases.bring import BringCredential, bring
from ledger.usecases.organisations import did_web
from ledger.usecases.prepare import (
    DRAFT_LIFE,
    CompleteAttestation,
    PrepareAttestation,
    PreparedAttestation,
    complete,
    prepare,
)
from ledger.usecases.recording import proof_options
from ledger.usecases.verify import verify_bytes
from tests.ledger.usecases.world import START, OwnSigner, Party, World, example
from verifiers.formats import credential as credentials
from verifiers.formats.data_integrity import attach, seal_proof
from verifiers.primitives import jcs, strict_json
from verifiers.primitives.encoding import b64url_decode, b64url_encode

SIGNERS = {"Ed25519": OwnSigner.ed25519, "P-256": OwnSigner.p256}


def own_party(world: World, signer: OwnSigner, name: str = "Bureau") -> Party:
    chosen = uuid4()
    key = signer.own_key(did_web(world.ledger, chosen))
    return world.organisation(name, role="bureau", id=chosen, key=key)


@pytest.fixture
def signer() -> OwnSigner:
    return OwnSigner.ed25519()


@pytest.fixture
def bureau(world: World, signer: OwnSigner) -> Party:
    return own_party(world, signer)


def sign(prepared: PreparedAttestation, signer: OwnSigner) -> CompleteAttestation:
    return CompleteAttestation(
        prepared.draft, tuple((item.cryptosuite, signer.sign(item.data)) for item in prepared.to_sign)
    )


@pytest.mark.parametrize(
    ("kind", "suites"),
    [("Ed25519", ["eddsa-rdfc-2022", "eddsa-jcs-2022"]), ("P-256", ["ecdsa-rdfc-2019"])],
)
def test_prepare_then_complete(world: World, ada: Party, kind: str, suites: list[str]) -> None:
    signer = SIGNERS[kind]()
    bureau = own_party(world, signer)
    before = world.root()
    prepared = prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, example("training")))
    assert world.root() == before, "preparing records nothing"
    assert [item.cryptosuite for item in prepared.to_sign] == suites
    assert prepared.expires_at == START + DRAFT_LIFE
    world.clock.pass_(minutes=30)
    issued = complete(world.ledger, bureau.actor, sign(prepared, signer))
    assert issued.id == prepared.id
    world.require_receipt(issued.receipt, issued.credential, issued.position)
    unsigned = dict(credentials.parse(issued.credential).document)
    assert unsigned == strict_json.loads_object(prepared.credential), "what was shown is what was signed"
    report = verify_bytes(world.ledger, issued.credential).report
    assert report.verdict == "valid"
    assert [
        found.detail.get("cryptosuite") for found in report.all_checks() if found.name == "proof"
    ] == suites


def test_what_was_completed_is_not_recorded_again_as_brought_nor_the_other_way_round(
    world: World, bureau: Party, signer: OwnSigner, ada: Party
) -> None:
    command = PrepareAttestation(ada.id, example("training"))
    issued = complete(world.ledger, bureau.actor, sign(prepare(world.ledger, bureau.actor, command), signer))
    # Two records of one credential would have two states: revoking one would leave the other active.
    with world.refuses(ConflictError, "credential_exists"):
        bring(world.ledger, bureau.actor, BringCredential(ada.id, issued.credential))
    prepared = prepare(world.ledger, bureau.actor, command)
    done = sign(prepared, signer)
    options = proof_options(
        strict_json.loads_object(prepared.credential),
        suite="eddsa-rdfc-2022",
        verification_method=prepared.to_sign[0].verification_method,
        created=START,
    )
    signed = attach(
        strict_json.loads_object(prepared.credential),
        [seal_proof(options, dict(done.signatures)["eddsa-rdfc-2022"])],
    )
    brought = bring(world.ledger, bureau.actor, BringCredential(ada.id, jcs.canonicalise(signed)))
    assert brought.id != prepared.id
    with world.refuses(ConflictError, "credential_exists"):
        complete(world.ledger, bureau.actor, done)


def test_one_suite_of_two_may_be_asked_for(
    world: World, bureau: Party, signer: OwnSigner, ada: Party
) -> None:
    command = PrepareAttestation(ada.id, example("training"), cryptosuites=("eddsa-jcs-2022",))
    prepared = prepare(world.ledger, bureau.actor, command)
    issued = complete(world.ledger, bureau.actor, sign(prepared, signer))
    assert verify_bytes(world.ledger, issued.credential).report.verdict == "valid"


def test_without_a_managed_key_there_is_no_list_and_with_one_there_is(
    world: World, bureau: Party, signer: OwnSigner, ada: Party
) -> None:
    command = PrepareAttestation(ada.id, example("training"))
    assert b"credentialStatus" not in prepare(world.ledger, bureau.actor, command).credential
    register.add_key(world.ledger, bureau.actor, register.AddKey(bureau.id))
    prepared = prepare(world.ledger, bureau.actor, command)
    assert b"credentialStatus" in prepared.credential
    issued = complete(world.ledger, bureau.actor, sign(prepared, signer))
    assert verify_bytes(world.ledger, issued.credential).report.verdict == "valid"


def test_the_draft_is_opaque(world: World, bureau: Party, ada: Party) -> None:
    prepared = prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, example("training")))
    data = b64url_decode(prepared.draft)
    for canary in (b"Ada", b"eddsa", bureau.did.encode(), example("training").title.encode()):
        assert canary not in data


def test_any_changed_draft_is_refused(
    world: World, bureau: Party, signer: OwnSigner, ada: Party, bea: Party
) -> None:
    command = sign(
        prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, example("training"))), signer
    )
    data = b64url_decode(command.draft)
    other = bea.id.bytes + data[16:]
    changed = [
        data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        for at in (16, 27, 28, len(data) // 2, len(data) - 1)
    ]
    texts = [b64url_encode(item) for item in (*changed, other, data[:-1], data + b"\x00", data[:40], b"")]
    for text in (*texts, "not base64!", "A" * 1_100_000):
        with world.refuses(RejectedError, "draft_invalid"):
            complete(world.ledger, bureau.actor, CompleteAttestation(text, command.signatures))
    unknown = b64url_encode(UUID(int=3).bytes + data[16:])
    with world.refuses(ErasedError, "erased"):
        complete(world.ledger, bureau.actor, CompleteAttestation(unknown, command.signatures))


def test_a_draft_expires(world: World, bureau: Party, signer: OwnSigner, ada: Party) -> None:
    command = sign(
        prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, example("training"))), signer
    )
    world.clock.pass_(seconds=DRAFT_LIFE.total_seconds())
    with world.refuses(RejectedError, "draft_expired"):
        complete(world.ledger, bureau.actor, command)


def test_a_draft_is_completed_once(world: World, bureau: Party, signer: OwnSigner, ada: Party) -> None:
    register.add_key(world.ledger, bureau.actor, register.AddKey(bureau.id))
    command = sign(
        prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, example("training"))), signer
    )
    complete(world.ledger, bureau.actor, command)
    with world.refuses(ConflictError, "credential_exists"):
        complete(world.ledger, bureau.actor, command)


def test_the_signatures_must_be_all_and_right(
    world: World, bureau: Party, signer: OwnSigner, ada: Party
) -> None:
    prepared = prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, example("training")))
    good = sign(prepared, signer).signatures
    for signatures, code in (
        ((), "signatures_incomplete"),
        (good[:1], "signatures_incomplete"),
        ((*good, ("ecdsa-rdfc-2019", good[0][1])), "signatures_incomplete"),
        (((good[0][0], good[1][1]), (good[1][0], good[0][1])), "signature_invalid"),
        (sign(prepared, OwnSigner.ed25519()).signatures, "signature_invalid"),
        ((good[0], (good[1][0], b"")), "signature_invalid"),
    ):
        with world.refuses(RejectedError, code):
            complete(world.ledger, bureau.actor, CompleteAttestation(prepared.draft, signatures))


def test_another_organisation_cannot_complete_it(
    world: World, bureau: Party, signer: OwnSigner, roc: Party, ada: Party
) -> None:
    command = sign(
        prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, example("training"))), signer
    )
    with world.refuses(ForbiddenError, "not_yours"):
        complete(world.ledger, roc.actor, command)
    with world.refuses(ForbiddenError, "scope_missing"):
        complete(world.ledger, ada.actor, command)


def test_a_key_retired_in_between_signs_nothing(
    world: World, bureau: Party, signer: OwnSigner, ada: Party
) -> None:
    command = sign(
        prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, example("training"))), signer
    )
    register.retire_key(world.ledger, bureau.actor, register.RetireKey(bureau.id, signer.public.multikey))
    with world.refuses(ConflictError, "key_retired"):
        complete(world.ledger, bureau.actor, command)


def test_an_erased_learners_draft_leads_nowhere(
    world: World, bureau: Party, signer: OwnSigner, ada: Party
) -> None:
    command = sign(
        prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, example("training"))), signer
    )
    world.ledger.vault.destroy(ada.id, now=START)
    with world.refuses(ErasedError, "erased"):
        complete(world.ledger, bureau.actor, command)


def test_which_key_and_suite(world: World, bureau: Party, roc: Party, signer: OwnSigner, ada: Party) -> None:
    attestation = example("training")
    second = OwnSigner.p256()
    with world.refuses(ConflictError, "no_own_key"):
        prepare(world.ledger, roc.actor, PrepareAttestation(ada.id, attestation))
    managed = register.organisation(world.ledger, roc.id).keys[0].multikey
    with world.refuses(ConflictError, "no_own_key"):
        prepare(world.ledger, roc.actor, PrepareAttestation(ada.id, attestation, key=managed))
    with world.refuses(NotFoundError, "key_unknown"):
        prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, attestation, key=managed))
    for suites in ((), ("ecdsa-rdfc-2019",), ("eddsa-rdfc-2022", "eddsa-rdfc-2022"), ("none",)):
        with world.refuses(RejectedError, "cryptosuite_unsuited"):
            prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, attestation, cryptosuites=suites))
    register.add_key(world.ledger, bureau.actor, register.AddKey(bureau.id, second.own_key(bureau.did)))
    with world.refuses(RejectedError, "key_required"):
        prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, attestation))
    named = PrepareAttestation(ada.id, attestation, key=second.public.multikey)
    assert prepare(world.ledger, bureau.actor, named).to_sign[0].cryptosuite == "ecdsa-rdfc-2019"
    world.clock.pass_(hours=1)
    register.retire_key(world.ledger, bureau.actor, register.RetireKey(bureau.id, second.public.multikey))
    with world.refuses(ConflictError, "key_retired"):
        prepare(world.ledger, bureau.actor, named)


def test_who_may_prepare_what(world: World, bureau: Party, ada: Party) -> None:
    with world.refuses(NotFoundError, "learner_unknown"):
        prepare(world.ledger, bureau.actor, PrepareAttestation(UUID(int=1), example("training")))
    with world.refuses(ForbiddenError, "kind_not_yours"):
        prepare(world.ledger, bureau.actor, PrepareAttestation(ada.id, example("self_claim")))
    for actor in (ada.actor, world.operator):
        with world.refuses(ForbiddenError, "scope_missing"):
            prepare(world.ledger, actor, PrepareAttestation(ada.id, example("training")))
