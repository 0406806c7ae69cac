"""The unsigned credential: every part of an attestation in its place in Open Badges 3.0.

What lives here: `compose` and its arguments. What does not: the parts (sibling files) and the proofs.
Only terms of the two contexts are written (schemas.credential.CONTEXTS), so nothing is lost when the
document is expanded, and nothing unsigned can be shown.

Source: Open Badges 3.0 section B; VC Data Model 2.0; Bitstring Status List 1.0 section 2.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ledger.usecases.compose import alignments, criteria, evidence, parties, results, sections
from ledger.usecases.compose.identifiers import node_id
from ledger.usecases.compose.words import ACHIEVEMENT_TYPES, Language, label
from schemas.attestation import (
    Attestation,
    AttestationBase,
    LevelClaim,
    Microcredential,
    Praktijkverklaring,
    Training,
    Workplace,
)
from schemas.attestation.text import format_time
from schemas.credential import CONTEXTS


@dataclass(frozen=True, slots=True)
class IssuerProfile:
    """Who signs.

    Attributes:
        did: the organisation's DID.
        name: name as the organisation uses it.
        url: public address, when there is one.
    """

    did: str
    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class StatusPointer:
    """A place in a status list, leased before signing.

    Attributes:
        purpose: what a set bit means.
        url: address of the list credential.
        index: 0-based place of the bit.
    """

    purpose: Literal["revocation", "suspension"]
    url: str
    index: int


def compose(
    attestation: Attestation,
    *,
    credential_id: str,
    issuer: IssuerProfile,
    subject_id: str,
    learner_name: str | None,
    valid_from: datetime,
    status: Sequence[StatusPointer] = (),
    language: Language = "nl",
) -> dict[str, object]:
    """Write an attestation as an unsigned Open Badges 3.0 credential.

    Args:
        attestation: what is declared.
        credential_id: "urn:uuid:" and a random uuid, lower case.
        issuer: who signs.
        subject_id: the learner's pseudonym, an absolute IRI.
        learner_name: written, unhashed, only when given.
        valid_from: aware time from which it is valid.
        status: places in status lists; none leaves the status out.
        language: language of the labels, and of title and description where they exist in it.

    Returns:
        The document without proof.

    Raises:
        ValueError: credential_id is not a lower-case urn:uuid.
    """
    spoken, title, description, other = _texts(attestation, language)
    facts = results.facts_of(attestation, language)
    descriptions, achieved = results.write(credential_id, facts)
    document: dict[str, object] = {
        "@context": list(CONTEXTS),
        "id": credential_id,
        "type": ["VerifiableCredential", "AchievementCredential"],
        "name": title,
        "issuer": _issuer(issuer),
        "validFrom": format_time(valid_from),
        "awardedDate": format_time(attestation.awarded_at),
    }
    if attestation.valid_until is not None:
        document["validUntil"] = format_time(attestation.valid_until)
    achievement: dict[str, object] = {
        "id": node_id(credential_id, "achievement"),
        "type": ["Achievement"],
        "name": title,
        "description": description,
        "achievementType": ACHIEVEMENT_TYPES[attestation.kind],
        "inLanguage": spoken,
        "criteria": {"narrative": criteria.narrative(attestation, language, other)},
    }
    achievement |= _links(attestation, language)
    if descriptions:
        achievement["resultDescription"] = descriptions
    document["credentialSubject"] = _subject(
        attestation, credential_id, subject_id, learner_name, language, achievement, achieved
    )
    supported = evidence.evidence_of(attestation, language)
    if supported:
        document["evidence"] = supported
    if status:
        entries = [_status(pointer) for pointer in status]
        # One entry is an object, as the Open Badges schema asks; VC 2.0 allows an array for more.
        document["credentialStatus"] = entries[0] if len(entries) == 1 else entries
    return document


def _texts(
    attestation: AttestationBase, language: Language
) -> tuple[Language, str, str, tuple[str | None, str | None]]:
    """Choose title and description: the language they are in, both, and the pair in the other language."""
    dutch = (attestation.title, attestation.description)
    english = (attestation.title_en, attestation.description_en)
    if language == "en" and attestation.title_en is not None and attestation.description_en is not None:
        return "en", attestation.title_en, attestation.description_en, dutch
    return "nl", *dutch, english


def _issuer(issuer: IssuerProfile) -> dict[str, object]:
    profile: dict[str, object] = {"id": issuer.did, "type": ["Profile"], "name": issuer.name}
    if issuer.url is not None:
        profile["url"] = issuer.url
    return profile


def _subject(
    attestation: AttestationBase,
    credential_id: str,
    subject_id: str,
    learner_name: str | None,
    language: Language,
    achievement: dict[str, object],
    achieved: list[dict[str, object]],
) -> dict[str, object]:
    subject: dict[str, object] = {"id": subject_id, "type": ["AchievementSubject"]}
    if learner_name is not None:
        subject["identifier"] = [
            {"type": "IdentityObject", "hashed": False, "identityHash": learner_name, "identityType": "name"}
        ]
    subject["activityStartDate"] = _midnight(attestation.learned_from)
    subject["activityEndDate"] = _midnight(attestation.learned_until)
    if isinstance(attestation, Workplace):
        subject["role"] = attestation.role
    if isinstance(attestation, Microcredential) and attestation.workload.ec is not None:
        subject["creditsEarned"] = _number(attestation.workload.ec)
    if attestation.purpose is not None:
        subject["narrative"] = sections.dump([(label(language, "purpose"), attestation.purpose)])
    source = parties.source_of(credential_id, attestation)
    if source is not None:
        subject["source"] = source
    subject["achievement"] = achievement
    if achieved:
        subject["result"] = achieved
    return subject


def _links(attestation: AttestationBase, language: Language) -> dict[str, object]:
    """Gather what ties the achievement to frameworks: alignments, credits, codes and tags."""
    links: list[dict[str, object]] = []
    members: dict[str, object] = {}
    match attestation:
        case Praktijkverklaring():
            statutory = LevelClaim.model_validate(
                {"framework": "mbo", "level": str(attestation.mbo_level), "basis": "statutory"}
            )
            links += [
                alignments.crebo(attestation.kwalificatie),
                alignments.crebo(attestation.kwalificatiedossier),
                alignments.level(statutory, language),
            ]
        case Training() if attestation.level is not None:
            links.append(alignments.level(attestation.level, language))
        case Microcredential():
            links.append(alignments.level(attestation.level, language))
            if attestation.workload.ec is not None:
                members["creditsAvailable"] = _number(attestation.workload.ec)
            if attestation.programme_code is not None:
                members["otherIdentifier"] = [
                    {
                        "type": "IdentifierEntry",
                        "identifier": attestation.programme_code,
                        "identifierType": "ext:CROHO",
                    }
                ]
        case _:
            pass
    links += [link for item in attestation.skills if (link := alignments.skill(item)) is not None]
    if links:
        members["alignment"] = links
    if attestation.skills:
        members["tag"] = [item.name for item in attestation.skills]
    return members


def _status(pointer: StatusPointer) -> dict[str, object]:
    return {
        "id": f"{pointer.url}#{pointer.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": pointer.purpose,
        "statusListIndex": str(pointer.index),
        "statusListCredential": pointer.url,
    }


def _midnight(day: date) -> str:
    # Open Badges asks for a date and time where we know the day only; readers take the day.
    return f"{day.isoformat()}T00:00:00Z"


def _number(amount: float) -> int | float:
    # A whole number is written without a fraction, as JSON and RDF canonical forms agree on that spelling.
    return int(amount) if amount == int(amount) else amount
