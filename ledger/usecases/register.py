"""Organisations: registering them, and their keys over time.

Own keys come with proof of possession: a signature over `possession_text(did, key)`. A public key belongs to
one organisation at most, for ever. The DID document is made in `ledger.usecases.did_document`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import select

from ledger.domain.organisation import Key, Organisation
from ledger.errors import ConflictError, NotFoundError, RejectedError
from ledger.store import tables
from ledger.store.events import RowInsert
from ledger.store.reading import reading
from ledger.usecases.access import (
    ORGANISATION_SCOPES,
    Actor,
    IssuedToken,
    new_token,
    require,
    require_admin,
)
from ledger.usecases.did_document import did_document
from ledger.usecases.idempotency import Idempotency, once, remember, secret_was_shown
from ledger.usecases.text import line, url
from verifiers.errors import VerifierError
from verifiers.primitives import keys

if TYPE_CHECKING:
    from ledger.application import Ledger

OrganisationRole = Literal["school", "employer", "bureau"]
DidMethod = Literal["web", "key"]
KeyKind = Literal["Ed25519", "P-256"]
RetireReason = Literal["rotated", "compromised", "ceased"]


__all__ = [
    "AddKey",
    "KeyView",
    "ManagedKey",
    "OrganisationView",
    "OwnKey",
    "RegisterOrganisation",
    "RegisteredOrganisation",
    "RetireKey",
    "add_key",
    "did_document",
    "did_web",
    "organisation",
    "organisation_of_did",
    "possession_text",
    "register",
    "retire_key",
]


@dataclass(frozen=True, slots=True)
class ManagedKey:
    """The ledger makes and keeps the key."""

    kind: KeyKind = "Ed25519"


@dataclass(frozen=True, slots=True)
class OwnKey:
    """The organisation keeps the key: its Multikey, and a signature over `possession_text(did, multikey)`.

    `possession` is the raw signature (Ed25519 64 bytes; P-256 r||s 64 bytes).
    """

    multikey: str
    possession: bytes


@dataclass(frozen=True, slots=True)
class RegisterOrganisation:
    """`id` lets the caller choose the id beforehand: an own key with did:web signs a text that holds it."""

    name: str
    role: OrganisationRole
    website: str | None = None
    did_method: DidMethod = "web"
    key: ManagedKey | OwnKey = ManagedKey()
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class KeyView:
    """One key of an organisation and the period in which it counts."""

    multikey: str
    verification_method: str
    kind: KeyKind
    managed: bool
    valid_from: datetime
    valid_until: datetime | None
    retire_reason: RetireReason | None


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """An organisation as the world may see it."""

    id: UUID
    did: str
    name: str
    role: OrganisationRole
    website: str | None
    registered_at: datetime
    keys: tuple[KeyView, ...]


@dataclass(frozen=True, slots=True)
class RegisteredOrganisation:
    """The organisation, its first token with every scope (shown once), and the receipt of its registration."""

    organisation: OrganisationView
    token: IssuedToken
    receipt: str


@dataclass(frozen=True, slots=True)
class AddKey:
    """Add a key to an organisation (did:web only)."""

    organisation: UUID
    key: ManagedKey | OwnKey = ManagedKey()


@dataclass(frozen=True, slots=True)
class RetireKey:
    """From now on the key signs nothing that counts; what was recorded before stays good."""

    organisation: UUID
    multikey: str
    reason: RetireReason = "rotated"


def did_web(ledger: Ledger, organisation: UUID) -> str:
    """Return `did:web:<host[%3Aport]>:issuers:<uuid>` for this ledger's address. Source: did:web §3.2."""
    return f"did:web:{quote(ledger.settings.host, safe='.-')}:issuers:{organisation}"


def possession_text(did: str, multikey: str) -> str:
    """Return the text whose signature shows that the registrant holds the key: three lines."""
    return f"leerspoor possession of a key v1\n{did}\n{multikey}\n"


