"""Which keys an issuer has, how we know, and until when they counted.

Sources, and what makes each authentic:

    log           a key event with a receipt under a log of the policy
    did:key       the identifier is the key
    did_document  the verifier fetched the document itself (`Evidence`)
    policy        the verifier pinned the key
    bundle        nothing: a claim of whoever made the file; usable to check a signature, never to believe it

Pins restrict: when the policy pins keys for an issuer, no other key of it counts. An issuer that is believed
only because a log records it has only the keys which that log records (THREATS C1).

Not here: proving key events (`key_history`), the check of a proof (`proofs`), the judgement on time (`key`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from verifiers.checks import key_history
from verifiers.checks.key_history import End, KeyHistory, KnownKey, Source
from verifiers.errors import InvalidError, UndeterminedError, VerifierError
from verifiers.evidence import Evidence
from verifiers.formats import did_document
from verifiers.formats.bundle import Bundle
from verifiers.formats.key_event import OrganisationCeased
from verifiers.policy import TrustPolicy
from verifiers.primitives import keys


@dataclass(frozen=True, slots=True)
class Keyring:
    """All that is known about keys in one verification.

    Args:
        history: what believed logs record about keys.
        broken: algorithms whose signatures prove nothing any more by themselves.
    """

    policy: TrustPolicy
    documents: Mapping[str, bytes]
    claimed_documents: Mapping[str, bytes]
    history: KeyHistory
    broken: frozenset[str]

    @property
    def names(self) -> Mapping[str, str]:
        """What believed logs call the issuers, by DID."""
        return self.history.names

    @property
    def ceased(self) -> Mapping[str, OrganisationCeased]:
        """The issuers that believed logs record as ended, by DID."""
        return self.history.ceased

    @property
    def refused(self) -> tuple[VerifierError, ...]:
        """The errors of key events that proved nothing, for the report."""
        return self.history.refused

    def is_recorded(self, issuer: str) -> bool:
        """Return whether a believed log records a key of this issuer."""
        return issuer in self.history.keys

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
            return self._pinned(trusted.keys, found, method, issuer)
        if trusted is None and self.policy.log_issuers and self.is_recorded(issuer):
            announced = {known.key for known in self.history.keys[issuer]}
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
            known for known in self.history.keys.get(issuer, ()) if method is None or known.method == method
        )
        if recorded:
            return recorded
        if issuer.startswith("did:key:"):
            key = keys.parse_did_key(issuer)
            if method not in (None, key.did_key_verification_method):
                raise InvalidError(
                    "key_not_in_document", "the proof names a key that its did:key does not have"
                )
            return (self.history.dated(KnownKey(key, key.did_key_verification_method, "did:key"), issuer),)
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
            self.history.dated(KnownKey(item.key, item.method, source, None, _ends(item.valid_until)), issuer)
            for item in own
        )

    def _has_pins(self, issuer: str) -> bool:
        trusted = self.policy.issuers.get(issuer)
        return trusted is not None and bool(trusted.keys)

    def _pinned(
        self, pins: Sequence[str], found: tuple[KnownKey, ...], method: str | None, issuer: str
    ) -> tuple[KnownKey, ...]:
        if found:
            kept = tuple(known for known in found if known.key.multikey in pins)
            if not kept:
                raise UndeterminedError("key_not_pinned", "the policy pins other keys for this issuer")
            return kept
        named = [pin for pin in pins if method is not None and method.endswith(f"#{pin}")]
        return tuple(
            self.history.dated(KnownKey(keys.parse_multikey(pin), method, "policy"), issuer)
            for pin in named or pins
        )


def _ends(valid_until: datetime | None) -> tuple[End, ...]:
    return () if valid_until is None else (End(valid_until),)


def build(*, policy: TrustPolicy, evidence: Evidence, bundle: Bundle | None, at: datetime) -> Keyring:
    """Return the keyring of a verification at this moment: key events are proven here, once."""
    events = [*evidence.key_events, *((key.payload, key.receipt) for key in (bundle.keys if bundle else ()))]
    return Keyring(
        policy=policy,
        documents=evidence.did_documents,
        claimed_documents=bundle.did_documents if bundle else {},
        history=key_history.prove(dict.fromkeys(events), policy=policy, at=at),
        broken=policy.broken_at(at),
    )
