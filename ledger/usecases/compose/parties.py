"""The people and places inside an attestation, as Open Badges profiles.

`credentialSubject.source` is "the person or organization that assessed the achievement on behalf of the
issuer": the praktijkopleider with the leerbedrijf as parent organisation, the supervisor with the employer,
or the trainer.
"""

from ledger.usecases.compose.identifiers import node_id, organisation_id
from schemas.attestation import (
    AttestationBase,
    Leerbedrijf,
    Organisation,
    Person,
    Praktijkverklaring,
    Training,
    Workplace,
)

KVK = "ext:KvK"
SBB = "ext:SBBErkenning"


def source_of(credential_id: str, attestation: AttestationBase) -> dict[str, object] | None:
    """Return the profile of who judged, or None when the issuer itself did."""
    match attestation:
        case Praktijkverklaring():
            return _person(credential_id, attestation.praktijkopleider, attestation.leerbedrijf)
        case Workplace():
            return _person(credential_id, attestation.supervisor, attestation.employer)
        case Training():
            return _person(credential_id, attestation.trainer, None)
        case _:
            return None


def _person(credential_id: str, person: Person, organisation: Organisation | None) -> dict[str, object]:
    profile: dict[str, object] = {
        "id": node_id(credential_id, "source"),
        "type": ["Profile"],
        "name": person.name,
        "description": person.role,
    }
    if organisation is not None:
        profile["parentOrg"] = _organisation(credential_id, organisation)
    return profile


def _organisation(credential_id: str, organisation: Organisation) -> dict[str, object]:
    named = (
        organisation_id(organisation.kvk) if organisation.kvk else node_id(credential_id, "source/parentOrg")
    )
    profile: dict[str, object] = {"id": named, "type": ["Profile"], "name": organisation.name}
    if organisation.website is not None:
        profile["url"] = organisation.website
    if organisation.city is not None:
        profile["address"] = {
            "type": ["Address"],
            "addressLocality": organisation.city,
            "addressCountryCode": "NL",
        }
    identifiers = [
        {"type": "IdentifierEntry", "identifier": identifier, "identifierType": kind}
        for kind, identifier in ((KVK, organisation.kvk), (SBB, _recognition(organisation)))
        if identifier is not None
    ]
    if identifiers:
        profile["otherIdentifier"] = identifiers
    return profile


def _recognition(organisation: Organisation) -> str | None:
    return organisation.sbb_recognition if isinstance(organisation, Leerbedrijf) else None
