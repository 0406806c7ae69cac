"""A shared trail as a page: whose, what for, the picture, the table beside it, and a card for each credential.

Pure. The name is what the credentials and the ledger say; nobody has proven to be that person, and the page
says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from api.web.cards import CardView, ChangeView, card_view, learned_in
from api.web.checks import TallyView, tally
from api.web.language import N_, Words
from api.web.names import clean
from api.web.timeline import NARROW, WIDE, Picture, Stop, picture
from ledger.usecases import compose
from ledger.usecases.verify_share import VerifiedShare


@dataclass(frozen=True, slots=True)
class TableRow:
    """One credential in the table beside the picture."""

    anchor: str
    title: str
    kind: str
    where: str
    guide: str
    issuer: str
    when: str
    verdict: str
    word: str


@dataclass(frozen=True, slots=True)
class TrailView:
    """An opened share."""

    name: str | None
    purpose: str
    expires: str
    opened: str
    tally: tuple[TallyView, ...]
    issuers: int
    learned: str | None
    pictures: tuple[Picture, ...]
    summary: tuple[str, ...]
    rows: tuple[TableRow, ...]
    cards: tuple[CardView, ...]


_CHANGES = {
    "suspended": N_("On hold since %(day)s"),
    "active": N_("In force again since %(day)s"),
    "revoked": N_("Withdrawn on %(day)s"),
}
_REASONS = {
    "mistake": N_("a mistake"),
    "fraud": N_("fraud"),
    "superseded": N_("replaced by a newer credential"),
    "on_request": N_("at the request of the learner"),
    "under_review": N_("it is being looked into"),
}


def trail_view(verified: VerifiedShare, words: Words) -> TrailView:
    """Return the page of an opened share, in the order of learning."""
    share = verified.share
    entries = share.history.entries
    said = [compose.read(entry.document) for entry in entries]
    cards = tuple(
        card_view(
            number,
            report,
            read,
            words,
            recorded_at=entry.recorded_at,
            changes=[
                _change(change.status, change.reason, change.changed_at, words) for change in entry.changes
            ],
        )
        for number, (entry, report, read) in enumerate(
            zip(entries, verified.report.credentials, said, strict=True), start=1
        )
    )
    periods = [_period(read, entry.awarded_at) for read, entry in zip(said, entries, strict=True)]
    stops = [
        Stop(card.title, places_of(card), *period, card.kind.icon, card.verdict.verdict)
        for card, period in zip(cards, periods, strict=True)
    ]
    today = share.opened_at.date()
    rows = tuple(
        _table_row(card, learned_in(read, words), words) for card, read in zip(cards, said, strict=True)
    )
    return TrailView(
        name=clean(share.history.name) if share.history.name else None,
        purpose=clean(share.purpose),
        expires=words.day(share.expires_at),
        opened=words.moment(share.opened_at),
        tally=tally((report.verdict for report in verified.report.credentials), words),
        issuers=len({_party(entry.organisation, entry.issuer_did) for entry in entries}),
        learned=_learned(periods, words),
        pictures=tuple(picture(stops, layout, words, today=today) for layout in (WIDE, NARROW)),
        summary=tuple(_sentence(row, words) for row in rows),
        rows=rows,
        cards=cards,
    )


def places_of(card: CardView) -> tuple[str, ...]:
    """Return in a line each where and with whom was learned; without a place, who issued it."""
    place = card.place or card.issuer.name
    return (place,) if card.guide is None else (place, card.guide)


def _change(status: str, reason: str, changed_at: datetime, words: Words) -> ChangeView:
    known = _REASONS.get(reason)
    told = None if known is None else words.say("Reason: %(reason)s.", reason=words.say(known))
    return ChangeView(words.say(_CHANGES[status], day=words.day(changed_at)), told)


def _period(said: compose.AttestationView, awarded_at: datetime | None) -> tuple[date | None, date | None]:
    """Return when was learned, for the picture; what does not say so stands where it was awarded."""
    first, last = said.learned_from, said.learned_until
    if first is not None and last is not None and last < first:
        return first, first
    if first is None and last is None:
        return (None, None) if awarded_at is None else (awarded_at.date(), awarded_at.date())
    return first or last, last or first


def _party(organisation: UUID | None, did: str) -> str:
    return did if organisation is None else str(organisation)


def _learned(periods: Sequence[tuple[date | None, date | None]], words: Words) -> str | None:
    days = [day for period in periods for day in period if day is not None]
    return words.period(min(days), max(days)) if days else None


def _table_row(card: CardView, learned: str | None, words: Words) -> TableRow:
    unknown = words.say("not stated")
    return TableRow(
        anchor=card.anchor,
        title=card.title,
        kind=card.kind.label,
        where=card.place or unknown,
        guide=card.guide or unknown,
        issuer=card.issuer.name,
        when=learned or unknown,
        verdict=card.verdict.verdict,
        word=card.verdict.word,
    )


def _sentence(row: TableRow, words: Words) -> str:
    return words.say(
        "%(title)s; where: %(where)s; with: %(guide)s; when: %(when)s; checked: %(word)s.",
        title=row.title,
        where=row.where,
        guide=row.guide,
        when=row.when,
        word=row.word,
    )
