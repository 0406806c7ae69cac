"""The praktijkverklaring: a school and a work placement company declare which werkprocessen someone mastered
at work.

Source: WEB art. 7.4.6a (mbo-verklaring), SBB handreiking praktijkleren met de praktijkverklaring.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from schemas.attestation.base import AttestationBase, Hours
from schemas.attestation.parts import CodedName, Leerbedrijf, Part, Person, refuse_reversed
from schemas.attestation.text import ITEMS_MAX, Day, Line, Paragraph

Judgement = Literal["independent", "with_guidance", "practised"]
WerkprocesCode = Annotated[str, StringConstraints(strict=True, pattern=r"^[BP][1-9]-K[1-9]-W[1-9][0-9]?$")]


class Werkproces(Part):
    """One official work process and how well it was carried out."""

    code: WerkprocesCode = Field(description="Code in the qualification file, such as B1-K1-W1.")
    name: Line = Field(description="Official name in the qualification file.")
    judgement: Judgement = Field(description="Carried out independently, with guidance, or practised.")
    period_from: Day | None = Field(default=None, description="First day on which it was carried out.")
    period_until: Day | None = Field(default=None, description="Last day on which it was carried out.")
    context: Paragraph | None = Field(
        default=None, description="Where, with whom and how it was carried out."
    )

    @model_validator(mode="after")
    def _period_runs_forward(self) -> Self:
        refuse_reversed(self.period_from, self.period_until)
        if (self.period_from is None) != (self.period_until is None):
            raise PydanticCustomError("period_incomplete", "a period has a first and a last day")
        return self


class Praktijkverklaring(AttestationBase):
    """A declaration of practice for one qualification in one company; a person may hold several."""

    kind: Literal["praktijkverklaring"]
    leerbedrijf: Leerbedrijf = Field(description="The recognised company where was learned.")
    praktijkopleider: Person = Field(description="Who guided and judged at the company.")
    kwalificatiedossier: CodedName = Field(description="The qualification file.")
    kwalificatie: CodedName = Field(description="The qualification of which the werkprocessen are a part.")
    mbo_level: Annotated[int, Field(strict=True, ge=1, le=4)] = Field(
        description="Level of the qualification in mbo."
    )
    werkprocessen: Annotated[tuple[Werkproces, ...], Field(min_length=1, max_length=ITEMS_MAX)] = Field(
        description="The werkprocessen, each with its judgement."
    )
    hours: Hours | None = Field(default=None, description="Hours of practice.")

    @model_validator(mode="after")
    def _codes_are_unique(self) -> Self:
        codes = [item.code for item in self.werkprocessen]
        if len(set(codes)) != len(codes):
            raise PydanticCustomError("duplicate_item", "a werkproces is named twice")
        return self
