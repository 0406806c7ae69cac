"""Erased persons: each has a tombstone and a row that says why, and nothing of hers opens a door any more.

A tombstone is the last event of a learner's stream and the only event without a body; that one row is looked at
with the other events (`events`). An erasure that was begun and not completed is no fault: the next start does it.
No body of anybody is opened here. Source: docs/formats.md, "leerspoor-erasure.v1"; THREATS H6, F14.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, exists, select

from ledger.audit.events import TOMBSTONE
from ledger.audit.faults import Fault, at_position, id_text
from ledger.audit.opening import all_rows, raw, rows
from ledger.audit.references import SHARE, counted
from ledger.store import tables
from verifiers.errors import VerifierError
from verifiers.formats import erasure as certificates
from verifiers.formats.checkpoint import VerifierKey
from verifiers.primitives.keys import PublicKey


def erasure_faults(connection: Connection, log_key: PublicKey) -> Iterator[Fault]:
    """Return what is wrong with erasures; log_key: that signs certificates."""
    table = tables.erasure
    yield from _not_last(connection)
    yield from counted(connection, table, "learner", (TOMBSTONE,))
    for row in all_rows(connection, table, [table.c.learner]):
        yield from _row_faults(row, log_key)
    buried = exists().where(tables.event.c.stream == table.c.learner, tables.event.c.type == TOMBSTONE)
    for (learner,) in rows(connection, select(raw(table.c.learner)).where(~buried)):
        yield Fault(table.name, _name(learner), "stream_missing")
    yield from _left_behind(connection)


def _not_last(connection: Connection) -> Iterator[Fault]:
    event, later = tables.event, tables.event.alias("later")
    goes_on = exists().where(later.c.stream == event.c.stream, later.c.version > event.c.version)
    query = select(raw(event.c.position)).where(event.c.type == TOMBSTONE, goes_on)
    for (position,) in rows(connection, query):
        yield at_position(position, "tombstone_not_last")


def _row_faults(row: Any, log_key: PublicKey) -> Iterator[Fault]:
    """Return what is wrong with a row and its certificate."""
    name = _name(row.learner)
    if row.certificate is None:
        return
    if not isinstance(row.certificate, bytes):
        yield Fault(tables.erasure.name, name, "column_malformed", "certificate")
        return
    try:
        certificate = certificates.parse(row.certificate)
        certificates.verify(certificate, logs=[VerifierKey(certificate.log.name, log_key)])
    except VerifierError as error:
        yield Fault(tables.erasure.name, name, "certificate_invalid", error.code)
        return
    said = certificate.said
    columns = (
        ("learner", id_text(row.learner), str(said.learner)),
        ("reason", row.reason, said.reason),
        ("asked_by", row.asked_by, said.asked_by),
    )
    for column, stored, signed in columns:
        if stored != signed:
            yield Fault(tables.erasure.name, name, "column_mismatch", column)


def _left_behind(connection: Connection) -> Iterator[Fault]:
    """Return what a completed erasure should have taken along: tokens that work, links that open."""
    erased, token, share = tables.erasure, tables.token, tables.share_token
    done = erased.c.certificate.is_not(None)
    live = (token.c.owner == erased.c.learner, token.c.role == "learner", token.c.revoked_at.is_(None))
    for (id_,) in rows(
        connection, select(raw(token.c.id)).join_from(token, erased, live[0]).where(done, *live)
    ):
        yield Fault(token.name, f"token {id_text(id_) or 'without id'}", "of_erased")
    event = tables.event
    granted = (
        select(raw(share.c.share))
        .join_from(share, event, event.c.stream == share.c.share)
        .join(erased, erased.c.learner == event.c.subject)
        .where(done, event.c.version == 1, event.c.type == SHARE)
    )
    for (id_,) in rows(connection, granted):
        yield Fault(share.name, f"share {id_text(id_) or 'without id'}", "of_erased")


def _name(learner: object) -> str:
    return f"learner {id_text(learner) or 'without id'}"
