"""An organisation that ceases to exist: its keys end, nothing new begins, and reads stay.

Its own administrator says so, or the operator, who then names the decision in law. What it recorded before
stays good: keys and lists are judged as they were at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.domain.organisation import Organisation
from ledger.errors import RejectedError
from ledger.usecases.access import Actor
from ledger.usecases.idempotency import Idempotency
from ledger.usecases.organisation_keys import as_admin, record
from ledger.usecases.organisations import CeaseReason, OrganisationView, is_did
from ledger.usecases.status_publication import publish_last
from ledger.usecases.text import line, url

if TYPE_CHECKING:
    from ledger.application import Ledger


@dataclass(frozen=True, slots=True)
class CeaseOrganisation:
    """`successor`: DID of who goes on with the work. `archive`: where records can be asked for.

    `reference`: the decision in law (a gazette, a court, a register); the operator must give one.
    """

    organisation: UUID
    reason: CeaseReason = "closed"
    successor: str | None = None
    archive: str | None = None
    reference: str | None = None


def cease(
    ledger: Ledger, actor: Actor, command: CeaseOrganisation, *, idempotency: Idempotency | None = None
) -> OrganisationView:
    """End an organisation for ever (`organisation:admin`, or the operator with a reference).

    Raises: ForbiddenError: scope_missing, not_yours. NotFoundError: organisation_unknown.
        RejectedError: reference_required, did_invalid, successor_is_itself, url_invalid, and the codes of a
        line of text. ConflictError: organisation_ceased, idempotency_conflict.
    """
    if actor.role == "operator" and command.reference is None:
        raise RejectedError(
            "reference_required",
            "the operator ends an organisation by a decision in law",
            pointer="/reference",
        )
    reference = None if command.reference is None else line(command.reference, pointer="/reference")
    archive = None if command.archive is None else url(command.archive, pointer="/archive")
    successor = None if command.successor is None else _did(command.successor)

    def decide(found: Organisation) -> None:
        found.cease(
            new_id=ledger.chance.uuid,
            now=ledger.now(),
            successor=successor,
            archive=archive,
            reason=command.reason,
            reference=reference,
        )

    def make() -> OrganisationView:
        ledger.load(Organisation, command.organisation).require_may_cease(successor)
        # The last lists are signed while there is a key to sign them with: from then on the status is frozen.
        publish_last(ledger, command.organisation)
        return record(ledger, actor, command.organisation, decide, idempotency)

    return as_admin(ledger, actor, command.organisation, idempotency, make)


def _did(text: str) -> str:
    if not is_did(text):
        raise RejectedError("did_invalid", "the successor is not named by a DID", pointer="/successor")
    return text
