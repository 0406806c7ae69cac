"""Kill -9 of a real server under HTTP load: what was acknowledged is there once, and its receipt verifies."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from tests import postgres
from tests.faults.kill import THREADS, Campaign, Summary

SEED = 20261124


def _check(summary: Summary, kills: int) -> None:
    assert summary.wrong == ()
    assert summary.kills == kills
    # A campaign in which the load never ran, or no kill ever met a request, would prove nothing.
    assert summary.acknowledged >= kills
    assert summary.repeated > 0
    assert summary.unacknowledged <= THREADS  # all but what was waiting at the very end was repeated


@pytest.mark.long
def test_thirty_kills_on_sqlite(tmp_path: Path) -> None:
    _check(Campaign(tmp_path, None, seed=SEED).run(30), 30)


@pytest.mark.long
def test_five_kills_on_postgresql(tmp_path: Path, postgres_server: str) -> None:
    with postgres.database(postgres_server, f"kill_{uuid4().hex}") as url:
        _check(Campaign(tmp_path, url, seed=SEED).run(5), 5)
