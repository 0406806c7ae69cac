"""A training or course, declared by the bureau that gave it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.attestation.base import AttestationBase, Hours, Lines
from schemas.attestation.parts import LevelClaim, Part, Person
from schemas.attestation.text import Code, Line


class QualityMark(Part):
    """A mark of quality the bureau held when the training was given."""

    mark: Literal["NRTO", "CRKBO", "Cedeo", "ISO 9001", "ISO 21001", "SKO"] = Field(description="Which mark.")
    number: Code | None = Field(default=None, description="Its number in the register of the mark.")


class Training(AttestationBase):
    """A bureau's attestation of a training."""

    kind: Literal["training"]
    trainer: Person = Field(description="Who gave the training.")
    hours: Hours = Field(description="Hours of training, contact and self-study together.")
    completion: Literal["completed", "attended"] = Field(
        description="Completed with a test or assignment, or attended only."
    )
    result: Line | None = Field(
        default=None, description="The result of the test, in the bureau's own scale."
    )
    learning_outcomes: Lines = Field(default=(), description="What a participant can do afterwards.")
    quality_marks: Annotated[tuple[QualityMark, ...], Field(max_length=6)] = Field(
        default=(), description="Marks of quality the bureau holds."
    )
    level: LevelClaim | None = Field(default=None, description="Only for a training that has been levelled.")

    @model_validator(mode="after")
    def _attended_has_no_result(self) -> Self:
        if self.completion == "attended" and self.result is not None:
            raise PydanticCustomError("result_without_completion", "a training only attended has no result")
        return self
