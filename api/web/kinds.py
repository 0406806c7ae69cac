"""The kinds of attestation as pages show them: a word, a small picture, and who stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from api.web.language import N_, Words

Icon = Literal["work", "training", "school", "self", "other"]


@dataclass(frozen=True, slots=True)
class KindView:
    """A kind: `icon` names its picture and its colour, `note` who stands behind it when that is easily missed."""

    code: str
    label: str
    icon: Icon
    note: str | None


_KINDS: Mapping[str, tuple[str, Icon]] = {
    "praktijkverklaring": (N_("Declaration of practice"), "work"),
    "workplace": (N_("Learned at work"), "work"),
    "training": (N_("Training"), "training"),
    "microcredential": (N_("Microcredential"), "school"),
    "self_claim": (N_("Own claim"), "self"),
}
_OTHER: tuple[str, Icon] = (N_("Open Badge"), "other")
_NOTES: Mapping[str, str] = {
    "self_claim": N_("The learner says this herself or himself. Nobody else has judged it."),
    "other": N_("This credential was made with other software than ours."),
}


def kind_view(code: str, words: Words) -> KindView:
    """Return how a kind is shown; a kind that we do not know is an Open Badge made elsewhere."""
    known = code if code in _KINDS else "other"
    label, icon = _KINDS.get(known, _OTHER)
    note = _NOTES.get(known)
    return KindView(known, words.say(label), icon, None if note is None else words.say(note))
