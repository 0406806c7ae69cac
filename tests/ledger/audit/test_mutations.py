"""Whatever is done to a row, the audit names table, row and what is wrong; THREATS E2 to E4, M1, M2 and M5."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Table, select, update

from ledger.audit import Audit, Fault
from ledger.audit.tree import Tree
from ledger.store import tables
from tests.ledger.audit import mutations
from tests.ledger.audit.stored import Stored, other_note
from tests.ledger.audit.trials import missed, missed_files
from verifiers.primitives.keys import from_raw

SEED = 20261124
SAMPLE, FILES = 120, 40


@pytest.mark.long
def test_every_mutation_of_a_seeded_sample_is_named(stored: Stored) -> None:
    assert missed(stored, SEED, SAMPLE) == []


@pytest.mark.long
def test_every_mutation_of_the_copied_log_is_named(stored: Stored) -> None:
    assert missed_files(stored, SEED, FILES) == []


def test_every_column_is_bound_or_said_to_be_unbound() -> None:
    bound = {(table, column) for table, columns in mutations.FLIPS.items() for column in columns}
    unbound = set().union(*mutations.UNBOUND.values())
    every = {(table, column.name) for table in tables.metadata.sorted_tables for column in table.columns}
    assert bound | unbound == every
    assert bound & unbound == set()


def _event(connection: Connection) -> None:
    row = mutations.some_row(connection, tables.event)
    size = connection.execute(select(tables.log_head.c.size)).scalar_one()
    mutations.copied(connection, tables.event, row, stream=uuid4(), event_id=uuid4(), position=size)


def _copy(table: str, **other: object) -> Callable[[Connection], None]:
    found = tables.metadata.tables[table]

    def change(connection: Connection) -> None:
        mutations.copied(connection, found, mutations.some_row(connection, found), **other)

    return change


INSERTED = {
    "an event at the end": (_event, "event", "event_beyond_head"),
    "an event with another stream": (_event, "event", "column_mismatch"),
    "a head of another log": (_copy("log_head", log="mine"), "log_head", "log_unknown"),
    "a tile": (_copy("tile", level=2), "tile", "tile_unexpected"),
    "a tile too far": (_copy("tile", index=2), "tile", "tile_unexpected"),
    "a request of events that are not": (
        _copy("idempotency", key=b"k" * 32, event_ids=bytes(16)), "idempotency", "event_missing"),
    "a request of no events": (_copy("idempotency", key=b"k" * 32, event_ids=b""), "idempotency", "column_malformed"),
    "a second request of one event": (_copy("idempotency", key=b"k" * 32), "idempotency", "event_named_twice"),
    "a request of another's event": (
        _copy("idempotency", organisation=UUID(int=7)), "idempotency", "owner_mismatch"),
    "a key too many": (
        _copy("public_key", multikey="z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"), "public_key", "row_count"),
    "a key that is none": (_copy("public_key", multikey="Jan de Vries"), "public_key", "column_malformed"),
    "a token for nobody": (
        _copy("token", token_hash=bytes(32), id=UUID(int=8), role="organisation", owner=UUID(int=8)),
        "token", "stream_missing"),
    "a share that was not granted": (
        _copy("share_token", token_hash=bytes(32), share=UUID(int=9)), "share_token", "stream_missing"),
    "a list for nobody": (
        _copy("status_allocation", organisation=UUID(int=9), list=UUID(int=9)),
        "status_allocation", "stream_missing"),
    "a list too many": (_copy("status_allocation", number=7, list=UUID(int=9)), "status_allocation", "number_gap"),
    "a place for no credential": (
        _copy("status_index", index=1, stream=UUID(int=9)), "status_index", "stream_missing"),
    "a place that was not leased": (_copy("status_index", index=2), "status_index", "index_not_leased"),
}  # fmt: skip


@pytest.mark.parametrize("what", INSERTED)
def test_an_inserted_row_is_named(stored: Stored, what: str) -> None:
    change, table, code = INSERTED[what]
    assert (table, code) in {(fault.table, fault.code) for fault in stored.faults(change)}


def test_a_projection_ahead_of_the_log_is_named(stored: Stored) -> None:
    def change(connection: Connection) -> None:
        connection.execute(tables.projection.insert().values(name="history", position=10**6))

    assert [fault.code for fault in stored.faults(change)] == ["position_beyond_log"]


def test_a_body_that_is_gone_is_named_and_nothing_else(stored: Stored) -> None:
    change = update(tables.event).where(tables.event.c.position == 17).values(body=None)
    faults = stored.faults(lambda connection: connection.execute(change))
    assert [str(fault) for fault in faults] == ["event, position 17: body_missing"]


def test_an_id_that_a_request_names_is_bound(stored: Stored) -> None:
    def change(connection: Connection) -> None:
        named = mutations.some_row(connection, tables.idempotency).event_ids[:16]
        one = tables.event.c.event_id == UUID(bytes=named)
        connection.execute(update(tables.event).where(one).values(event_id=UUID(int=5)))

    assert [(fault.table, fault.code) for fault in stored.faults(change)] == [
        ("idempotency", "event_missing")
    ]


def test_a_place_of_another_organisations_list_is_named(stored: Stored) -> None:
    def change(connection: Connection) -> None:
        lists = connection.execute(select(tables.status_allocation)).all()
        mine = next(row for row in lists if row.purpose == "revocation")
        other = next(
            row for row in lists if row.purpose == "revocation" and row.organisation != mine.organisation
        )
        place = tables.status_index
        connection.execute(update(place).where(place.c.list == mine.list).values(list=other.list))

    assert "list_of_another" in {fault.code for fault in stored.faults(change)}


def test_a_rewritten_log_is_no_longer_what_was_signed(stored: Stored) -> None:
    """Two events change places, and whoever did it makes tiles and head to fit."""
    with stored.changed() as connection:
        first, second = (
            connection.execute(select(tables.event).where(tables.event.c.position == at)).one()
            for at in (40, 60)
        )
        position = tables.event.c.position
        for old, new in ((40, -1), (60, 40), (-1, 60)):
            connection.execute(update(tables.event).where(position == old).values(position=new))
        _make_fit(connection)
        codes = {(fault.table, fault.code) for fault in _audit(stored, connection)}
    assert ("signed_head", "checkpoint_not_prefix") in codes
    assert {table for table, _ in codes} <= {"signed_head", "checkpoint", "event"}
    assert (first.stream == second.stream) == (("event", "version_order") in codes)


def _make_fit(connection: Connection) -> None:
    event, tile, head = tables.event.c, tables.tile, tables.log_head
    tree = Tree()
    made = []
    for entry in connection.execute(select(event.entry).order_by(event.position)).scalars():
        made += tree.add(entry)
    for grown in [*made, *tree.unfinished()]:
        at = (tile.c.level == grown.level, tile.c.index == grown.index)
        connection.execute(update(tile).where(*at).values(hashes=grown.hashes))
    derived = tree.head
    connection.execute(update(head).values(root=derived.root, frontier=b"".join(derived.subtrees)))


def _audit(stored: Stored, connection: Connection) -> list[Fault]:
    return list(Audit(connection, stored.trust).faults())


def test_a_log_that_went_back_with_all_it_says_is_found_by_the_second_place(sqlite_stored: Stored) -> None:
    def change(connection: Connection) -> None:
        size = 270
        connection.execute(tables.event.delete().where(tables.event.c.position >= size))
        connection.execute(update(tables.log_head).values(size=size))
        _make_fit(connection)

    codes = [(fault.table, fault.code) for fault in sqlite_stored.faults(change)]
    assert {code for table, code in codes if table in ("signed_head", "checkpoint")} == {
        "checkpoint_beyond_log"
    }
    assert {table for table, _ in codes} <= {"signed_head", "checkpoint", "idempotency", "erasure"}


@pytest.mark.parametrize(
    ("note", "code"),
    [
        (lambda note: None, "checkpoint_missing"),
        (lambda note: b"", "checkpoint_malformed"),
        (lambda note: note[:-10], "checkpoint_malformed"),
        (lambda note: note.replace(b"127.0.0.1", b"127.0.0.2"), "checkpoint_not_signed"),
        (lambda note: note.replace(b"\n277\n", b"\n276\n", 1), "checkpoint_signature"),
        (lambda note: b"\xff" + note, "checkpoint_malformed"),
    ],
)
def test_a_changed_file_of_the_signed_head_is_named(
    sqlite_stored: Stored, note: Callable[[bytes], bytes | None], code: str
) -> None:
    faults = sqlite_stored.faults(trust=other_note(sqlite_stored.trust, note))
    assert [(fault.table, fault.row, fault.code) for fault in faults] == [
        ("signed_head", "file ledger.sqlite.head", code)
    ]


def test_a_signed_head_in_the_wrong_place_is_named(stored: Stored) -> None:
    def change(connection: Connection) -> None:
        values = {
            "log": "ledger" if stored.kind == "sqlite" else "mine",
            "size": 0,
            "root": bytes(32),
            "note": "",
        }
        connection.execute(tables.signed_head.insert().values(values))

    assert [fault.code for fault in stored.faults(change)] == ["row_unexpected"]


def test_another_name_or_key_than_the_logs_is_said(stored: Stored) -> None:
    named = stored.faults(trust=replace(stored.trust, origin="elsewhere.example/log"))
    assert {fault.code for fault in named} == {"checkpoint_origin"}
    strange = from_raw("Ed25519", Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    codes = {fault.code for fault in stored.faults(trust=replace(stored.trust, log_key=strange))}
    assert codes == {"header_key", "signature_invalid", "checkpoint_not_signed", "certificate_invalid"}


def test_no_fault_repeats_what_somebody_wrote(stored: Stored) -> None:
    name = "Jan de Vries"
    changes = [
        _set(tables.event, type=name),
        _set(tables.log_head, log=name),
        _set(tables.token, role=name),
        _copy("public_key", multikey=name),
        _copy("idempotency", key=name.encode(), event_ids=name.encode()),
    ]
    for change in changes:
        said = "\n".join(map(str, stored.faults(change)))
        assert said
        assert name not in said


def _set(table: Table, **values: object) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(update(table).values(values))
