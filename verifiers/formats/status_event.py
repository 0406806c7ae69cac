"""Payload of the event that tells which status lists an organisation published, by their hashes.

With a receipt from a believed log it shows that a list with exactly these bytes was there by then, whatever becomes of
the algorithm that signed it. Members that we do not know are left alone, so that later versions can add some.

Not here: checking the receipts (`verifiers.checks.status_dates`), writing the events (`ledger.domain.status_lists`).
Source: docs/formats.md, "Status lists".
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from verifiers.errors import MalformedError, VerifierError
from verifiers.primitives.encoding import b64url_decode
from verifiers.primitives.strict_json import JSON, loads_object

TYPE = "status-lists-published.v1"
PAYLOAD_BYTES_MAX = 65_536
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """The lists of one publication: all of them one organisation's.

    Args: lists: SHA-256 (32 bytes) of the list as a document and as a token, by its address.
    """

    lists: dict[str, tuple[bytes, bytes]]

    def holds(self, url: str, data: bytes) -> bool:
        """Return whether exactly these bytes were published at this address."""
        return hashlib.sha256(data).digest() in self.lists.get(url, ())


def parse(payload: bytes) -> StatusEvent:
    """Read the payload of an event of TYPE.

    Args: payload: the event's exact bytes.
    Raises: MalformedError: status_event_malformed.
    """
    try:
        members = loads_object(payload, bytes_max=PAYLOAD_BYTES_MAX)
        entries = members.get("lists")
        found = [_entry(entry) for entry in entries] if isinstance(entries, list) else []
    except VerifierError as error:
        raise MalformedError("status_event_malformed", f"the event cannot be read: {error}") from error
    lists = dict(found)
    # An address that stands there twice would have two contents; lists of two organisations are two events.
    if not found or len(lists) != len(found) or len({url.rpartition("/status/")[0] for url in lists}) != 1:
        raise MalformedError(
            "status_event_malformed", "the event does not name the lists of one organisation"
        )
    return StatusEvent(lists)


def stream_of(payload: bytes) -> UUID:
    """Return the stream in which such an event stands: named by its own content.

    Source: RFC 9562 §5.8: the first 122 bits of SHA-256 as UUID version 8.
    """
    value = int.from_bytes(hashlib.sha256(payload).digest()[:16], "big")
    value = value & ~(0xF << 76) | 0x8 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def _entry(value: JSON) -> tuple[str, tuple[bytes, bytes]]:
    members = value if isinstance(value, dict) else {}
    url, document, token = (members.get(name) for name in ("url", "sha256", "jwt_sha256"))
    if not (isinstance(url, str) and isinstance(document, str) and isinstance(token, str)):
        raise MalformedError("status_event_malformed", "a list lacks its address or a hash")
    hashes = b64url_decode(document), b64url_decode(token)
    if {len(each) for each in hashes} != {_HASH_BYTES} or "/status/" not in url:
        raise MalformedError("status_event_malformed", "a list has no address of a list or no SHA-256")
    return url, hashes
