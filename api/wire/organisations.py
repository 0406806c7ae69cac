"""Organisations on the wire: registering, keys, tokens."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.wire.shapes import Answer, Asked, Id, Moment, Signature, Sorted, Words
from ledger.usecases import access, register
from ledger.usecases.cease import CeaseOrganisation
from ledger.usecases.organisations import (
    CeaseReason,
    CompromiseReason,
    KeyKind,
    OrganisationRole,
    RetireReason,
)

KEY_CHARACTERS_MAX = 128  # a P-256 Multikey has 49
Scope = Literal[
    "attestations:write", "attestations:read", "learners:write", "feed:read", "organisation:admin"
]
Multikey = Annotated[str, Field(min_length=1, max_length=KEY_CHARACTERS_MAX)]


class ManagedKey(Asked):
    """The ledger makes the key and signs with it."""

    type: Literal["managed"]
    kind: KeyKind = "Ed25519"

    def command(self) -> register.ManagedKey:
        """Return what the usecase asks."""
        return register.ManagedKey(kind=self.kind)


class OwnKey(Asked):
    """The organisation keeps the key, and shows that it has it.

    `possession` is the raw signature (64 bytes, base64url) over the exact text that
    `GET /v1/possession-text` answers for this organisation and key.
    """

    type: Literal["own"]
    multikey: Multikey
    possession: Signature

    def command(self) -> register.OwnKey:
        """Return what the usecase asks."""
        return register.OwnKey(multikey=self.multikey, possession=self.possession)


Key = Annotated[ManagedKey | OwnKey, Field(discriminator="type")]


class RegisterOrganisation(Asked):
    """A new organisation. `id` may be chosen beforehand: an own key of a did:web signs a text with it."""

    name: Words
    role: OrganisationRole
    website: Words | None = None
    did_method: register.DidMethod = "web"
    key: Key = ManagedKey(type="managed")
    id: Id | None = None

    def command(self) -> register.RegisterOrganisation:
        """Return what the usecase asks."""
        return register.RegisterOrganisation(
            name=self.name,
            role=self.role,
            website=self.website,
            did_method=self.did_method,
            key=self.key.command(),
            id=self.id,
        )


class AddKey(Asked):
    """One more key of an organisation."""

    key: Key


class RetireKey(Asked):
    """Why the key signs nothing more that counts."""

    reason: RetireReason = "rotated"


class RotateKey(Asked):
    """The key that takes the place of the one in the address."""

    key: Key = ManagedKey(type="managed")


class CompromiseKey(Asked):
    """Since when somebody else may have signed with the key; left out: from now on."""

    since: Moment | None = None
    reason: CompromiseReason = "suspected"


class Cease(Asked):
    """That the organisation ends, and who can be asked afterwards.

    `reference` is the decision in law; who ends an organisation that is not his own must name one.
    """

    reason: CeaseReason = "closed"
    successor: Words | None = None
    archive: Words | None = None
    reference: Words | None = None

    def command(self, organisation: Id) -> CeaseOrganisation:
        """Return what the usecase asks."""
        return CeaseOrganisation(
            organisation=organisation,
            reason=self.reason,
            successor=self.successor,
            archive=self.archive,
            reference=self.reference,
        )


class IssueToken(Asked):
    """One more token; `expires_at` left out means that it works until it is revoked."""

    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=5)]
    label: Words
    expires_at: Moment | None = None


class KeyAnswer(Answer):
    """A key and the period in which it counts."""

    multikey: str
    verification_method: str
    kind: KeyKind
    managed: bool
    valid_from: Moment
    valid_until: Moment | None
    retire_reason: RetireReason | Literal["ceased"] | None
    compromised_since: Moment | None


class CeasingAnswer(Answer):
    """That an organisation ended."""

    ceased_at: Moment
    successor: str | None
    archive: str | None
    reason: CeaseReason
    reference: str | None


class OrganisationAnswer(Answer):
    """An organisation as the world may see it."""

    id: Id
    did: str
    name: str
    role: OrganisationRole
    website: str | None
    registered_at: Moment
    keys: tuple[KeyAnswer, ...]
    ceasing: CeasingAnswer | None


class TokenAnswer(Answer):
    """A token; `secret` is shown this once and is not kept."""

    id: Id
    secret: str
    scopes: Sorted
    label: str
    expires_at: Moment | None


class RegisteredAnswer(Answer):
    """A registered organisation, its first token with every scope, and the receipt of its registration."""

    organisation: OrganisationAnswer
    token: TokenAnswer
    receipt: str


def token_command(body: IssueToken, organisation: Id) -> access.IssueToken:
    """Return what the usecase asks."""
    return access.IssueToken(
        organisation=organisation,
        scopes=frozenset(body.scopes),
        label=body.label,
        expires_at=body.expires_at,
    )
