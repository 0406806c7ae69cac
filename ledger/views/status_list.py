"""The fold from an organisation's status events to the bits of a list. Needs headers only, opens nothing.

So the bits outlive erasure: a revoked credential of an erased person stays revoked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal
from uuid import UUID

from verifiers.formats.status_list import set_status

SUSPENDED, REINSTATED, REVOKED = (
    "credential-suspended.v1",
    "credential-reinstated.v1",
    "credential-revoked.v1",
)
TYPES = (SUSPENDED, REINSTATED, REVOKED)


def state(types: Iterable[str]) -> Literal["active", "suspended", "revoked"]:
    """Return the state that the stored types of one credential's events lead to, in their order."""
    found: Literal["active", "suspended", "revoked"] = "active"
    for type_ in types:
        if type_ == REVOKED:
            return "revoked"
        if type_ in (SUSPENDED, REINSTATED):
            found = "suspended" if type_ == SUSPENDED else "active"
    return found


def bits(
    purpose: Literal["revocation", "suspension"],
    *,
    before: bytes,
    places: Mapping[UUID, int],
    events: Iterable[tuple[UUID, str]],
) -> bytes:
    """Return the bits of a list after further events.

    Args:
        before: the bits so far; of a list that begins, all zero.
        places: credential (stream) to its place in this list.
        events: (stream, stored type) of the organisation's status events since, in the order of the ledger.

    Returns: as many bytes, index 0 in the most significant bit of the first.
    """
    found = bytearray(before)
    for stream, type_ in events:
        index = places.get(stream)
        if index is None:
            continue
        if purpose == "revocation":
            if type_ == REVOKED:
                set_status(found, index, True)
        elif type_ == SUSPENDED:
            set_status(found, index, True)
        elif type_ == REINSTATED:
            set_status(found, index, False)
    return bytes(found)
