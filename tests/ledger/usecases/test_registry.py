"""The registry: recorded, proven to everybody, and honoured by what this server trusts."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.domain.registry import REGISTRY, Registry
from ledger.errors import ConflictError, ForbiddenError, NotFoundError, RejectedError
from ledger.usecases import register, registry
from ledger.usecases.idempotency import Idempotency
from ledger.usecases.registry import AnchorKind, ChangeAnchor, SetPolicy
from tests.ledger.usecases.world import OwnSigner, Party, World
from verifiers import TrustPolicy
from verifiers.formats.checkpoint import VerifierKey
from verifiers.formats.cosignature import WitnessKey
from verifiers.formats.witness_policy import lint
from verifiers.primitives.encoding import b64url_encode
from verifiers.primitives.strict_json import loads_object

POLICY = SetPolicy("Iedere erkende school mag mee.", "https://ledger.example/policy")
DUO = ChangeAnchor("issuer", "did:web:diplomas.example", "issues diplomas")


def sister() -> str:
    return VerifierKey("sister.example/leerspoor", OwnSigner.ed25519().public).dump()


def test_what_is_set_is_proven_to_everybody(world: World) -> None:
    assert registry.registry(world.ledger) == registry.RegistryView(0, None, ())
    assert registry.registry_events(world.ledger) == ()
    view = registry.set_policy(world.ledger, world.operator, POLICY)
    assert view.policy is not None
    assert view.policy.sha256 == b64url_encode(hashlib.sha256(POLICY.text.encode()).digest())
    registry.add_anchor(world.ledger, world.operator, DUO)
    view = registry.remove_anchor(world.ledger, world.operator, DUO)
    assert (view.anchors, view.version) == ((), 4)
    found = registry.registry_events(world.ledger)
    assert [(event.version, event.type) for event in found] == [
        (1, "registry-opened.v1"),
        (2, "registration-policy-set.v1"),
        (3, "trust-anchor-added.v1"),
        (4, "trust-anchor-removed.v1"),
    ]
    for event in found:
        world.require_receipt(event.receipt, event.payload.encode(), event.position)
    assert loads_object(found[1].payload.encode()) == {
        "sha256": view.policy.sha256 if view.policy else "",
        "text": POLICY.text,
        "url": POLICY.url,
    }
    assert registry.registry_events(world.ledger, after=2) == found[2:]
    assert registry.registry_events(world.ledger, after=4) == ()


def test_it_is_about_nobody_and_by_nobody(world: World) -> None:
    registry.set_policy(world.ledger, world.operator, POLICY)
    headers = [event.sealed for event in world.ledger.store.select_stream(REGISTRY)]
    assert {(sealed.subject, sealed.issuer) for sealed in headers} == {(None, None)}
    assert all(POLICY.text.encode() not in (sealed.body or b"") for sealed in headers), (
        "sealed like all others"
    )


def test_the_policy_of_this_server_honours_its_anchors(world: World) -> None:
    vkey = sister()
    own = world.ledger.policy()
    assert (len(own.logs), dict(own.issuers)) == (1, {})
    registry.add_anchor(world.ledger, world.operator, ChangeAnchor("log", vkey, "the sister log"))
    registry.add_anchor(world.ledger, world.operator, DUO)
    policy = world.ledger.policy()
    assert [log.dump() for log in policy.logs] == [own.logs[0].dump(), vkey]
    assert list(policy.issuers) == [DUO.value]
    assert policy.log_issuers
    registry.remove_anchor(world.ledger, world.operator, DUO)
    registry.remove_anchor(world.ledger, world.operator, ChangeAnchor("log", vkey, "gone"))
    assert world.ledger.policy() == own


def witness(name: str) -> str:
    return WitnessKey(name, "Ed25519", OwnSigner.ed25519().public.raw).dump()


def anchor_witness(world: World, value: str) -> None:
    registry.add_anchor(world.ledger, world.operator, ChangeAnchor("witness", value, "watches"))


@pytest.mark.parametrize(
    ("names", "needed"),
    [(["a"], 1), (["a", "b"], 2), (["a", "b", "c"], 2), (["a", "a", "b"], 2), (["a", "a", "a"], 1)],
)
def test_more_than_half_of_the_anchored_parties_are_a_quorum(
    world: World, names: list[str], needed: int
) -> None:
    for name in names:
        anchor_witness(world, witness(f"{name}.example/w"))
    found = world.ledger.policy().witnesses
    assert found is not None
    assert found.quorum is not None
    top = found.groups[found.quorum]
    assert (top.threshold, len(top.members)) == (needed, len(set(names)))
    assert len(found.witnesses) == len(names)
    assert [one for one in lint(found) if one.severity == "error"] == []
    assert TrustPolicy.from_json(world.ledger.policy().dump()).witnesses is not None


def test_an_anchor_that_contradicts_the_policy_is_refused(world: World) -> None:
    own = world.ledger.policy().operator_cosigners[0].dump()
    with world.refuses(RejectedError, "anchor_contradicts") as caught:
        anchor_witness(world, own)
    assert caught.value.got == "policy_malformed", "an operator is no witness to itself"
    key = OwnSigner.ed25519().public
    log = VerifierKey("sister.example/leerspoor", key).dump()
    registry.add_anchor(world.ledger, world.operator, ChangeAnchor("log", log, "sister"))
    with world.refuses(RejectedError, "anchor_contradicts") as caught:
        anchor_witness(world, WitnessKey("sister.example/w", "Ed25519", key.raw).dump())
    assert caught.value.got == "witness_is_log"


def test_who_changes_the_registry(world: World, roc: Party, ada: Party) -> None:
    for actor in (roc.actor, ada.actor):
        with world.refuses(ForbiddenError, "scope_missing"):
            registry.set_policy(world.ledger, actor, POLICY)
        with world.refuses(ForbiddenError, "scope_missing"):
            registry.add_anchor(world.ledger, actor, DUO)
        with world.refuses(ForbiddenError, "scope_missing"):
            registry.remove_anchor(world.ledger, actor, DUO)


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("issuer", "", "issuer_malformed"),
        ("issuer", "diplomas.example", "issuer_malformed"),
        ("issuer", "http://diplomas.example", "issuer_malformed"),
        ("issuer", "https://", "issuer_malformed"),
        ("issuer", "https://[", "issuer_malformed"),
        ("issuer", "https://x.example/\n", "issuer_malformed"),
        ("issuer", "did:web:", "issuer_malformed"),
        ("issuer", "did:web:x\0", "issuer_malformed"),
        ("issuer", "did:web:" + "x" * 3_000, "issuer_malformed"),
        ("log", "sister.example/leerspoor", "vkey_malformed"),
        ("log", "did:web:x", "vkey_malformed"),
        ("witness", "x+1+y", "vkey_malformed"),
    ],
)
def test_an_anchor_that_could_never_be_believed(
    world: World, kind: AnchorKind, value: str, code: str
) -> None:
    with world.refuses(RejectedError, code) as caught:
        registry.add_anchor(world.ledger, world.operator, ChangeAnchor(kind, value, "x"))
    assert caught.value.pointer == "/value"


def test_the_key_of_a_log_is_no_witness(world: World) -> None:
    with world.refuses(RejectedError, "vkey_malformed"):
        registry.add_anchor(world.ledger, world.operator, ChangeAnchor("witness", sister(), "states no time"))


def test_this_ledgers_own_are_no_anchors(world: World, roc: Party) -> None:
    """As an anchor, keys that this log never announced could count for them (THREATS C1)."""
    with world.refuses(ConflictError, "anchor_is_own"):
        registry.add_anchor(world.ledger, world.operator, ChangeAnchor("issuer", roc.did, "x"))
    with world.refuses(ConflictError, "anchor_is_own"):
        own = world.ledger.heads.verifier_key.dump()
        registry.add_anchor(world.ledger, world.operator, ChangeAnchor("log", own, "x"))


def test_the_same_twice_is_refused_and_with_a_key_answered(world: World) -> None:
    key = Idempotency("k", b"request")
    first = registry.add_anchor(world.ledger, world.operator, DUO, idempotency=key)
    size = world.ledger.store.head().size
    assert registry.add_anchor(world.ledger, world.operator, DUO, idempotency=key) == first
    assert world.ledger.store.head().size == size
    with world.refuses(ConflictError, "idempotency_conflict"):
        registry.add_anchor(world.ledger, world.operator, DUO, idempotency=Idempotency("k", b"other"))
    with world.refuses(ConflictError, "anchor_exists"):
        registry.add_anchor(world.ledger, world.operator, DUO)
    registry.set_policy(world.ledger, world.operator, POLICY)
    with world.refuses(ConflictError, "policy_is_set"):
        registry.set_policy(world.ledger, world.operator, POLICY)


def test_what_is_not_there_is_not_removed_and_opens_no_registry(world: World) -> None:
    with world.refuses(NotFoundError, "anchor_unknown"):
        registry.remove_anchor(world.ledger, world.operator, DUO)


def test_many_at_once_open_one_registry(world: World) -> None:
    anchors = [ChangeAnchor("issuer", f"did:web:x{number}.example", "x") for number in range(12)]
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda one: registry.add_anchor(world.ledger, world.operator, one), anchors))
    found = world.ledger.load(Registry, REGISTRY)
    assert {value for _, value in found.anchors} == {anchor.value for anchor in anchors}
    assert set(world.ledger.policy().issuers) == {anchor.value for anchor in anchors}


def test_no_organisation_takes_the_registrys_stream(world: World) -> None:
    command = register.RegisterOrganisation("X", "bureau", id=REGISTRY)
    with world.refuses(ConflictError, "organisation_exists"):
        register.register(world.ledger, world.operator, command)


def test_a_bsn_is_in_no_text(world: World) -> None:
    with world.refuses(RejectedError, "bsn_refused"):
        registry.set_policy(world.ledger, world.operator, SetPolicy("Vraag 111222333"))
    with world.refuses(RejectedError, "bsn_refused"):
        registry.add_anchor(
            world.ledger, world.operator, ChangeAnchor("issuer", DUO.value, "volgens 111222333")
        )
