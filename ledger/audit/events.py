"""One event's row against itself: header, columns, body, entry.

The header is not parsed: its one canonical text is written again from the columns and the hash of the body, and
compared byte for byte. Only the commitment is taken from the header, as nothing else in the row says it.
A header that differs is then parsed to say in what.

Not here: signatures (`signatures`), the order of events (`order`), the tree (`tree`).
Source: docs/formats.md, "Header and entry"; RFC 8785 for the order of members.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from ledger.audit.faults import Fault, at_position, id_text
from ledger.audit.opening import raw_columns, rows
from ledger.store import tables
from verifiers.errors import VerifierError
from verifiers.formats import header as headers

_BODY_HASH = slice(len('{"body_hash":"'), len('{"body_hash":"') + 43)
_COMMITMENT = slice(_BODY_HASH.stop + len('","commitment":"'), _BODY_HASH.stop + len('","commitment":"') + 43)
_HASH_TEXT = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""32 bytes in base64url: the last character has two bits that are not there."""
_SIGNATURE_BYTES = 64

TOMBSTONE = "learner-erased.v1"
"""The one type of event that has no body: everybody can tell what its header must be."""
_EMPTY_HASH = base64.urlsafe_b64encode(hashlib.sha256(b"").digest()).decode().rstrip("=")
_EMPTY_COMMITMENT = base64.urlsafe_b64encode(hmac.digest(bytes(32), b"", "sha256")).decode().rstrip("=")


def stored_events(connection: Connection) -> Iterator[Any]:
    """Return every event's row in the order of positions."""
    columns: list[ColumnElement[Any]] = raw_columns(tables.event)
    return rows(connection, select(*columns).order_by(tables.event.c.position))


def entry_of(row: Any) -> bytes:
    """Return the entry that a row's header and signature make; of a row without these, what it says itself."""
    if isinstance(row.header, bytes) and isinstance(row.signature, bytes):
        return hashlib.sha256(row.header + row.signature).digest()
    return row.entry if isinstance(row.entry, bytes) else b""


def row_faults(row: Any, log_key: str) -> list[Fault]:
    """Return what is wrong with one row.

    Args:
        row: all columns of `tables.event`, raw.
        log_key: Multikey text of the log's key.
    """
    found = []
    if not isinstance(row.header, bytes):
        return [at_position(row.position, "column_malformed", "header")]
    if id_text(row.event_id) is None:
        found.append(at_position(row.position, "column_malformed", "event_id"))
    if not isinstance(row.signature, bytes) or len(row.signature) != _SIGNATURE_BYTES:
        found.append(at_position(row.position, "column_malformed", "signature"))
    elif row.entry != entry_of(row):
        found.append(at_position(row.position, "entry_mismatch"))
    if row.type == TOMBSTONE and row.body is not None:
        found.append(at_position(row.position, "body_unexpected"))
    elif row.type != TOMBSTONE and row.body is None:
        # Erasure takes the key; only a tombstone says that there is no body.
        found.append(at_position(row.position, "body_missing"))
    if _header_text(row, log_key) != row.header:
        found += list(_header_faults(row, log_key))
    return found


def _header_text(row: Any, log_key: str) -> bytes | None:
    """Return the header that the other columns call for, None when they call for none."""
    stream, recorded_at = id_text(row.stream), _time_text(row.recorded_at)
    subject, issuer = _id_member(row.subject), _id_member(row.issuer)
    body_hash = _body_hash_text(row)
    try:
        commitment = row.header[_COMMITMENT].decode("ascii")
    except UnicodeDecodeError:
        return None
    if row.type == TOMBSTONE:
        commitment = _EMPTY_COMMITMENT
    if None in (stream, recorded_at, subject, issuer, body_hash) or not _HASH_TEXT.fullmatch(commitment):
        return None
    text = (
        f'{{"body_hash":"{body_hash}","commitment":"{commitment}","issuer":{issuer},"key":"{log_key}",'
        f'"recorded_at":"{recorded_at}","stream":"{stream}","subject":{subject},"type":"{row.type}",'
        f'"version":{row.version}}}'
    )
    return text.encode("utf-8", "surrogateescape")


def _body_hash_text(row: Any) -> str | None:
    if row.type == TOMBSTONE:
        return _EMPTY_HASH
    if row.body is None:  # said already; the header's own word stands, so that the rest can be compared
        text = row.header[_BODY_HASH].decode("ascii", "replace")
        return text if _HASH_TEXT.fullmatch(text) else None
    if not isinstance(row.body, bytes):
        return None
    return base64.urlsafe_b64encode(hashlib.sha256(row.body).digest()).decode().rstrip("=")


def _header_faults(row: Any, log_key: str) -> Iterator[Fault]:
    """Return what is wrong with a header that is not the one of its row."""
    position = row.position
    try:
        header = headers.parse(row.header)
    except VerifierError as error:
        yield at_position(position, "header_malformed", error.code)
        return
    columns = (
        ("stream", id_text(row.stream), str(header.stream)),
        ("version", row.version, header.version),
        ("type", row.type, header.type),
        ("subject", _id_member(row.subject), _id_member(header.subject)),
        ("issuer", _id_member(row.issuer), _id_member(header.issuer)),
        ("recorded_at", row.recorded_at, round(header.recorded_at.timestamp())),
    )
    wrong = [name for name, stored, said in columns if stored != said]
    yield from (at_position(position, "column_mismatch", name) for name in wrong)
    if header.key != log_key:
        yield at_position(position, "header_key", "the header names another key than the log's")
    is_body = isinstance(row.body, bytes) and hashlib.sha256(row.body).digest() == header.body_hash
    if row.type != TOMBSTONE and row.body is not None and not is_body:
        yield at_position(position, "body_mismatch")
    elif not wrong and header.key == log_key:
        yield at_position(position, "header_mismatch", "the columns call for another text")


def _id_member(value: object) -> str | None:
    """Return an identifier as a member of the header, None when it is none."""
    if value is None:
        return "null"
    text = id_text(value)
    return None if text is None else f'"{text}"'


@lru_cache(maxsize=4_096, typed=True)
def _time_text(seconds: object) -> str | None:
    if type(seconds) is not int:
        return None
    try:
        return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}Z"
    except (OverflowError, OSError, ValueError):
        return None
