"""Who takes part in the walk, and what they declare: the invented people and examples of `schemas/examples`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Literal

from verifiers.primitives.strict_json import JSON, loads_object

LEARNER = "Samira Haddad"
PURPOSE = "Sollicitatie als helpende in de zorg"
EMPLOYER = "Zorggroep Waterland"

KeyPlace = Literal["managed", "managed P-256", "own"]


@dataclass(frozen=True, slots=True)
class Role:
    """An organisation before it is registered.

    Args:
        short: how the steps call it.
        key: where its signing key lives.
        example: the kind of attestation it gives, and the file of the example.
    """

    short: str
    name: str
    role: str
    website: str
    key: KeyPlace
    example: str


ROC = Role("roc", "ROC Alblas", "school", "https://roc-alblas.example", "managed", "praktijkverklaring")
HOSPITAL = Role(
    "hospital", "Merwede Ziekenhuis", "employer", "https://merwede-ziekenhuis.example", "own", "workplace"
)
BUREAU = Role("bureau", "Vakbloei", "bureau", "https://vakbloei.example", "managed P-256", "training")
ORGANISATIONS = (ROC, HOSPITAL, BUREAU)
SELF_CLAIM = "self_claim"


def attestation(example: str) -> dict[str, JSON]:
    """Return an example attestation by the name of its kind."""
    file = resources.files("schemas").joinpath("examples", f"{example}.json")
    return loads_object(file.read_bytes())
