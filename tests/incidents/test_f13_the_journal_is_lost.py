"""F13: an SQLite file copied while it was in use, without its -wal: the end of the log is missing."""

from __future__ import annotations

import shutil

import pytest

from ledger.errors import CorruptError
from tests.incidents.place import Place, populate


def test_a_copy_without_the_journal_lacks_the_acknowledged_end_and_is_refused(place: Place) -> None:
    with place.running() as world:
        populate(world)
    with place.running() as world:
        populate(world, credentials=2)
        signed = place.signed()
        copied = place.folder.with_name("copied.sqlite")
        shutil.copy(place.database, copied)
        assert place.database.with_name("ledger.sqlite-wal").stat().st_size > 0
    place.restore(copied)
    assert ("signed_head", "file ledger.sqlite.head", "checkpoint_beyond_log") in place.audit()
    with pytest.raises(CorruptError) as caught:
        place.open()
    assert caught.value.code == "head_went_back"
    assert place.signed() == signed
