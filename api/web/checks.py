"""Checks and verdicts as people read them: a shape, a word and a sentence, never a colour alone. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from api.web.language import N_, Words
from api.web.sentences import TITLES, sentence
from schemas.report import VerdictText
from verifiers import Check

WORDS: Mapping[VerdictText, str] = {
    "valid": N_("valid"),
    "invalid": N_("wrong"),
    "undetermined": N_("could not be checked"),
}
HEADLINES: Mapping[VerdictText, str] = {
    "valid": N_("This credential is valid"),
    "invalid": N_("This credential is not valid"),
    "undetermined": N_("This credential could not be fully checked"),
}
EXPLANATIONS: Mapping[VerdictText, str] = {
    "valid": N_("Every check that counts came out well. Who shows it was not checked."),
    "invalid": N_("Do not rely on it. Below you read what is wrong."),
    "undetermined": N_(
        "That does not mean it is wrong, and not that it is right. Below you read what is open."
    ),
}


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check. `verdict` chooses the shape, `word` says it, `sentence` explains it.

    Attributes:
        counts: whether the verdict of the whole depends on it.
        facts: (label, text) for who wants to know exactly; texts come from strangers.
    """

    title: str
    verdict: VerdictText
    word: str
    sentence: str
    counts: bool
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class VerdictView:
    """The verdict on one credential or on a whole file."""

    verdict: VerdictText
    word: str
    headline: str
    explanation: str


@dataclass(frozen=True, slots=True)
class TallyView:
    """How many came out one way: "3 valid"."""

    verdict: VerdictText
    number: int
    word: str


_FACTS: Mapping[str, str] = {
    "code": N_("Code"),
    "cryptosuite": N_("Kind of signature"),
    "verification_method": N_("Key"),
    "source": N_("Where the key was found"),
    "origin": N_("Name of the ledger"),
    "position": N_("Place in the ledger"),
    "recorded_at": N_("Recorded at"),
    "logged_at": N_("Certainly there at"),
    "time_source": N_("According to"),
    "witnesses": N_("Witnesses"),
    "valid_until": N_("Key in use until"),
    "compromised_since": N_("Key no longer safe since"),
    "ceased_at": N_("Issuer existed until"),
    "successor": N_("Carried on by"),
    "archive": N_("Archive"),
    "list": N_("Status list"),
    "index": N_("Place in the status list"),
    "list_of": N_("Status list of"),
    "history": N_("What happened to it"),
    "expected": N_("Expected"),
    "got": N_("Found"),
}

_CHANGES: Mapping[str, str] = {
    "suspended": N_("put on hold"),
    "reinstated": N_("no longer on hold"),
    "revoked": N_("withdrawn"),
}
_SOURCES: Mapping[str, str] = {
    "witnesses": N_("independent witnesses"),
    "operator": N_("the keeper of the ledger"),
    "log": N_("the ledger itself"),
}


def check_views(checks: Sequence[Check], words: Words) -> tuple[CheckView, ...]:
    """Return what is to be shown of checks, in their order; of several of a kind each has its number."""
    total = Counter(_title(check) for check in checks)
    seen: Counter[str] = Counter()
    views = []
    for check in checks:
        title = _title(check)
        seen[title] += 1
        shown = words.say(title)
        if total[title] > 1:
            shown = words.say(
                "%(title)s %(number)s of %(total)s",
                title=shown,
                number=str(seen[title]),
                total=str(total[title]),
            )
        views.append(_view(check, shown, words))
    return tuple(views)


def verdict_view(verdict: VerdictText, words: Words) -> VerdictView:
    """Return what is to be said of the verdict on one credential."""
    return VerdictView(
        verdict, words.say(WORDS[verdict]), words.say(HEADLINES[verdict]), words.say(EXPLANATIONS[verdict])
    )


def tally(verdicts: Iterable[VerdictText], words: Words) -> tuple[TallyView, ...]:
    """Return how many came out each way; ways that nothing came out are left out."""
    found = Counter(verdicts)
    labels: Mapping[VerdictText, str] = {
        "valid": words.count("is valid", "are valid", found["valid"]),
        "invalid": words.count("is not valid", "are not valid", found["invalid"]),
        "undetermined": words.say("could not be checked"),
    }
    return tuple(
        TallyView(verdict, found[verdict], label) for verdict, label in labels.items() if found[verdict]
    )


def _title(check: Check) -> str:
    if check.name == "status" and check.detail.get("purpose") == "suspension":
        return N_("Not on hold")
    return TITLES[check.name]


def _view(check: Check, title: str, words: Words) -> CheckView:
    said = {"code": check.code, **check.detail}
    source = said.get("time_source")
    if source is not None:
        said["time_source"] = words.say(_SOURCES[source])
    if "history" in said:
        said["history"] = _history(said["history"], words)
    return CheckView(
        title=title,
        verdict=check.verdict,
        word=words.say(WORDS[check.verdict]),
        sentence=words.say(sentence(check.name, check.verdict, check.code, of=_particular(check))),
        counts=check.required,
        facts=tuple((words.say(label), said[name]) for name, label in _FACTS.items() if said.get(name)),
    )


def _history(told: str, words: Words) -> str:
    """Return the changes of a status ("suspended 2026-05-03T09:00:00Z, ...") in the reader's words."""
    changes = (change.partition(" ") for change in told.split(", "))
    return ", ".join(f"{words.say(_CHANGES[verb])} {moment}" for verb, _, moment in changes)


def _particular(check: Check) -> str:
    """Return what in particular a check was about, for the sentences that tell it apart."""
    if "ceased_at" in check.detail:
        return "ceased"
    detail = check.detail
    return detail.get("purpose") or detail.get("by") or detail.get("time_source") or ""
