"""The audit of published status lists: a list that says something else than the events is named (THREATS D5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from ledger.keys.files import load_or_create_secret
from ledger.keys.signing import ManagedKeys
from ledger.store import tables
from ledger.usecases.recording import add_proofs, usual_suites
from tests.ledger.audit.stored import Stored
from verifiers.formats import status_list as formats
from verifiers.primitives import jcs
from verifiers.primitives.strict_json import loads_object

TABLE = tables.status_publication
PUBLISHED = "status-lists-published.v1"


def codes(stored: Stored, *changes: Callable[[Connection], object]) -> set[tuple[str, str]]:
    """Return table and code of every fault."""
    return {(fault.table, fault.code) for fault in stored.faults(*changes)}


def found(connection: Connection, purpose: str = "suspension") -> list[Any]:
    """Return the published lists of a purpose of the organisation that suspended somebody, in their order."""
    event = tables.event.c
    whose = select(event.issuer).where(event.type == "credential-suspended.v1").limit(1).scalar_subquery()
    query = select(TABLE).where(TABLE.c.purpose == purpose, TABLE.c.organisation == whose)
    return list(connection.execute(query.order_by(TABLE.c.slot)).all())


def changed(which: int, /, **values: object) -> Callable[[Connection], object]:
    """Return a change of one list of suspensions."""

    def change(connection: Connection) -> None:
        row = found(connection)[which]
        where = (TABLE.c.organisation == row.organisation, TABLE.c.slot == row.slot)
        made = {name: value(row) if callable(value) else value for name, value in values.items()}
        connection.execute(update(TABLE).where(*where, TABLE.c.purpose == row.purpose).values(**made))

    return change


def test_four_publications_and_not_a_fault(stored: Stored) -> None:
    assert stored.faults() == []
    with stored.changed() as connection:
        assert [len(found(connection, purpose)) for purpose in ("revocation", "suspension")] == [4, 4]
        bits = [formats.parse_list(loads_object(row.body)).bits for row in found(connection)]
    assert [sum(byte.bit_count() for byte in each) for each in bits] == [0, 1, 0, 0]


def with_bits(row: Any, encoded: str) -> bytes:
    """Return a list that says something else, whatever it is."""
    document = loads_object(row.body)
    subject: Any = document["credentialSubject"]
    return jcs.canonicalise({**document, "credentialSubject": {**subject, "encodedList": encoded}})


def flipped(column: str) -> Callable[[Any], bytes]:
    """Return what changes one bit in the middle of a column."""

    def flip(row: Any) -> bytes:
        data = bytearray(getattr(row, column))
        data[len(data) // 2] ^= 1
        return bytes(data)

    return flip


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (changed(1, body=flipped("body")), "publication_mismatch"),
        (changed(1, jwt=flipped("jwt")), "publication_mismatch"),
        (changed(1, body=b"{"), "column_malformed"),
        (changed(1, body=lambda row: row.body + b" "), "publication_mismatch"),
        (changed(1, jwt=b"x"), "document_mismatch"),
        (changed(1, body=lambda row: with_bits(row, "not bits")), "bits_mismatch"),
        (changed(1, body=lambda row: with_bits(row, formats.encode(bytes(2**15)))), "bits_mismatch"),
        (changed(1, size=lambda row: row.size - 1), "publication_mismatch"),
        (changed(1, size=10**6), "publication_mismatch"),
        (changed(1, slot=lambda row: row.slot + 1), "document_mismatch"),
        (changed(1, slot=2**62), "document_mismatch"),
        (changed(1, number=1), "document_mismatch"),
        (changed(1, purpose="refund"), "column_malformed"),
        (changed(1, organisation=UUID(int=5)), "document_mismatch"),
        (changed(1, stream=UUID(int=5)), "stream_missing"),
    ],
)
def test_each_column_is_bound(stored: Stored, change: Callable[[Connection], object], code: str) -> None:
    assert ("status_publication", code) in codes(stored, change)


def test_a_list_that_is_gone_or_too_many(stored: Stored) -> None:
    def lose_one(connection: Connection) -> None:
        row = found(connection)[0]
        connection.execute(delete(TABLE).where(TABLE.c.slot == row.slot, TABLE.c.purpose == "suspension"))

    def lose_publication(connection: Connection) -> None:
        connection.execute(delete(TABLE).where(TABLE.c.slot == found(connection)[0].slot))

    def add(connection: Connection) -> None:
        row = found(connection)[0]._mapping
        connection.execute(insert(TABLE).values({**row, "number": 1}))

    assert ("status_publication", "publication_mismatch") in codes(stored, lose_one)
    assert ("event", "row_count") in codes(stored, lose_publication)
    assert ("status_publication", "publication_mismatch") in codes(stored, add)


def test_a_list_of_earlier_in_the_place_of_a_later_one(stored: Stored) -> None:
    def change(connection: Connection) -> None:
        before, after = found(connection)[:2]
        connection.execute(
            update(TABLE)
            .where(TABLE.c.slot == after.slot, TABLE.c.purpose == "suspension")
            .values(body=before.body, jwt=before.jwt)
        )

    assert {
        ("status_publication", code)
        for code in ("publication_mismatch", "document_mismatch", "bits_mismatch")
    } <= codes(stored, change)


def test_a_bit_turned_back_in_a_list_signed_anew_is_found(sqlite_stored: Stored) -> None:
    """Whoever holds the organisation's key and the database still cannot make the suspension not have been."""
    with sqlite_stored.changed() as connection:
        row = found(connection)[1]
    document = loads_object(row.body)
    subject: Any = document["credentialSubject"]
    clear = {
        **{name: value for name, value in document.items() if name != "proof"},
        "credentialSubject": {**subject, "encodedList": formats.encode(bytes(formats.BITS_MIN // 8))},
    }
    folder = sqlite_stored.settings.data_dir
    keys = ManagedKeys(folder / "managed-keys", load_or_create_secret(folder / "secret"))
    method = str(document["proof"][0]["verificationMethod"])  # type: ignore[index,call-overload]
    signed = add_proofs(
        clear,
        suites=usual_suites("Ed25519"),
        verification_method=method,
        created=datetime(2026, 11, 24, 12, tzinfo=UTC),
        sign=partial(keys.sign, method.partition("#")[2]),
    )
    forged = changed(1, body=jcs.canonicalise(signed))
    assert {("status_publication", "bits_mismatch"), ("status_publication", "publication_mismatch")} <= codes(
        sqlite_stored, forged
    )


def test_a_suspension_that_no_list_takes_into_account_is_found(stored: Stored) -> None:
    """The lists are honest about an empty past, and go on ignoring what happened since."""

    def change(connection: Connection) -> None:
        first, *others = found(connection)
        for row in others:
            where = (TABLE.c.slot == row.slot, TABLE.c.purpose == "suspension")
            connection.execute(update(TABLE).where(*where).values(size=first.size))

    assert ("status_publication", "list_behind") in codes(stored, change)


def test_lists_that_forget_are_found(stored: Stored) -> None:
    assert ("status_publication", "size_order") in codes(stored, changed(1, size=lambda row: row.size - 3))


def test_an_event_without_any_list_is_named_by_its_position(stored: Stored) -> None:
    def change(connection: Connection) -> None:
        connection.execute(update(TABLE).values(stream=uuid4()))

    with stored.changed() as connection:
        event = tables.event.c
        positions = connection.execute(select(event.position).where(event.type == PUBLISHED)).scalars().all()
    named = {fault.row for fault in stored.faults(change) if fault.code == "row_count"}
    assert named == {f"position {position}" for position in positions}
