"""The explicit table from stored type to event class, and from an event's attributes to payload bytes.

No class is ever found by a name in the data. A payload is the RFC 8785 text of its model in
schemas.events; of credential-issued.v1 it is exactly the signed bytes; a tombstone has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from ledger.domain.aggregate import Fact
from ledger.domain.credential import Credential
from ledger.domain.learner import Learner
from ledger.domain.organisation import Organisation
from ledger.domain.registry import Registry
from ledger.domain.share import Share
from ledger.domain.status_lists import StatusLists
from ledger.store.mapper import EventCodec
from schemas.events.base import Payload
from schemas.events.credential import CredentialReadV1, CredentialStatusChangedV1
from schemas.events.learner import LearnerEnrolledV1, LearnerWarnedV1
from schemas.events.organisation import (
    OrganisationCeasedV1,
    OrganisationKeyAddedV1,
    OrganisationKeyCompromisedV1,
    OrganisationKeyRetiredV1,
    OrganisationRegisteredV1,
    OrganisationTokenIssuedV1,
    OrganisationTokenRevokedV1,
)
from schemas.events.registry import RegistrationPolicySetV1, RegistryOpenedV1, TrustAnchorV1
from schemas.events.share import ShareGrantedV1, ShareOpenedV1, ShareWithdrawnV1
from schemas.events.status import StatusListsPublishedV1
from verifiers.primitives import jcs, strict_json

Owner = Literal["subject", "issuer", "ledger"]

MODELS: tuple[tuple[type[Fact], type[Payload], Owner], ...] = (
    (Organisation.Registered, OrganisationRegisteredV1, "issuer"),
    (Organisation.KeyAdded, OrganisationKeyAddedV1, "issuer"),
    (Organisation.KeyRetired, OrganisationKeyRetiredV1, "issuer"),
    (Organisation.KeyCompromised, OrganisationKeyCompromisedV1, "issuer"),
    (Organisation.Ceased, OrganisationCeasedV1, "issuer"),
    (Organisation.TokenIssued, OrganisationTokenIssuedV1, "issuer"),
    (Organisation.TokenRevoked, OrganisationTokenRevokedV1, "issuer"),
    (Credential.Suspended, CredentialStatusChangedV1, "subject"),
    (Credential.Reinstated, CredentialStatusChangedV1, "subject"),
    (Credential.Revoked, CredentialStatusChangedV1, "subject"),
    (Credential.Read, CredentialReadV1, "subject"),
    (Learner.Enrolled, LearnerEnrolledV1, "subject"),
    (Learner.Warned, LearnerWarnedV1, "subject"),
    (Share.Granted, ShareGrantedV1, "subject"),
    (Share.Opened, ShareOpenedV1, "subject"),
    (Share.Withdrawn, ShareWithdrawnV1, "subject"),
    (Registry.Opened, RegistryOpenedV1, "ledger"),
    (Registry.PolicySet, RegistrationPolicySetV1, "ledger"),
    (Registry.AnchorAdded, TrustAnchorV1, "ledger"),
    (Registry.AnchorRemoved, TrustAnchorV1, "ledger"),
    (StatusLists.Published, StatusListsPublishedV1, "ledger"),
)
"""Event class, payload model, and whose key seals it. One row a stored type."""


UNTOLD = UUID(int=0)
"""The event id of an opened event: only the store's row knows it, and no rule asks for it."""


def codecs() -> Mapping[str, EventCodec]:
    """Return the codec of every stored type."""
    table = {event.TOPIC: _modelled(event, model, owner) for event, model, owner in MODELS}
    table[Credential.Issued.TOPIC] = EventCodec(
        event_class=Credential.Issued,
        owner="subject",
        encode=lambda event: bytes(event.credential),
        decode=lambda payload: {"event_id": UNTOLD, "credential": payload},
    )
    table[Learner.Erased.TOPIC] = EventCodec(
        event_class=Learner.Erased,
        owner="nobody",
        encode=lambda _: b"",
        decode=lambda _: {"event_id": UNTOLD},
    )
    return table


def _modelled(event_class: type[Fact], model: type[Payload], owner: Owner) -> EventCodec:
    names = tuple(model.model_fields)

    def encode(event: Any) -> bytes:
        payload = model.model_validate({name: getattr(event, name) for name in names})
        return jcs.canonicalise(payload.model_dump(mode="json"))

    def decode(payload: bytes) -> dict[str, Any]:
        read = model.model_validate(strict_json.loads_object(payload))
        return {"event_id": UNTOLD} | {name: getattr(read, name) for name in names}

    return EventCodec(event_class=event_class, owner=owner, encode=encode, decode=decode)
