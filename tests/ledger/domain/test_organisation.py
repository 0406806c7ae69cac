"""Organisations: keys that count for a period, and tokens that stop for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from ledger.domain.organisation import Key, Organisation
from ledger.errors import ConflictError, NotFoundError
from tests.ledger.domain.specification import NOON, ROC, Given, after, event_id, given, rebuild

DID = f"did:web:ledger.example:issuers:{ROC}"
TOKEN = UUID(int=0x70)
SECOND_AFTER = after(2) + timedelta(seconds=1)


def registered(did: str = DID, key: str = "z6MkFirst") -> Organisation:
    return Organisation.register(
        id=ROC,
        event_id=event_id(0),
        now=NOON,
        did=did,
        name="ROC van Testdam",
        role="school",
        website="https://roc.example",
        key=key,
        verification_method=f"{did}#{key}",
        managed=True,
    )


def add(organisation: Organisation, key: str = "z6MkSecond", minutes: int = 1, managed: bool = False) -> None:
    organisation.add_key(
        event_id=event_id(minutes),
        now=after(minutes),
        key=key,
        verification_method=f"{DID}#{key}",
        managed=managed,
    )


def retire(
    organisation: Organisation, key: str = "z6MkFirst", minutes: int = 2, reason: str = "rotated"
) -> None:
    organisation.retire_key(event_id=event_id(minutes), now=after(minutes), key=key, reason=reason)


def hand_out(organisation: Organisation, minutes: int = 3) -> None:
    organisation.issue_token(
        event_id=event_id(minutes),
        now=after(minutes),
        token_id=TOKEN,
        scopes=("a",),
        label="l",
        expires_at=None,
    )


def revoke(organisation: Organisation, token: UUID = TOKEN, minutes: int = 4) -> None:
    organisation.revoke_token(event_id=event_id(minutes), now=after(minutes), token_id=token)


def test_registering_says_who_it_is_and_proves_the_first_key() -> None:
    (event,) = given(registered()).events
    assert isinstance(event, Organisation.Registered)
    assert (event.originator_id, event.issuer, event.subject) == (ROC, ROC, None)
    assert (event.did, event.key, event.verification_method) == (DID, "z6MkFirst", f"{DID}#z6MkFirst")
    assert event.valid_from == event.timestamp == NOON
    assert rebuild([event]).keys == {"z6MkFirst": Key("z6MkFirst", f"{DID}#z6MkFirst", True, NOON)}


def test_an_added_key_counts_from_then() -> None:
    found = (
        given(registered())
        .when(add)
        .then(
            Organisation.KeyAdded, did=DID, key="z6MkSecond", managed=False, valid_from=after(1), issuer=ROC
        )
    )
    assert list(found.keys) == ["z6MkFirst", "z6MkSecond"]
    assert not found.keys["z6MkSecond"].counts_at(after(0))
    assert found.keys["z6MkSecond"].counts_at(after(1))


def test_a_key_is_added_once() -> None:
    given(registered(), add).when(add).refused(ConflictError, "key_in_use")
    given(registered()).when(lambda o: add(o, "z6MkFirst")).refused(ConflictError, "key_in_use")


def test_a_did_key_has_one_key() -> None:
    given(registered("did:key:z6MkFirst")).when(add).refused(ConflictError, "did_key_has_one_key")


def test_a_retired_key_stays_and_stops_counting() -> None:
    found = (
        given(registered())
        .when(retire)
        .then(Organisation.KeyRetired, key="z6MkFirst", valid_until=SECOND_AFTER, reason="rotated", did=DID)
    )
    key = found.key("z6MkFirst")
    assert (key.valid_until, key.reason) == (SECOND_AFTER, "rotated")
    assert key.counts_at(after(2)), "what was recorded in the same second stays good"
    assert not key.counts_at(SECOND_AFTER)
    assert not key.may_sign(after(2))


def test_a_key_is_retired_once_and_only_when_known() -> None:
    given(registered(), retire).when(retire).refused(ConflictError, "already_retired")
    given(registered()).when(lambda o: retire(o, "z6MkOther")).refused(NotFoundError, "key_unknown")


def add_third(organisation: Organisation) -> None:
    add(organisation, "z6MkThird", 5, True)


@pytest.mark.parametrize(
    ("asks", "moment", "managed", "own"),
    [
        ((), after(-1), [], []),
        ((), NOON, ["z6MkFirst"], []),
        ((add,), after(1), ["z6MkFirst"], ["z6MkSecond"]),
        ((add, retire), after(2), [], ["z6MkSecond"]),
        ((add, retire, add_third), after(5), ["z6MkThird"], ["z6MkSecond"]),
    ],
)
def test_which_keys_may_sign(
    asks: tuple[Callable[[Organisation], None], ...], moment: datetime, managed: list[str], own: list[str]
) -> None:
    found: Organisation = rebuild(given(registered(), *asks).events)
    assert [key.multikey for key in found.signing_keys(moment, managed=True)] == managed
    assert [key.multikey for key in found.signing_keys(moment, managed=False)] == own


def tokens() -> Given[Organisation]:
    return given(registered(), hand_out)


def test_a_token_is_handed_out_without_its_secret() -> None:
    found = (
        given(registered())
        .when(hand_out)
        .then(Organisation.TokenIssued, token_id=TOKEN, scopes=("a",), label="l", expires_at=None, issuer=ROC)
    )
    assert found.tokens[TOKEN].revoked_at is None


def test_a_token_is_revoked_once_and_only_when_known() -> None:
    found = tokens().when(revoke).then(Organisation.TokenRevoked, token_id=TOKEN)
    assert found.tokens[TOKEN].revoked_at == after(4)
    given(registered(), hand_out, revoke).when(revoke).refused(ConflictError, "already_revoked")
    tokens().when(lambda o: revoke(o, UUID(int=1))).refused(NotFoundError, "token_unknown")
