"""An organisation checks everything that a log holds in its name: what it did not do is found (THREATS E12).

Each event of the feed is proven against a pinned key of the log; what the page says beside the header is
compared with it. With a register of its own the organisation sees credentials it never issued, keys it does not
know, and what it issued and the feed leaves out.

Offline and pure. What it cannot see: an event that is in the log and that no page shows, and a hash that the
server made up for a credential of which the register knows nothing but the hash.
Not here: fetching the pages (`leerspoor recheck`).
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from verifiers.checks.receipt import CREDENTIAL_TYPE
from verifiers.errors import InvalidError, UndeterminedError, VerifierError
from verifiers.formats import header as headers
from verifiers.formats import key_event
from verifiers.formats import receipt as receipts
from verifiers.formats.checkpoint import Checkpoint, VerifierKey
from verifiers.formats.feed import FeedItem, FeedPage
from verifiers.formats.receipt import Opening
from verifiers.formats.register import Register

_MESSAGES = {
    "feed_other": "the page is of another organisation",
    "feed_order": "the events do not come in the order of the log",
    "issuer_other": "the event is of another organisation",
    "item_mismatch": "the feed says something else than the event's header",
    # Receipts say this of a policy; here it is a key that is pinned.
    "log_not_trusted": "the proof is of another log, or another key, than the pinned one",
    "payload_other": "the log holds something else than the text or credential that the feed tells",
    "key_unknown": "a key was registered that your register does not know",
    "signer_unknown": "a credential is signed by a key that your register does not know",
    "credential_unknown": "a credential was recorded in your name that your register does not know",
    "credential_twice": "a credential of your register was recorded more than once",
    "credential_missing": "a credential of your register is not in the feed",
    "credential_unopenable": "a credential was erased, and your register does not know its id",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Args:
        verdict: "invalid", or "undetermined" where it could be right and cannot be seen.
        position: of the event; None for what is not there.
        detail: the identifier it is about.
    """

    code: str
    verdict: Literal["invalid", "undetermined"]
    message: str
    position: int | None = None
    detail: str | None = None


class Recheck:
    """Goes through a feed page by page.

    Args:
        organisation: whose feed it is.
        logs: pinned keys of the log.
        register: the organisation's own; None: only the proofs are checked.
    """

    def __init__(
        self, organisation: UUID, *, logs: Sequence[VerifierKey], register: Register | None = None
    ) -> None:
        self._organisation = organisation
        self._logs = tuple(logs)
        self._register = register
        self._last = -1
        self._heads: dict[str, tuple[VerifierKey, ...]] = {}
        self._ids: set[UUID] = set()
        self._hashes: Counter[bytes] = Counter()
        self._unopenable = 0
        self.counts: Counter[str] = Counter()
        """How many events of each type there are."""

    def add(self, page: FeedPage) -> Iterator[Finding]:
        """Check the next page and return what is wrong with its events."""
        if page.organisation != self._organisation:
            yield _finding("feed_other")
            return
        for item in page.items:
            self.counts[item.type] += 1
            if item.position <= self._last:
                yield _finding("feed_order", item)
            self._last = max(self._last, item.position)
            try:
                yield from list(self._compare(item, self._prove(item)))
            except VerifierError as error:
                is_open = isinstance(error, UndeterminedError)
                message = _MESSAGES.get(error.code, error.message)
                yield Finding(error.code, "undetermined" if is_open else "invalid", message, item.position)

    def finish(self) -> Iterator[Finding]:
        """Return what the whole feed leaves out of the register."""
        if self._register is None:
            return
        missing = [f"urn:uuid:{id_}" for id_ in self._register.ids - self._ids]
        # What was erased has no hash any more: then a missing hash may be one of these.
        gone = [f"sha256:{hash_.hex()}" for hash_ in self._register.hashes - self._hashes.keys()]
        for detail in sorted(missing):
            yield _finding("credential_missing", detail=detail)
        for detail in sorted(gone):
            yield _finding("credential_missing", detail=detail, certain=len(gone) > self._unopenable)

    def _prove(self, item: FeedItem) -> Opening | None:
        """Return the opening of an event that stands in the log as the page says.

        Raises: VerifierError: the codes above, or those of receipts and headers.
        """
        # 1. The head is signed by the pinned key.
        receipt = receipts.parse(item.receipt)
        own = self._verify_head(receipt.checkpoint)
        # 2. The log signed this header.
        header = receipts.verify_header(item.header, item.signature, own=own)
        # 3. Header and signature are the entry at this place.
        receipts.verify_entry(receipt, item.header, item.signature)
        # 4. The page says what the header says.
        said = (item.position, item.type, item.stream, item.recorded_at)
        if said != (receipt.index, header.type, header.stream, header.recorded_at):
            raise _error("item_mismatch")
        if header.issuer != self._organisation:
            raise _error("issuer_other")
        # 5. What is told of its content is its content.
        opening = receipt.opening
        if opening is None:
            return None
        if (opening.header, opening.signature) != (item.header, item.signature):
            raise _error("item_mismatch")
        known = self._register.contents.get(item.credential_sha256 or b"") if self._register else None
        for content in (item.payload, known):
            if content is not None and not hmac.compare_digest(
                headers.commitment(opening.r, content), header.commitment
            ):
                raise _error("payload_other")
        return opening

    def _verify_head(self, checkpoint: Checkpoint) -> tuple[VerifierKey, ...]:
        # One head is under many receipts, and is verified once.
        text = checkpoint.dump()
        if text not in self._heads:
            self._heads[text] = receipts.verify_head(checkpoint, logs=self._logs)
        return self._heads[text]

    def _compare(self, item: FeedItem, opening: Opening | None) -> Iterator[Finding]:
        """Compare a proven event with the register."""
        register = self._register
        if register is None:
            return
        yield from self._keys(item, register)
        if item.type != CREDENTIAL_TYPE:
            return
        hash_ = item.credential_sha256
        if item.stream in self._ids and (hash_ is None or hash_ not in self._hashes):
            # One id is one credential: another under a known id must not pass for the known one.
            yield _finding("credential_twice", item, detail=f"urn:uuid:{item.stream}")
        self._ids.add(item.stream)
        if hash_ is not None:
            self._hashes[hash_] += 1
            if self._hashes[hash_] > 1:
                yield _finding("credential_twice", item, detail=f"sha256:{hash_.hex()}")
        if item.stream in register.ids or hash_ in register.hashes:
            return
        detail = f"urn:uuid:{item.stream}"
        if opening is None or hash_ is None:
            self._unopenable += 1
            yield _finding("credential_unopenable", item, detail=detail, certain=False)
        else:
            yield _finding("credential_unknown", item, detail=detail)

    def _keys(self, item: FeedItem, register: Register) -> Iterator[Finding]:
        if not register.keys:
            return
        for method in item.signed_by:
            if method.rpartition("#")[2] not in register.keys:
                yield _finding("signer_unknown", item, detail=method)
        if item.type in key_event.ADDED_TYPES:
            added = None if item.payload is None else key_event.parse(item.payload, type=item.type)
            multikey = added.key.multikey if isinstance(added, key_event.KeyAdded) else None
            if multikey not in register.keys:
                yield _finding("key_unknown", item, detail=multikey)


def _finding(
    code: str, item: FeedItem | None = None, *, detail: str | None = None, certain: bool = True
) -> Finding:
    position = None if item is None else item.position
    return Finding(code, "invalid" if certain else "undetermined", _MESSAGES[code], position, detail)


def _error(code: str) -> InvalidError:
    return InvalidError(code, _MESSAGES[code])
