"""What someone says about their own learning: the first rung of the evidence ladder, and shown as such."""

from typing import Literal

from pydantic import Field

from schemas.attestation.base import AttestationBase
from schemas.attestation.text import Line, Paragraph


class SelfClaim(AttestationBase):
    """The learner's own claim; nobody else has judged it."""

    kind: Literal["self_claim"]
    purpose: Paragraph = Field(description="What it was learned for (waartoe).")
    learned_where: Line = Field(description="Where it was learned.")
    learned_from_whom: Line | None = Field(default=None, description="From or with whom it was learned.")
