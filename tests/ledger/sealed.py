"""Ready-made sealed events for tests and benchmarks of the store: real headers, no keys needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from ledger.store.events import SealedEvent
from verifiers.formats import header as headers
from verifiers.formats.header import Header

NOW = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)
KEY = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"  # example key of the did:key method


def sealed_event(
    *,
    stream: UUID | None = None,
    version: int = 1,
    type_: str = "credential-issued.v1",
    subject: UUID | None = None,
    issuer: UUID | None = None,
    event_id: UUID | None = None,
    body: bytes | None = None,
    recorded_at: datetime = NOW,
    key: str = KEY,
    signer: Callable[[bytes], bytes] = lambda _: os.urandom(64),
) -> SealedEvent:
    """Return an event that is well-formed and sealed with noise; signed with noise too, without a signer."""
    body = os.urandom(64) if body is None else body
    header = Header(
        stream=stream or uuid4(),
        version=version,
        type=type_,
        subject=subject,
        issuer=issuer,
        key=key,
        recorded_at=recorded_at,
        commitment=os.urandom(32),
        body_hash=headers.body_hash(body),
    )
    dumped = header.dump()
    signature = signer(dumped)
    return SealedEvent(
        originator_id=header.stream,
        originator_version=version,
        topic=type_,
        state=body,
        header=dumped,
        signature=signature,
        body=body,
        subject=subject,
        issuer=issuer,
        event_id=event_id or uuid4(),
        entry=headers.entry(dumped, signature),
        recorded_at=recorded_at,
    )
