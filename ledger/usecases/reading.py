"""Reading one recorded credential. An organisation's look is itself an event, which the learner sees."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from ledger.domain.credential import Credential
from ledger.errors import ForbiddenError
from ledger.usecases.access import Actor, require_learner, require_organisation
from ledger.usecases.recording import IssuedCredential, answer

if TYPE_CHECKING:
    from ledger.application import Ledger

_SCOPE = "attestations:read"


def read(ledger: Ledger, actor: Actor, credential_id: UUID) -> IssuedCredential:
    """Return a recorded credential with a current receipt.

    An organisation (`attestations:read`) reads its own credentials only, and each look is recorded as
    credential-read.v1 before the answer; the learner's own look (`trail`) is not.

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: credential_unknown. ErasedError: erased.
    """
    if actor.role == "learner":
        if ledger.load(Credential, credential_id).learner != require_learner(actor):
            raise ForbiddenError("not_yours", "the credential is somebody else's")
    else:
        organisation = require_organisation(actor, _SCOPE)

        def look(credential: Credential) -> None:
            if credential.organisation != organisation:
                raise ForbiddenError("not_yours", "the credential is another organisation's")
            credential.read(
                event_id=ledger.chance.uuid(), now=ledger.now(), organisation=organisation, scope=_SCOPE
            )

        ledger.change(Credential, credential_id, look)
    (recorded,) = ledger.store.select_stream(credential_id, lte=1)
    return answer(ledger, recorded)
