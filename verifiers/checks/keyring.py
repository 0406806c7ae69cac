"""Which keys an issuer has, how we know, and for how long they counted.

Sources, and what makes each authentic:

    log           a key event with a receipt under a log of the policy
    did:key       the identifier is the key
    did_document  the verifier fetched the document itself (`Evidence`)
    policy        the verifier pinned the key
    bundle        nothing: a claim of whoever made the file; usable to check a signature, never to believe it

Pins restrict: when the policy pins keys for an issuer, no other key of it counts. An issuer that is believed
only because a log records it has only the keys which that log records (THREATS C1).

Not here: the check of a proof (`proofs`), the judgement on time (`key`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from verifiers.errors import InvalidError, UndeterminedError, VerifierError
from verifiers.evidence import Evidence
from verifiers.formats import did_document, key_event
from verifiers.formats import receipt as receipts
from verifiers.formats.bundle import Bundle
from verifiers.policy import TrustPolicy
from verifiers.primitives import keys
from verifiers.primitives.keys import PublicKey

Source = Literal["log", "did:key", "did_document", "policy", "bundle"]


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key of an issuer.

    Args:
        method: its DID URL, or None for a pinned key without a name.
        valid_from: from a log only. valid_until: from a log or a DID document; None while it is in use.
    """

    key: PublicKey
    method: str | None
    source: Source
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def authentic(self) -> bool:
        """Whether we know, and were not merely told, that the key is the issuer's."""
        return self.source != "bundle"


@dataclass(frozen=True, slots=True)
class Keyring:
    """All that is known about keys in one verification.

    Args:
        recorded: keys by DID, from key events that were proven to stand in a believed log.
        names: what these events call the issuers, by DID.
        refused: the errors of key events that were not, for the report.
    """

    policy: TrustPolicy
    documents: Mapping[str, bytes]
    claimed_documents: Mapping[str, bytes]
    recorded: Mapping[str, tuple[KnownKey, ...]]
    names: Mapping[str, str]
    refused: tuple[VerifierError, ...]

    def is_recorded(self, issuer: str) -> bool:
        """Return whether a believed log records a key of this issuer."""
        return issuer in self.recorded

    def find(self, issuer: str, method: str | None) -> tuple[KnownKey, ...]:
        """Return the keys that a proof by this issuer may have been made with; never empty.

        Args:
            issuer: DID or URL, compared as text.
            method: DID URL of the verification method, or None when the proof names no key.

        Raises:
            UndeterminedError: key_unknown, key_not_pinned, key_not_announced, key_type_unknown.
            InvalidError: key_not_in_document, key_not_for_assertion, key_controller, key_small_order.
            MalformedError: did_document_malformed, key_malformed and the like.
        """
        found = self._resolve(issuer, method)
        trusted = self.policy.issuers.get(issuer)
        if trusted is not None and trusted.keys:
            return self._pinned(trusted.keys, found, method)
        if trusted is None and self.policy.log_issuers and self.is_recorded(issuer):
            announced = {known.key for known in self.recorded[issuer]}
            found = tuple(known for known in found if known.key in announced)
            if not found:
                raise UndeterminedError(
                    "key_not_announced", "the key is not recorded in the log that we believe"
                )
        if not found:
            raise UndeterminedError("key_unknown", "the issuer's key could not be found")
        return found

    def _resolve(self, issuer: str, method: str | None) -> tuple[KnownKey, ...]:
        recorded = tuple(
            known for known in self.recorded.get(issuer, ()) if method is None or known.method == method
        )
        if recorded:
            return recorded
        if issuer.startswith("did:key:"):
            key = keys.parse_did_key(issuer)
            if method not in (None, key.did_key_verification_method):
                raise InvalidError(
                    "key_not_in_document", "the proof names a key that its did:key does not have"
                )
            return (self._dated(KnownKey(key, key.did_key_verification_method, "did:key"), issuer),)
        if issuer in self.documents:
            return self._of_document(self.documents[issuer], issuer, method, "did_document")
        if issuer in self.claimed_documents and not self._has_pins(issuer):
            return self._of_document(self.claimed_documents[issuer], issuer, method, "bundle")
        return ()

    def _of_document(
        self, data: bytes, issuer: str, method: str | None, source: Source
    ) -> tuple[KnownKey, ...]:
        document = did_document.parse(data, did=issuer)
        own = document.assertion_keys() if method is None else (document.key(method),)
        return tuple(
            self._dated(KnownKey(item.key, item.method, source, None, item.valid_until), issuer)
            for item in own
        )

    def _has_pins(self, issuer: str) -> bool:
        trusted = self.policy.issuers.get(issuer)
        return trusted is not None and bool(trusted.keys)

    def _pinned(
        self, pins: Sequence[str], found: tuple[KnownKey, ...], method: str | None
    ) -> tuple[KnownKey, ...]:
        if found:
            kept = tuple(known for known in found if known.key.multikey in pins)
            if not kept:
                raise UndeterminedError("key_not_pinned", "the policy pins other keys for this issuer")
            return kept
        named = [pin for pin in pins if method is not None and method.endswith(f"#{pin}")]
        return tuple(KnownKey(keys.parse_multikey(pin), method, "policy") for pin in named or pins)

    def _dated(self, known: KnownKey, issuer: str) -> KnownKey:
        """Let the end that a log records for a key count for every source of it."""
        ends = [
            known.valid_until,
            *(own.valid_until for own in self.recorded.get(issuer, ()) if own.key == known.key),
        ]
        return replace(known, valid_until=min((end for end in ends if end is not None), default=None))


