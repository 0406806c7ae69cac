"""What every attestation says, whatever its kind: a title, what was learned, when, and on which evidence.

What lives here: the shared fields and their rules. What does not: learner and issuer (the envelope knows
them: they are pseudonyms and DIDs, not part of what is declared) and the fields of one kind.

Four dates stay apart: learned (here), awarded (here), signed (the proof) and recorded (the log).
"""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.attestation.parts import EvidenceItem, Part, Skill, refuse_reversed
from schemas.attestation.text import ITEMS_MAX, Day, Line, Moment, Paragraph

Skills = Annotated[tuple[Skill, ...], Field(max_length=ITEMS_MAX)]
EvidenceItems = Annotated[tuple[EvidenceItem, ...], Field(max_length=ITEMS_MAX)]
Lines = Annotated[tuple[Line, ...], Field(max_length=ITEMS_MAX)]
Hours = Annotated[int, Field(strict=True, gt=0, le=20_000)]


class AttestationBase(Part):
    """The fields that all kinds share."""

    title: Line = Field(description="What this attestation is called, in Dutch.")
    title_en: Line | None = Field(default=None, description="The title in English.")
    description: Paragraph = Field(description="What was learned or shown, in plain Dutch.")
    description_en: Paragraph | None = Field(default=None, description="The description in English.")
    learned_from: Day = Field(description="First day of the learning.")
    learned_until: Day = Field(description="Last day of the learning.")
    awarded_at: Moment = Field(description="When the organisation decided to award it.")
    valid_until: Moment | None = Field(
        default=None, description="When it stops being valid, if it ever does."
    )
    purpose: Paragraph | None = Field(
        default=None, description="What it was learned for (waartoe), in the learner's words."
    )
    skills: Skills = Field(default=(), description="The skills that were shown.")
    evidence: EvidenceItems = Field(default=(), description="What supports the claim.")

    @model_validator(mode="after")
    def _dates_follow_each_other(self) -> Self:
        refuse_reversed(self.learned_from, self.learned_until)
        if self.awarded_at.date() < self.learned_from:
            raise PydanticCustomError("awarded_before_learned", "it was awarded before the learning began")
        if self.valid_until is not None and self.valid_until <= self.awarded_at:
            raise PydanticCustomError("period_reversed", "it stops being valid before it was awarded")
        if (self.description_en is None) != (self.title_en is None):
            raise PydanticCustomError(
                "translation_incomplete", "title and description are translated together"
            )
        return self

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [skill.name for skill in self.skills]
        if len(set(names)) != len(names):
            raise PydanticCustomError("duplicate_item", "a skill is named twice")
        # Two descriptions under one address would become one node in RDF and mix what each says.
        urls = [item.url for item in self.evidence if item.url is not None]
        if len(set(urls)) != len(urls):
            raise PydanticCustomError("duplicate_item", "an address of evidence is given twice")
        return self
