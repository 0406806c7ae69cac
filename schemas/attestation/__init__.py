"""The kinds of attestation: what an organisation declares about someone's learning, before it is signed.

What lives here: one frozen pydantic model a kind, told apart by `kind`. What does not: learner and issuer,
signatures, and the Open Badges form (ledger.usecases.compose makes it, and reads it back).
Every text field refuses a BSN (schemas.bsn); unknown fields are refused, so nothing is dropped unseen.
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from schemas.attestation.base import AttestationBase
from schemas.attestation.microcredential import Microcredential
from schemas.attestation.parts import (
    CodedName,
    EvidenceItem,
    Leerbedrijf,
    LevelClaim,
    Organisation,
    Person,
    Skill,
    Workload,
)
from schemas.attestation.praktijkverklaring import Judgement, Praktijkverklaring, Werkproces
from schemas.attestation.self_claim import SelfClaim
from schemas.attestation.training import QualityMark, Training
from schemas.attestation.workplace import Workplace

Kind = Literal["praktijkverklaring", "workplace", "training", "microcredential", "self_claim"]
KINDS: tuple[Kind, ...] = ("praktijkverklaring", "workplace", "training", "microcredential", "self_claim")

Attestation = Annotated[
    Praktijkverklaring | Workplace | Training | Microcredential | SelfClaim, Field(discriminator="kind")
]

# The outermost validator decides whether an error's text repeats what was sent: it must not.
ADAPTER: TypeAdapter[Praktijkverklaring | Workplace | Training | Microcredential | SelfClaim] = TypeAdapter(
    Attestation, config=ConfigDict(hide_input_in_errors=True)
)


def parse(value: object) -> Praktijkverklaring | Workplace | Training | Microcredential | SelfClaim:
    """Read an attestation from parsed JSON.

    Args:
        value: what the strict JSON reader returned.

    Raises:
        pydantic.ValidationError: with one stable `type` a fault; the input is not repeated in its text.
    """
    return ADAPTER.validate_python(value)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of what may be sent."""
    return ADAPTER.json_schema(mode="validation")


__all__ = [
    "ADAPTER",
    "KINDS",
    "Attestation",
    "AttestationBase",
    "CodedName",
    "EvidenceItem",
    "Judgement",
    "Kind",
    "Leerbedrijf",
    "LevelClaim",
    "Microcredential",
    "Organisation",
    "Person",
    "Praktijkverklaring",
    "QualityMark",
    "SelfClaim",
    "Skill",
    "Training",
    "Werkproces",
    "Workload",
    "Workplace",
    "json_schema",
    "parse",
]
