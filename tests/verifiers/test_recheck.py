"""What an operator could record past its own ledger, and an organisation still finds (THREATS E12)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.verifiers.world import Log, stream
from verifiers.checks.receipt import CREDENTIAL_TYPE
from verifiers.formats import header as headers
from verifiers.formats import receipt as receipts
from verifiers.formats.checkpoint import VerifierKey
from verifiers.formats.feed import FeedItem, FeedPage
from verifiers.formats.register import Register
from verifiers.recheck import Finding, Recheck

ROC = stream("roc")


def item(log: Log, payload: bytes, **options: Any) -> FeedItem:
    """Record a credential under the one id, and return what a feed tells of it."""
    text = log.record_text(
        payload, type=CREDENTIAL_TYPE, stream_id=stream("credential"), issuer=ROC, **options
    )
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


def findings(*items: FeedItem, logs: Sequence[VerifierKey], known: Register | None = None) -> list[Finding]:
    """Return all that is found in a feed of these items."""
    checking = Recheck(ROC, logs=logs, register=known)
    return [*checking.add(FeedPage(ROC, items, None)), *checking.finish()]


def codes(found: list[Finding]) -> list[tuple[str, str]]:
    """Return verdict and code of each."""
    return [(one.verdict, one.code) for one in found]


def test_a_second_credential_under_a_known_id_is_not_the_known_one() -> None:
    log = Log()
    own, forged = item(log, b"own"), item(log, b"forged")
    for known in (
        Register(ids=frozenset({own.stream})),
        Register(ids=frozenset({own.stream})).with_credentials([b"own"]),
    ):
        found = findings(own, forged, logs=(log.vkey,), known=known)
        assert [(one.code, one.position, one.detail) for one in found] == [
            ("credential_twice", forged.position, f"urn:uuid:{own.stream}")
        ]


def test_a_header_is_signed_by_a_key_of_its_own_log() -> None:
    log, other = Log(), Log("other.example/log", key="other log")
    borrowed = item(log, b"own", key=other.signer.key.multikey, signer=other.signer)
    found = findings(borrowed, logs=(log.vkey, other.vkey))
    assert codes(found) == [("invalid", "receipt_header_key")]
    # An older key of the same log is as good.
    assert findings(borrowed, logs=(log.vkey, VerifierKey(log.origin, other.signer.key))) == []


def test_every_head_is_verified() -> None:
    log, stranger = Log(), Log("other.example/log", key="other log")
    own, foreign = item(log, b"own"), item(stranger, b"foreign")
    found = findings(own, replace(foreign, position=1), logs=(log.vkey,))
    assert codes(found) == [("undetermined", "log_not_trusted")]
    assert found[0].message == "the proof is of another log, or another key, than the pinned one"
    receipt = receipts.parse(own.receipt)
    moved = replace(receipt, checkpoint=replace(receipt.checkpoint, root=bytes(32)))
    found = findings(replace(own, receipt=moved.dump()), logs=(log.vkey,))
    assert codes(found) == [("invalid", "checkpoint_signature")]


def test_the_opening_is_that_of_the_entry() -> None:
    log = Log()
    first, second = item(log, b"first"), item(log, b"second")
    opening = receipts.parse(first.receipt).opening
    lie = replace(second, receipt=replace(receipts.parse(second.receipt), opening=opening).dump())
    assert codes(findings(lie, logs=(log.vkey,))) == [("invalid", "item_mismatch")]


def test_one_erased_credential_excuses_one_missing_hash_and_no_more() -> None:
    log = Log()
    own = item(log, b"own")
    receipt = log.receipt(own.position, opening=False).dump()
    erased = replace(own, credential_sha256=None, receipt=receipt)
    for missing, verdict in ((1, "undetermined"), (2, "invalid")):
        known = Register(hashes=frozenset(hashlib.sha256(bytes([each])).digest() for each in range(missing)))
        assert codes(findings(erased, logs=(log.vkey,), known=known)) == [
            ("undetermined", "credential_unopenable"),
            *[(verdict, "credential_missing")] * missing,
        ]
