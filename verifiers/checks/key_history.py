"""What believed logs record about the keys of issuers: added, retired, compromised; and that an issuer ceased.

An event counts when its receipt stands under a log of the policy, at a time that the policy accepts, in the
stream of the organisation itself. One organisation can end neither the keys nor the DID of another. Where two logs
announce one DID, the one that the policy names first does, and only it says that the DID has ended: whoever
believes a second log lets it speak for more issuers, not for the ones there are.

Not here: other sources of keys (`keyring`), the judgement on time (`key`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from verifiers.checks.log_time import Logged, Place, time_of
from verifiers.errors import InvalidError, VerifierError
from verifiers.formats import key_event
from verifiers.formats import receipt as receipts
from verifiers.formats.key_event import KeyAdded, KeyCompromised, KeyEvent, KeyRetired, OrganisationCeased
from verifiers.policy import TrustPolicy
from verifiers.primitives import keys
from verifiers.primitives.keys import PublicKey

SECOND = timedelta(seconds=1)
_LAST = datetime(9999, 12, 31, tzinfo=UTC)

Source = Literal["log", "did:key", "did_document", "policy", "bundle"]


@dataclass(frozen=True, slots=True)
class End:
    """One reason why a key does not count from a moment on.

    Args:
        place: of the event that says so, when it did so for the present or the future: what stands earlier in
            the same log was there before the end. None when only the clock decides.
    """

    at: datetime
    place: Place | None = None

    def is_after(self, logged: Logged) -> bool:
        """Return whether an entry was there before this end, by the clock or by the order of the log."""
        return logged.at < self.at or (self.place is not None and logged.place.is_before(self.place))


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key of an issuer.

    Args:
        method: its DID URL, or None for a pinned key without a name.
        valid_from: from a log only.
        ends: from a log or a DID document; empty while it is in use.
        compromised_since: from a log only; from then on somebody else may have signed with it.
    """

    key: PublicKey
    method: str | None
    source: Source
    valid_from: datetime | None = None
    ends: tuple[End, ...] = ()
    compromised_since: datetime | None = None

    @property
    def authentic(self) -> bool:
        """Whether we know, and were not merely told, that the key is the issuer's."""
        return self.source != "bundle"

    @property
    def valid_until(self) -> datetime | None:
        """The first of its ends."""
        return min((end.at for end in self.ends), default=None)


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """All that was proven.

    Args:
        keys: by DID, in the order of the events at hand.
        names: what the events call the issuers, by DID.
        ceased: by DID.
        refused: the errors of events that proved nothing, for the report.
    """

    keys: Mapping[str, tuple[KnownKey, ...]]
    names: Mapping[str, str]
    ceased: Mapping[str, OrganisationCeased]
    refused: tuple[VerifierError, ...]

    def dated(self, known: KnownKey, issuer: str) -> KnownKey:
        """Let the ends that a log records for a key count for every source of it."""
        for own in self.keys.get(issuer, ()):
            if own.key == known.key:
                since = _earlier(known.compromised_since, own.compromised_since)
                known = replace(known, ends=(*known.ends, *own.ends), compromised_since=since)
        return known


@dataclass(frozen=True, slots=True)
class _Proven:
    event: KeyEvent
    stream: UUID
    logged: Logged


def prove(events: Iterable[tuple[bytes, str]], *, policy: TrustPolicy, at: datetime) -> KeyHistory:
    """Return what these events prove under a policy.

    Args:
        events: payload and receipt text of each.
        at: the moment of the verification.
    """
    proven: list[_Proven] = []
    refused: list[VerifierError] = []
    for payload, text in events:
        try:
            proven.append(_prove(payload, text, policy, at))
        except VerifierError as error:
            refused.append(error)
    proven, others = _by_first_log(proven, policy)
    refused += others
    ends = _Ends()
    for item in proven:
        ends.take(item)
    found: dict[str, tuple[KnownKey, ...]] = {}
    names: dict[str, str] = {}
    for item in proven:
        if isinstance(item.event, KeyAdded):
            found[item.event.did] = (*found.get(item.event.did, ()), ends.known(item.event, item.stream))
            if item.event.name is not None:
                names[item.event.did] = item.event.name
    ceased, stray = ends.ceased_of(
        {(item.stream, item.event.did) for item in proven if isinstance(item.event, KeyAdded)}
    )
    return KeyHistory(found, names, ceased, (*refused, *stray))


