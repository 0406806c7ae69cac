"""The registry on the wire: the registration policy, trust anchors, and the events that prove both."""

from __future__ import annotations

from typing import Literal

from api.wire.shapes import Answer, Asked, Moment, Words
from ledger.usecases import registry


class SetPolicy(Asked):
    """By which text organisations are registered, and where it is published too."""

    text: Words
    url: Words | None = None

    def command(self) -> registry.SetPolicy:
        """Return what the usecase asks."""
        return registry.SetPolicy(text=self.text, url=self.url)


class ChangeAnchor(Asked):
    """A trust anchor: a log or a witness by its verifier key, an issuer by its DID or https address."""

    kind: registry.AnchorKind
    value: Words
    reason: Words

    def command(self) -> registry.ChangeAnchor:
        """Return what the usecase asks."""
        return registry.ChangeAnchor(kind=self.kind, value=self.value, reason=self.reason)


class PolicyAnswer(Answer):
    """The registration policy in force; `sha256` of its text in UTF-8, base64url."""

    sha256: str
    url: str | None
    text: str
    set_at: Moment


class AnchorAnswer(Answer):
    """A trust anchor in force."""

    kind: registry.AnchorKind
    value: str
    reason: str
    added_at: Moment


class RegistryAnswer(Answer):
    """What is in force now; `version` counts the events that made it."""

    version: int
    policy: PolicyAnswer | None
    anchors: tuple[AnchorAnswer, ...]


class RegistryEventAnswer(Answer):
    """One event: its exact payload, and the receipt with the opening that proves it."""

    version: int
    position: int
    type: Literal[
        "registry-opened.v1",
        "registration-policy-set.v1",
        "trust-anchor-added.v1",
        "trust-anchor-removed.v1",
    ]
    recorded_at: Moment
    payload: str
    receipt: str


class RegistryEventsAnswer(Answer):
    """Events of the registry in their order; ask on with the last `version` until none comes."""

    events: tuple[RegistryEventAnswer, ...]
