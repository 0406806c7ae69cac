"""Which of an organisation's key events go along with its documents: those that verifying them needs.

A key that signed nothing at hand proves nothing here, so a school that rotated a thousand times still makes
small bundles. Every end of a key that is told goes along with its beginning.
Not here: what the events say (`ledger.domain.organisation_keys`), judging them (`verifiers`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from verifiers.formats import key_event
from verifiers.formats.credential import Credential
from verifiers.formats.key_event import KeyAdded, OrganisationCeased

if TYPE_CHECKING:
    from ledger.application import Ledger

KEY_EVENTS = tuple(sorted(key_event.TYPES))
"""Stored types of the events that say which key was whose, as every verifier reads them."""


def key_events(
    ledger: Ledger, organisation: UUID, *, signed: Iterable[Credential] | None = None
) -> list[tuple[bytes, str]]:
    """Return (payload, receipt) of the events that say which keys were an organisation's, and when.

    Args: signed: the documents for which they are wanted, status lists among them; None: all events.
        Keys in use go along whatever was signed: a status list of tomorrow is signed by one of them.
    """
    used = None if signed is None else _keys_of(signed)
    opened = [
        (recorded, ledger.sealing.opening(recorded)[0])
        for recorded in ledger.store.select_issuer(organisation, types=KEY_EVENTS)
    ]
    about = [_key_of(payload, recorded.sealed.type) for recorded, payload in opened]
    # The first key's beginning says who the organisation is, so it is always there, and with it its end.
    ended = {key for key, is_beginning in about[1:] if not is_beginning}
    wanted = {key for key, is_beginning in about if is_beginning and key not in ended}
    wanted |= {None, *(key for key, _ in about[:1]), *(used or ())}
    return [
        (payload, ledger.receipt(recorded))
        for (recorded, payload), (key, _) in zip(opened, about, strict=True)
        if used is None or key in wanted
    ]


def _keys_of(signed: Iterable[Credential]) -> frozenset[str] | None:
    """Return the Multikeys that documents say they were signed with; None when one does not say."""
    keys: set[str] = set()
    for credential in signed:
        if not credential.signed_by:
            return None
        # The keys of organisations of this ledger are named did#multikey, and no others count.
        keys |= {method.rpartition("#")[2] for method in credential.signed_by}
    return frozenset(keys)


def _key_of(payload: bytes, type_: str) -> tuple[str | None, bool]:
    """Return the key an event is about (None: the whole organisation), and whether it begins there."""
    event = key_event.parse(payload, type=type_)
    if isinstance(event, OrganisationCeased):
        return None, False
    return event.key.multikey, isinstance(event, KeyAdded)
