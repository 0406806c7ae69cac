"""The registry of a ledger: by which policy it registers organisations, and whom it believes beside itself.

One stream with a fixed id, about nobody and by nobody: these events are the ledger's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from ledger.domain.aggregate import Fact, FirstFact, Root
from ledger.errors import ConflictError, NotFoundError

REGISTRY = UUID("7e915700-0000-4000-8000-000000000001")
"""The stream of the registry, the same in every ledger."""


@dataclass(frozen=True, slots=True)
class RegistrationPolicy:
    """How the operator decides who may register.

    Args: sha256: base64url, of the text in UTF-8. url: where it is published too.
    """

    sha256: str
    url: str | None
    text: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Anchor:
    """Somebody this ledger believes beside itself.

    Args:
        kind: "log", "issuer" or "witness".
        value: verifier key of a log, DID or address of an issuer, verifier key of a witness.
    """

    kind: str
    value: str
    reason: str
    added_at: datetime


class Registry(Root):
    """What outsiders may hold the operator to."""

    TOPIC = "registry"

    policy: RegistrationPolicy | None
    anchors: dict[tuple[str, str], Anchor]

    class Event(Fact):
        """An event of the registry: about no person, by no organisation."""

        TOPIC: ClassVar[str] = "registry"

    class Opened(Event, FirstFact):
        """The registry exists, and is empty; recorded together with what is put into it first."""

        TOPIC: ClassVar[str] = "registry-opened.v1"

        def aggregate_class(self) -> type[Root]:
            """Return Registry."""
            return Registry

        def apply(self, aggregate: Registry) -> None:
            """Set the first state."""
            aggregate.policy, aggregate.anchors = None, {}

    class PolicySet(Event):
        """From now on organisations are registered by this text."""

        TOPIC: ClassVar[str] = "registration-policy-set.v1"
        sha256: str
        url: str | None
        text: str

        def apply(self, aggregate: Registry) -> None:
            """Put it in the place of the one before."""
            aggregate.policy = RegistrationPolicy(self.sha256, self.url, self.text, self.timestamp)

    class AnchorAdded(Event):
        """From now on somebody is believed."""

        TOPIC: ClassVar[str] = "trust-anchor-added.v1"
        kind: str
        value: str
        reason: str

        def apply(self, aggregate: Registry) -> None:
            """Add the anchor."""
            made = Anchor(self.kind, self.value, self.reason, self.timestamp)
            aggregate.anchors[self.kind, self.value] = made

    class AnchorRemoved(Event):
        """From now on somebody is believed no more."""

        TOPIC: ClassVar[str] = "trust-anchor-removed.v1"
        kind: str
        value: str
        reason: str

        def apply(self, aggregate: Registry) -> None:
            """Take the anchor out."""
            del aggregate.anchors[self.kind, self.value]

    @classmethod
    def open(cls, *, event_id: UUID, now: datetime) -> Registry:
        """Return the empty registry."""
        return cls.begin(cls.Opened, id=REGISTRY, event_id=event_id, timestamp=now, subject=None, issuer=None)

    def happen(self, event_class: type[Fact], *, now: datetime, event_id: UUID, **attributes: Any) -> None:
        """Add the next event: it is about nobody, and by nobody."""
        super().happen(event_class, now=now, event_id=event_id, subject=None, issuer=None, **attributes)

    def set_policy(self, *, event_id: UUID, now: datetime, sha256: str, url: str | None, text: str) -> None:
        """Register organisations by another text from now on.

        Raises: ConflictError: policy_is_set.
        """
        if self.policy is not None and (self.policy.text, self.policy.url) == (text, url):
            raise ConflictError("policy_is_set", "this is the registration policy already")
        self.happen(self.PolicySet, now=now, event_id=event_id, sha256=sha256, url=url, text=text)

    def add_anchor(self, *, event_id: UUID, now: datetime, kind: str, value: str, reason: str) -> None:
        """Believe somebody from now on.

        Raises: ConflictError: anchor_exists.
        """
        if (kind, value) in self.anchors:
            raise ConflictError("anchor_exists", "this trust anchor is there already")
        self.happen(self.AnchorAdded, now=now, event_id=event_id, kind=kind, value=value, reason=reason)

    def remove_anchor(self, *, event_id: UUID, now: datetime, kind: str, value: str, reason: str) -> None:
        """Believe somebody no longer.

        Raises: NotFoundError: anchor_unknown.
        """
        if (kind, value) not in self.anchors:
            raise NotFoundError("anchor_unknown", "there is no such trust anchor")
        self.happen(self.AnchorRemoved, now=now, event_id=event_id, kind=kind, value=value, reason=reason)
