"""The small memory of signed lists: right version only, and bounded."""

from __future__ import annotations

from ledger.application.signed_lists import KEPT_MAX, SignedLists


def test_only_the_version_it_was_made_from() -> None:
    kept = SignedLists()
    kept.put("a", b"1", "made from 1")
    assert kept.get("a", b"1") == "made from 1"
    assert kept.get("a", b"2") is None
    assert kept.get("b", b"1") is None
    kept.put("a", b"2", "made from 2")
    assert (kept.get("a", b"1"), kept.get("a", b"2")) == (None, "made from 2")


def test_the_oldest_goes() -> None:
    kept = SignedLists()
    for number in range(KEPT_MAX + 1):
        kept.put(number, b"", number)
    assert kept.get(0, b"") is None
    assert [kept.get(number, b"") for number in (1, KEPT_MAX)] == [1, KEPT_MAX]
