"""The signed status lists of an organisation: made from headers, signed when asked for, kept while they hold.

The bytes of a list change when a status changes and when its time is up, never because a credential was
issued (THREATS D3). Its issuer is the organisation's DID, its key one that the ledger holds for it.
Source: Bitstring Status List 1.0 §2.2.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from ledger.application.status_indexes import LIST_SIZE
from ledger.domain.organisation import Key, Organisation
from ledger.errors import NotFoundError
from ledger.usecases.recording import MediaType, add_proofs, managed_key, status_list_url, usual_suites
from ledger.views import status_list as views
from verifiers.formats import jose
from verifiers.formats import status_list as formats
from verifiers.primitives import jcs, keys

if TYPE_CHECKING:
    from ledger.application import Ledger

StatusPurpose = Literal["revocation", "suspension"]

LIFE = timedelta(hours=24)
"""How long a list holds for readers who keep it."""
FRESH = timedelta(hours=12)
"""A list older than this is made anew, so that who fetches one can use it for a while."""
CACHE_SECONDS = 300
"""How long an HTTP cache may keep it: a revocation is seen by everyone after this."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """A signed BitstringStatusListCredential; `body` is served as it is. `ttl_seconds` bounds caching."""

    body: bytes
    media_type: MediaType
    etag: str
    ttl_seconds: int
    valid_until: datetime


def status_list(
    ledger: Ledger,
    organisation_id: UUID,
    purpose: StatusPurpose,
    number: int = 0,
    *,
    media_type: MediaType = "application/vc",
) -> StatusList:
    """Return one of the organisation's signed status lists, as its events stand now.

    Args: number: of the list; the next one begins when one is full.
    Raises: NotFoundError: organisation_unknown, status_list_unknown (no such list, or no managed key).
    """
    now = ledger.now()
    name = (organisation_id, purpose, number, media_type)
    # While nothing at all was recorded, the list that was made last is the list. The size is read first: what
    # is recorded meanwhile makes the next reader look again.
    size = ledger.store.head().size.to_bytes(8, "big")
    kept = ledger.signed_lists.get(("head", name), size)
    if isinstance(kept, StatusList) and _is_fresh(kept, now):
        return kept
    list_id = ledger.status_indexes.lists(organisation_id, purpose).get(number)
    # The first list is there before the first credential: that it appears must not tell that one was issued.
    if list_id is None and number != 0:
        raise _unknown()  # before anything is opened: strangers ask for many
    organisation = ledger.load(Organisation, organisation_id)
    key = managed_key(organisation, now)
    if key is None:
        raise _unknown()
    bits = _bits(ledger, organisation_id, purpose, list_id)
    # The same bits by the same key are the same list, whatever else was recorded.
    version = hashlib.sha256(bits + key.multikey.encode()).digest()
    made = ledger.signed_lists.get(("bits", name), version)
    if not (isinstance(made, StatusList) and _is_fresh(made, now)):
        made = _make(ledger, organisation, key, purpose, number, bits, now, media_type)
        ledger.signed_lists.put(("bits", name), version, made)
    ledger.signed_lists.put(("head", name), size, made)
    return made


def _unknown() -> NotFoundError:
    return NotFoundError("status_list_unknown", "the organisation has no such status list")


def _is_fresh(made: StatusList, now: datetime) -> bool:
    return now < made.valid_until - LIFE + FRESH


def _bits(ledger: Ledger, organisation: UUID, purpose: StatusPurpose, list_id: UUID | None) -> bytes:
    recorded = ledger.store.select_issuer(organisation, types=views.TYPES)
    events = [(event.sealed.stream, event.sealed.type) for event in recorded]
    streams = list(dict.fromkeys(stream for stream, _ in events))
    places = {} if list_id is None else ledger.status_indexes.places(list_id, streams)
    return views.bits(purpose, size=LIST_SIZE, places=places, events=events)


def _make(
    ledger: Ledger,
    organisation: Organisation,
    key: Key,
    purpose: StatusPurpose,
    number: int,
    bits: bytes,
    now: datetime,
    media_type: MediaType,
) -> StatusList:
    document = formats.list_credential(
        url=status_list_url(ledger, organisation.id, purpose, number),
        issuer=organisation.did,
        purpose=purpose,
        bits=bits,
        valid_from=now,
        valid_until=now + LIFE,
        ttl=LIFE,
    )
    public, sign = keys.parse_multikey(key.multikey), partial(ledger.keys.sign, key.multikey)
    if media_type == "application/vc+jwt":
        header = jose.header_for(public, key_id=key.verification_method)
        to_sign = jose.signing_input(header, jcs.canonicalise(document))
        body = jose.seal(to_sign, sign(to_sign))
    else:
        signed = add_proofs(
            document,
            suites=usual_suites(public.kind),
            verification_method=key.verification_method,
            created=now,
            sign=sign,
        )
        body = jcs.canonicalise(signed)
    etag = hashlib.sha256(body).hexdigest()[:32]
    return StatusList(body, media_type, etag, CACHE_SECONDS, now + LIFE)
