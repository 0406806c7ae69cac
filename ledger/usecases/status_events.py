"""The events by which status lists were published, with receipts: what dates a list for readers far away or far off.

An event names the lists of one organisation by their hashes; it is about nobody, and so open to everybody.
Not here: publishing (`status_publication`), what an event proves (`verifiers.checks.status_dates`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from ledger.application.status_indexes import Purpose
from ledger.store import tables
from ledger.store.reading import reading
from ledger.usecases import status_publication as publishing
from ledger.usecases.recording import PURPOSES, status_list_url
from verifiers.errors import VerifierError
from verifiers.formats import credential as credentials
from verifiers.formats.status_event import PAYLOAD_BYTES_MAX
from verifiers.formats.status_list import LIST_CREDENTIAL_BYTES_MAX

if TYPE_CHECKING:
    from ledger.application import Ledger


@dataclass(frozen=True, slots=True)
class PublishedEvent:
    """One publication: the event's exact payload, and its receipt with the opening."""

    payload: bytes
    receipt: str


def status_event(ledger: Ledger, organisation: UUID, *, at: datetime | None = None) -> PublishedEvent:
    """Return the event that published an organisation's lists.

    Args: at: aware; the lists as they were then, such as a list's own validFrom. None: those of the present slot.
    Raises: NotFoundError: organisation_unknown, status_list_unknown (nothing was published by then).
    """
    publication = (
        publishing.current(ledger, organisation)
        if at is None
        else publishing.known_as_of(ledger, organisation, at)
    )
    event = _event(ledger, organisation, publication.moment)
    if event is None:
        raise publishing.unknown()
    return event


def status_events(ledger: Ledger, lists: Mapping[str, bytes]) -> tuple[tuple[bytes, str], ...]:
    """Return (payload, receipt) of the events that published these lists, each once.

    Args: lists: exact bytes by address, lists of this ledger; others have no event here.
    """
    places: dict[tuple[UUID, datetime], None] = {}
    for url, data in lists.items():
        place, moment = list_place(ledger, url), _moment(data)
        if place is not None and moment is not None:
            places[place[0], moment] = None
    found = [_event(ledger, *place) for place in places]
    # A payload that no reader accepts would make the whole file unreadable.
    return tuple(
        (event.payload, event.receipt)
        for event in found
        if event is not None and len(event.payload) <= PAYLOAD_BYTES_MAX
    )


def list_place(ledger: Ledger, url: str) -> tuple[UUID, Purpose, int] | None:
    """Return which list an address of this ledger names, or None."""
    start = f"{ledger.settings.base_url}/v1/organisations/"
    if not url.startswith(start):
        return None
    organisation, _, rest = url.removeprefix(start).partition("/status/")
    purpose, _, number = rest.partition("/")
    if purpose not in PURPOSES or not (number == "" or (number.isascii() and number.isdecimal())):
        return None
    try:
        place = UUID(organisation), purpose, int(number or "0")
    except ValueError:
        return None
    # One spelling: with another one the list at hand would not be the one that is named.
    return place if status_list_url(ledger, *place) == url else None


def _moment(data: bytes) -> datetime | None:
    """Return the moment that a list of ours is of; it names the publication."""
    try:
        return credentials.parse(data, bytes_max=LIST_CREDENTIAL_BYTES_MAX).moment("validFrom")
    except VerifierError:
        return None


def _event(ledger: Ledger, organisation: UUID, moment: datetime) -> PublishedEvent | None:
    row = tables.status_publication.c
    query = select(row.stream).where(
        row.organisation == organisation, row.slot == int(moment.astimezone(UTC).timestamp())
    )
    with reading(ledger.engine) as connection:
        stream = connection.execute(query.limit(1)).scalar_one_or_none()
    if stream is None:
        return None
    (recorded,) = ledger.store.select_stream(stream, lte=1)
    payload, opening = ledger.sealing.opening(recorded)
    return PublishedEvent(payload, ledger.receipts.receipt(recorded, opening))
