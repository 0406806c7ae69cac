"""No place in a status list is given twice, whoever is killed when; and the campaign would see it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from ledger.application import SystemChance
from ledger.application.status_indexes import StatusIndexes
from ledger.store import tables
from ledger.store.recorder import LedgerRecorder
from tests.conftest import Database
from tests.faults.status_indexes import Campaign, faults
from tests.faults.status_worker import PURPOSES, noted
from tests.ledger.sealed import sealed_event

ORGANISATION = UUID(int=0xC3)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_short_campaign(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    database: Database = request.getfixturevalue(f"{kind}_database")
    (folder := tmp_path / "given").mkdir()
    summary = Campaign(database.kind, folder, database.url, seed=20261124).run(500, 2)
    assert summary.wrong == ()
    assert summary.issued >= 500
    assert summary.kills == 2
    # Whether a kill met an issue (then more was given than issued) is chance here, and certain in the campaign.
    assert summary.given >= 2 * summary.issued


def test_a_place_that_is_given_twice_is_seen(sqlite_database: Database) -> None:
    """A lease that forgets what it leased, as a counter that went back would."""
    engine = sqlite_database.engine
    given: list[bytes] = []
    for _ in range(2):
        assert faults(engine, given) == []
        indexes = StatusIndexes(engine, SystemChance())
        given += [noted(indexes.take(ORGANISATION, purpose)) for purpose in PURPOSES]
        with engine.begin() as connection:
            connection.execute(update(tables.status_allocation).values(leased=0))
    assert [fault.rsplit(" was ")[1] for fault in faults(engine, given)] == ["given 2 times"] * 2


def test_places_and_credentials_that_do_not_belong_together_are_seen(sqlite_database: Database) -> None:
    engine, stream = sqlite_database.engine, uuid4()
    indexes, recorder = StatusIndexes(engine, SystemChance()), LedgerRecorder(sqlite_database.engine)
    places = [indexes.take(ORGANISATION, purpose) for purpose in PURPOSES]
    event = sealed_event(stream=stream, issuer=ORGANISATION)
    recorder.insert_events([event], rows=[places[0].taken_by(stream)])
    recorder.insert_events([sealed_event()])
    recorder.close()
    assert faults(engine, map(noted, places)) == [
        f"{stream} has 1 places",
        "1 credentials without places or places without credential",
    ]
    assert any("never given out" in fault for fault in faults(engine, []))
