"""A credential as a card: what was learned, where, with whom, four dates told apart, and its checks. Pure.

What a card says comes from the credential itself; how far that can be believed comes from its report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from api.web.checks import CheckView, TallyView, VerdictView, check_views, tally, verdict_view
from api.web.kinds import KindView, kind_view
from api.web.language import N_, Words
from api.web.names import NameView, clean, name_view
from api.web.sayings import Saying, sayings
from ledger.usecases.compose import AttestationView
from verifiers import CredentialReport
from verifiers.primitives.encoding import format_time


@dataclass(frozen=True, slots=True)
class DateView:
    """One of the four dates. `text` None: unknown. `machine` for the datetime attribute; `note`: whose word."""

    label: str
    text: str | None
    machine: str | None
    note: str


@dataclass(frozen=True, slots=True)
class WerkprocesLine:
    """One werkproces; `judgement` is 1 (practised) to 3 (independent), or None for other words."""

    code: str
    name: str
    rung: int | None
    judgement: str | None
    period: str | None
    context: str | None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change of status, and why, where the issuer gave a reason that we have words for."""

    text: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class CardView:
    """A credential. `person` is named in it; that is no proof that this person shows it."""

    anchor: str
    kind: KindView
    title: str
    language: str | None
    issuer: NameView
    place: str | None
    guide: str | None
    person: str | None
    purpose: str | None
    description: str | None
    facts: tuple[tuple[str, str], ...]
    werkprocessen: tuple[WerkprocesLine, ...]
    skills: tuple[tuple[str, str | None], ...]
    outcomes: tuple[str, ...]
    evidence: tuple[tuple[str, str | None], ...]
    sayings: tuple[Saying, ...]
    dates: tuple[DateView, ...]
    verdict: VerdictView
    reason: str | None
    checks: tuple[CheckView, ...]
    tally: tuple[TallyView, ...]
    changes: tuple[ChangeView, ...]


_RUNGS = {"practised": 1, "with_guidance": 2, "independent": 3}
NO_TITLE = N_("A credential without a title")


def card_view(
    number: int,
    report: CredentialReport,
    said: AttestationView,
    words: Words,
    *,
    recorded_at: datetime | None = None,
    changes: Iterable[ChangeView] = (),
) -> CardView:
    """Return the card of a credential.

    Args:
        number: place on the page, from 1.
        recorded_at: the ledger's own time, where the page knows it; else a verified receipt's.
    """
    checks = check_views(report.checks, words)
    title, description, language = in_language(said, words)
    verdict = verdict_view(report.verdict, words)
    deciding = (check for check in checks if check.counts and check.verdict == report.verdict)
    reason = None if report.verdict == "valid" else next((check.sentence for check in deciding), None)
    return CardView(
        anchor=f"credential-{number}",
        kind=kind_view(said.kind, words),
        title=title_of(title or report.name, words),
        language=language,
        issuer=name_view(report.issuer_name or said.issuer_name, report.issuer_id, words),
        place=place_of(said),
        guide=guide_of(said),
        person=_cleaned(said.learner_name),
        purpose=_cleaned(said.purpose),
        description=_cleaned(description),
        facts=tuple(_facts(said, words)),
        werkprocessen=tuple(_werkprocessen(said, words)),
        skills=tuple((clean(skill.name), _cleaned(skill.level_shown)) for skill in said.skills),
        outcomes=tuple(clean(outcome) for outcome in said.learning_outcomes),
        evidence=tuple(
            (clean(item.title or item.genre or words.say("Evidence")), _cleaned(item.description))
            for item in said.evidence
        ),
        sayings=sayings(said),
        dates=dates_of(report, said, words, recorded_at=recorded_at),
        verdict=verdict,
        reason=reason,
        checks=checks,
        tally=tally((check.verdict for check in checks), words),
        changes=tuple(changes),
    )


