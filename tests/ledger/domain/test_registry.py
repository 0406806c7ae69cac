"""The registry: one policy at a time, trust anchors that come and go."""

from __future__ import annotations

from ledger.domain.registry import REGISTRY, Registry
from ledger.errors import ConflictError, NotFoundError
from tests.ledger.domain.specification import NOON, after, event_id, given, rebuild


def opened() -> Registry:
    return Registry.open(event_id=event_id(0), now=NOON)


def set_policy(registry: Registry, text: str = "Iedere erkende school", minutes: int = 1) -> None:
    registry.set_policy(event_id=event_id(minutes), now=after(minutes), sha256="hash", url=None, text=text)


def add(registry: Registry, value: str = "did:web:duo.example", minutes: int = 2) -> None:
    registry.add_anchor(
        event_id=event_id(minutes), now=after(minutes), kind="issuer", value=value, reason="diplomas"
    )


def remove(registry: Registry, value: str = "did:web:duo.example", minutes: int = 3) -> None:
    registry.remove_anchor(
        event_id=event_id(minutes), now=after(minutes), kind="issuer", value=value, reason="moved"
    )


def test_the_registry_is_the_ledgers_own() -> None:
    events = given(opened(), set_policy, add, remove).events
    assert {(event.originator_id, event.subject, event.issuer) for event in events} == {
        (REGISTRY, None, None)
    }


def test_a_policy_takes_the_place_of_the_one_before() -> None:
    found = given(opened(), set_policy).when(lambda r: set_policy(r, "Anders", 5)).then(Registry.PolicySet)
    assert found.policy is not None
    assert (found.policy.text, found.policy.set_at) == ("Anders", after(5))
    given(opened(), set_policy).when(set_policy).refused(ConflictError, "policy_is_set")


def test_an_anchor_comes_goes_and_comes_again() -> None:
    given(opened(), add).when(add).refused(ConflictError, "anchor_exists")
    given(opened()).when(remove).refused(NotFoundError, "anchor_unknown")
    given(opened(), add, remove).when(remove).refused(NotFoundError, "anchor_unknown")
    found = given(opened(), add, remove).when(lambda r: add(r, minutes=9)).then(Registry.AnchorAdded)
    assert [anchor.added_at for anchor in found.anchors.values()] == [after(9)]


def test_two_registries_share_no_state() -> None:
    one, other = rebuild(given(opened(), add).events), rebuild(given(opened()).events)
    assert len(one.anchors) == 1
    assert other.anchors == {}
