"""What was published: an organisation's status lists of one moment, in the store and in the log.

Not here: when something is published, and what the lists say (`status_publication`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select

from ledger.application.status_indexes import Purpose
from ledger.domain.status_lists import StatusLists
from ledger.errors import ConflictError
from ledger.store import tables
from ledger.store.events import RowInsert
from ledger.store.reading import reading
from ledger.usecases.recording import status_list_url
from ledger.usecases.status_signing import SignedList
from schemas.events.status import PublishedListV1, StatusListsPublishedV1
from verifiers.formats import status_list as formats
from verifiers.primitives import jcs
from verifiers.primitives.encoding import b64url_encode
from verifiers.primitives.strict_json import loads_object

if TYPE_CHECKING:
    from ledger.application import Ledger

LIFE = timedelta(hours=24)
"""How long a list holds for readers who keep it."""

Name = tuple[Purpose, int]
"""Purpose and number of a list among its organisation's."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What an organisation's lists said from one moment on.

    Args:
        moment: the beginning of a slot, or a change of keys; the lists' validFrom.
        size: how many events of the log they take into account.
    """

    moment: datetime
    size: int
    lists: Mapping[Name, SignedList]

    @property
    def valid_until(self) -> datetime:
        """After this nobody may rely on the lists."""
        return self.moment + LIFE

    def bits(self, name: Name) -> bytes | None:
        """Return the bits of one list, None when it was not there yet."""
        published = self.lists.get(name)
        return None if published is None else formats.parse_list(loads_object(published.body)).bits


def record(ledger: Ledger, organisation: UUID, made: Publication) -> Publication:
    """Record the hashes of the lists in the log and the lists beside it, in one transaction.

    Returns: what is published from now on: when another process was first, what that one made.
    """
    content = StatusListsPublishedV1(
        slot=made.moment,
        valid_until=made.valid_until,
        size=made.size,
        lists=tuple(
            PublishedListV1(
                url=status_list_url(ledger, organisation, *name),
                sha256=_hash(published.body),
                jwt_sha256=_hash(published.jwt),
            )
            for name, published in made.lists.items()
        ),
    )
    event = StatusLists.publish(
        event_id=ledger.chance.uuid(),
        now=ledger.now(),
        content=content,
        payload=jcs.canonicalise(content.model_dump(mode="json")),
    )
    rows = [
        RowInsert(
            tables.status_publication,
            {
                "organisation": organisation,
                "slot": int(made.moment.timestamp()),
                "purpose": purpose,
                "number": number,
                "stream": event.id,
                "size": made.size,
                "body": published.body,
                "jwt": published.jwt,
            },
            conflict_code="status_published",
        )
        for (purpose, number), published in made.lists.items()
    ]
    try:
        ledger.record(event, rows=rows)
    except ConflictError as error:
        first = newest(ledger, organisation)
        if error.code not in ("status_published", "version_conflict") or first is None:
            raise
        return first
    return made


def newest(ledger: Ledger, organisation: UUID, *, until: datetime | None = None) -> Publication | None:
    """Return what was published last, or last up to a moment."""
    row = tables.status_publication.c
    which = [row.organisation == organisation]
    which += [] if until is None else [row.slot <= int(until.timestamp())]
    last = select(func.max(row.slot)).where(*which).scalar_subquery()
    query = select(row.purpose, row.number, row.slot, row.size, row.body, row.jwt).where(
        row.organisation == organisation, row.slot == last
    )
    with reading(ledger.engine) as connection:
        found = connection.execute(query.order_by(row.purpose, row.number)).all()
    if not found:
        return None
    lists = {(item.purpose, item.number): SignedList(item.body, item.jwt) for item in found}
    return Publication(datetime.fromtimestamp(found[0].slot, UTC), found[0].size, lists)


def _hash(data: bytes) -> str:
    return b64url_encode(hashlib.sha256(data).digest())
