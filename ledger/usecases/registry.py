"""The registry: by which policy organisations are registered, and whom this ledger believes beside itself.

The operator changes it; everybody reads it, with proofs, so that a quiet change is not possible.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import urlsplit

from ledger.application.anchors import honouring
from ledger.domain.registry import REGISTRY, Registry
from ledger.errors import ConflictError, NotFoundError, RejectedError
from ledger.store.mapper import LEDGER_OWNER
from ledger.usecases.access import Actor, require
from ledger.usecases.idempotency import Idempotency, once, remember
from ledger.usecases.organisations import is_did, organisation_of_did
from ledger.usecases.text import line, paragraph, url
from verifiers.errors import VerifierError
from verifiers.formats.checkpoint import parse_vkey
from verifiers.formats.cosignature import parse_witness_key
from verifiers.primitives.encoding import b64url_encode

if TYPE_CHECKING:
    from ledger.application import Ledger

AnchorKind = Literal["log", "issuer", "witness"]
EVENTS_MAX = 50


@dataclass(frozen=True, slots=True)
class SetPolicy:
    """Set the registration policy: its exact text, and where it is published too."""

    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeAnchor:
    """Add or remove a trust anchor; `value` is a verifier key (log, witness), a DID or an address (issuer)."""

    kind: AnchorKind
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class PolicyView:
    """The registration policy in force; `sha256` of its text in UTF-8, base64url."""

    sha256: str
    url: str | None
    text: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class AnchorView:
    """A trust anchor in force."""

    kind: AnchorKind
    value: str
    reason: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class RegistryView:
    """What is in force now; `version` counts the events that made it."""

    version: int
    policy: PolicyView | None
    anchors: tuple[AnchorView, ...]


@dataclass(frozen=True, slots=True)
class RegistryEvent:
    """One event with its exact payload and a receipt that proves it."""

    version: int
    position: int
    type: str
    recorded_at: datetime
    payload: str
    receipt: str


def set_policy(
    ledger: Ledger, actor: Actor, command: SetPolicy, *, idempotency: Idempotency | None = None
) -> RegistryView:
    """Set by which text organisations are registered from now on (operator).

    Raises: ForbiddenError: scope_missing. ConflictError: policy_is_set, idempotency_conflict.
        RejectedError: url_invalid, and the codes of a paragraph of text.
    """
    text = paragraph(command.text, pointer="/text")
    address = None if command.url is None else url(command.url, pointer="/url")
    digest = b64url_encode(hashlib.sha256(text.encode()).digest())

    def decide(registry: Registry) -> None:
        registry.set_policy(
            event_id=ledger.chance.uuid(), now=ledger.now(), sha256=digest, url=address, text=text
        )

    return _change(ledger, actor, decide, idempotency)


def add_anchor(
    ledger: Ledger, actor: Actor, command: ChangeAnchor, *, idempotency: Idempotency | None = None
) -> RegistryView:
    """Believe a log, an issuer or a witness from now on (operator).

    Raises: ForbiddenError: scope_missing. ConflictError: anchor_exists, anchor_is_own, idempotency_conflict.
        RejectedError: vkey_malformed, issuer_malformed, anchor_contradicts (`got` is the policy's code), and
        the codes of a line of text.
    """
    reason = line(command.reason, pointer="/reason")
    _check(ledger, command)

    def decide(registry: Registry) -> None:
        registry.add_anchor(
            event_id=ledger.chance.uuid(),
            now=ledger.now(),
            kind=command.kind,
            value=command.value,
            reason=reason,
        )
        _refuse_contradiction(ledger, registry)

    return _change(ledger, actor, decide, idempotency)


def remove_anchor(
    ledger: Ledger, actor: Actor, command: ChangeAnchor, *, idempotency: Idempotency | None = None
) -> RegistryView:
    """Believe an anchor no longer (operator).

    Raises: ForbiddenError: scope_missing. NotFoundError: anchor_unknown. ConflictError: idempotency_conflict.
        RejectedError: the codes of a line of text.
    """
    reason = line(command.reason, pointer="/reason")

    def decide(registry: Registry) -> None:
        registry.remove_anchor(
            event_id=ledger.chance.uuid(),
            now=ledger.now(),
            kind=command.kind,
            value=command.value,
            reason=reason,
        )

    return _change(ledger, actor, decide, idempotency)


def registry(ledger: Ledger) -> RegistryView:
    """Return what is in force now; an empty registry where nothing was recorded."""
    found = ledger.anchors.registry()
    return RegistryView(0, None, ()) if found is None else _view(found)


def registry_events(ledger: Ledger, *, after: int = 0) -> tuple[RegistryEvent, ...]:
    """Return the next events of the registry with their proofs, EVENTS_MAX at most.

    Args: after: the version to go on behind.
    """
    found = []
    for recorded in ledger.store.select_stream(REGISTRY, gt=after, limit=EVENTS_MAX):
        payload, opening = ledger.sealing.opening(recorded)
        found.append(
            RegistryEvent(
                version=recorded.sealed.version,
                position=recorded.position,
                type=recorded.sealed.type,
                recorded_at=recorded.sealed.recorded_at,
                payload=payload.decode(),
                receipt=ledger.receipts.receipt(recorded, opening),
            )
        )
    return tuple(found)


def _change(
    ledger: Ledger, actor: Actor, decide: Callable[[Registry], object], idempotency: Idempotency | None
) -> RegistryView:
    require(actor, "operator")

    def make() -> RegistryView:
        ledger.vault.data_key(LEDGER_OWNER, create=True)
        memory = remember(ledger, actor.owner, idempotency, sealed_for=LEDGER_OWNER)
        try:
            changed, _ = ledger.change(Registry, REGISTRY, decide, memory=memory)
            return _view(changed)
        except NotFoundError as error:
            if error.code != "registry_unknown":
                raise
        begun = Registry.open(event_id=ledger.chance.uuid(), now=ledger.now())
        decide(begun)
        try:
            ledger.record(begun, memory=memory)
        except ConflictError as error:
            if error.code != "version_conflict":
                raise
            # Somebody else opened it between our two looks.
            begun, _ = ledger.change(Registry, REGISTRY, decide, memory=memory)
        return _view(begun)

    return once(ledger, actor.owner, idempotency, make=make, again=lambda _: registry(ledger))


def _check(ledger: Ledger, command: ChangeAnchor) -> None:
    """Refuse what could never be believed, and whom this ledger vouches for itself."""
    if command.kind == "issuer":
        if not is_did(command.value) and not _is_address(command.value):
            raise RejectedError(
                "issuer_malformed",
                "an issuer is named by a DID or an https address",
                expected="did:... or https://...",
                pointer="/value",
            )
        if organisation_of_did(ledger, command.value) is not None:
            # Named as an anchor, keys that this log never announced could count for it.
            raise ConflictError("anchor_is_own", "this log itself vouches for its organisations")
        return
    read = parse_vkey if command.kind == "log" else parse_witness_key
    try:
        key = read(command.value)
    except VerifierError as error:
        raise RejectedError(error.code, error.message, pointer="/value") from error
    if key.dump() == ledger.heads.verifier_key.dump():
        raise ConflictError("anchor_is_own", "this log believes itself already")


def _refuse_contradiction(ledger: Ledger, registry: Registry) -> None:
    """Refuse an anchor with which this server's policy would contradict itself."""
    try:
        honouring(ledger.own_policy(), registry)
    except VerifierError as error:
        raise RejectedError(
            "anchor_contradicts", "with this anchor the trust policy would contradict itself", got=error.code
        ) from error


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and value.isascii() and value.isprintable()


def _view(found: Registry) -> RegistryView:
    policy = found.policy
    return RegistryView(
        version=found.version,
        policy=None if policy is None else PolicyView(policy.sha256, policy.url, policy.text, policy.set_at),
        anchors=tuple(
            AnchorView(cast(AnchorKind, anchor.kind), anchor.value, anchor.reason, anchor.added_at)
            for anchor in found.anchors.values()
        ),
    )
