"""The DID document of a did:web organisation: its keys, for readers that know nothing of this ledger.

A key that was rotated away or whose organisation ceased stays an assertion method, with the moment it
expired, so that older credentials still verify elsewhere. A compromised key is taken out: readers that know
no log cannot tell which of its signatures came first.
Source: DID 1.0 §5; Controlled Identifiers 1.0 §2.2; did:web §3.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from ledger.domain.organisation import Key, Organisation
from ledger.errors import NotFoundError
from verifiers.primitives import jcs
from verifiers.primitives.encoding import format_time
from verifiers.primitives.strict_json import JSON

if TYPE_CHECKING:
    from ledger.application import Ledger

CONTEXTS: tuple[str, ...] = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")


def did_document(ledger: Ledger, organisation_id: UUID) -> bytes:
    """Return the DID document as JSON bytes.

    Raises: NotFoundError: organisation_unknown (also of a did:key, whose document is the key itself).
    """
    found = ledger.load(Organisation, organisation_id)
    if not found.did.startswith("did:web:"):
        raise NotFoundError("organisation_unknown", "the organisation has no DID document here")
    document: dict[str, JSON] = {
        "@context": list(CONTEXTS),
        "id": found.did,
        "verificationMethod": [_method(found.did, key) for key in found.keys.values()],
        "assertionMethod": [
            key.verification_method for key in found.keys.values() if key.compromised_since is None
        ],
    }
    return jcs.canonicalise(document)


def _method(did: str, key: Key) -> JSON:
    method: dict[str, JSON] = {
        "id": key.verification_method,
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": key.multikey,
    }
    if key.valid_until is not None:
        method["expires"] = format_time(key.valid_until)
    if key.compromised_since is not None:
        method["revoked"] = format_time(key.compromised_since)
    return method
