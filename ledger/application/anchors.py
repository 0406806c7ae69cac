"""Whom this ledger believes beside itself: the trust anchors of its registry, put into a trust policy.

The registry is public and about nobody, so it is kept between requests, unlike any other aggregate; one look
at its stream tells whether it grew.
Not here: who may change it (`ledger.usecases.registry`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol
from uuid import UUID

from ledger.domain.registry import REGISTRY, Registry
from ledger.store.recorder import LedgerRecorder
from verifiers import TrustedIssuer, TrustPolicy
from verifiers.formats.checkpoint import parse_vkey


class Loads(Protocol):
    """What opens the registry."""

    def load(self, kind: type[Registry], stream: UUID) -> Registry:
        """Return an aggregate as its events made it."""
        ...


class Anchors:
    """The registry as it stands. Thread-safe: what is kept is replaced as a whole.

    Args: ledger: opens the registry. store: where its stream is.
    """

    def __init__(self, ledger: Loads, store: LedgerRecorder) -> None:
        self._ledger, self._store = ledger, store
        self._kept: Registry | None = None

    def registry(self) -> Registry | None:
        """Return the registry, or None while nothing was put into it. Not to be changed."""
        kept = self._kept
        version = 0 if kept is None else kept.version
        if self._store.select_stream(REGISTRY, gt=version, limit=1):
            kept = self._kept = self._ledger.load(Registry, REGISTRY)
        return kept

    def added_to(self, policy: TrustPolicy) -> TrustPolicy:
        """Return a policy that believes the anchors too."""
        registry = self.registry()
        if registry is None or not registry.anchors:
            return policy
        values = {
            kind: [value for own, value in registry.anchors if own == kind] for kind in ("log", "issuer")
        }
        return replace(
            policy,
            logs=(*policy.logs, *map(parse_vkey, values["log"])),
            issuers={**{value: TrustedIssuer(value) for value in values["issuer"]}, **policy.issuers},
        )
