"""The labelled sections of a credential's narrative that have no place of their own on a card."""

from __future__ import annotations

from dataclasses import dataclass

from api.web.names import clean
from ledger.usecases.compose import AttestationView
from ledger.usecases.compose.words import code_of_label


@dataclass(frozen=True, slots=True)
class Saying:
    """One section: its label and lines as they stand in the credential; `code` when we know the label."""

    code: str | None
    label: str
    text: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text that hold something."""
        return tuple(line for line in self.text.split("\n") if line.strip())


_PLACED = frozenset(
    {
        "purpose",
        "other_title",
        "other_description",
        "kwalificatie",
        "learning_outcomes",
        "learned_where",
        "learned_from_whom",
        "hours",
        "result",
        "period",
    }
)
"""What a card shows in a place of its own, or on the page in the other language."""


def sayings(said: AttestationView, *, every: bool = False) -> tuple[Saying, ...]:
    """Return the sections in their order; without `every`, only those that the card shows nowhere else."""
    found = (Saying(code_of_label(label), clean(label), clean(text)) for label, text in said.criteria)
    return tuple(item for item in found if every or item.code not in _PLACED)
