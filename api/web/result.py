"""The outcome of a verification as a page: the verdict in words, the file's own checks, a card for each. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.web.cards import CardView, card_view
from api.web.checks import CheckView, TallyView, VerdictView, check_views, tally, verdict_view
from api.web.language import N_, Words
from ledger.usecases.compose import AttestationView
from schemas.report import VerdictText
from verifiers import Report


@dataclass(frozen=True, slots=True)
class ResultView:
    """What was found in a file."""

    verdict: VerdictView
    reason: str | None
    at: str
    tally: tuple[TallyView, ...]
    checks: tuple[CheckView, ...]
    cards: tuple[CardView, ...]


_MANY: Mapping[VerdictText, tuple[str, str]] = {
    "valid": (
        N_("All these credentials are valid"),
        N_("Of each one, every check that counts came out well."),
    ),
    "invalid": (
        N_("Not all of these credentials are valid"),
        N_("Do not rely on what is wrong. Below you read it of each credential."),
    ),
    "undetermined": (
        N_("Not all of this could be checked"),
        N_("That does not mean it is wrong, and not that it is right. Below you read what is open."),
    ),
}


def result_view(report: Report, said: Sequence[AttestationView], words: Words) -> ResultView:
    """Return the page of a report.

    Args:
        said: what each credential says, in the order of the report.
    """
    cards = tuple(
        card_view(number, credential, read, words)
        for number, (credential, read) in enumerate(zip(report.credentials, said, strict=True), start=1)
    )
    verdict = verdict_view(report.verdict, words)
    if len(cards) != 1:
        headline, explanation = _MANY[report.verdict]
        verdict = VerdictView(verdict.verdict, verdict.word, words.say(headline), words.say(explanation))
    return ResultView(
        verdict=verdict,
        reason=cards[0].reason if len(cards) == 1 else None,
        at=words.moment(report.at),
        tally=tally((credential.verdict for credential in report.credentials), words),
        checks=check_views(report.checks, words),
        cards=cards,
    )
