"""The public-safe half of an event, and what binds the sealed half to it.

The header is the RFC 8785 text of nine members, so it always starts with "{"; a checkpoint starts with
its origin, so a signature over one can never pass for a signature over the other. The ledger signs
exactly these bytes with Ed25519.

What binds what:

    body_hash   = SHA-256(ciphertext)
    commitment  = HMAC-SHA256(r, payload)           r is random and lives inside the ciphertext
    AAD         = the header without body_hash       (body_hash cannot be known before sealing)
    entry       = SHA-256(header || signature)       the leaf of the log is merkle.leaf_hash(entry)

An event that has nothing to hide and must outlive every key (a tombstone) has no body: its payload is empty,
its r is 32 zero bytes, and body_hash is SHA-256 of nothing. Everybody can compute both.

Not here: sealing (`ledger.store`), inclusion in a log (`verifiers.formats.receipt`).
Source: DESIGN section "Seal"; described for outsiders in docs/formats.md.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from verifiers.errors import MalformedError, VerifierError
from verifiers.primitives import jcs, keys
from verifiers.primitives.encoding import b64url_decode, b64url_encode, format_time, parse_time
from verifiers.primitives.strict_json import INTEGER_MAX, JSON, loads_object

HEADER_BYTES_MAX = 1_024  # the longest honest header has about 600
TYPE_CHARACTERS_MAX = 80
HASH_BYTES = 32
RANDOM_BYTES = 32  # of r, the blinding of the commitment
NO_BODY_RANDOM = bytes(RANDOM_BYTES)
"""The r of an event without a body, whose payload is b"": there is nothing to blind."""

_TYPE = re.compile(r"[a-z]+(?:-[a-z]+)*\.v[1-9][0-9]{0,3}")
_MEMBERS = frozenset(
    ("body_hash", "commitment", "issuer", "key", "recorded_at", "stream", "subject", "type", "version")
)


@dataclass(frozen=True, slots=True)
class Header:
    """What everyone may see of one event; a constructed header is well-formed.

    Args:
        stream: the aggregate.
        version: place in the stream, 1-based.
        type: stored type, for example "credential-issued.v1".
        subject: pseudonym of the person, or None.
        issuer: the organisation, or None.
        key: Multikey text of the ledger's Ed25519 key that signs this header.
        recorded_at: aware UTC, whole seconds.
        commitment: 32 bytes, from `commitment`.
        body_hash: 32 bytes, SHA-256 of the ciphertext.

    Raises:
        MalformedError: header_malformed.
    """

    stream: UUID
    version: int
    type: str
    subject: UUID | None
    issuer: UUID | None
    key: str
    recorded_at: datetime
    commitment: bytes
    body_hash: bytes

    def __post_init__(self) -> None:
        """Refuse what could not be written or read back; see the class."""
        _require(type(self.version) is int and 1 <= self.version <= INTEGER_MAX, "version is not a place")
        _require(
            len(self.type) <= TYPE_CHARACTERS_MAX and _TYPE.fullmatch(self.type) is not None,
            "type is not a name with a version",
        )
        _require(
            self.recorded_at.tzinfo is UTC and self.recorded_at.microsecond == 0,
            "recorded_at is not a whole second of UTC",
        )
        for name, value in (("commitment", self.commitment), ("body_hash", self.body_hash)):
            _require(len(value) == HASH_BYTES, f"{name} does not have 32 bytes")
        try:
            kind = keys.parse_multikey(self.key).kind
        except VerifierError as error:
            raise MalformedError("header_malformed", "key of the header is not a Multikey") from error
        _require(kind == "Ed25519", "key is not an Ed25519 key")

    def dump(self) -> bytes:
        """Return the canonical bytes that the ledger signs. Source: RFC 8785."""
        return jcs.canonicalise({**self._members(), "body_hash": b64url_encode(self.body_hash)})

    def aad(self) -> bytes:
        """Return the associated data of the seal: the header without `body_hash`, canonical."""
        return jcs.canonicalise(self._members())

    def _members(self) -> dict[str, JSON]:
        return {
            "commitment": b64url_encode(self.commitment),
            "issuer": None if self.issuer is None else str(self.issuer),
            "key": self.key,
            "recorded_at": format_time(self.recorded_at),
            "stream": str(self.stream),
            "subject": None if self.subject is None else str(self.subject),
            "type": self.type,
            "version": self.version,
        }


def parse(data: bytes) -> Header:
    """Read a header; only its one canonical spelling is accepted.

    Args:
        data: at most HEADER_BYTES_MAX bytes.

    Raises:
        MalformedError: header_malformed, header_not_canonical, or a json_* code.
    """
    members = loads_object(data, bytes_max=HEADER_BYTES_MAX, depth_max=1, nodes_max=16)
    _require(members.keys() == _MEMBERS, "its members are not the nine of a header")
    version = members["version"]
    if not isinstance(version, int) or isinstance(version, bool):
        raise MalformedError("header_malformed", "version of the header is not a whole number")
    try:
        header = Header(
            stream=UUID(_text(members, "stream")),
            version=version,
            type=_text(members, "type"),
            subject=_uuid_or_none(members, "subject"),
            issuer=_uuid_or_none(members, "issuer"),
            key=_text(members, "key"),
            recorded_at=parse_time(_text(members, "recorded_at")),
            commitment=b64url_decode(_text(members, "commitment")),
            body_hash=b64url_decode(_text(members, "body_hash")),
        )
    except ValueError as error:  # only UUID() raises it; what it accepts too widely is caught below
        raise MalformedError("header_malformed", "an identifier of the header is not a UUID") from error
    except MalformedError as error:
        raise MalformedError("header_malformed", f"the header cannot be read: {error}") from error
    if header.dump() != data:
        raise MalformedError("header_not_canonical", "the header is not written in its one canonical form")
    return header


def commitment(r: bytes, payload: bytes) -> bytes:
    """Return HMAC-SHA256(r, payload): it binds the payload and, while r is secret, tells nothing of it.

    Args:
        r: 32 random bytes, kept inside the ciphertext.
        payload: the event's exact bytes; of an issued credential, the credential itself.
    """
    if len(r) != RANDOM_BYTES:
        raise MalformedError("header_malformed", "the blinding of a commitment does not have 32 bytes")
    return hmac.digest(r, payload, "sha256")


def body_hash(ciphertext: bytes) -> bytes:
    """Return SHA-256 of a sealed body, as the header holds it."""
    return hashlib.sha256(ciphertext).digest()


def entry(header: bytes, signature: bytes) -> bytes:
    """Return the log entry of one event: SHA-256(header || signature), all that the public ever sees.

    Args:
        header: from `Header.dump`.
        signature: 64 bytes, the ledger's Ed25519 signature over the header.
    """
    if len(signature) != keys.SIGNATURE_BYTES:
        # With a fixed length the boundary between the two cannot move.
        raise MalformedError("header_malformed", "the signature of a header does not have 64 bytes")
    return hashlib.sha256(header + signature).digest()


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise MalformedError("header_malformed", f"the header is not well-formed: {what}")


def _text(members: dict[str, JSON], name: str) -> str:
    value = members[name]
    if not isinstance(value, str):
        raise MalformedError("header_malformed", f"{name} of the header is not text")
    return value


def _uuid_or_none(members: dict[str, JSON], name: str) -> UUID | None:
    return None if members[name] is None else UUID(_text(members, name))
