"""The narrative of an achievement: what had to be done, on which ground, as labelled sections (sections).

Facts without a member of their own in Open Badges are written here, one section each, in the language of the
credential.
"""

from ledger.usecases.compose import sections
from ledger.usecases.compose.words import Language, label, value
from schemas.attestation import (
    AttestationBase,
    CodedName,
    Microcredential,
    Praktijkverklaring,
    QualityMark,
    SelfClaim,
    Training,
    Workplace,
)

Section = tuple[str, str | None]


def narrative(attestation: AttestationBase, language: Language, other: tuple[str | None, str | None]) -> str:
    """Write the narrative.

    Args:
        attestation: what is declared.
        language: the language of the labels.
        other: title and description in the other language, where there are.
    """
    title, description = other
    found = _sections(attestation, language)
    found += [("other_title", title), ("other_description", description)]
    return sections.dump((label(language, code), text) for code, text in found)


def _sections(attestation: AttestationBase, language: Language) -> list[Section]:
    match attestation:
        case Praktijkverklaring():
            return [
                ("ground", value(language, "ground", "praktijkverklaring")),
                ("kwalificatiedossier", _coded(attestation.kwalificatiedossier)),
                ("kwalificatie", _coded(attestation.kwalificatie)),
            ]
        case Workplace():
            grounds = ", ".join(value(language, "basis", code) for code in attestation.basis)
            return [
                ("ground", grounds),
                ("tasks", sections.lines(attestation.tasks)),
                ("context", attestation.context),
                ("not_assessed", attestation.not_assessed),
            ]
        case Training():
            return [
                ("ground", value(language, "ground", "training")),
                ("learning_outcomes", sections.lines(attestation.learning_outcomes)),
                ("quality_marks", sections.lines(_mark(mark) for mark in attestation.quality_marks)),
            ]
        case Microcredential():
            return _microcredential(attestation, language)
        case SelfClaim():
            return [
                ("ground", value(language, "ground", "self_claim")),
                ("learned_where", attestation.learned_where),
                ("learned_from_whom", attestation.learned_from_whom),
            ]
        case _:
            raise TypeError("compose knows the five kinds of attestation only")


def _microcredential(attestation: Microcredential, language: Language) -> list[Section]:
    supervision = attestation.supervision
    return [
        ("ground", value(language, "ground", "microcredential")),
        ("learning_outcomes", sections.lines(attestation.learning_outcomes)),
        ("assessment_type", attestation.assessment_type),
        ("participation", value(language, "participation", attestation.participation)),
        ("quality_assurance", attestation.quality_assurance),
        ("prerequisites", attestation.prerequisites),
        ("supervision", None if supervision is None else value(language, "supervision", supervision)),
        ("stackability", attestation.stackability),
    ]


def _coded(item: CodedName) -> str:
    return f"{item.name} (crebo {item.crebo})"


def _mark(mark: QualityMark) -> str:
    return mark.mark if mark.number is None else f"{mark.mark} ({mark.number})"
