"""Shares: open until they expire or are withdrawn, and afterwards as if they had never been."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest

from ledger.domain.share import Share
from ledger.errors import ConflictError, NotFoundError
from tests.ledger.domain.specification import ADA, NOON, after, event_id, given, rebuild

SHARE = UUID(int=0x54)
CHOSEN = (UUID(int=0xC2), UUID(int=0xC1))
EXPIRES = after(60)


def granted() -> Share:
    return Share.grant(
        id=SHARE,
        event_id=event_id(0),
        now=NOON,
        learner=ADA,
        purpose="sollicitatie",
        credentials=CHOSEN,
        with_name=False,
        expires_at=EXPIRES,
    )


def look(share: Share, minutes: int = 1) -> None:
    share.open(event_id=event_id(minutes), now=after(minutes), opened_by="Bakkerij de Korst")


def withdraw(share: Share, minutes: int = 2) -> None:
    share.withdraw(event_id=event_id(minutes), now=after(minutes))


def test_a_grant_keeps_the_choice_in_its_order() -> None:
    (event,) = given(granted()).events
    assert isinstance(event, Share.Granted)
    assert (event.subject, event.issuer) == (ADA, None)
    share: Share = rebuild([event])
    assert (share.learner, share.credentials, share.with_name) == (ADA, CHOSEN, False)
    assert (share.purpose, share.expires_at, share.openings) == ("sollicitatie", EXPIRES, [])


def test_each_look_is_recorded() -> None:
    done = given(granted(), look).when(lambda share: look(share, 5))
    share = done.then(Share.Opened, opened_by="Bakkerij de Korst", subject=ADA, timestamp=after(5))
    assert share.openings == [(after(1), "Bakkerij de Korst"), (after(5), "Bakkerij de Korst")]


@pytest.mark.parametrize(
    ("moment", "is_open"), [(NOON, True), (after(59), True), (EXPIRES, False), (after(61), False)]
)
def test_a_share_is_open_until_it_expires(moment: datetime, is_open: bool) -> None:
    assert granted().is_open(moment) is is_open


def test_expired_and_withdrawn_answer_alike() -> None:
    given(granted()).when(lambda share: look(share, 60)).refused(NotFoundError, "share_not_found")
    given(granted(), withdraw).when(lambda share: look(share, 3)).refused(NotFoundError, "share_not_found")


def test_a_share_is_withdrawn_once_also_when_expired() -> None:
    assert given(granted()).when(withdraw).then(Share.Withdrawn, subject=ADA).withdrawn_at == after(2)
    assert given(granted()).when(lambda share: withdraw(share, 99)).then(
        Share.Withdrawn
    ).withdrawn_at == after(99)
    given(granted(), withdraw).when(lambda share: withdraw(share, 3)).refused(
        ConflictError, "share_withdrawn"
    )
