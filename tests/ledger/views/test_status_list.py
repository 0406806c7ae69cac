"""The bits of a list follow from the events alone."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.views.status_list import REINSTATED, REVOKED, SUSPENDED, TYPES, bits, state
from verifiers.formats.status_list import status_at

SIZE = 64
STREAMS = [UUID(int=number) for number in range(6)]
PLACES = {stream: 9 * number + 2 for number, stream in enumerate(STREAMS[:5])}
EVENTS = st.lists(st.tuples(st.sampled_from(STREAMS), st.sampled_from(TYPES)), max_size=30)


def model(purpose: str, types: list[str]) -> bool:
    """Say it slowly: revoked once is revoked; the last word on suspension holds."""
    if purpose == "revocation":
        return REVOKED in types
    words = [type_ for type_ in types if type_ != REVOKED]
    return bool(words) and words[-1] == SUSPENDED


@given(st.sampled_from(["revocation", "suspension"]), EVENTS)
def test_any_events_agree_with_the_model(
    purpose: Literal["revocation", "suspension"], events: list[tuple[UUID, str]]
) -> None:
    found = bits(purpose, before=bytes(SIZE // 8), places=PLACES, events=events)
    assert len(found) == SIZE // 8
    expected = {
        place
        for stream, place in PLACES.items()
        if model(purpose, [type_ for own, type_ in events if own == stream])
    }
    assert {index for index in range(SIZE) if status_at(found, index)} == expected


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ([], "active"),
        (["credential-issued.v1", "credential-read.v1"], "active"),
        ([SUSPENDED], "suspended"),
        ([SUSPENDED, REINSTATED], "active"),
        ([SUSPENDED, REINSTATED, SUSPENDED, "credential-read.v1"], "suspended"),
        ([REVOKED], "revoked"),
        ([SUSPENDED, REVOKED], "revoked"),
    ],
)
def test_the_state_of_one_credential(types: list[str], expected: str) -> None:
    assert state(types) == expected
