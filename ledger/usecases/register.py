"""Registering an organisation, with its first key and its first token.

This module also offers what belongs to an organisation afterwards, from the modules beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from ledger.domain.organisation import Organisation
from ledger.domain.registry import REGISTRY
from ledger.errors import ConflictError, RejectedError
from ledger.usecases.access import OPERATOR, ORGANISATION_SCOPES, Actor, IssuedToken, new_token, require
from ledger.usecases.did_document import did_document
from ledger.usecases.idempotency import Idempotency, once, remember, secret_was_shown
from ledger.usecases.organisation_keys import (
    AddKey,
    CompromiseKey,
    RetireKey,
    RotateKey,
    add_key,
    compromise_key,
    retire_key,
    rotate_key,
)
from ledger.usecases.organisations import (
    KeyView,
    OrganisationRole,
    OrganisationView,
    did_web,
    organisation,
    organisation_of_did,
    view_of,
)
from ledger.usecases.possession import (
    ManagedKey,
    OwnKey,
    check_possession,
    claim,
    possession_text,
    public_key,
)
from ledger.usecases.text import line, url

if TYPE_CHECKING:
    from ledger.application import Ledger

__all__ = [
    "AddKey",
    "CompromiseKey",
    "KeyView",
    "ManagedKey",
    "OrganisationView",
    "OwnKey",
    "RegisterOrganisation",
    "RegisteredOrganisation",
    "RetireKey",
    "RotateKey",
    "add_key",
    "compromise_key",
    "did_document",
    "did_web",
    "organisation",
    "organisation_of_did",
    "possession_text",
    "register",
    "retire_key",
    "rotate_key",
]

DidMethod = Literal["web", "key"]


@dataclass(frozen=True, slots=True)
class RegisterOrganisation:
    """`id` lets the caller choose the id beforehand: an own key with did:web signs a text that holds it."""

    name: str
    role: OrganisationRole
    website: str | None = None
    did_method: DidMethod = "web"
    key: ManagedKey | OwnKey = field(default_factory=ManagedKey)
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RegisteredOrganisation:
    """The organisation, its first token with every scope (shown once), and its registration's receipt."""

    organisation: OrganisationView
    token: IssuedToken
    receipt: str


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
        if organisation_id in (OPERATOR, REGISTRY) or ledger.store.select_stream(organisation_id, limit=1):
            raise ConflictError("organisation_exists", "the id is taken", pointer="/id")
        # 2. Its key; a managed one is made before anything refers to it, and an orphan is harmless.
        key = public_key(ledger, command.key)
        did = did_web(ledger, organisation_id) if command.did_method == "web" else key.did_key
        check_possession(command.key, key, did)
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
            rows=(token_row, claim(organisation_id, key)),
        )
        return RegisteredOrganisation(view_of(made), token, ledger.receipt(recorded[0]))

    return once(ledger, actor.owner, idempotency, make=make, again=secret_was_shown)
