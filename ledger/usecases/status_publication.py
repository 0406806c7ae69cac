"""Publishing an organisation's status lists: all together, at the beginning of a slot, and once.

Time is cut into slots of `status_seconds`. The lists of a slot say what was recorded before it began. Their
bytes are stored in the transaction that records their hashes in the log, and served until the slot ends,
whatever is issued or revoked meanwhile (THREATS D3, D5). Where nothing changed, the lists of an earlier slot
stay, until half their life is over; and nothing is made while nobody asks: an idle ledger does not grow.

When the organisation's keys change, a slot begins at that moment: a list by a key that ended would be of no
use to anybody.

Each publication continues from the one before, so that it costs what happened since, not what ever happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select

from ledger.application.status_indexes import LIST_SIZE
from ledger.domain.organisation import Key, Organisation
from ledger.errors import NotFoundError
from ledger.store import tables
from ledger.store.events import RecordedEvent
from ledger.store.reading import reading
from ledger.usecases.key_events import KEY_EVENTS
from ledger.usecases.publications import LIFE, Name, Publication, newest, record
from ledger.usecases.recording import PURPOSES, managed_key, status_list_url
from ledger.usecases.status_signing import sign_list
from ledger.views import status_list as views

if TYPE_CHECKING:
    from ledger.application import Ledger

FRESH = timedelta(hours=12)
"""A list older than this is made anew, so that who fetches one can use it for a while."""


def current(ledger: Ledger, organisation: UUID) -> Publication:
    """Return what is published for the present slot, and publish it first if need be.

    Raises: NotFoundError: organisation_unknown; status_list_unknown, the ledger never held a key to sign with.
    """
    start, memory = _slot(ledger), ledger.signed_lists
    # While nothing at all was recorded, nothing can have changed. The size is read first: what is recorded
    # meanwhile makes the next reader look again.
    version = (start, ledger.store.head().size)
    kept = memory.get(("head", organisation), version)
    if isinstance(kept, Publication):
        return kept
    changed_at = _keys_changed_at(ledger, organisation)
    moment = max(start, changed_at)
    with memory.turn(organisation):
        found = memory.get(("moment", organisation), moment)
        if not isinstance(found, Publication):
            found = _current(ledger, organisation, moment, changed_at)
            memory.put(("moment", organisation), moment, found)
    memory.put(("head", organisation), version, found)
    return found


def as_of(ledger: Ledger, organisation: UUID, at: datetime) -> Publication | None:
    """Return what was published at a moment, or None."""
    return newest(ledger, organisation, until=at)


def known_as_of(ledger: Ledger, organisation: UUID, at: datetime) -> Publication:
    """Return what was published at a moment.

    Raises: NotFoundError: organisation_unknown; status_list_unknown, nothing was published by then.
    """
    found = as_of(ledger, organisation, at)
    if found is None:
        _keys_changed_at(ledger, organisation)
        raise unknown()
    return found


def publish_last(ledger: Ledger, organisation: UUID) -> None:
    """Publish everything recorded so far, before the organisation's keys end for ever.

    Without it a revocation in the running slot would never get into a list. Nothing is done for an
    organisation without a key here, or when its lists were published in this very second.
    """
    key, before = _key(ledger, organisation), newest(ledger, organisation)
    moment = ledger.now()
    if key is not None and (before is None or before.moment < moment):
        size, bits = _folded(ledger, organisation, before, None)
        _publish(ledger, organisation, key, moment, size, bits)


def seconds_left(ledger: Ledger) -> int:
    """Return how long the present slot lasts."""
    return int((_slot(ledger) - ledger.now()).total_seconds()) + ledger.settings.status_seconds


def unknown() -> NotFoundError:
    """Return the refusal of a list that is not there."""
    return NotFoundError("status_list_unknown", "the organisation has no such status list")


def _slot(ledger: Ledger) -> datetime:
    seconds = ledger.settings.status_seconds
    return datetime.fromtimestamp(int(ledger.now().timestamp()) // seconds * seconds, UTC)


def _keys_changed_at(ledger: Ledger, organisation: UUID) -> datetime:
    event = tables.event.c
    query = select(func.max(event.recorded_at)).where(
        event.stream == organisation, event.type.in_(KEY_EVENTS)
    )
    with reading(ledger.engine) as connection:
        changed_at = connection.execute(query).scalar_one()
    if changed_at is None:
        raise NotFoundError("organisation_unknown", "there is no such organisation")
    return datetime.fromtimestamp(changed_at, UTC)


def _key(ledger: Ledger, organisation: UUID) -> Key | None:
    return managed_key(ledger.load(Organisation, organisation), ledger.now())


def _current(ledger: Ledger, organisation: UUID, moment: datetime, changed_at: datetime) -> Publication:
    before = newest(ledger, organisation)
    if before is not None and before.moment >= moment:
        return before
    key = _key(ledger, organisation)
    if key is None:
        if before is None:
            raise unknown()
        return before  # the last there will be: readers see how old it is
    size, bits = _folded(ledger, organisation, before, moment)
    if (
        before is not None
        and before.moment >= changed_at
        and moment - before.moment < FRESH
        and all(before.bits(name) == found for name, found in bits.items())
    ):
        return before
    return _publish(ledger, organisation, key, moment, size, bits)


def _folded(
    ledger: Ledger, organisation: UUID, before: Publication | None, moment: datetime | None
) -> tuple[int, dict[Name, bytes]]:
    """Return the bits of every list by the events recorded before a moment (None: by all), and their number."""
    size = ledger.store.head().size
    since = ledger.store.select_issuer(
        organisation,
        types=views.TYPES,
        gt_position=None if before is None else before.size - 1,
        lte_position=size - 1,
    )
    # What was recorded too late ends the fold, with all that stands behind it: the next slot begins there.
    for count, recorded in enumerate(since):
        if moment is not None and recorded.sealed.recorded_at >= moment:
            size, since = recorded.position, since[:count]
            break
    return size, {
        (purpose, number): _folded_list(ledger, (purpose, number), list_id, before, since)
        for purpose in PURPOSES
        for number, list_id in ledger.status_indexes.to_publish(organisation, purpose).items()
    }


def _folded_list(
    ledger: Ledger,
    name: Name,
    list_id: UUID | None,
    before: Publication | None,
    since: Sequence[RecordedEvent],
) -> bytes:
    events = [(recorded.sealed.stream, recorded.sealed.type) for recorded in since]
    streams = list(dict.fromkeys(stream for stream, _ in events))
    places = {} if list_id is None else ledger.status_indexes.places(list_id, streams)
    bits = None if before is None else before.bits(name)
    return views.bits(name[0], before=bits or bytes(LIST_SIZE // 8), places=places, events=events)


def _publish(
    ledger: Ledger,
    organisation: UUID,
    key: Key,
    moment: datetime,
    size: int,
    bits: Mapping[Name, bytes],
) -> Publication:
    issuer = ledger.load(Organisation, organisation).did
    lists = {
        name: sign_list(
            url=status_list_url(ledger, organisation, *name),
            issuer=issuer,
            purpose=name[0],
            bits=found,
            moment=moment,
            valid_until=moment + LIFE,
            ttl=timedelta(seconds=ledger.settings.status_seconds),
            key=key,
            sign=partial(ledger.keys.sign, key.multikey),
        )
        for name, found in bits.items()
    }
    return record(ledger, organisation, Publication(moment, size, lists))
