"""Whom this ledger believes beside itself: the trust anchors of its registry, put into a trust policy.

The registry is public and about nobody, so it is kept between requests, unlike any other aggregate; one look
at its stream tells whether it grew.
Not here: who may change it (`ledger.usecases.registry`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from ledger.domain.registry import REGISTRY, Registry
from ledger.store.recorder import LedgerRecorder
from verifiers import TrustedIssuer, TrustPolicy
from verifiers.formats.checkpoint import VerifierKey, parse_vkey
from verifiers.formats.cosignature import WitnessKey, parse_witness_key
from verifiers.formats.witness_policy import Group, Witness, WitnessPolicy


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
        """Return a policy that believes the anchors in force too."""
        registry = self.registry()
        return policy if registry is None else honouring(policy, registry)


def honouring(policy: TrustPolicy, registry: Registry) -> TrustPolicy:
    """Return a policy that believes the anchors of a registry too.

    Witnesses that a file of the operator names with their quorum stay as they are; where there is no such
    file, more than half of the anchored witnesses are enough.

    Raises: MalformedError: an anchor would make the policy contradict itself (its codes).
    """
    values: dict[str, list[str]] = {"log": [], "issuer": [], "witness": []}
    for kind, value in registry.anchors:
        values[kind].append(value)
    logs = (*policy.logs, *map(parse_vkey, values["log"]))
    witnesses = policy.witnesses
    if witnesses is None and values["witness"]:
        witnesses = _majority(logs, [parse_witness_key(value) for value in values["witness"]])
    return replace(
        policy,
        logs=logs,
        issuers={value: TrustedIssuer(value) for value in values["issuer"]} | dict(policy.issuers),
        witnesses=witnesses,
    )


def _majority(logs: tuple[VerifierKey, ...], keys: Sequence[WitnessKey]) -> WitnessPolicy:
    """Return the policy by which more than half of the parties must have witnessed; a name is a party."""
    witnesses = [Witness(f"key-{number}", key, None) for number, key in enumerate(keys)]
    parties: dict[str, list[str]] = {}
    for witness in witnesses:
        parties.setdefault(witness.key.name, []).append(witness.name)
    groups = [Group(f"party-{number}", 1, tuple(members)) for number, members in enumerate(parties.values())]
    all_of_them = tuple(group.name for group in groups)
    groups.append(Group("majority", len(groups) // 2 + 1, all_of_them))
    return WitnessPolicy(
        logs=logs,
        witnesses={witness.name: witness for witness in witnesses},
        groups={group.name: group for group in groups},
        quorum="majority",
    )
