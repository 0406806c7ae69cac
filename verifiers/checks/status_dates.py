"""Since when a status list was there, by the event of a believed log that holds its hash.

A list is signed like any document, so the end of its algorithm is the end of its word. The log holds the hash of every
list that was published: under a cosignature of before the break, exactly these bytes were there while nobody could
forge them (THREATS K3).

An event counts when its receipt stands under a log of the policy, at a time that the policy accepts, and it is the
ledger's own word about lists. It dates those lists at hand whose address and exact bytes it holds, and no others.

Not here: what a list says and for how long (`status`), reading the payload (`verifiers.formats.status_event`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from verifiers.checks.log_time import Logged, time_of
from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.formats import receipt as receipts
from verifiers.formats import status_event
from verifiers.formats.status_event import StatusEvent
from verifiers.policy import TrustPolicy

ListAtHand = tuple[str, bytes]
"""Address and exact bytes."""


@dataclass(frozen=True, slots=True)
class StatusDates:
    """What was proven.

    Args:
        logged: when a believed log held a list that is at hand.
        refused: the errors of events that proved nothing or date nothing at hand, for the report.
    """

    logged: Mapping[ListAtHand, Logged] = field(default_factory=dict)
    refused: tuple[VerifierError, ...] = ()


def prove(
    events: Iterable[tuple[bytes, str]],
    *,
    lists: Iterable[ListAtHand],
    policy: TrustPolicy,
    at: datetime,
) -> StatusDates:
    """Return since when the lists at hand were there.

    Args:
        events: payload and receipt text of each.
        lists: what may be dated.
        at: the moment of the verification.
    """
    # Each list is hashed once, however many events a stranger's file holds.
    at_hand = {own: hashlib.sha256(own[1]).digest() for own in lists}
    logged: dict[ListAtHand, Logged] = {}
    refused: list[VerifierError] = []
    for payload, text in events:
        try:
            event, found = _prove(payload, text, policy, at)
            for own in _dated(event, at_hand):
                logged[own] = min(logged.get(own, found), found, key=_rank)
        except VerifierError as error:
            refused.append(error)
    return StatusDates(logged, tuple(refused))


def _rank(logged: Logged) -> tuple[bool, datetime]:
    # What somebody else than the log says comes first; of several, the earliest time.
    return logged.source == "log", logged.at


def _prove(payload: bytes, text: str, policy: TrustPolicy, at: datetime) -> tuple[StatusEvent, Logged]:
    receipt = receipts.parse(text)
    header = receipts.verify_receipt(receipt, payload, logs=policy.logs)
    if header.type != status_event.TYPE:
        raise MalformedError("status_event_type", "the event does not publish status lists")
    event = status_event.parse(payload)
    own = (header.issuer, header.subject, header.stream) == (None, None, status_event.stream_of(payload))
    if not own:
        raise InvalidError(
            "status_event_stream", "the event does not stand in the stream that its content names"
        )
    return event, time_of(receipt, header, policy=policy, at=at)


def _dated(event: StatusEvent, at_hand: Mapping[ListAtHand, bytes]) -> tuple[ListAtHand, ...]:
    named = tuple(own for own in at_hand if own[0] in event.lists)
    if not named:
        raise UndeterminedError("status_event_other_list", "the event is about none of the lists at hand")
    dated = tuple(own for own in named if at_hand[own] in event.lists[own[0]])
    if not dated:
        raise UndeterminedError("status_event_other_hash", "the event holds other lists than those at hand")
    return dated
