"""Heads that stand apart from the events, and erased persons: what the seeded mutations do not make up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert, select, update

from ledger.audit import HeadFile
from ledger.keys import files
from ledger.keys.signing import LedgerKey
from ledger.store import tables
from tests.ledger.audit import mutations
from tests.ledger.audit.stored import Stored
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import VerifierKey

EVENT, TOMBSTONE = tables.event, "learner-erased.v1"


def kept(stored: Stored, size: int, root: bytes) -> HeadFile:
    """Return a checkpoint of the log, as if somebody outside had kept it."""
    folder = stored.settings.data_dir
    key = LedgerKey.load_or_create(folder / "log-key", files.read_secret(folder / "secret"))
    vkey = VerifierKey(stored.settings.log_origin, key.public)
    note = checkpoints.sign(origin=vkey.name, size=size, root=root, key=vkey, signer=key.sign)
    return HeadFile("file kept", note.dump().encode())


def test_a_checkpoint_that_somebody_kept_must_be_a_prefix(stored: Stored) -> None:
    with stored.changed() as connection:
        row = connection.execute(select(tables.checkpoint).order_by(tables.checkpoint.c.size)).all()[3]
    cases = {
        (): kept(stored, row.size, row.root),
        ("checkpoint_not_prefix",): kept(stored, row.size + 1, row.root),
        ("checkpoint_beyond_log",): kept(stored, 10**6, row.root),
        ("checkpoint_malformed",): HeadFile("file kept", b"nothing"),
        ("checkpoint_missing",): HeadFile("file kept", None),
    }
    for codes, file in cases.items():
        faults = stored.faults(trust=replace(stored.trust, kept=(file,)))
        assert [(fault.table, fault.row, fault.code) for fault in faults] == [
            ("kept", "file kept", code) for code in codes
        ]


def test_a_head_that_is_signed_and_not_published_is_a_fault_after_a_minute(stored: Stored) -> None:
    def lose_the_last(connection: Connection) -> None:
        last = select(tables.checkpoint.c.size).order_by(tables.checkpoint.c.size.desc()).limit(1)
        size = connection.execute(last).scalar_one()
        connection.execute(tables.checkpoint.delete().where(tables.checkpoint.c.size == size))

    size = mutations_size(stored)
    named = stored.faults(lose_the_last)
    assert [(fault.table, fault.row, fault.code) for fault in named] == [
        ("checkpoint", f"size {size}", "checkpoint_missing")
    ]
    for now in (None, stored.now - timedelta(hours=2)):
        assert stored.faults(lose_the_last, trust=replace(stored.trust, now=now)) == []


def mutations_size(stored: Stored) -> int:
    """Return how many events there are."""
    with stored.changed() as connection:
        return int(connection.execute(select(tables.log_head.c.size)).scalar_one())


def test_without_the_cosigners_keys_times_are_not_compared(stored: Stored) -> None:
    trust = replace(stored.trust, operator=(), witnesses=())
    assert stored.faults(trust=trust) == []
    change = update(tables.checkpoint).values(published_at=tables.checkpoint.c.published_at + 1)
    assert stored.faults(lambda connection: connection.execute(change), trust=trust) == []
    codes = {fault.code for fault in stored.faults(lambda connection: connection.execute(change))}
    assert codes == {"column_mismatch"}


def _with_a_body(connection: Connection) -> None:
    connection.execute(update(EVENT).where(EVENT.c.type == TOMBSTONE).values(body=b"x" * 80))


def _goes_on(connection: Connection) -> None:
    row = connection.execute(select(EVENT).where(EVENT.c.type == TOMBSTONE)).one()
    mutations.copied(
        connection, EVENT, row, version=row.version + 1, position=row.position + 1, event_id=UUID(int=3)
    )


def _of_her(connection: Connection) -> UUID:
    return UUID(str(connection.execute(select(tables.erasure.c.learner)).scalar_one()))


def _a_token_works(connection: Connection) -> None:
    token = tables.token.c
    connection.execute(update(tables.token).where(token.owner == _of_her(connection)).values(revoked_at=None))


def _a_link_opens(connection: Connection) -> None:
    """Let a share of another learner be hers."""
    share = connection.execute(select(EVENT).where(EVENT.c.type == "share-granted.v1")).first()
    assert share is not None
    connection.execute(
        update(EVENT).where(EVENT.c.stream == share.stream).values(subject=_of_her(connection))
    )


def _never_erased(connection: Connection) -> None:
    other = connection.execute(
        select(EVENT.c.stream).where(
            EVENT.c.type == "learner-enrolled.v1", EVENT.c.stream != _of_her(connection)
        )
    ).scalar_one()
    values = {"learner": other, "reason": "asked", "asked_by": "learner", "certificate": None}
    connection.execute(insert(tables.erasure).values(values))


@pytest.mark.parametrize(
    ("change", "table", "code"),
    [
        (_with_a_body, "event", "body_unexpected"),
        (_goes_on, "event", "tombstone_not_last"),
        (_a_token_works, "token", "of_erased"),
        (_a_link_opens, "share_token", "of_erased"),
        (_never_erased, "erasure", "stream_missing"),
    ],
)
def test_what_is_left_of_an_erased_person_is_named(
    stored: Stored, change: Callable[[Connection], None], table: str, code: str
) -> None:
    assert (table, code) in {(fault.table, fault.code) for fault in stored.faults(change)}


def test_an_erasure_that_was_begun_is_no_fault(stored: Stored) -> None:
    change = update(tables.erasure).values(certificate=None)
    assert stored.faults(lambda connection: connection.execute(change)) == []