def in_language(said: AttestationView, words: Words) -> tuple[str | None, str | None, str | None]:
    """Return title, description and their language: the page's own where the credential has it."""
    other = said.language is not None and not said.language.lower().startswith(words.language)
    if other and said.title_other:
        return said.title_other, said.description_other, words.language
    return said.title, said.description, said.language


def title_of(title: str | None, words: Words) -> str:
    """Return a title to show, whatever the credential calls itself."""
    return clean(title or "").strip() or words.say(NO_TITLE)


def place_of(said: AttestationView) -> str | None:
    """Return where was learned: the place the credential names, or the one the learner names."""
    named = said.organisation or _said(said, "learned_where")
    city = said.city if said.city and said.city not in (named or "") else None
    return clean(", ".join(part for part in (named, city) if part)) or None


def guide_of(said: AttestationView) -> str | None:
    """Return with whom was learned."""
    named = said.person or _said(said, "learned_from_whom")
    parts = [part for part in (named, said.person_role) if part]
    return clean(", ".join(parts)) or None


def learned_in(said: AttestationView, words: Words) -> str | None:
    """Return when was learned, in words."""
    first, last = said.learned_from, said.learned_until
    if first is not None and last is not None and first <= last:
        return words.period(first, last)
    if first is not None:
        return words.say("from %(day)s", day=words.day(first))
    return None if last is None else words.say("until %(day)s", day=words.day(last))


def dates_of(
    report: CredentialReport, said: AttestationView, words: Words, *, recorded_at: datetime | None
) -> tuple[DateView, ...]:
    """Return the four dates, each with whose word it is: learned, awarded, signed, recorded."""
    recorded = recorded_at or report.recorded_at
    learned = said.learned_from or said.learned_until
    awarded = said.awarded_at or report.awarded
    rows = [
        DateView(
            words.say("Learned"),
            learned_in(said, words),
            None if learned is None else learned.isoformat(),
            words.say("says the issuer"),
        ),
        _moment(words.say("Awarded"), awarded, words.say("says the issuer"), words),
        _moment(words.say("Signed"), report.signed_at, words.say("says the signature"), words),
        _moment(words.say("Recorded"), recorded, words.say("time of the ledger"), words, exact=True),
    ]
    until = report.valid_until or said.valid_until
    if until is not None:
        rows.append(_moment(words.say("Valid until"), until, words.say("says the issuer"), words))
    return tuple(rows)


def _moment(label: str, moment: datetime | None, note: str, words: Words, *, exact: bool = False) -> DateView:
    if moment is None:
        return DateView(label, None, None, note)
    text = words.moment(moment) if exact else words.day(moment)
    return DateView(label, text, format_time(moment), note)


def _facts(said: AttestationView, words: Words) -> Iterable[tuple[str, str]]:
    if said.role:
        yield words.say("Role"), clean(said.role)
    if said.kwalificatie:
        yield words.say("Qualification"), clean(said.kwalificatie)
    if said.hours is not None:
        yield words.say("Hours"), words.count("%(number)s hour", "%(number)s hours", said.hours)
    if said.credits is not None:
        yield words.say("Study load"), f"{said.credits:g} EC"
    for level in said.levels:
        yield words.say("Level"), clean(level.text)
    if said.result:
        yield words.say("Result"), clean(said.result)


def _werkprocessen(said: AttestationView, words: Words) -> Iterable[WerkprocesLine]:
    for item in said.werkprocessen:
        first, last = item.period_from, item.period_until
        yield WerkprocesLine(
            code=clean(item.code),
            name=clean(item.name),
            rung=_RUNGS.get(item.judgement or ""),
            judgement=_cleaned(item.judgement_text),
            period=_between(first, last, words),
            context=_cleaned(item.context),
        )


def _between(first: date | None, last: date | None, words: Words) -> str | None:
    return words.period(first, last) if first is not None and last is not None else None


def _said(said: AttestationView, code: str) -> str | None:
    return next((item.text for item in sayings(said, every=True) if item.code == code), None)


def _cleaned(text: str | None) -> str | None:
    return clean(text) if text else None