def _by_first_log(
    proven: list[_Proven], policy: TrustPolicy
) -> tuple[list[_Proven], tuple[VerifierError, ...]]:
    """Leave out what is said of a DID that a log named earlier announces too, and return an error for it."""
    ranks = {key.name: rank for rank, key in reversed(tuple(enumerate(policy.logs)))}
    first: dict[str, int] = {}
    for item in proven:
        if isinstance(item.event, KeyAdded):
            rank = ranks[item.logged.place.origin]
            first[item.event.did] = min(rank, first.get(item.event.did, rank))
    kept = [
        item
        for item in proven
        if not isinstance(item.event, KeyAdded | OrganisationCeased)
        or ranks[item.logged.place.origin] == first.get(item.event.did, ranks[item.logged.place.origin])
    ]
    error = InvalidError(
        "key_event_did", "the event is about a DID that a log named before its own announces"
    )
    return kept, (error,) * (len(proven) - len(kept))


class _Ends:
    """What events say about the ends of keys, before it is known whose keys they are."""

    def __init__(self) -> None:
        self._retired: dict[tuple[UUID, PublicKey], tuple[End, ...]] = {}
        self._compromised: dict[tuple[UUID, PublicKey], datetime | None] = {}
        self._ceased: dict[tuple[UUID, str], tuple[OrganisationCeased, End]] = {}

    def take(self, item: _Proven) -> None:
        """Take one proven event."""
        event, stream = item.event, item.stream
        if isinstance(event, KeyRetired):
            end = _end(event.valid_until, item.logged)
            self._retired[stream, event.key] = (*self._retired.get((stream, event.key), ()), end)
        elif isinstance(event, KeyCompromised):
            known = self._compromised.get((stream, event.key))
            self._compromised[stream, event.key] = _earlier(known, event.compromised_since)
        elif isinstance(event, OrganisationCeased):
            known_end = self._ceased.get((stream, event.did))
            if known_end is None or event.ceased_at < known_end[0].ceased_at:
                self._ceased[stream, event.did] = (event, _end(_after(event.ceased_at), item.logged))

    def known(self, event: KeyAdded, stream: UUID) -> KnownKey:
        """Return a recorded key with its ends; with its organisation, each of its keys ends."""
        # A did:key is its own key from the beginning, whenever it was recorded.
        since = None if event.did.startswith("did:key:") else event.valid_from
        ends = self._retired.get((stream, event.key), ())
        ceased = self._ceased.get((stream, event.did))
        return KnownKey(
            event.key,
            event.verification_method,
            "log",
            since,
            ends if ceased is None else (*ends, ceased[1]),
            self._compromised.get((stream, event.key)),
        )

    def ceased_of(
        self, streams: set[tuple[UUID, str]]
    ) -> tuple[dict[str, OrganisationCeased], tuple[VerifierError, ...]]:
        """Return who ceased, and an error for each event that ends a DID which its stream does not have."""
        ceased = {
            did: event for (stream, did), (event, _) in self._ceased.items() if (stream, did) in streams
        }
        stray = InvalidError("key_event_did", "the event ends a DID that its stream does not have")
        return ceased, tuple(stray for place in self._ceased if place not in streams)


def _prove(payload: bytes, text: str, policy: TrustPolicy, at: datetime) -> _Proven:
    receipt = receipts.parse(text)
    header = receipts.verify_receipt(receipt, payload, logs=policy.logs)
    event = key_event.parse(payload, type=header.type)
    if header.issuer != header.stream:
        raise InvalidError(
            "key_event_stream", "the key event does not stand in its organisation's own stream"
        )
    if isinstance(event, KeyAdded):
        _check_did_key(event)
    return _Proven(event, header.stream, time_of(receipt, header, policy=policy, at=at))


def _check_did_key(event: KeyAdded) -> None:
    if event.did.startswith("did:key:") and keys.parse_did_key(event.did) != event.key:
        raise InvalidError("key_event_did", "the key event gives a did:key another key than its own")


def _end(at: datetime, logged: Logged) -> End:
    # An end before its own event is a statement about earlier entries, so their order acquits nobody.
    return End(at, logged.place if logged.recorded_at <= at else None)


def _after(moment: datetime) -> datetime:
    # Times have whole seconds: what was signed within the last one was signed while the issuer was there.
    return moment + SECOND if moment < _LAST else moment


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)
