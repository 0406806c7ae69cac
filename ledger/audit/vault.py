"""The vault beside the ledger: a key for everyone whose bodies must open, and none for anyone who was erased.

    data_key    wrapped (60 bytes, under an epoch whose key is there) or destroyed, never both
    key_epoch   its file is in the folder, or it was destroyed and the file is gone

No key is opened. The vault is another database; take its snapshot right after the ledger's, so that a key that a
body needs is there already. Source: docs/decisions/0012-erasure.md; THREATS H6 and F14.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, column, func, select, table

from ledger.audit.faults import Fault, id_text
from ledger.audit.opening import raw, rows
from ledger.store import tables

_WRAPPED_BYTES = 12 + 32 + 16
_LEDGER = bytes(16)
"""Who owns the key for events about nobody."""
_TOGETHER = 500
_KEK = re.compile(r"kek-([0-9]{6,9})")

_data_key = table("data_key", *map(column, ("owner", "epoch", "wrapped", "destroyed_at")))
_key_epoch = table("key_epoch", *map(column, ("number", "begun_at", "destroyed_at")))


@dataclass(frozen=True, slots=True)
class Vault:
    """A vault at one moment.

    Args:
        connection: over its snapshot.
        folder: of the keys that wrap.
    """

    connection: Connection
    folder: Path


def vault_faults(ledger: Connection, vault: Vault) -> Iterator[Fault]:
    """Return what is wrong with the vault; ledger: the snapshot of the events."""
    living: set[int] = set()
    yield from _epoch_faults(vault, living)
    for row in rows(vault.connection, select(_data_key).order_by(_data_key.c.owner)):
        yield from _key_faults(row, living)
    yield from _owner_faults(ledger, vault)
    yield from _erased_faults(ledger, vault)


def _epoch_faults(vault: Vault, living: set[int]) -> Iterator[Fault]:
    """Return what is wrong with epochs; put the numbers of those whose key is there into `living`."""
    there = {_number(found[1]) for path in vault.folder.glob("kek-*") if (found := _KEK.fullmatch(path.name))}
    known = set()
    for row in vault.connection.execute(select(_key_epoch)):
        known.add(row.number)
        if row.destroyed_at is None:
            living.add(row.number)
            if row.number not in there:
                yield Fault("key_epoch", f"epoch {row.number}", "file_missing")
        elif row.number in there:
            yield Fault("key_epoch", f"epoch {row.number}", "file_unexpected", "the epoch was destroyed")
    for number in sorted(there - known):
        yield Fault("key_epoch", f"epoch {number}", "row_missing")


def _key_faults(row: Any, living: set[int]) -> Iterator[Fault]:
    name = _name(row.owner)
    if (row.wrapped is None) == (row.destroyed_at is None):
        yield Fault("data_key", name, "column_malformed", "destroyed_at")
    if row.wrapped is None:
        return
    if not isinstance(row.wrapped, bytes) or len(row.wrapped) != _WRAPPED_BYTES:
        yield Fault("data_key", name, "column_malformed", "wrapped")
    if row.epoch not in living:
        yield Fault("data_key", name, "epoch_missing", f"epoch {row.epoch}")


def _owner_faults(ledger: Connection, vault: Vault) -> Iterator[Fault]:
    """Return those who have sealed bodies, and no key to open them nor a tombstone that says why."""
    event, erased = tables.event.c, tables.erasure.c
    owner = func.coalesce(event.subject, event.issuer).label("owner")
    sealed = select(raw(owner)).where(event.body.is_not(None)).distinct()
    owners = rows(ledger, sealed.where(func.coalesce(event.subject.not_in(select(erased.learner)), True)))
    for some in _together(owners):
        query = select(_data_key.c.owner).where(_data_key.c.owner.in_(some), _data_key.c.wrapped.is_not(None))
        held = {bytes(row.owner) for row in vault.connection.execute(query)}
        for missing in sorted(set(some) - held):
            yield Fault("data_key", _name(missing), "key_missing")


def _erased_faults(ledger: Connection, vault: Vault) -> Iterator[Fault]:
    """Return those whose erasure is completed, and who have a key all the same."""
    erased = tables.erasure.c
    learners = rows(ledger, select(raw(erased.learner)).where(erased.certificate.is_not(None)))
    for some in _together(learners):
        query = select(_data_key.c.owner).where(_data_key.c.owner.in_(some), _data_key.c.wrapped.is_not(None))
        for row in vault.connection.execute(query):
            yield Fault("data_key", _name(row.owner), "of_erased")


def _together(owners: Iterator[Any]) -> Iterator[list[bytes]]:
    """Return ids as the vault has them, some at a time; what is no id is said of the row that holds it."""
    while page := list(islice(owners, _TOGETHER)):
        ids = (id_text(_LEDGER if row[0] is None else row[0]) for row in page)
        yield [UUID(id_).bytes for id_ in ids if id_ is not None]


def _name(owner: object) -> str:
    return f"owner {id_text(bytes(owner) if isinstance(owner, memoryview) else owner) or 'without id'}"


def _number(digits: str) -> int:
    """Return the number of decimal digits that a pattern matched."""
    return int(digits)
