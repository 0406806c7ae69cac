"""The words that compose writes into a credential, in Dutch and English, and the way back from word to code.

What lives here: labels that become part of the signed document. What does not: the words of pages
(api.web.locale). A released word is never changed, because credentials that carry it must stay readable: add
a new one beside it.
"""

from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["nl", "en"]

ACHIEVEMENT_TYPES: Final[Mapping[str, str]] = {
    # Open Badges has no type for a praktijkverklaring or a self-claim, so both use its extension prefix.
    "praktijkverklaring": "ext:Praktijkverklaring",
    "workplace": "Fieldwork",
    "training": "CertificateOfCompletion",
    "microcredential": "MicroCredential",
    "self_claim": "ext:SelfClaim",
}

LABELS: Final[Mapping[Language, Mapping[str, str]]] = {
    "nl": {
        "ground": "Grond",
        "purpose": "Waartoe",
        "other_title": "Titel in het Engels",
        "other_description": "Omschrijving in het Engels",
        "kwalificatiedossier": "Kwalificatiedossier",
        "kwalificatie": "Kwalificatie",
        "tasks": "Taken",
        "context": "Context",
        "not_assessed": "Niet beoordeeld",
        "learning_outcomes": "Leeruitkomsten",
        "quality_marks": "Keurmerken",
        "assessment_type": "Toetsvorm",
        "participation": "Deelname",
        "quality_assurance": "Kwaliteitsborging",
        "prerequisites": "Ingangseisen",
        "supervision": "Toezicht",
        "stackability": "Stapelbaarheid",
        "learned_where": "Waar geleerd",
        "learned_from_whom": "Van wie geleerd",
        "hours": "Uren",
        "fte": "Omvang van de functie (fte)",
        "result": "Resultaat",
        "completion": "Afronding",
        "period": "Periode",
    },
    "en": {
        "ground": "Ground",
        "purpose": "Purpose",
        "other_title": "Title in Dutch",
        "other_description": "Description in Dutch",
        "kwalificatiedossier": "Qualification file",
        "kwalificatie": "Qualification",
        "tasks": "Tasks",
        "context": "Context",
        "not_assessed": "Not assessed",
        "learning_outcomes": "Learning outcomes",
        "quality_marks": "Quality marks",
        "assessment_type": "Type of assessment",
        "participation": "Form of participation",
        "quality_assurance": "Quality assurance",
        "prerequisites": "Prerequisites",
        "supervision": "Supervision",
        "stackability": "Stackability",
        "learned_where": "Where learned",
        "learned_from_whom": "Learned from whom",
        "hours": "Hours",
        "fte": "Size of the job (FTE)",
        "result": "Result",
        "completion": "Completion",
        "period": "Period",
    },
}

VALUES: Final[Mapping[Language, Mapping[str, str]]] = {
    "nl": {
        "judgement/independent": "voert zelfstandig uit",
        "judgement/with_guidance": "voert uit onder begeleiding",
        "judgement/practised": "heeft geoefend",
        "evidence/observation": "observatie",
        "evidence/product": "product",
        "evidence/conversation": "gesprek",
        "evidence/assessment": "toets of proeve",
        "evidence/portfolio": "portfolio",
        "evidence/reference": "referentie",
        "evidence/werkproces": "werkproces in de praktijk",
        "level/statutory": "vastgelegd in de wet",
        "level/ncp_levelled": "ingeschaald door het NCP NLQF",
        "level/institution_indicative": "indicatie van de instelling zelf, niet ingeschaald",
        "level/none": "zonder grond, niet ingeschaald",
        "completion/completed": "afgerond met een toets of opdracht",
        "completion/attended": "deelgenomen, niet getoetst",
        "basis/observation": "observatie op de werkplek",
        "basis/product": "een gemaakt product",
        "basis/conversation": "een gesprek",
        "participation/online": "online",
        "participation/on_site": "op locatie",
        "participation/blended": "deels online, deels op locatie",
        "participation/workplace": "op de werkplek",
        "supervision/unsupervised": "zonder toezicht",
        "supervision/supervised_no_identity_check": "onder toezicht, zonder controle van de identiteit",
        "supervision/supervised_identity_check": "onder toezicht, met controle van de identiteit",
        "ground/praktijkverklaring": "De praktijkopleider van het leerbedrijf heeft de werkprocessen in de "
        "praktijk beoordeeld; school en leerbedrijf verklaren dit samen.",
        "ground/training": "De opleider verklaart de deelname en het resultaat.",
        "ground/microcredential": "De instelling heeft de leeruitkomsten getoetst.",
        "ground/self_claim": "Eigen verklaring; niemand anders heeft dit beoordeeld.",
    },
    "en": {
        "judgement/independent": "carries out independently",
        "judgement/with_guidance": "carries out with guidance",
        "judgement/practised": "has practised",
        "evidence/observation": "observation",
        "evidence/product": "product",
        "evidence/conversation": "conversation",
        "evidence/assessment": "assessment",
        "evidence/portfolio": "portfolio",
        "evidence/reference": "reference",
        "evidence/werkproces": "work process in practice",
        "level/statutory": "set by law",
        "level/ncp_levelled": "levelled by the NCP NLQF",
        "level/institution_indicative": "indicated by the institution itself, not levelled",
        "level/none": "without ground, not levelled",
        "completion/completed": "completed with a test or assignment",
        "completion/attended": "attended, not tested",
        "basis/observation": "observation at work",
        "basis/product": "a product that was made",
        "basis/conversation": "a conversation",
        "participation/online": "online",
        "participation/on_site": "on site",
        "participation/blended": "partly online, partly on site",
        "participation/workplace": "at the workplace",
        "supervision/unsupervised": "unsupervised",
        "supervision/supervised_no_identity_check": "supervised, without a check of identity",
        "supervision/supervised_identity_check": "supervised, with a check of identity",
        "ground/praktijkverklaring": "The supervisor at the work placement company judged the work processes "
        "in practice; school and company declare this together.",
        "ground/training": "The trainer declares participation and result.",
        "ground/microcredential": "The institution assessed the learning outcomes.",
        "ground/self_claim": "Own claim; nobody else has judged it.",
    },
}

JUDGEMENTS: Final = ("practised", "with_guidance", "independent")
"""From low to high, as `allowedValue` asks."""


def label(language: Language, code: str) -> str:
    """Return the label of a field."""
    return LABELS[language][code]


def value(language: Language, group: str, code: str) -> str:
    """Return the words of a coded value."""
    return VALUES[language][f"{group}/{code}"]


def code_of_label(text: str) -> str | None:
    """Return the field code of a label in either language, or None."""
    return next((code for words in LABELS.values() for code, word in words.items() if word == text), None)


def code_of_value(group: str, text: str) -> str | None:
    """Return the code of a coded value in either language, or None."""
    prefix = f"{group}/"
    return next(
        (
            code.removeprefix(prefix)
            for words in VALUES.values()
            for code, word in words.items()
            if code.startswith(prefix) and word == text
        ),
        None,
    )
