"""A microcredential of a school, with the elements the European Council asks for.

Source: Council Recommendation of 16 June 2022 on a European approach to micro-credentials, Annex I.
"""

from typing import Annotated, Literal

from pydantic import Field

from schemas.attestation.base import AttestationBase, Lines
from schemas.attestation.parts import LevelClaim, Workload
from schemas.attestation.text import Line, Paragraph


class Microcredential(AttestationBase):
    """A school's attestation of a small, assessed unit of learning."""

    kind: Literal["microcredential"]
    learning_outcomes: Annotated[Lines, Field(min_length=1)] = Field(
        description="What the learner knows and can do."
    )
    workload: Workload = Field(description="Study load in European credits or hours.")
    level: LevelClaim = Field(description="Level of the outcomes, with its ground.")
    assessment_type: Line = Field(description="How the outcomes were assessed.")
    participation: Literal["online", "on_site", "blended", "workplace"] = Field(
        description="How was taken part."
    )
    quality_assurance: Line = Field(description="How the quality of the unit is assured.")
    prerequisites: Paragraph | None = Field(default=None, description="What was needed to enrol.")
    supervision: (
        Literal["unsupervised", "supervised_no_identity_check", "supervised_identity_check"] | None
    ) = Field(default=None, description="Supervision and check of identity during the assessment.")
    grade: Line | None = Field(default=None, description="The grade, in the school's own scale.")
    stackability: Paragraph | None = Field(
        default=None, description="Into what larger whole it can be stacked."
    )
    programme_code: Annotated[str, Field(pattern=r"^[0-9]{5}$")] | None = Field(
        default=None, description="Code of the programme it belongs to, five digits."
    )
