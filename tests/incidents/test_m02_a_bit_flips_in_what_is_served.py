"""M2, Nimbus 2018: a bit flipped in an entry as it is served, after the tree was signed.

The tree was right, so the entry could be put right again. Here header, signature, entry and tiles are stored apart;
no receipt leaves the house before it was verified, and the audit says which row it is.
"""

from __future__ import annotations

import hashlib

import pytest

from ledger.domain.credential import Credential
from ledger.errors import CorruptError
from tests.incidents.place import Place, populate
from tests.incidents.test_m01_a_bit_flips_before_hashing import flipped
from verifiers.errors import InvalidError


def test_a_flipped_entry_is_named_and_nothing_is_proven_with_it_until_it_is_repaired(place: Place) -> None:
    with place.running() as world:
        roc, ada = populate(world)
        issued = world.issue(roc, ada)
        world.ledger.heads.latest()
        position = place.signed().size - 1
        where = f"WHERE position = {position}"
        ((entry, header, signature),) = place.read(f"SELECT entry, header, signature FROM event {where}")
        place.tamper(f"UPDATE event SET entry = :entry {where}", entry=flipped(entry))
        with pytest.raises(InvalidError) as unproven:
            world.ledger.receipts.proof(position)
        assert unproven.value.code == "root_mismatch"
        with pytest.raises(CorruptError) as unread:
            world.ledger.load(Credential, issued.id)
        assert unread.value.code == "event_tampered"
    assert place.audit() == {("event", f"position {position}", "entry_mismatch")}
    repaired = hashlib.sha256(header + signature).digest()
    place.tamper(f"UPDATE event SET entry = :entry {where}", entry=repaired)
    assert place.audit() == set()
    with place.running() as world:
        world.require_receipt(issued.receipt, issued.credential, position)
