"""Learning at work, declared by the employer: what someone did, what was seen, on which ground, and what was
not assessed."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.attestation.base import AttestationBase, Hours, Lines
from schemas.attestation.parts import Organisation, Person
from schemas.attestation.text import Line, Paragraph

Basis = Literal["observation", "product", "conversation"]


class Workplace(AttestationBase):
    """An employer's attestation of learning at work."""

    kind: Literal["workplace"]
    employer: Organisation = Field(description="The organisation where the work was done.")
    supervisor: Person = Field(description="Who saw the work and judged it.")
    role: Line = Field(description="The role the learner had.")
    hours: Hours | None = Field(default=None, description="Hours worked in this role, in all.")
    fte: Annotated[float, Field(strict=True, gt=0, le=1)] | None = Field(
        default=None, description="Size of the job, 1 is full time."
    )
    tasks: Annotated[Lines, Field(min_length=1)] = Field(description="The tasks that were carried out.")
    context: Paragraph | None = Field(default=None, description="Team, setting, tools and complexity.")
    basis: Annotated[tuple[Basis, ...], Field(min_length=1, max_length=3)] = Field(
        description="On what the judgement rests: observation, a product, a conversation."
    )
    not_assessed: Paragraph | None = Field(default=None, description="What the supervisor did not judge.")

    @model_validator(mode="after")
    def _amount_of_work_is_known(self) -> Self:
        if self.hours is None and self.fte is None:
            raise PydanticCustomError("workload_missing", "hours or the size of the job are needed")
        if len(set(self.basis)) != len(self.basis):
            raise PydanticCustomError("duplicate_item", "a ground is named twice")
        return self
