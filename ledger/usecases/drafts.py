"""Drafts that travel with the client: sealed under the learner's key, so opaque, and gone when it is.

    base64url( learner id (16 bytes) || nonce (12) || AES-256-GCM(key, RFC 8785 JSON, AAD) )
    AAD = label || learner id

The key is derived from the learner's data key, apart from the one that seals events.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.application.status_indexes import Purpose, StatusIndex
from ledger.errors import ErasedError, RejectedError
from verifiers.errors import VerifierError
from verifiers.primitives import jcs, strict_json
from verifiers.primitives.encoding import b64url_decode, b64url_encode, format_time, parse_time
from verifiers.primitives.strict_json import JSON

if TYPE_CHECKING:
    from ledger.application import Ledger

DRAFT_CHARACTERS_MAX = 1_048_576

_LABEL = b"leerspoor draft v1"
_NONCE_BYTES = 12
_UUID_BYTES = 16


@dataclass(frozen=True, slots=True)
class DraftProof:
    """The options of a proof to come, and the exact bytes that its signature is over."""

    options: dict[str, JSON]
    to_sign: bytes

    @property
    def suite(self) -> str:
        """The cryptosuite."""
        return str(self.options["cryptosuite"])


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that `complete` needs. `document` is the exact unsigned text."""

    credential_id: UUID
    organisation: UUID
    learner: UUID
    key: str
    document: str
    proofs: tuple[DraftProof, ...]
    places: tuple[StatusIndex, ...]
    expires_at: datetime


def seal(ledger: Ledger, draft: Draft) -> str:
    """Return the draft as opaque text.

    Raises: ErasedError: erased.
    """
    nonce = ledger.chance.bytes(_NONCE_BYTES)
    owner = draft.learner.bytes
    sealed = AESGCM(_key(ledger, draft.learner)).encrypt(nonce, _dump(draft), _LABEL + owner)
    return b64url_encode(owner + nonce + sealed)


def open_draft(ledger: Ledger, text: str) -> Draft:
    """Return the draft of an opaque text.

    Raises: RejectedError: draft_invalid. ErasedError: erased.
    """
    if len(text) > DRAFT_CHARACTERS_MAX:
        raise _invalid()
    try:
        data = b64url_decode(text)
    except VerifierError as error:
        raise _invalid() from error
    owner, nonce, sealed = (
        data[:_UUID_BYTES],
        data[_UUID_BYTES : _UUID_BYTES + _NONCE_BYTES],
        data[_UUID_BYTES + _NONCE_BYTES :],
    )
    if len(nonce) != _NONCE_BYTES or len(sealed) <= _UUID_BYTES:
        raise _invalid()
    try:
        key = _key(ledger, UUID(bytes=owner))
        return _parse(AESGCM(key).decrypt(nonce, sealed, _LABEL + owner))
    except InvalidTag as error:
        raise _invalid() from error


def _key(ledger: Ledger, learner: UUID) -> bytes:
    data_key = ledger.vault.data_key(learner)
    if data_key is None:
        # Unknown and erased look alike from here, and a draft of either leads nowhere.
        raise ErasedError("erased", "there is no key for this draft any more")
    return hmac.digest(data_key, _LABEL, "sha256")


def _dump(draft: Draft) -> bytes:
    return jcs.canonicalise(
        {
            "credential_id": str(draft.credential_id),
            "document": draft.document,
            "expires_at": format_time(draft.expires_at),
            "key": draft.key,
            "learner": str(draft.learner),
            "organisation": str(draft.organisation),
            "places": [
                {
                    "index": place.index,
                    "list": str(place.list),
                    "number": place.number,
                    "purpose": place.purpose,
                }
                for place in draft.places
            ],
            "proofs": [
                {"options": dict(proof.options), "to_sign": b64url_encode(proof.to_sign)}
                for proof in draft.proofs
            ],
        }
    )


def _parse(data: bytes) -> Draft:
    # Authenticated text of our own: its shape is known, so a cast is enough.
    members = strict_json.loads_object(data, bytes_max=DRAFT_CHARACTERS_MAX)
    places = cast(list[dict[str, JSON]], members["places"])
    proofs = cast(list[dict[str, JSON]], members["proofs"])
    return Draft(
        credential_id=UUID(str(members["credential_id"])),
        organisation=UUID(str(members["organisation"])),
        learner=UUID(str(members["learner"])),
        key=str(members["key"]),
        document=str(members["document"]),
        proofs=tuple(
            DraftProof(cast(dict[str, JSON], proof["options"]), b64url_decode(str(proof["to_sign"])))
            for proof in proofs
        ),
        places=tuple(
            StatusIndex(
                cast(Purpose, place["purpose"]),
                UUID(str(place["list"])),
                cast(int, place["number"]),
                cast(int, place["index"]),
            )
            for place in places
        ),
        expires_at=parse_time(str(members["expires_at"])),
    )


def _invalid() -> RejectedError:
    return RejectedError("draft_invalid", "the draft is not one of this ledger, unchanged", pointer="/draft")