def register(
    ledger: Ledger, actor: Actor, command: RegisterOrganisation, *, idempotency: Idempotency | None = None
) -> RegisteredOrganisation:
    """Register an organisation with its first key and token (operator only).

    Raises: ForbiddenError: scope_missing. RejectedError: organisation_id_required, possession_not_proven,
        url_invalid, key codes of verifiers.primitives.keys, and the codes of a line of text.
        ConflictError: organisation_exists, key_in_use, idempotency_conflict, secret_already_shown.
    """
    require(actor, "operator")
    name = line(command.name, pointer="/name")
    website = None if command.website is None else url(command.website, pointer="/website")

    def make() -> RegisteredOrganisation:
        # 1. Who it will be: with an own key and did:web the registrant has signed for an id it chose.
        if isinstance(command.key, OwnKey) and command.did_method == "web" and command.id is None:
            raise RejectedError(
                "organisation_id_required",
                "an own key with did:web signs for an id chosen before",
                pointer="/id",
            )
        organisation_id = ledger.chance.uuid() if command.id is None else command.id
        if ledger.store.select_stream(organisation_id, limit=1):
            raise ConflictError("organisation_exists", "the id is taken", pointer="/id")
        # 2. Its key; a managed one is made before anything refers to it, and an orphan is harmless.
        key = _public_key(ledger, command.key)
        did = did_web(ledger, organisation_id) if command.did_method == "web" else key.did_key
        _check_possession(command.key, key, did)
        # 3. The events, the token and the claim on the key, in one transaction. The vault's key comes first.
        ledger.vault.data_key(organisation_id, create=True)
        now = ledger.now()
        made = Organisation.register(
            id=organisation_id,
            event_id=ledger.chance.uuid(),
            now=now,
            did=did,
            name=name,
            role=command.role,
            website=website,
            key=key.multikey,
            verification_method=f"{did}#{key.multikey}",
            managed=isinstance(command.key, ManagedKey),
        )
        token, token_row = new_token(
            ledger,
            role="organisation",
            owner=organisation_id,
            scopes=ORGANISATION_SCOPES,
            label="first token",
            expires_at=None,
        )
        made.issue_token(
            event_id=ledger.chance.uuid(),
            now=now,
            token_id=token.id,
            scopes=tuple(sorted(token.scopes)),
            label=token.label,
            expires_at=None,
        )
        recorded = ledger.record(
            made,
            memory=remember(ledger, actor.owner, idempotency, sealed_for=organisation_id),
            rows=(token_row, _claim(organisation_id, key)),
        )
        return RegisteredOrganisation(_view(made), token, ledger.receipt(recorded[0]))

    return once(ledger, actor.owner, idempotency, make=make, again=secret_was_shown)


def organisation(ledger: Ledger, organisation_id: UUID) -> OrganisationView:
    """Return one organisation.

    Raises: NotFoundError: organisation_unknown.
    """
    return _view(ledger.load(Organisation, organisation_id))


def organisation_of_did(ledger: Ledger, did: str) -> Organisation | None:
    """Return the organisation of this ledger that a DID names, or None."""
    prefix = did_web(ledger, UUID(int=0)).rpartition(":")[0] + ":"
    try:
        if did.startswith(prefix):
            found = ledger.load(Organisation, UUID(did.removeprefix(prefix)))
        elif did.startswith("did:key:"):
            owner = _owner_of_key(ledger, did.removeprefix("did:key:"))
            if owner is None:
                return None
            found = ledger.load(Organisation, owner)
        else:
            return None
    except (ValueError, NotFoundError):
        return None
    return found if found.did == did else None


