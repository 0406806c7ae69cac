"""From domain events to sealed events and back: the seam between the `eventsourcing` library and the store.

Sealing, for each event:

    r            32 random bytes
    commitment   HMAC-SHA256(r, payload)
    body         nonce || AES-256-GCM(owner's key, r || payload, AAD = header without body_hash)
    header       the canonical text that names all of this, with SHA-256(body); see verifiers.formats.header
    signature    the ledger's, over header
    entry        SHA-256(header || signature), what the log holds

A tombstone has no body at all, as it must be readable when every key is gone: payload b"", r 32 zero bytes.

Types map to classes by an explicit table: a stored name is never imported. Source: DESIGN "Seal".

Not here: who may see what (use cases), what the payloads say (codecs are given by `ledger.application`).
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent, Transcoder

from ledger.errors import CorruptError, ErasedError
from ledger.keys.signing import LedgerKey
from ledger.keys.vault import Vault
from ledger.store.events import RecordedEvent, SealedEvent
from verifiers.errors import VerifierError
from verifiers.formats import header as headers
from verifiers.formats.header import Header
from verifiers.formats.receipt import Opening

NONCE_BYTES = 12
LEDGER_OWNER = UUID(int=0)
"""Owner of the key for events of the ledger itself, about nobody."""

Owner = Literal["subject", "issuer", "ledger", "nobody"]


@dataclass(frozen=True)
class EventCodec:
    """How one type of event becomes bytes, and whose key seals them.

    Args:
        event_class: a class of the domain whose instances have originator_id, originator_version and
            timestamp (aware), and `subject` and `issuer` (UUID or None) where they have these.
        owner: whose key seals the body, and with whose erasure it falls; "nobody": there is no body, and
            `encode` gives b"".
        encode: event -> payload, the exact bytes that are kept.
        decode: payload -> keyword arguments of event_class; validated, and without what the mapper
            adds: originator_id, originator_version, timestamp, and, where event_class has such a
            field and decode gave none, subject and issuer from the header.
    """

    event_class: type[Any]
    owner: Owner
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Mapping[str, Any]]


class SealingMapper(Mapper[UUID]):
    """Seals domain events and opens them again. Thread-safe; keeps no key and no opened body.

    Args:
        codecs: by stored type, for example "credential-issued.v1".
        vault: of the owners' data keys; a missing key is made when something is sealed under it.
        ledger_key: signs headers.
        random: n -> n unpredictable bytes.
        new_id: makes event ids; an event with an attribute `event_id` keeps its own.
    """

    def __init__(
        self,
        codecs: Mapping[str, EventCodec],
        vault: Vault,
        ledger_key: LedgerKey,
        *,
        random: Callable[[int], bytes] = os.urandom,
        new_id: Callable[[], UUID] = uuid.uuid4,
    ) -> None:
        super().__init__(_NoTranscoder())
        self._codecs = dict(codecs)
        self._types = {codec.event_class: type_ for type_, codec in codecs.items()}
        if len(self._types) != len(self._codecs):
            raise ValueError("two types share one event class")
        self._vault = vault
        self._ledger_key = ledger_key
        self._random = random
        self._new_id = new_id

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> SealedEvent:
        """Seal an event.

        The time is cut to whole seconds, as headers have them.

        Raises:
            ErasedError: erased, the owner's key was destroyed.
            TypeError: the event's class has no codec.
        """
        event: Any = domain_event
        type_ = self._types.get(type(event))
        if type_ is None:
            raise TypeError(f"there is no codec for events of class {type(event).__name__}")
        codec = self._codecs[type_]
        payload = codec.encode(event)
        subject: UUID | None = getattr(event, "subject", None)
        issuer: UUID | None = getattr(event, "issuer", None)
        if codec.owner == "nobody":
            if payload:
                raise ValueError("an event without a body has nothing to say")
            key, r = None, headers.NO_BODY_RANDOM
        else:
            key = self._key(_owner(codec.owner, subject, issuer), create=True)
            r = self._random(headers.RANDOM_BYTES)
        draft = Header(
            stream=event.originator_id,
            version=event.originator_version,
            type=type_,
            subject=subject,
            issuer=issuer,
            key=self._ledger_key.multikey,
            recorded_at=event.timestamp.astimezone(UTC).replace(microsecond=0),
            commitment=headers.commitment(r, payload),
            body_hash=bytes(headers.HASH_BYTES),  # not part of the AAD, and known only below
        )
        body = None if key is None else self._seal(key, r + payload, draft.aad())
        header = _with_body(draft, body or b"").dump()
        signature = self._ledger_key.sign(header)
        return SealedEvent(
            originator_id=event.originator_id,
            originator_version=event.originator_version,
            topic=type_,
            state=body or b"",
            header=header,
            signature=signature,
            body=body,
            subject=subject,
            issuer=issuer,
            event_id=getattr(event, "event_id", None) or self._new_id(),
            entry=headers.entry(header, signature),
            recorded_at=draft.recorded_at,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        """Open an event and build it through its codec.

        Raises:
            ErasedError: erased, the key was destroyed or the body deleted.
            CorruptError: event_tampered, the row contradicts its header or seal;
                event_type_unknown, there is no codec for the stored type.
        """
        if not isinstance(stored_event, SealedEvent):
            raise TypeError("only sealed events can be opened")
        codec = self._codec(stored_event.topic)
        payload, _, header = self._open(stored_event, codec)
        arguments = dict(codec.decode(payload))
        fields = getattr(codec.event_class, "__dataclass_fields__", {})
        for name, value in (("subject", header.subject), ("issuer", header.issuer)):
            if name in fields:
                arguments.setdefault(name, value)
        event: DomainEventProtocol[UUID] = codec.event_class(
            originator_id=header.stream,
            originator_version=header.version,
            timestamp=header.recorded_at,
            **arguments,
        )
        return event

    def opening(self, event: RecordedEvent | SealedEvent) -> tuple[bytes, Opening]:
        """Return an event's payload and the opening that ties it to its entry in the log.

        Both are personal data. Raises as `to_domain_event`.
        """
        sealed = event.sealed if isinstance(event, RecordedEvent) else event
        payload, r, _ = self._open(sealed, self._codec(sealed.topic))
        return payload, Opening(sealed.header, sealed.signature, r)

    def open_all(self, events: Iterable[RecordedEvent]) -> list[tuple[RecordedEvent, bytes | None]]:
        """Return events with their payloads, None where a body is erased: a state, not a failure.

        Raises:
            CorruptError: as `to_domain_event`.
        """
        opened: list[tuple[RecordedEvent, bytes | None]] = []
        for event in events:
            try:
                opened.append((event, self._open(event.sealed, self._codec(event.sealed.topic))[0]))
            except ErasedError:
                opened.append((event, None))
        return opened

    def _seal(self, key: bytes, opened: bytes, aad: bytes) -> bytes:
        nonce = self._random(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, opened, aad)

    def _codec(self, type_: str) -> EventCodec:
        codec = self._codecs.get(type_)
        if codec is None:
            raise CorruptError("event_type_unknown", "a stored event has a type that is not known here")
        return codec

    def _key(self, owner: UUID, *, create: bool) -> bytes:
        key = self._vault.data_key(owner, create=create)
        if key is None:
            # A body without a key: the vault is younger than the ledger, or another one.
            raise ErasedError("erased", "there is no key for this body any more")
        return key

    def _open(self, sealed: SealedEvent, codec: EventCodec) -> tuple[bytes, bytes, Header]:
        """Return payload, r and header, after checking that row, header and seal agree."""
        try:
            header = headers.parse(sealed.header)
            entry = headers.entry(sealed.header, sealed.signature)
        except VerifierError as error:
            raise _tampered() from error
        row = (sealed.stream, sealed.version, sealed.topic, sealed.subject, sealed.issuer, sealed.recorded_at)
        if row != _columns(header) or sealed.entry != entry:
            raise _tampered()
        if codec.owner == "nobody":
            if sealed.body is not None or header != _without_body(header):
                raise _tampered()
            return b"", headers.NO_BODY_RANDOM, header
        if sealed.body is None:
            raise ErasedError("erased", "the body was deleted")
        if headers.body_hash(sealed.body) != header.body_hash:
            raise _tampered()
        key = self._key(_owner(codec.owner, header.subject, header.issuer), create=False)
        try:
            opened = AESGCM(key).decrypt(sealed.body[:NONCE_BYTES], sealed.body[NONCE_BYTES:], header.aad())
        except (InvalidTag, ValueError) as error:
            raise _tampered() from error
        r, payload = opened[: headers.RANDOM_BYTES], opened[headers.RANDOM_BYTES :]
        if headers.commitment(r, payload) != header.commitment:
            raise _tampered()
        return payload, r, header


def _owner(owner: Owner, subject: UUID | None, issuer: UUID | None) -> UUID:
    found = {"subject": subject, "issuer": issuer, "ledger": LEDGER_OWNER}[owner]
    if found is None:
        raise ValueError(f"the event has no {owner} to seal it under")
    return found


def _columns(header: Header) -> tuple[UUID, int, str, UUID | None, UUID | None, datetime]:
    return header.stream, header.version, header.type, header.subject, header.issuer, header.recorded_at


def _with_body(draft: Header, body: bytes) -> Header:
    return replace(draft, body_hash=headers.body_hash(body))


def _without_body(header: Header) -> Header:
    """Return the header that the same event has when there is no body."""
    commitment = headers.commitment(headers.NO_BODY_RANDOM, b"")
    return replace(header, commitment=commitment, body_hash=headers.body_hash(b""))


def _tampered() -> CorruptError:
    return CorruptError("event_tampered", "a stored event contradicts its header or its seal")


class _NoTranscoder(Transcoder):
    """The library's JSON is never used: it would turn a user's data into objects."""

    def encode(self, obj: Any) -> bytes:
        raise TypeError("events are encoded by their codecs")

    def decode(self, data: bytes) -> Any:
        raise TypeError("events are decoded by their codecs")
