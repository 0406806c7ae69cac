"""Published status lists: each says what the events before it say, and stands in the log by its hash.

The rows of one publication name one event, and the event's stream is named by the SHA-256 of what it sealed.
That text is written again from the rows: a byte that was changed in a list, in either form, or in what it took
into account leads to another name. So a bit that was turned back, even in a list signed anew, is found twice:
its publication is none that was recorded, and its bits are not what the events say (THREATS D5).

The bits of a list follow from the status events of the credentials that have a place in it, in their order.

Not here: the lists' own signatures, which every reader checks.
Source: docs/formats.md, "Status lists"; Bitstring Status List 1.0 §3.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, exists, select

from ledger.audit.faults import Fault, at_position, id_text, is_count, malformed
from ledger.audit.opening import raw, raw_columns, rows
from ledger.audit.places import LIST_SIZE, PURPOSES
from ledger.store import tables
from verifiers.errors import VerifierError
from verifiers.formats import jose, status_list
from verifiers.primitives.strict_json import JSON, loads_object

PUBLISHED = "status-lists-published.v1"
SUSPENDED, REINSTATED, REVOKED = (
    "credential-suspended.v1",
    "credential-reinstated.v1",
    "credential-revoked.v1",
)
LATE_SECONDS_MAX = 60
"""How long a commit may take: what was recorded this much before a list and is not in it was left out."""

_TABLE = tables.status_publication


def publication_faults(connection: Connection) -> Iterator[Fault]:
    """Return what is wrong with the published lists."""
    yield from _publications(connection)
    yield from _events_without_lists(connection)
    yield from _wrong_bits(connection)


def _publications(connection: Connection) -> Iterator[Fault]:
    """Return the rows that do not say themselves what they are, or that no event in the log stands for."""
    event = tables.event
    query = (
        select(
            *raw_columns(_TABLE),
            raw(event.c.position).label("position"),
            raw(event.c.recorded_at).label("at"),
        )
        .join_from(
            _TABLE,
            event,
            and_(event.c.stream == _TABLE.c.stream, event.c.version == 1, event.c.type == PUBLISHED),
            isouter=True,
        )
        .order_by(_TABLE.c.stream, _TABLE.c.purpose, _TABLE.c.number)
    )
    for _, group in groupby(rows(connection, query), key=lambda row: row.stream):
        found = list(group)
        documents = [_document(row) for row in found]
        for row, document in zip(found, documents, strict=True):
            yield from _row_faults(row, document)
        name = _name(found[0])
        if found[0].position is None:
            yield Fault(_TABLE.name, name, "stream_missing")
        elif _recorded_as(found, documents) != id_text(found[0].stream):
            yield Fault(_TABLE.name, name, "publication_mismatch", "the log holds other hashes")
        else:
            # A moment that is none is said of the event.
            early = is_count(found[0].at) and found[0].at < found[0].slot
            yield from malformed(_TABLE, name, slot=not early, size=found[0].size <= found[0].position)


def _row_faults(row: Any, document: dict[str, JSON] | None) -> Iterator[Fault]:
    yield from malformed(
        _TABLE,
        _name(row),
        organisation=id_text(row.organisation) is not None,
        slot=is_count(row.slot),
        purpose=row.purpose in PURPOSES,
        number=is_count(row.number),
        size=is_count(row.size),
        body=document is not None,
    )
    if document is None:
        return
    tail = f"/{row.number}" if row.number else ""
    address = f"/v1/organisations/{id_text(row.organisation)}/status/{row.purpose}{tail}"
    says = document.get("id"), document.get("validFrom"), _subject(document).get("statusPurpose")
    if not str(says[0]).endswith(address) or says[1:] != (_time(row.slot), row.purpose):
        yield Fault(_TABLE.name, _name(row), "document_mismatch", "of another list or moment than its row")
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    if _token(row) != unsigned:
        yield Fault(_TABLE.name, _name(row), "document_mismatch", "document and token differ")


def _recorded_as(found: Sequence[Any], documents: Sequence[dict[str, JSON] | None]) -> str | None:
    """Return the stream of the event that would hold exactly these lists, None when they are none."""
    first = documents[0]
    if first is None or not is_count(found[0].size):
        return None
    if not all(isinstance(row.body, bytes) and isinstance(row.jwt, bytes) for row in found):
        return None
    content = {
        "slot": _time(found[0].slot),
        "valid_until": first.get("validUntil"),
        "size": found[0].size,
        "lists": [
            {
                "url": (document or {}).get("id"),
                "sha256": _hash(row.body),
                "jwt_sha256": _hash(row.jwt),
            }
            for row, document in zip(found, documents, strict=True)
        ],
    }
    same = {(row.slot, row.size, row.organisation) for row in found}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = bytearray(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80  # RFC 9562 §5.8
    digest[8] = digest[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(digest))) if len(same) == 1 else None


def _events_without_lists(connection: Connection) -> Iterator[Fault]:
    event = tables.event.c
    there = exists().where(_TABLE.c.stream == event.stream)
    query = select(raw(event.position)).where(event.type == PUBLISHED, ~there).order_by(event.position)
    for (position,) in rows(connection, query):
        yield at_position(position, "row_count", "none of the lists it published is there")


def _wrong_bits(connection: Connection) -> Iterator[Fault]:
    """Return the lists whose bits are not what the events say, list by list in the order of time."""
    column = _TABLE.c
    query = select(*raw_columns(_TABLE)).order_by(
        column.organisation, column.purpose, column.number, column.slot
    )
    for key, group in groupby(
        rows(connection, query), key=lambda row: (row.organisation, row.purpose, row.number)
    ):
        if id_text(key[0]) is None or key[1] not in PURPOSES or not is_count(key[2]):
            continue  # said of the row
        changes = _changes(connection, *key)
        change = next(changes, None)
        derived: set[int] = set()
        size = 0
        for row in group:
            if not is_count(row.size) or not is_count(row.slot):
                continue  # said of the row
            if row.size < size:
                yield Fault(_TABLE.name, _name(row), "size_order", "the list before took more into account")
            size = row.size
            while change is not None and change.position < row.size:
                _apply(derived, change, row.purpose)
                change = next(changes, None)
            if change is not None and _is_before(change.recorded_at, row.slot - LATE_SECONDS_MAX):
                detail = f"the event at position {change.position} is left out"
                yield Fault(_TABLE.name, _name(row), "list_behind", detail)
            published = _bits(row)
            if published is not None and published != _written(derived):
                yield Fault(_TABLE.name, _name(row), "bits_mismatch", "the events say otherwise")
        for _ in changes:
            pass  # read to the end: PostgreSQL keeps a cursor open until then


def _changes(connection: Connection, organisation: Any, purpose: object, number: object) -> Iterator[Any]:
    """Return position, type, moment and place of every change of status of the credentials in one list."""
    place, allocation, event = tables.status_index, tables.status_allocation, tables.event
    query = (
        select(*(raw(event.c[name]).label(name) for name in ("position", "type", "recorded_at")))
        .add_columns(raw(place.c.index).label("index"))
        .join_from(event, place, place.c.stream == event.c.stream)
        .join(allocation, allocation.c.list == place.c.list)
        .where(
            raw(allocation.c.organisation) == organisation,
            allocation.c.purpose == purpose,
            allocation.c.number == number,
            event.c.type.in_((SUSPENDED, REINSTATED, REVOKED)),
        )
        .order_by(event.c.position)
    )
    return rows(connection, query)


def _apply(derived: set[int], change: Any, purpose: str) -> None:
    """Let one event count. A revocation is for ever, and a list of suspensions knows nothing of it."""
    if not is_count(change.index):
        return  # said of the place
    if change.type == (REVOKED if purpose == "revocation" else SUSPENDED):
        derived.add(change.index)
    elif purpose == "suspension" and change.type == REINSTATED:
        derived.discard(change.index)


def _is_before(moment: object, other: int) -> bool:
    """Return whether a moment is earlier; one that is none is said of its event."""
    return isinstance(moment, int) and moment < other


def _written(derived: set[int]) -> bytes:
    """Return the bits as bytes, index 0 left-most."""
    found = bytearray(LIST_SIZE // 8)
    for index in derived:
        if index < LIST_SIZE:
            found[index // 8] |= 0x80 >> index % 8
    return bytes(found)


def _document(row: Any) -> dict[str, JSON] | None:
    try:
        return loads_object(row.body, bytes_max=status_list.LIST_CREDENTIAL_BYTES_MAX)
    except (VerifierError, TypeError):
        return None


def _token(row: Any) -> dict[str, JSON] | None:
    try:
        token = jose.parse(row.jwt, bytes_max=2 * status_list.LIST_CREDENTIAL_BYTES_MAX)
        return loads_object(token.payload, bytes_max=status_list.LIST_CREDENTIAL_BYTES_MAX)
    except (VerifierError, TypeError, AttributeError):
        return None


def _bits(row: Any) -> bytes | None:
    """Return what a list says, nothing when it cannot be read; None: the row has no document."""
    document = _document(row)
    if document is None:
        return None
    encoded = _subject(document).get("encodedList")
    try:
        return status_list.decode(encoded) if isinstance(encoded, str) else b""
    except VerifierError:
        return b""


def _subject(document: dict[str, JSON]) -> dict[str, JSON]:
    subject = document.get("credentialSubject")
    return subject if isinstance(subject, dict) else {}


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _time(moment: object) -> str | None:
    if not is_count(moment) or not isinstance(moment, int) or moment >= 2**37:
        return None
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(row: Any) -> str:
    purpose = row.purpose if row.purpose in PURPOSES else "without purpose"
    number = row.number if is_count(row.number) else "without number"
    return (
        f"organisation {id_text(row.organisation) or 'without id'}, {purpose} {number} of {_time(row.slot)}"
    )
