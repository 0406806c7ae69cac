"""The fold from events to a trail: pure, in the order of learning, as of two clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from ledger.domain.credential import Credential
from ledger.domain.learner import Learner
from ledger.views.history import Described, History, StatusChange, fold, status_at

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ADA, ROC = UUID(int=0xADA), UUID(int=0x10C)


def moment(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def issued(number: int, at: int) -> Credential:
    return Credential.issue(
        id=UUID(int=number),
        event_id=UUID(int=1000 + number),
        now=moment(at),
        learner=ADA,
        organisation=ROC,
        credential=str(number).encode(),
    )


LEARNED = {1: date(2025, 5, 1), 2: date(2024, 1, 1), 3: None}


def describe(credential: bytes) -> Described:
    number = int(credential)
    return Described(
        kind="training",
        title=f"Training {number}",
        issuer_did="did:web:roc",
        issuer_name="ROC",
        learned_from=LEARNED[number],
        learned_until=LEARNED[number],
        awarded_at=datetime(2024, 6, 1, tzinfo=UTC) if number == 3 else None,
        signed_at=NOON,
        valid_from=NOON,
        valid_until=None,
        media_type="application/vc",
        document={},
    )


def trail(*, valid: int = 100, known: int = 100) -> History:
    first, second, third = issued(1, 1), issued(2, 2), issued(3, 3)
    first.suspend(event_id=UUID(int=5), now=moment(4), reason="mistake")
    first.read(event_id=UUID(int=6), now=moment(5), organisation=ROC, scope="attestations:read")
    learner = Learner.enrol(
        id=ADA,
        event_id=UUID(int=7),
        now=NOON,
        organisation=ROC,
        person_name="Ada",
        did="did:x",
        token_id=UUID(int=8),
    )
    events = [event for root in (learner, first, second, third) for event in root.collect_events()]
    ordered = sorted(events, key=lambda event: event.timestamp)
    return fold(
        ADA,
        enumerate(ordered),  # type: ignore[arg-type]
        describe=describe,
        valid_at=moment(valid),
        known_at=moment(known),
    )


def test_entries_stand_in_the_order_of_learning() -> None:
    found = trail()
    assert (found.learner, found.name) == (ADA, "Ada")
    assert [entry.title for entry in found.entries] == ["Training 2", "Training 3", "Training 1"]
    assert [entry.position for entry in found.entries] == [2, 3, 1]


def test_each_credential_has_its_own_life() -> None:
    two, three, one = trail().entries
    assert one.changes == (StatusChange("suspended", "mistake", moment(4)),)
    assert [(look.organisation, look.read_at) for look in one.readings] == [(ROC, moment(5))]
    assert (two.changes, two.readings, three.changes) == ((), (), ())
    assert [entry.status for entry in (one, two, three)] == ["suspended", "active", "active"]


def test_what_was_not_known_is_not_there() -> None:
    assert [entry.title for entry in trail(known=2).entries] == ["Training 2", "Training 1"]
    assert trail(known=0).entries == ()
    assert trail(known=-1).name is None
    assert trail(known=4).entries[-1].readings == ()


@pytest.mark.parametrize("known", range(12))
def test_a_clock_that_was_set_back_hides_no_trail(known: int) -> None:
    """Two servers, or one whose clock was put right: what came later in the ledger says an earlier time."""
    one = issued(1, 10)
    one.suspend(event_id=UUID(int=5), now=moment(4), reason="mistake")
    one.read(event_id=UUID(int=6), now=moment(5), organisation=ROC, scope="attestations:read")
    found = fold(
        ADA,
        enumerate(one.collect_events()),  # type: ignore[arg-type]
        describe=describe,
        valid_at=moment(100),
        known_at=moment(known),
    )
    assert [entry.status for entry in found.entries] == (["suspended"] if known >= 10 else [])


SUSPENDED = StatusChange("suspended", "x", moment(10))
REVOKED = StatusChange("revoked", "x", moment(20))


@pytest.mark.parametrize(
    ("at", "changes", "expected"),
    [
        (-1, (), "not_yet_valid"),
        (0, (), "active"),
        (30, (), "active"),
        (31, (), "expired"),
        (9, (SUSPENDED,), "active"),
        (10, (SUSPENDED,), "suspended"),
        (31, (SUSPENDED,), "suspended"),
        (19, (SUSPENDED, REVOKED), "suspended"),
        (20, (SUSPENDED, REVOKED), "revoked"),
        (31, (REVOKED,), "revoked"),
    ],
)
def test_the_state_at_a_moment(at: int, changes: tuple[StatusChange, ...], expected: str) -> None:
    assert status_at(moment(at), valid_from=NOON, valid_until=moment(30), changes=changes) == expected


def test_without_a_period_it_is_always_active() -> None:
    assert status_at(moment(-9999), valid_from=None, valid_until=None, changes=()) == "active"