def add_key(
    ledger: Ledger, actor: Actor, command: AddKey, *, idempotency: Idempotency | None = None
) -> OrganisationView:
    """Add a key (`organisation:admin`, or the operator).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown.
        ConflictError: key_in_use, did_key_has_one_key, idempotency_conflict.
        RejectedError: possession_not_proven, and key codes.
    """
    require_admin(actor, command.organisation)

    def make() -> OrganisationView:
        did = ledger.load(Organisation, command.organisation).did
        if did.startswith("did:key:"):
            raise ConflictError("did_key_has_one_key", "a did:key is its one key")
        key = _public_key(ledger, command.key)
        _check_possession(command.key, key, did)
        changed, _ = ledger.change(
            Organisation,
            command.organisation,
            lambda found: found.add_key(
                event_id=ledger.chance.uuid(),
                now=ledger.now(),
                key=key.multikey,
                verification_method=f"{did}#{key.multikey}",
                managed=isinstance(command.key, ManagedKey),
            ),
            memory=remember(ledger, actor.owner, idempotency, sealed_for=command.organisation),
            rows=(_claim(command.organisation, key),),
        )
        return _view(changed)

    return once(
        ledger,
        actor.owner,
        idempotency,
        make=make,
        again=lambda _: organisation(ledger, command.organisation),
    )


def retire_key(
    ledger: Ledger, actor: Actor, command: RetireKey, *, idempotency: Idempotency | None = None
) -> OrganisationView:
    """Retire a key (`organisation:admin`, or the operator).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown, key_unknown.
        ConflictError: already_retired, idempotency_conflict.
    """
    require_admin(actor, command.organisation)

    def make() -> OrganisationView:
        changed, _ = ledger.change(
            Organisation,
            command.organisation,
            lambda found: found.retire_key(
                event_id=ledger.chance.uuid(), now=ledger.now(), key=command.multikey, reason=command.reason
            ),
            memory=remember(ledger, actor.owner, idempotency, sealed_for=command.organisation),
        )
        return _view(changed)

    return once(
        ledger,
        actor.owner,
        idempotency,
        make=make,
        again=lambda _: organisation(ledger, command.organisation),
    )


def _public_key(ledger: Ledger, asked: ManagedKey | OwnKey) -> keys.PublicKey:
    if isinstance(asked, ManagedKey):
        return ledger.keys.create(asked.kind)
    try:
        return keys.parse_multikey(asked.multikey)
    except VerifierError as error:
        raise RejectedError(
            error.code, str(error), expected=error.expected, pointer="/key/multikey"
        ) from error


def _check_possession(asked: ManagedKey | OwnKey, key: keys.PublicKey, did: str) -> None:
    if isinstance(asked, ManagedKey):
        return
    try:
        key.verify(asked.possession, possession_text(did, key.multikey).encode())
    except VerifierError as error:
        raise RejectedError(
            "possession_not_proven",
            "the signature does not show that the registrant holds the key",
            expected="a signature over the possession text",
            pointer="/key/possession",
        ) from error


def _claim(organisation_id: UUID, key: keys.PublicKey) -> RowInsert:
    values = {"multikey": key.multikey, "organisation": organisation_id}
    return RowInsert(tables.public_key, values, conflict_code="key_in_use")


def _owner_of_key(ledger: Ledger, multikey: str) -> UUID | None:
    query = select(tables.public_key.c.organisation).where(tables.public_key.c.multikey == multikey)
    with reading(ledger.engine) as connection:
        return connection.execute(query).scalar_one_or_none()


def _view(found: Organisation) -> OrganisationView:
    return OrganisationView(
        id=found.id,
        did=found.did,
        name=found.name,
        role=cast(OrganisationRole, found.role),
        website=found.website,
        registered_at=found.created_on,
        keys=tuple(_key_view(key) for key in found.keys.values()),
    )


def _key_view(key: Key) -> KeyView:
    return KeyView(
        multikey=key.multikey,
        verification_method=key.verification_method,
        kind=keys.parse_multikey(key.multikey).kind,
        managed=key.managed,
        valid_from=key.valid_from,
        valid_until=key.valid_until,
        retire_reason=cast(RetireReason | None, key.reason),
    )