def build(*, policy: TrustPolicy, evidence: Evidence, bundle: Bundle | None) -> Keyring:
    """Return the keyring of a verification: key events are proven here, once."""
    events = [*evidence.key_events, *((key.payload, key.receipt) for key in (bundle.keys if bundle else ()))]
    recorded, names, refused = _recorded(dict.fromkeys(events), policy)
    return Keyring(
        policy=policy,
        documents=evidence.did_documents,
        claimed_documents=bundle.did_documents if bundle else {},
        recorded=recorded,
        names=names,
        refused=refused,
    )


def _recorded(
    events: Iterable[tuple[bytes, str]], policy: TrustPolicy
) -> tuple[Mapping[str, tuple[KnownKey, ...]], Mapping[str, str], tuple[VerifierError, ...]]:
    added: list[tuple[UUID, key_event.KeyAdded]] = []
    ended: dict[tuple[UUID, PublicKey], datetime] = {}
    refused: list[VerifierError] = []
    for payload, text in events:
        try:
            header = receipts.verify_receipt(receipts.parse(text), payload, logs=policy.logs)
            event = key_event.parse(payload, type=header.type)
            if header.issuer != header.stream:
                raise InvalidError(
                    "key_event_stream", "the key event does not stand in its organisation's own stream"
                )
            if isinstance(event, key_event.KeyAdded):
                _check_did_key(event)
        except VerifierError as error:
            refused.append(error)
            continue
        if isinstance(event, key_event.KeyRetired):
            known = ended.get((header.stream, event.key))
            ended[header.stream, event.key] = min(known or event.valid_until, event.valid_until)
        else:
            added.append((header.stream, event))
    recorded: dict[str, tuple[KnownKey, ...]] = {}
    for stream, event in added:
        end = ended.get((stream, event.key))
        # A did:key is its own key from the beginning, whenever it was recorded.
        since = None if event.did.startswith("did:key:") else event.valid_from
        known_key = KnownKey(event.key, event.verification_method, "log", since, end)
        recorded[event.did] = (*recorded.get(event.did, ()), known_key)
    names = {event.did: event.name for _, event in added if event.name is not None}
    return recorded, names, tuple(refused)


def _check_did_key(event: key_event.KeyAdded) -> None:
    if event.did.startswith("did:key:") and keys.parse_did_key(event.did) != event.key:
        raise InvalidError("key_event_did", "the key event gives a did:key another key than its own")
