"""An organisation's keys over time: adding, rotating, retiring one, and saying since when one is compromised.

What was recorded while a key counted stays good. Own keys come with proof of possession (`possession`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ledger.domain.organisation import Organisation
from ledger.store.events import RowChange
from ledger.usecases.access import Actor, require_admin, whole_seconds
from ledger.usecases.idempotency import Idempotency, once, remember
from ledger.usecases.organisations import (
    CompromiseReason,
    OrganisationView,
    RetireReason,
    active_organisation,
    organisation,
    view_of,
)
from ledger.usecases.possession import ManagedKey, OwnKey, check_possession, claim, public_key

if TYPE_CHECKING:
    from ledger.application import Ledger


@dataclass(frozen=True, slots=True)
class AddKey:
    """Add a key to an organisation (did:web only)."""

    organisation: UUID
    key: ManagedKey | OwnKey = field(default_factory=ManagedKey)


@dataclass(frozen=True, slots=True)
class RotateKey:
    """Put a new key in the place of `multikey`, in one decision (did:web only)."""

    organisation: UUID
    multikey: str
    key: ManagedKey | OwnKey = field(default_factory=ManagedKey)


@dataclass(frozen=True, slots=True)
class RetireKey:
    """From now on the key signs nothing that counts; what was recorded before stays good."""

    organisation: UUID
    multikey: str
    reason: RetireReason = "rotated"


@dataclass(frozen=True, slots=True)
class CompromiseKey:
    """The key signs nothing more at once; what was recorded from `since` on does not count (None: from now)."""

    organisation: UUID
    multikey: str
    since: datetime | None = None
    reason: CompromiseReason = "suspected"


def add_key(
    ledger: Ledger, actor: Actor, command: AddKey, *, idempotency: Idempotency | None = None
) -> OrganisationView:
    """Add a key (`organisation:admin`, or the operator).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown.
        ConflictError: organisation_ceased, key_in_use, did_key_has_one_key, idempotency_conflict.
        RejectedError: possession_not_proven, and key codes.
    """

    def decide(found: Organisation, **key: Any) -> None:
        found.add_key(event_id=ledger.chance.uuid(), now=ledger.now(), **key)

    return _record_new_key(ledger, actor, command, decide, idempotency)


def rotate_key(
    ledger: Ledger, actor: Actor, command: RotateKey, *, idempotency: Idempotency | None = None
) -> OrganisationView:
    """Put a new key in the place of one in use (`organisation:admin`, or the operator).

    Raises: as `add_key`, and NotFoundError: key_unknown. ConflictError: already_retired, already_compromised.
    """

    def decide(found: Organisation, **key: Any) -> None:
        found.rotate_key(new_id=ledger.chance.uuid, now=ledger.now(), old=command.multikey, **key)

    return _record_new_key(ledger, actor, command, decide, idempotency)


def retire_key(
    ledger: Ledger, actor: Actor, command: RetireKey, *, idempotency: Idempotency | None = None
) -> OrganisationView:
    """Retire a key (`organisation:admin`, or the operator).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown, key_unknown.
        ConflictError: already_retired, already_compromised, idempotency_conflict.
    """

    def decide(found: Organisation) -> None:
        found.retire_key(
            event_id=ledger.chance.uuid(), now=ledger.now(), key=command.multikey, reason=command.reason
        )

    make = partial(record, ledger, actor, command.organisation, decide, idempotency)
    return as_admin(ledger, actor, command.organisation, idempotency, make)


def compromise_key(
    ledger: Ledger, actor: Actor, command: CompromiseKey, *, idempotency: Idempotency | None = None
) -> OrganisationView:
    """Record since when a key is compromised (`organisation:admin`, or the operator); a retired key too.

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown, key_unknown.
        RejectedError: compromise_in_future, time_invalid.
        ConflictError: already_compromised (since then or earlier), idempotency_conflict.
    """
    since = whole_seconds(command.since)

    def decide(found: Organisation) -> None:
        now = ledger.now()
        found.compromise_key(
            event_id=ledger.chance.uuid(),
            now=now,
            key=command.multikey,
            compromised_since=now if since is None else since,
            reason=command.reason,
        )

    make = partial(record, ledger, actor, command.organisation, decide, idempotency)
    return as_admin(ledger, actor, command.organisation, idempotency, make)


def as_admin(
    ledger: Ledger,
    actor: Actor,
    organisation_id: UUID,
    idempotency: Idempotency | None,
    make: Callable[[], OrganisationView],
) -> OrganisationView:
    """Do what an organisation's administrator asks, once, and answer with the organisation as it is then.

    Raises: ForbiddenError: scope_missing, not_yours. ConflictError: idempotency_conflict. And as `make`.
    """
    require_admin(actor, organisation_id)
    return once(
        ledger, actor.owner, idempotency, make=make, again=lambda _: organisation(ledger, organisation_id)
    )


def record(
    ledger: Ledger,
    actor: Actor,
    organisation_id: UUID,
    decide: Callable[[Organisation], object],
    idempotency: Idempotency | None,
    *,
    rows: Sequence[RowChange] = (),
) -> OrganisationView:
    """Record what an organisation decides, with rows of the same transaction.

    Raises: NotFoundError: organisation_unknown. And whatever `decide` raises, and the conflict codes of rows.
    """
    changed, _ = ledger.change(
        Organisation,
        organisation_id,
        decide,
        memory=remember(ledger, actor.owner, idempotency, sealed_for=organisation_id),
        rows=rows,
    )
    return view_of(changed)


def _record_new_key(
    ledger: Ledger,
    actor: Actor,
    command: AddKey | RotateKey,
    decide: Callable[..., object],
    idempotency: Idempotency | None,
) -> OrganisationView:
    """Record what an organisation decides about a key that is made here, or was shown to be held."""

    def make() -> OrganisationView:
        found = active_organisation(ledger, command.organisation)
        found.require_many_keys()  # before a key is made that nobody will have
        key = public_key(ledger, command.key)
        check_possession(command.key, key, found.did)
        decide_about_it = partial(
            decide,
            key=key.multikey,
            verification_method=f"{found.did}#{key.multikey}",
            managed=isinstance(command.key, ManagedKey),
        )
        rows = (claim(command.organisation, key),)
        return record(ledger, actor, command.organisation, decide_about_it, idempotency, rows=rows)

    return as_admin(ledger, actor, command.organisation, idempotency, make)
