"""Keys over time: rotated in one decision, compromised from a moment on, ended with their organisation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count, product

import pytest

from ledger.domain.organisation import Key, Organisation
from ledger.errors import ConflictError, NotFoundError, RejectedError
from tests.ledger.domain.specification import NOON, after, event_id, given, rebuild
from tests.ledger.domain.test_organisation import DID, add, hand_out, registered, retire, revoke

FIRST, SECOND = "z6MkFirst", "z6MkSecond"
SUCCESSOR = "did:web:other.example:issuers:1"


def rotate(
    organisation: Organisation, old: str = FIRST, new: str = SECOND, minutes: int = 5, managed: bool = True
) -> None:
    numbers = count(100 + minutes)
    organisation.rotate_key(
        new_id=lambda: event_id(next(numbers)),
        now=after(minutes),
        old=old,
        key=new,
        verification_method=f"{DID}#{new}",
        managed=managed,
    )


def compromise(
    organisation: Organisation, key: str = FIRST, since: datetime = NOON, minutes: int = 10
) -> None:
    organisation.compromise_key(
        event_id=event_id(minutes), now=after(minutes), key=key, compromised_since=since, reason="stolen"
    )


def cease(organisation: Organisation, minutes: int = 20, successor: str | None = SUCCESSOR) -> None:
    numbers = count(200 + minutes)
    organisation.cease(
        new_id=lambda: event_id(next(numbers)),
        now=after(minutes),
        successor=successor,
        archive="https://archive.example",
        reason="merged",
        reference=None,
    )


def test_rotation_adds_and_retires_in_one_decision() -> None:
    found = given(registered()).when(rotate).then_all(Organisation.KeyAdded, Organisation.KeyRetired)
    assert [key.multikey for key in found.signing_keys(after(5), managed=True)] == [SECOND]
    assert found.keys[FIRST].reason == "rotated"
    # No moment without a key that counts, to the second.
    end = found.keys[FIRST].valid_until
    assert end == after(5) + timedelta(seconds=1)
    assert found.keys[SECOND].counts_at(after(5))
    assert found.keys[FIRST].counts_at(after(5))


@pytest.mark.parametrize(
    ("asks", "old", "new", "error", "code"),
    [
        ((), "z6MkOther", SECOND, NotFoundError, "key_unknown"),
        ((), FIRST, FIRST, ConflictError, "key_in_use"),
        ((add,), FIRST, SECOND, ConflictError, "key_in_use"),
        ((add, retire), FIRST, "z6MkThird", ConflictError, "already_retired"),
        ((compromise,), FIRST, SECOND, ConflictError, "already_compromised"),
        ((cease,), FIRST, SECOND, ConflictError, "already_retired"),
    ],
)
def test_a_rotation_that_is_refused_adds_nothing(
    asks: tuple[Callable[[Organisation], None], ...], old: str, new: str, error: type, code: str
) -> None:
    given(registered(), *asks).when(lambda o: rotate(o, old, new)).refused(error, code)


def test_a_did_key_is_not_rotated() -> None:
    given(registered("did:key:z6MkFirst")).when(rotate).refused(ConflictError, "did_key_has_one_key")


def test_a_compromised_key_stops_signing_at_once_and_counts_until_then() -> None:
    found = (
        given(registered())
        .when(lambda o: compromise(o, since=after(4)))
        .then(Organisation.KeyCompromised, key=FIRST, compromised_since=after(4), reason="stolen")
    )
    assert list(found.signing_keys(after(10), managed=True)) == []
    assert found.keys[FIRST].counts_at(after(4) - timedelta(seconds=1))
    assert not found.keys[FIRST].counts_at(after(4))


def test_a_new_key_comes_after_a_compromised_one() -> None:
    found: Organisation = rebuild(
        given(registered(), compromise, lambda o: add(o, SECOND, 11, managed=True)).events
    )
    assert [key.multikey for key in found.signing_keys(after(11), managed=True)] == [SECOND]


def test_a_retired_key_can_be_compromised_afterwards_too() -> None:
    found = given(registered(), retire).when(compromise).then(Organisation.KeyCompromised, key=FIRST)
    assert not found.keys[FIRST].counts_at(NOON)


def test_the_moment_moves_back_and_never_forward() -> None:
    earlier = after(-60)
    known = given(registered(), lambda o: compromise(o, since=after(1)))
    for later in (after(1), after(2)):
        known.when(partial(compromise, since=later)).refused(ConflictError, "already_compromised")
    found = known.when(lambda o: compromise(o, since=earlier)).then(
        Organisation.KeyCompromised, compromised_since=earlier
    )
    assert found.keys[FIRST].compromised_since == earlier


def test_a_compromise_is_of_a_known_key_and_not_in_the_future() -> None:
    given(registered()).when(lambda o: compromise(o, "z6MkOther")).refused(NotFoundError, "key_unknown")
    given(registered()).when(lambda o: compromise(o, since=after(11))).refused(
        RejectedError, "compromise_in_future"
    )
    given(registered()).when(lambda o: compromise(o, since=after(10))).then(Organisation.KeyCompromised)


def test_a_compromised_key_is_not_retired() -> None:
    given(registered(), compromise).when(retire).refused(ConflictError, "already_compromised")


def test_ceasing_retires_every_key_in_use_and_closes() -> None:
    history = (add, lambda o: add(o, "z6MkThird", 3, True), lambda o: compromise(o, SECOND))
    found = (
        given(registered(), *history)
        .when(cease)
        .then_all(Organisation.KeyRetired, Organisation.KeyRetired, Organisation.Ceased)
    )
    assert found.ceasing is not None
    assert (found.ceasing.ceased_at, found.ceasing.successor) == (after(20), SUCCESSOR)
    assert not any(key.may_sign(after(20)) for key in found.keys.values())
    assert {key.multikey: key.reason for key in found.keys.values()} == {
        FIRST: "ceased",
        SECOND: None,
        "z6MkThird": "ceased",
    }
    assert found.keys[FIRST].counts_at(after(20)), "what was recorded in the same second stays good"


def test_after_ceasing_nothing_new_begins() -> None:
    ended = given(registered(), hand_out, cease)
    for ask in (add, cease, lambda o: hand_out(o, 30)):
        ended.when(ask).refused(ConflictError, "organisation_ceased")
    # What takes trust away stays possible.
    ended.when(compromise).then(Organisation.KeyCompromised)
    ended.when(revoke).then(Organisation.TokenRevoked)


def test_an_organisation_does_not_succeed_itself() -> None:
    given(registered()).when(lambda o: cease(o, successor=DID)).refused(RejectedError, "successor_is_itself")


def test_which_period_counts_against_a_table_of_all_cases() -> None:
    """Every order of beginning, end and compromise: a key counts from the first to the earlier of the others."""
    moments = [after(minute) for minute in range(4)]
    for start, end, since, moment in product(moments, [*moments, None], [*moments, None], moments):
        key = Key("z", "m", True, start, end, "rotated", since)
        counts = start <= moment
        if end is not None and moment >= end:
            counts = False
        if since is not None and moment >= since:
            counts = False
        assert key.counts_at(moment) is counts
        assert key.may_sign(moment) is (end is None and since is None and start <= moment)
