"""No lie of an operator goes unnamed, and no honest head is complained about: seeded, and the seeds are kept."""

from __future__ import annotations

import pytest

from ledger.oversight.monitor import Look, Rules, Watch
from ledger.oversight.tree import Tree
from tests.faults import lies, lying
from tests.faults.lies import honest, lie

SEED = 20261124


def test_a_thousand_lies_are_each_caught_by_name() -> None:
    cases = list(lies.lies(1_008, SEED))
    assert [(case.name, case.seed) for case in cases if case.escaped] == []
    assert len({case.name for case in cases}) == len(lying.LIES) == 18


@pytest.mark.parametrize("half", [1, 2])
def test_ten_thousand_honest_heads_are_cosigned_and_found_fine(half: int) -> None:
    complaints = [(number, told) for number, told in enumerate(honest(5_000, SEED + half)) if told[1]]
    assert complaints == []


def test_a_seed_is_a_whole_case() -> None:
    assert lie("7:3", lying.rewrite) == lie("7:3", lying.rewrite)


def test_a_watcher_that_does_not_compare_lets_lies_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """The campaign must be able to fail: with one check taken out it finds the lies that this check stops."""
    cases = [lie(f"blind:{number}", lying.split_view) for number in range(5)]
    assert not any(case.escaped for case in cases)
    monkeypatch.setattr(lying, "look", _blind)
    cases = [lie(f"blind:{number}", kind) for kind in lying.LIES for number in range(2)]
    assert {case.name for case in cases if case.escaped} == {kind.__name__ for kind in lying.LIES}


def test_a_tree_that_is_not_folded_lets_wrong_files_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def believe(tree: Tree, index: int) -> tuple[bytes, ...]:
        tree.hashes(0, index)
        return ()

    monkeypatch.setattr(Tree, "entries", believe)
    cases = [lie(f"lax:{number}", lying.spoil_a_file) for number in range(20)]
    assert any(case.escaped for case in cases)
    assert not all(case.escaped for case in cases), "hash tiles are still compared"


def _blind(watch: Watch, rules: Rules, **_: object) -> Look:
    note = watch.source.read("checkpoint", bytes_max=10_000) or b""
    return Look((), note.decode(errors="replace"), 0, 0)
