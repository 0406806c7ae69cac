"""How long a person's trail is kept when she does nothing: a term for each kind, with its legal basis and source.

A trail has one key, so it is kept or erased as a whole: the longest of its terms counts. Whatever is added to it,
and every share she grants, begins a term of its own.

The terms are this ledger's proposal. Where no law names one, the controller has to (GDPR art. 5(1)(e)), and `source`
says so. They bind the trail that is kept here for the person, not the archive that an issuer must keep by itself.

Not here: who is warned and when (`ledger.usecases.retention`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Basis = Literal["public_task", "contract", "consent"]
"""Of GDPR art. 6(1): (e), (b) and (a)."""

WARNING = timedelta(days=90)
"""From the warning to the erasure: the time in which a person can fetch her signed copy, or go on using her trail."""
YEAR = timedelta(days=365, hours=6)


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind: why it may be kept, for how long after it was recorded, and where that comes from."""

    kind: str
    basis: Basis
    years: int
    source: str

    @property
    def term(self) -> timedelta:
        """How long."""
        return self.years * YEAR


_WORKING_LIFE = (
    "a working life: Selectielijst hogescholen keeps what shows a degree for 50 years "
    "(nqa.nl, Bewaartermijnen toetsen); WEB for mbo"
)
_CHOSEN = "no law names a term; chosen here, GDPR art. 5(1)(e)"

RULES: Mapping[str, Rule] = {
    rule.kind: rule
    for rule in (
        Rule("praktijkverklaring", "public_task", 50, _WORKING_LIFE),
        Rule("microcredential", "public_task", 50, _WORKING_LIFE),
        Rule("training", "contract", 20, f"{_CHOSEN}: claims end after 5 years (BW 3:307), use lasts longer"),
        Rule("workplace", "consent", 20, f"{_CHOSEN}: as training"),
        Rule("self_claim", "consent", 10, f"{_CHOSEN}: nobody else needs it"),
        Rule("other", "consent", 20, f"{_CHOSEN}: a credential that was made elsewhere"),
        Rule("enrolment", "consent", 2, f"{_CHOSEN}: an empty trail"),
        Rule("share", "consent", 2, f"{_CHOSEN}: she used her trail"),
    )
}
SHORTEST = min(rule.term for rule in RULES.values())


@dataclass(frozen=True, slots=True)
class Use:
    """Something of a kind that was recorded at a moment."""

    kind: str
    at: datetime


def kept_until(uses: Iterable[Use]) -> tuple[datetime, Rule]:
    """Return until when a trail is kept, and by which rule; a kind that has no rule counts as "other".

    Args: uses: at least one; every trail has its enrolment.
    """
    ends = [(use.at + rule.term, rule) for use in uses for rule in (RULES.get(use.kind, RULES["other"]),)]
    return max(ends, key=lambda end: end[0])
