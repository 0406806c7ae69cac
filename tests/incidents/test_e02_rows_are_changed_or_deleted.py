"""E2: an operator, or whoever may write to the database, changes or deletes events."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.incidents.place import Place, populate

AT = 4
CHANGES = {
    "UPDATE event SET body = zeroblob(200)": "body_mismatch",
    "UPDATE event SET subject = issuer": "column_mismatch",
    "UPDATE event SET issuer = NULL": "column_mismatch",
    "UPDATE event SET recorded_at = recorded_at - 86400": "column_mismatch",
    "UPDATE event SET type = 'credential-revoked.v1'": "column_mismatch",
    "UPDATE event SET header = CAST(replace(header, '.v1', '.v2') AS BLOB)": "signature_invalid",
    "UPDATE event SET signature = zeroblob(64)": "signature_invalid",
    "UPDATE event SET entry = zeroblob(32)": "entry_mismatch",
    "DELETE FROM event": "position_missing",
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_refuses_it_and_the_audit_names_it(place: Place, change: str) -> None:
    with place.running() as world:
        populate(world)
    statement = f"{change} WHERE position = {AT}"
    engine = create_engine(f"sqlite:///{place.database}")
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    assert place.audit() == set()
    place.tamper(statement)
    assert ("event", f"position {AT}", CHANGES[change]) in place.audit()
