"""The building blocks that several kinds of attestation share: organisations, people, skills, evidence,
levels.

What lives here: small frozen models and their own rules. What does not: the kinds (one file each) and how a
block is written into Open Badges 3.0 (ledger.usecases.compose).
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from schemas.attestation.text import Code, Crebo, Day, Kvk, Line, Paragraph, Url


class Part(BaseModel):
    """A frozen value that knows all its fields; errors never repeat what was sent."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Organisation(Part):
    """An organisation named inside an attestation: the place where was learned."""

    name: Line = Field(description="Name as the organisation uses it.")
    kvk: Kvk | None = Field(default=None, description="Number in the Dutch trade register, eight digits.")
    city: Line | None = Field(default=None, description="Place of the branch where was learned.")
    website: Url | None = Field(default=None, description="Public address of the organisation.")


class Leerbedrijf(Organisation):
    """A work placement company recognised by SBB."""

    sbb_recognition: Code | None = Field(
        default=None, description="Code of the SBB recognition (erkend leerbedrijf) for this qualification."
    )


class Person(Part):
    """A person who guided or judged, named because of the role."""

    name: Line = Field(description="Name as it may be shown with the attestation.")
    role: Line = Field(description="The role in which this person acted, such as praktijkopleider.")


class CodedName(Part):
    """A named item of the register of vocational education."""

    crebo: Crebo = Field(description="The five digits of the crebo code.")
    name: Line = Field(description="Official name.")


class Skill(Part):
    """A skill that was shown, in words and where possible in ESCO."""

    name: Line = Field(description="The skill in plain words.")
    level_shown: Line | None = Field(
        default=None, description="How well it was shown, in the words of the judge."
    )
    esco: (
        Annotated[
            str,
            StringConstraints(
                strict=True,
                pattern=r"^http://data\.europa\.eu/esco/skill/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
            ),
        ]
        | None
    ) = Field(default=None, description="The ESCO concept this skill matches.")


class EvidenceItem(Part):
    """Something that supports the claim."""

    kind: Literal["observation", "product", "conversation", "assessment", "portfolio", "reference"] = Field(
        description="What sort of evidence it is."
    )
    title: Line = Field(description="What it is called.")
    description: Paragraph | None = Field(default=None, description="What it shows.")
    url: Url | None = Field(default=None, description="Where it can be seen by who may see it.")


class LevelClaim(Part):
    """A level together with the ground on which it is claimed: a bare level may never be shown."""

    framework: Literal["EQF", "NLQF", "mbo"] = Field(description="The framework that defines the level.")
    level: Literal["entry", "1", "2", "3", "4", "4+", "5", "6", "7", "8"] = Field(
        description="The level in it."
    )
    basis: Literal["statutory", "ncp_levelled", "institution_indicative", "none"] = Field(
        description="Set by law, levelled by the NCP NLQF, indicated by the institution itself, or no ground."
    )
    register_id: Code | None = Field(default=None, description="Number in the NLQF register.")
    registered_from: Day | None = Field(default=None, description="First day of the registration.")
    registered_until: Day | None = Field(default=None, description="Last day of the registration.")

    @model_validator(mode="after")
    def _level_exists_and_registration_is_named(self) -> Self:
        allowed = {"EQF": set("12345678"), "mbo": set("1234"), "NLQF": {"entry", "4+", *"12345678"}}[
            self.framework
        ]
        if self.level not in allowed:
            raise PydanticCustomError("level_unknown", "the framework has no such level")
        if (self.basis == "ncp_levelled") != (self.register_id is not None):
            raise PydanticCustomError(
                "level_basis_incomplete", "a register id belongs to a level the NCP has set"
            )
        refuse_reversed(self.registered_from, self.registered_until)
        return self


class Workload(Part):
    """How much study it took: European credits, hours, or both."""

    ec: Annotated[float, Field(strict=True, gt=0, le=60, multiple_of=0.5)] | None = Field(
        default=None, description="European credits (EC)."
    )
    hours: Annotated[int, Field(strict=True, gt=0, le=6_000)] | None = Field(
        default=None, description="Hours of study."
    )

    @model_validator(mode="after")
    def _something_is_said(self) -> Self:
        if self.ec is None and self.hours is None:
            raise PydanticCustomError("workload_missing", "credits or hours are needed")
        return self


def refuse_reversed(first: date | None, last: date | None) -> None:
    """Refuse a period that ends before it begins.

    Raises:
        PydanticCustomError: period_reversed.
    """
    if first is not None and last is not None and last < first:
        raise PydanticCustomError("period_reversed", "the period ends before it begins")
