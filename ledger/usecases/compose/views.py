"""What a credential says, as plain frozen values for pages and histories; nothing here was verified.

Every member is optional except the kind, because credentials made elsewhere are read with the same eyes.
"""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class WerkprocesView:
    """One werkproces: `judgement` is our code or None, `judgement_text` the words in the credential."""

    code: str
    name: str
    judgement: str | None
    judgement_text: str | None
    period_from: date | None
    period_until: date | None
    context: str | None


@dataclass(frozen=True, slots=True)
class SkillView:
    """One skill, with the level that was shown and the ESCO concept where they are known."""

    name: str
    level_shown: str | None
    esco: str | None


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One piece of evidence; `kind` is our code or None, `genre` the words in the credential."""

    title: str | None
    kind: str | None
    genre: str | None
    description: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class LevelView:
    """A level and its ground. Show `text`, never framework and level alone."""

    framework: str
    level: str
    basis: str | None
    text: str


@dataclass(frozen=True, slots=True)
class AttestationView:
    """What a credential says.

    Attributes:
        kind: one of schemas.attestation.KINDS, or "other".
        title, title_other: in the language of the credential, and in the other language.
        description, description_other: likewise.
        language: language of title and description, BCP 47.
        issuer_id, issuer_name: who says it.
        organisation, city, kvk: where was learned, when that is not the issuer.
        person, person_role: who judged.
        learned_from, learned_until: days; awarded_at, valid_from, valid_until: moments.
        hours, credits, fte: amounts of learning and work.
        result, completion: grade or result in words; how it was completed.
        criteria: the labelled sections of the narrative, in order, for everything without a member of its
        own.
    """

    kind: str
    title: str | None = None
    title_other: str | None = None
    description: str | None = None
    description_other: str | None = None
    language: str | None = None
    issuer_id: str | None = None
    issuer_name: str | None = None
    issuer_url: str | None = None
    learner_name: str | None = None
    organisation: str | None = None
    city: str | None = None
    kvk: str | None = None
    person: str | None = None
    person_role: str | None = None
    role: str | None = None
    learned_from: date | None = None
    learned_until: date | None = None
    awarded_at: datetime | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    purpose: str | None = None
    kwalificatie: str | None = None
    kwalificatiedossier: str | None = None
    werkprocessen: tuple[WerkprocesView, ...] = ()
    skills: tuple[SkillView, ...] = ()
    tasks: tuple[str, ...] = ()
    learning_outcomes: tuple[str, ...] = ()
    evidence: tuple[EvidenceView, ...] = ()
    levels: tuple[LevelView, ...] = ()
    hours: int | None = None
    credits: float | None = None
    fte: float | None = None
    result: str | None = None
    completion: str | None = None
    criteria: tuple[tuple[str, str], ...] = ()
