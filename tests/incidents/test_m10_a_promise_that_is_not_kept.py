"""M10, WoSign 2018, Mammoth2025h2, Sphinx and Wyvern 2025: promises to include that were not kept in time.

Here nothing is promised: the answer to a request is the proof of inclusion itself. When it cannot be made, there is
no answer, and the same request gets it later, for the place that the event has had since.
"""

from __future__ import annotations

import pytest

from ledger.errors import UnavailableError
from ledger.log.second_place import FilePlace
from ledger.usecases.idempotency import Idempotency
from ledger.usecases.issue import IssueAttestation, issue
from tests.incidents.place import Place, populate
from tests.ledger.usecases.world import example
from verifiers.formats import receipt as receipts


def test_an_answer_is_a_proof_or_no_answer(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*_: object) -> bool:
        raise UnavailableError("second_place_unavailable", "planned")

    once = Idempotency("one", b"body")
    with place.running() as world:
        roc, ada = populate(world)
        command = IssueAttestation(ada.id, example("training"))
        size = world.ledger.store.head().size
        with monkeypatch.context() as broken:
            broken.setattr(FilePlace, "swap", unavailable)
            with pytest.raises(UnavailableError) as caught:
                issue(world.ledger, roc.actor, command, idempotency=once)
            assert caught.value.code == "second_place_unavailable"
        issued = issue(world.ledger, roc.actor, command, idempotency=once)
        assert issued.position == size  # it was stored by the first request, and proven by the second
        world.require_receipt(issued.receipt, issued.credential, issued.position)
        assert receipts.parse(issued.receipt).checkpoint.size > issued.position
        assert world.ledger.store.head().size == size + 1
    assert place.audit() == set()
