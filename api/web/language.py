"""Dutch and English: which one a visitor gets, the words of it, and how it writes dates.

The source texts are English; Dutch comes from `locale/nl/LC_MESSAGES/messages.po`, read once, at first use.
Words that are looked up later are marked with `N_` where they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal, get_args

from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "nl"
NAMES: dict[Language, str] = {"nl": "Nederlands", "en": "English"}
CATALOGUES = Path(__file__).parent / "locale"
RANGES_MAX = 16  # more languages than anyone reads
_LOCALES: dict[Language, str] = {"nl": "nl_NL", "en": "en_GB"}


def N_(message: str) -> str:
    """Mark a text for translation later."""
    return message


def choose(asked: str | None, accept: str | None) -> Language:
    """Return the language to answer in.

    Args:
        asked: the `lang` of the address, or None.
        accept: the Accept-Language header, or None; the first language in it that we have wins, because
            browsers write them in order of preference.
    """
    for known in LANGUAGES:
        if asked == known:
            return known
    for item in (accept or "").split(",")[:RANGES_MAX]:
        tag, _, weight = item.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        for known in LANGUAGES:
            if primary == known and weight.strip().lower() not in ("q=0", "q=0.0"):
                return known
    return DEFAULT


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: Language) -> NullTranslations:
    """Return the catalogue of a language; English is the language of the sources."""
    file = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    if not file.exists():
        return NullTranslations()
    with file.open("rb") as source:
        read = read_po(source, locale=language, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return Translations(compiled)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    language: Language

    def say(self, message: str, **values: str) -> str:
        """Return a text in this language, with its `%(name)s` filled in."""
        found = catalogue(self.language).gettext(message)
        return found % values if values else found

    def count(self, one: str, many: str, number: int, **values: str) -> str:
        """Return a text that depends on a number, which it may name as `%(number)s`."""
        found = catalogue(self.language).ngettext(one, many, number)
        return found % {"number": str(number), **values}

    def day(self, day: date) -> str:
        """Return a day in full: "24 november 2026"; of a moment, its day in UTC."""
        return format_date(_day_of(day), "d MMMM y", locale=_LOCALES[self.language])

    def month(self, day: date) -> str:
        """Return a month for an axis: "nov 2026"."""
        text = format_date(day, "MMM y", locale=_LOCALES[self.language])
        return text.replace(".", "")

    def moment(self, moment: datetime) -> str:
        """Return a moment with its time of day in UTC."""
        time = format_time(moment.astimezone(UTC), "HH:mm", tzinfo=UTC, locale=_LOCALES[self.language])
        return self.say("%(day)s, %(time)s UTC", day=self.day(moment), time=time)

    def period(self, first: date, last: date) -> str:
        """Return a period of whole days, without saying the year or the month twice."""
        first, last = _day_of(first), _day_of(last)
        if first == last:
            return self.day(first)
        pattern = "d MMMM y"
        if first.year == last.year:
            pattern = "d" if first.month == last.month else "d MMMM"
        start = format_date(first, pattern, locale=_LOCALES[self.language])
        return self.say("%(first)s to %(last)s", first=start, last=self.day(last))


def _day_of(day: date) -> date:
    return day.astimezone(UTC).date() if isinstance(day, datetime) else day
