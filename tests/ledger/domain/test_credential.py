"""The life of a credential, and a model of it that the aggregate must always agree with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from ledger.domain.credential import Credential
from ledger.errors import ConflictError
from tests.ledger.domain.specification import ADA, HOSPITAL, NOON, ROC, Given, after, event_id, given, rebuild

STREAM = UUID(int=0xC1)
Verb = Literal["suspend", "reinstate", "revoke"]


def issued() -> Credential:
    return Credential.issue(
        id=STREAM,
        event_id=event_id(0),
        now=NOON,
        learner=ADA,
        organisation=ROC,
        credential=b'{"signed":"bytes"}',
    )


def ask(verb: Verb, minutes: int = 1, reason: str = "other") -> Callable[[Credential], None]:
    return lambda credential: getattr(credential, verb)(
        event_id=event_id(minutes), now=after(minutes), reason=reason
    )


def life(*verbs: Verb) -> Given[Credential]:
    return given(issued(), *(ask(verb, minutes) for minutes, verb in enumerate(verbs, 1)))


def test_issuing_keeps_exactly_the_signed_bytes() -> None:
    (event,) = given(issued()).events
    assert isinstance(event, Credential.Issued)
    assert (event.originator_id, event.originator_version, event.timestamp) == (STREAM, 1, NOON)
    assert (event.subject, event.issuer, event.event_id) == (ADA, ROC, event_id(0))
    assert event.credential == b'{"signed":"bytes"}'
    assert rebuild([event]).status == "active"


@pytest.mark.parametrize(
    ("verb", "event_class", "status"),
    [
        ("suspend", Credential.Suspended, "suspended"),
        ("revoke", Credential.Revoked, "revoked"),
    ],
)
def test_an_active_credential(verb: Verb, event_class: type[Credential.Event], status: str) -> None:
    done = life().when(ask(verb, 9, "mistake"))
    credential = done.then(
        event_class, reason="mistake", timestamp=after(9), event_id=event_id(9), subject=ADA, issuer=ROC
    )
    assert credential.status == status


def test_a_suspended_credential_can_be_reinstated() -> None:
    assert life("suspend").when(ask("reinstate", 2)).then(Credential.Reinstated).status == "active"


def test_a_suspended_credential_can_be_revoked() -> None:
    assert life("suspend").when(ask("revoke", 2)).then(Credential.Revoked).status == "revoked"


@pytest.mark.parametrize(
    ("before", "verb", "code"),
    [
        ((), "reinstate", "not_suspended"),
        (("suspend",), "suspend", "already_suspended"),
        (("suspend", "reinstate"), "reinstate", "not_suspended"),
        (("revoke",), "suspend", "already_revoked"),
        (("revoke",), "reinstate", "already_revoked"),
        (("revoke",), "revoke", "already_revoked"),
        (("suspend", "revoke"), "reinstate", "already_revoked"),
    ],
)
def test_the_wrong_state_is_refused(before: tuple[Verb, ...], verb: Verb, code: str) -> None:
    life(*before).when(ask(verb, 9)).refused(ConflictError, code)


@pytest.mark.parametrize("before", [(), ("suspend",), ("revoke",)])
def test_a_look_is_recorded_whatever_the_state_and_changes_none(before: tuple[Verb, ...]) -> None:
    status = rebuild(life(*before).events).status
    done = life(*before).when(
        lambda credential: credential.read(
            event_id=event_id(9), now=after(9), organisation=HOSPITAL, scope="attestations:read"
        )
    )
    assert (
        done.then(Credential.Read, issuer=HOSPITAL, subject=ADA, scope="attestations:read").status == status
    )


@for_all(st.lists(st.sampled_from(["suspend", "reinstate", "revoke"]), max_size=12))
def test_any_life_agrees_with_the_model(verbs: list[Verb]) -> None:
    allowed = {
        "active": {"suspend": "suspended", "revoke": "revoked"},
        "suspended": {"reinstate": "active", "revoke": "revoked"},
        "revoked": {},
    }
    credential, model = issued(), "active"
    for minutes, verb in enumerate(verbs, 1):
        if verb in allowed[model]:
            ask(verb, minutes)(credential)
            model = allowed[model][verb]
        else:
            with pytest.raises(ConflictError):
                ask(verb, minutes)(credential)
        assert credential.status == model
    assert rebuild(credential.collect_events()).status == model  # type: ignore[arg-type]
