"""Collecting a bundle: credentials with receipts, key events of their issuers, today's status lists, what dates them.

Whoever has the file and trusts this log's key needs nothing else, for as long as the status lists hold. For later
readers it also holds the contexts that its credentials name, what this server believes, and plain words about itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import ValidationError

import schemas.contexts
from ledger.errors import ConflictError, NotFoundError
from ledger.usecases.about import ABOUT
from ledger.usecases.key_events import key_events
from ledger.usecases.recording import media_type_of
from ledger.usecases.status_events import list_place, status_events
from ledger.usecases.status_list import status_list
from verifiers.formats import credential as credentials
from verifiers.formats.bundle import BUNDLE_BYTES_MAX, Bundle, Item, KeyEvent, StatusEvent
from verifiers.formats.status_list import LIST_CREDENTIAL_BYTES_MAX

if TYPE_CHECKING:
    from ledger.application import Ledger

LISTS_ASKED_MAX = 400
"""Addresses of lists that one file makes the ledger look up: two for each credential of the largest share."""


def make(ledger: Ledger, streams: Sequence[UUID]) -> bytes:
    """Return the bundle of recorded credentials, in this order.

    Args: streams: ids of credentials, at least one; the caller has asked who may see them.
    Raises: ErasedError: erased. ConflictError: bundle_too_large, no reader would accept the file.
    """
    items: list[Item] = []
    signed: dict[UUID, list[credentials.Credential]] = {}
    lists: dict[str, bytes] = {}
    contexts: dict[str, bytes] = {}
    asked: set[str] = set()
    for stream in streams:
        (recorded,) = ledger.store.select_stream(stream, lte=1)
        payload, _ = ledger.sealing.opening(recorded)
        items.append(Item(payload, media_type_of(payload), ledger.receipt(recorded)))
        credential = credentials.parse(payload)
        own = own_status_lists(ledger, credential, asked=asked)
        if recorded.sealed.issuer is not None:
            documents = signed.setdefault(recorded.sealed.issuer, [])
            documents += [credential, *map(parse_list, own.values())]
        lists |= own
        contexts |= _contexts(credential)
    made = Bundle(
        created=ledger.now(),
        items=tuple(items),
        keys=tuple(
            KeyEvent(*pair)
            for issuer, documents in signed.items()
            for pair in key_events(ledger, issuer, signed=documents)
        ),
        did_documents={},
        status_lists=lists,
        log=(ledger.heads.origin, ledger.heads.verifier_key.dump()),
        contexts=contexts,
        policy=ledger.policy().dump(),
        about=ABOUT,
        status_events=tuple(StatusEvent(*pair) for pair in status_events(ledger, lists)),
    )
    try:
        data = made.dump()
    except ValidationError:  # its text would hold the credentials
        data = None
    if data is None or len(data) > BUNDLE_BYTES_MAX:
        raise ConflictError("bundle_too_large", "one bundle cannot hold all of it; share it in parts")
    return data


def _contexts(credential: credentials.Credential) -> dict[str, bytes]:
    """Return the contexts that a credential names, as far as they are pinned; the others nobody accepts."""
    named = credential.document.get("@context")
    urls = named if isinstance(named, list) else [named]
    known = (url for url in urls if isinstance(url, str) and url in schemas.contexts.URLS)
    return {url: schemas.contexts.source(url) for url in known}


def parse_list(data: bytes) -> credentials.Credential:
    """Return a status list of this ledger's as the signed document that it is."""
    return credentials.parse(data, bytes_max=LIST_CREDENTIAL_BYTES_MAX)


def own_status_lists(
    ledger: Ledger, credential: credentials.Credential, *, asked: set[str], at: datetime | None = None
) -> dict[str, bytes]:
    """Return the lists of this ledger that a credential names, by address.

    Args:
        asked: what was looked up for the same file, found or not; not looked up again, and it grows here.
        at: the moment whose lists are wanted (now).

    Beyond LISTS_ASKED_MAX nothing is looked up: a stranger's file may name as many as it likes.
    """
    lists: dict[str, bytes] = {}
    for entry in credential.status_entries:
        url = entry.get("statusListCredential") if isinstance(entry, dict) else None
        if not isinstance(url, str) or url in asked or len(asked) >= LISTS_ASKED_MAX:
            continue
        place = list_place(ledger, url)
        if place is None:
            continue
        asked.add(url)
        try:
            lists[url] = status_list(ledger, *place, at=at).body
        except NotFoundError:
            continue  # a made-up address: the check says that the list is not at hand
    return lists
