"""What holds for every aggregate: explicit types, nothing made up, nothing found by name."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from eventsourcing import utils
from eventsourcing.domain import OriginatorVersionError

from ledger.domain.aggregate import Fact, FirstFact
from ledger.domain.credential import Credential
from ledger.domain.learner import Learner
from ledger.domain.organisation import Organisation
from ledger.domain.registry import Registry
from ledger.domain.share import Share
from ledger.domain.status_lists import StatusLists
from tests.ledger.domain.specification import ADA, NOON, ROC, after, event_id, given, rebuild

AGGREGATES = (Organisation, Credential, Learner, Share, Registry, StatusLists)
STORED = re.compile(r"[a-z]+(-[a-z]+)*\.v[1-9][0-9]*")


def events_of(aggregate: type) -> list[type[Fact]]:
    return [
        value
        for name, value in vars(aggregate).items()
        if isinstance(value, type) and issubclass(value, Fact) and name != "Event"
    ]


def test_every_event_has_a_type_with_a_version_and_no_two_share_one() -> None:
    topics = [event.TOPIC for aggregate in AGGREGATES for event in events_of(aggregate)]
    assert sorted(topics) == [
        "credential-issued.v1",
        "credential-read.v1",
        "credential-reinstated.v1",
        "credential-revoked.v1",
        "credential-suspended.v1",
        "learner-enrolled.v1",
        "learner-erased.v1",
        "learner-warned.v1",
        "organisation-ceased.v1",
        "organisation-key-added.v1",
        "organisation-key-compromised.v1",
        "organisation-key-retired.v1",
        "organisation-registered.v1",
        "organisation-token-issued.v1",
        "organisation-token-revoked.v1",
        "registration-policy-set.v1",
        "registry-opened.v1",
        "share-granted.v1",
        "share-opened.v1",
        "share-withdrawn.v1",
        "status-lists-published.v1",
        "trust-anchor-added.v1",
        "trust-anchor-removed.v1",
    ]
    assert all(STORED.fullmatch(topic) for topic in topics)


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_each_stream_has_one_first_event_and_it_knows_its_aggregate(aggregate: type) -> None:
    first = [event for event in events_of(aggregate) if issubclass(event, FirstFact)]
    assert len(first) == 1
    assert first[0].aggregate_class(None) is aggregate  # type: ignore[arg-type]


def test_rebuilding_resolves_no_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    events = given(learner()).events

    def refuse(topic: str) -> None:
        raise AssertionError(f"looked up {topic}")

    monkeypatch.setattr(utils, "resolve_topic", refuse)
    monkeypatch.setattr("eventsourcing.domain.resolve_topic", refuse)
    assert rebuild(events).did == "did:key:z6MkAda"


def test_an_event_id_or_time_that_is_left_out_is_not_made_up() -> None:
    credential = Credential.issue(
        id=UUID(int=1), event_id=event_id(0), now=NOON, learner=ADA, organisation=ROC, credential=b"{}"
    )
    with pytest.raises(TypeError, match="event_id"):
        credential.happen(Credential.Revoked, now=NOON, subject=ADA, issuer=ROC, reason="other")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="timestamp"):
        Credential.begin(
            Credential.Issued, id=UUID(int=1), event_id=event_id(0), subject=ADA, issuer=ROC, credential=b"{}"
        )


def test_events_apply_in_their_order_only() -> None:
    credential = Credential.issue(
        id=UUID(int=1), event_id=event_id(0), now=NOON, learner=ADA, organisation=ROC, credential=b"{}"
    )
    credential.suspend(event_id=event_id(1), now=after(1), reason="other")
    first, second = credential.collect_events()
    with pytest.raises(ValueError, match="begins once"):
        first.mutate(credential)
    with pytest.raises(OriginatorVersionError):
        second.mutate(credential)


def test_events_are_frozen() -> None:
    (event,) = given(learner()).events
    with pytest.raises(AttributeError):
        event.subject = None


def learner() -> Learner:
    return Learner.enrol(
        id=ADA,
        event_id=event_id(0),
        now=datetime(2026, 1, 1, tzinfo=UTC),
        organisation=ROC,
        person_name="Ada",
        did="did:key:z6MkAda",
        token_id=UUID(int=7),
    )


def test_a_learner_is_about_herself_and_enrolled_by_an_organisation() -> None:
    (event,) = given(learner()).events
    assert (event.originator_id, event.subject, event.issuer) == (ADA, ADA, ROC)
    assert learner().person_name == "Ada"
