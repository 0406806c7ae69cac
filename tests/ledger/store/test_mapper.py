"""Sealing and opening: the round trip, what each owner's erasure takes, and every tampered column."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import EventStore, StoredEvent

from ledger.errors import CorruptError, ErasedError
from ledger.keys.signing import LedgerKey
from ledger.keys.vault import Vault
from ledger.store.events import SealedEvent
from ledger.store.mapper import LEDGER_OWNER, EventCodec, SealingMapper
from ledger.store.recorder import LedgerRecorder
from verifiers.formats import header as headers
from verifiers.formats.checkpoint import VerifierKey
from verifiers.formats.receipt import Opening
from verifiers.primitives import keys

NOW = datetime(2026, 11, 24, 10, 0, 0, 123_456, tzinfo=UTC)
TYPE = "credential-issued.v1"


@dataclass(frozen=True)
class Issued:
    originator_id: UUID
    originator_version: int
    timestamp: datetime
    subject: UUID | None
    issuer: UUID | None
    credential: bytes


@dataclass(frozen=True)
class Noted:
    originator_id: UUID
    originator_version: int
    timestamp: datetime
    text: str


@dataclass(frozen=True)
class Gone:
    originator_id: UUID
    originator_version: int
    timestamp: datetime
    subject: UUID


def decode_issued(payload: bytes) -> Mapping[str, Any]:
    return {"credential": payload}


CODECS = {
    TYPE: EventCodec(Issued, "subject", lambda event: event.credential, decode_issued),
    "organisation-noted.v1": EventCodec(
        Noted, "ledger", lambda event: event.text.encode(), lambda payload: {"text": payload.decode()}
    ),
    "learner-erased.v1": EventCodec(Gone, "nobody", lambda _: b"", lambda _: {}),
}


@pytest.fixture
def mapper(vault: Vault, ledger_key: LedgerKey) -> SealingMapper:
    return SealingMapper(CODECS, vault, ledger_key)


def issued(**changes: Any) -> Issued:
    event = Issued(uuid4(), 1, NOW, uuid4(), uuid4(), b'{"a": "credential, byte for byte"}\n')
    return replace(event, **changes)


def test_a_round_trip_returns_the_event_with_whole_seconds(mapper: SealingMapper) -> None:
    event = issued()
    opened = mapper.to_domain_event(mapper.to_stored_event(event))
    assert opened == replace(event, timestamp=NOW.replace(microsecond=0))


def test_an_event_without_subject_field_gets_none(mapper: SealingMapper) -> None:
    event = Noted(uuid4(), 3, NOW.replace(microsecond=0), "é")
    assert mapper.to_domain_event(mapper.to_stored_event(event)) == event


def test_the_seal_is_what_the_formats_say(mapper: SealingMapper, ledger_key: LedgerKey) -> None:
    event = issued()
    sealed = mapper.to_stored_event(event)
    header = headers.parse(sealed.header)
    assert (header.stream, header.version, header.type) == (event.originator_id, 1, TYPE)
    assert (header.subject, header.issuer, header.key) == (event.subject, event.issuer, ledger_key.multikey)
    assert sealed.recorded_at == header.recorded_at == NOW.replace(microsecond=0)
    keys.parse_multikey(header.key).verify(sealed.signature, sealed.header)
    assert sealed.entry == headers.entry(sealed.header, sealed.signature)
    assert sealed.state == sealed.body
    payload, opening = mapper.opening(sealed)
    assert payload == event.credential
    assert headers.commitment(opening.r, payload) == header.commitment
    assert (opening.header, opening.signature) == (sealed.header, sealed.signature)
    assert event.credential not in sealed.header + (sealed.body or b"")


def test_the_same_payload_never_looks_the_same(mapper: SealingMapper) -> None:
    event = issued()
    first, second = mapper.to_stored_event(event), mapper.to_stored_event(event)
    assert first.body != second.body
    assert headers.parse(first.header).commitment != headers.parse(second.header).commitment
    assert first.entry != second.entry
    assert first.event_id != second.event_id


def test_local_time_is_recorded_as_utc(mapper: SealingMapper) -> None:
    from zoneinfo import ZoneInfo

    local = NOW.astimezone(ZoneInfo("Europe/Amsterdam"))
    assert mapper.to_stored_event(issued(timestamp=local)).recorded_at == NOW.replace(microsecond=0)


def test_erasing_the_subject_takes_the_body_and_nothing_else(mapper: SealingMapper, vault: Vault) -> None:
    event = issued()
    assert event.subject is not None
    sealed = mapper.to_stored_event(event)
    other = mapper.to_stored_event(issued())
    vault.destroy(event.subject, now=NOW)
    with pytest.raises(ErasedError) as caught:
        mapper.to_domain_event(sealed)
    assert caught.value.code == "erased"
    assert mapper.to_domain_event(other)
    with pytest.raises(ErasedError):
        mapper.to_stored_event(issued(subject=event.subject))


def test_erased_bodies_are_a_state_in_lists(
    mapper: SealingMapper, vault: Vault, recorder: LedgerRecorder
) -> None:
    gone, kept = issued(), issued()
    assert gone.subject is not None
    recorder.insert_events([mapper.to_stored_event(event) for event in (gone, kept)])
    vault.destroy(gone.subject, now=NOW)
    opened = mapper.open_all([recorder.at_position(0), recorder.at_position(1)])
    assert [payload for _, payload in opened] == [None, kept.credential]


def test_a_deleted_body_is_erased_too(mapper: SealingMapper) -> None:
    sealed = mapper.to_stored_event(issued())
    with pytest.raises(ErasedError):
        mapper.to_domain_event(replace(sealed, body=None, state=b""))


def test_a_ledger_event_is_sealed_under_the_ledgers_own_key(mapper: SealingMapper, vault: Vault) -> None:
    sealed = mapper.to_stored_event(Noted(uuid4(), 1, NOW, "x"))
    vault.destroy(LEDGER_OWNER, now=NOW)
    with pytest.raises(ErasedError):
        mapper.to_domain_event(sealed)


def test_a_tombstone_has_no_body_and_outlives_the_key(mapper: SealingMapper, vault: Vault) -> None:
    event = Gone(uuid4(), 2, NOW.replace(microsecond=0), uuid4())
    sealed = mapper.to_stored_event(event)
    header = headers.parse(sealed.header)
    assert (sealed.body, sealed.state, vault.data_key(event.subject)) == (None, b"", None)
    assert header.body_hash == hashlib.sha256(b"").digest()
    assert header.commitment == hmac.digest(bytes(32), b"", "sha256")
    vault.destroy(event.subject, now=NOW)
    assert mapper.to_domain_event(sealed) == event
    assert mapper.opening(sealed) == (b"", Opening(sealed.header, sealed.signature, bytes(32)))


def test_a_tombstone_with_a_body_or_another_commitment_is_found(mapper: SealingMapper) -> None:
    sealed = mapper.to_stored_event(Gone(uuid4(), 2, NOW, uuid4()))
    other = replace(headers.parse(sealed.header), commitment=bytes(32)).dump()
    for forged in (
        replace(sealed, body=b"", state=b""),
        replace(sealed, header=other, entry=headers.entry(other, sealed.signature)),
    ):
        with pytest.raises(CorruptError) as caught:
            mapper.to_domain_event(forged)
        assert caught.value.code == "event_tampered"


def test_a_type_without_body_cannot_say_anything(vault: Vault, ledger_key: LedgerKey) -> None:
    talks = EventCodec(Gone, "nobody", lambda _: b"x", lambda _: {})
    with pytest.raises(ValueError, match="nothing to say"):
        SealingMapper({"learner-erased.v1": talks}, vault, ledger_key).to_stored_event(
            Gone(uuid4(), 2, NOW, uuid4())
        )


TAMPERINGS: dict[str, Any] = {
    "originator_id": lambda sealed: uuid4(),
    "originator_version": lambda sealed: 2,
    "topic": lambda sealed: "organisation-noted.v1",
    "subject": lambda sealed: uuid4(),
    "issuer": lambda sealed: None,
    "entry": lambda sealed: bytes(32),
    "recorded_at": lambda sealed: sealed.recorded_at + timedelta(seconds=1),
    "header": lambda sealed: sealed.header.replace(b'"version":1', b'"version":2'),
    "signature": lambda sealed: bytes(64),
    "body": lambda sealed: sealed.body[:-1] + bytes([sealed.body[-1] ^ 1]),
}


@pytest.mark.parametrize("column", TAMPERINGS)
def test_a_tampered_column_is_found_when_opening(mapper: SealingMapper, column: str) -> None:
    sealed = mapper.to_stored_event(issued())
    with pytest.raises(CorruptError) as caught:
        mapper.to_domain_event(replace(sealed, **{column: TAMPERINGS[column](sealed)}))
    assert caught.value.code == "event_tampered"


def test_a_whole_row_moved_to_another_stream_is_found(mapper: SealingMapper) -> None:
    """Every column agrees with a changed header; only the seal knows better."""
    sealed = mapper.to_stored_event(issued())
    header = headers.parse(sealed.header)
    moved = replace(header, stream=uuid4())
    forged = replace(
        sealed,
        originator_id=moved.stream,
        header=moved.dump(),
        entry=headers.entry(moved.dump(), sealed.signature),
    )
    with pytest.raises(CorruptError) as caught:
        mapper.to_domain_event(forged)
    assert caught.value.code == "event_tampered"


def test_a_body_swapped_with_its_hash_is_found(mapper: SealingMapper) -> None:
    first, second = mapper.to_stored_event(issued()), mapper.to_stored_event(issued())
    header = replace(headers.parse(first.header), body_hash=headers.body_hash(second.body or b""))
    forged = replace(
        first, body=second.body, header=header.dump(), entry=headers.entry(header.dump(), first.signature)
    )
    with pytest.raises(CorruptError) as caught:
        mapper.to_domain_event(forged)
    assert caught.value.code == "event_tampered"


def test_a_type_of_data_is_never_imported(mapper: SealingMapper) -> None:
    sealed = mapper.to_stored_event(issued())
    with pytest.raises(CorruptError) as caught:
        mapper.to_domain_event(replace(sealed, topic="os:system"))
    assert caught.value.code == "event_type_unknown"


def test_what_is_no_sealed_event_or_has_no_codec_is_refused(mapper: SealingMapper) -> None:
    with pytest.raises(TypeError, match="sealed"):
        mapper.to_domain_event(StoredEvent(uuid4(), 1, TYPE, b"{}"))

    @dataclass(frozen=True)
    class Stranger(Issued):
        pass

    with pytest.raises(TypeError, match="no codec"):
        mapper.to_stored_event(Stranger(uuid4(), 1, NOW, uuid4(), None, b""))
    with pytest.raises(ValueError, match="no subject"):
        mapper.to_stored_event(issued(subject=None))
    with pytest.raises(TypeError):
        mapper.transcoder.encode({"_type_": "uuid_hex", "_data_": "0"})


def test_one_class_cannot_have_two_types(vault: Vault, ledger_key: LedgerKey) -> None:
    with pytest.raises(ValueError, match="share"):
        SealingMapper({TYPE: CODECS[TYPE], "credential-issued.v2": CODECS[TYPE]}, vault, ledger_key)


def test_the_librarys_event_store_hands_everything_through(
    mapper: SealingMapper, recorder: LedgerRecorder
) -> None:
    store: EventStore[UUID] = EventStore(mapper, recorder)
    event = issued(timestamp=NOW.replace(microsecond=0))
    (recording,) = store.put([event], tracking=None)
    assert recording.notification.id == 1
    assert list(store.get(event.originator_id)) == [event]
    (stored,) = recorder.select_stream(event.originator_id)
    assert isinstance(stored.sealed, SealedEvent)


def test_a_header_key_is_one_of_the_log(ledger_key: LedgerKey, mapper: SealingMapper) -> None:
    vkey = VerifierKey("example.org/leerspoor", ledger_key.public)
    assert headers.parse(mapper.to_stored_event(issued()).header).key == vkey.key.multikey
