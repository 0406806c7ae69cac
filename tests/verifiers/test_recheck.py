"""What an operator could record past its own ledger, and an organisation still finds (THREATS E12)."""

from __future__ import annotations

import hashlib

from tests.verifiers.world import Log, stream
from verifiers.formats import header as headers
from verifiers.formats import receipt as receipts
from verifiers.formats.feed import FeedItem, FeedPage
from verifiers.formats.register import Register
from verifiers.recheck import ISSUED, Recheck

ROC = stream("roc")


def item(log: Log, payload: bytes) -> FeedItem:
    """Record a credential under the one id, and return what a feed tells of it."""
    text = log.record_text(payload, type=ISSUED, stream_id=stream("credential"), issuer=ROC)
    receipt = receipts.parse(text)
    assert receipt.opening is not None
    header = headers.parse(receipt.opening.header)
    return FeedItem(
        position=receipt.index,
        type=header.type,
        stream=header.stream,
        recorded_at=header.recorded_at,
        header=receipt.opening.header,
        signature=receipt.opening.signature,
        credential_sha256=hashlib.sha256(payload).digest(),
        signed_by=(),
        payload=None,
        receipt=text,
    )


def test_a_second_credential_under_a_known_id_is_not_the_known_one() -> None:
    log = Log()
    own, forged = item(log, b"own"), item(log, b"forged")
    for known in (
        Register(ids=frozenset({own.stream})),
        Register(ids=frozenset({own.stream})).with_credentials([b"own"]),
    ):
        checking = Recheck(ROC, logs=(log.vkey,), register=known)
        found = [*checking.add(FeedPage(ROC, (own, forged), None)), *checking.finish()]
        assert [(one.code, one.position, one.detail) for one in found] == [
            ("credential_twice", forged.position, f"urn:uuid:{own.stream}")
        ]
