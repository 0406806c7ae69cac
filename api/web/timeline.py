"""The geometry of the timeline picture: one winding trail through every period of learning. Pure.

Time runs to the right, credentials go down in the order of learning. A period is a band; from the end of one
to the beginning of the next go footsteps. The picture is made twice, for a wide and for a narrow page, so
that its letters stay as large as the text around it; the template draws it, the style shows one of the two.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from api.web.kinds import Icon
from api.web.language import Words
from schemas.report import VerdictText

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]  # a cubic Bézier


@dataclass(frozen=True, slots=True)
class Stop:
    """One credential on the trail. `places`: where and with whom. `first` None: nothing says when was learned."""

    title: str
    places: tuple[str, ...]
    first: date | None
    last: date | None
    icon: Icon
    verdict: VerdictText


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes in the units of the picture, which are about one CSS pixel.

    Attributes:
        left, right: where the time axis begins and ends.
        row: height of one credential. band: middle of its band below the top of the row.
        title_chars, where_chars: letters that fit on a line.
        reach: how far the steps go on before they turn.
        words: where the words begin.
        gutter: where the marks stand below each other, beside the words; None: each at its band.
        ticks: most labels the axis has room for.
    """

    name: Literal["wide", "narrow"]
    width: int
    left: int
    right: int
    head: int
    row: int
    text: int
    band: int
    title_chars: int
    where_chars: int
    ticks: int
    reach: float
    words: int = 0
    gutter: float | None = None


WIDE = Layout("wide", 1040, 420, 1002, 44, 104, 29, 52, 44, 58, 8, 60.0)
NARROW = Layout("narrow", 344, 56, 316, 40, 136, 26, 108, 36, 43, 4, 0.0, 46, 16.0)
_LINE = 20  # from one line of words to the next
_STEP = 12.0  # from one footstep to the next
_FOOT = 3.4  # how far a foot is beside the middle of the trail
_LENGTH = 2.4  # half of a footstep
_BAND_MIN = 2.0  # a single day is still to be seen
_AFTER_MARK, _BEFORE_MARK = 36.0, 20.0  # room for the verdict behind a band, and for the kind before it
_MARGIN_SHARE = 0.04  # free time at both ends of the axis
MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240)
YEAR = 12


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of the time axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """One credential in the picture: where its words, its mark and its band are."""

    lines: tuple[tuple[float, str], ...]
    places: tuple[tuple[float, str], ...]
    y: float
    top: float
    mark_x: float
    mark_y: float
    first_x: float
    last_x: float
    verdict_x: float
    dated: bool
    icon: Icon
    verdict: VerdictText


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything a template needs to draw. `steps` is the `d` of one path: a short line for each footstep."""

    layout: Layout
    height: int
    axis_bottom: float
    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    steps: str


def picture(stops: Sequence[Stop], layout: Layout, words: Words, *, today: date) -> Picture:
    """Return the picture of a trail.

    Args:
        stops: in the order of learning.
        today: the end of the axis when nothing says when was learned.
    """
    begin, end = _span(stops, today)
    scale = (layout.right - layout.left) / max((end - begin).days, 1)

    def x_of(day: date) -> float:
        return round(layout.left + (day - begin).days * scale, 1)

    rows = tuple(
        _row(stop, number, layout, x_of(stop.first or end), x_of(stop.last or stop.first or end))
        for number, stop in enumerate(stops)
    )
    height = layout.head + layout.row * len(rows) + 16
    ticks = tuple(Tick(x_of(day), label) for day, label in _ticks(begin, end, layout.ticks, words))
    return Picture(layout, height, height - 10.0, ticks, rows, _all_steps(rows, layout))


def _span(stops: Sequence[Stop], today: date) -> tuple[date, date]:
    days = [day for stop in stops for day in (stop.first, stop.last) if day is not None] or [today]
    begin, end = min(days), max(days)
    margin = timedelta(days=max(round((end - begin).days * _MARGIN_SHARE), 10))
    # The calendar has a first and a last day, and a stranger's credential may name either.
    first = begin - margin if begin - date.min > margin else date.min
    last = end + margin if date.max - end > margin else date.max
    return first, last


def _row(stop: Stop, number: int, layout: Layout, first_x: float, last_x: float) -> Row:
    top = float(layout.head + layout.row * number)
    lines = wrap(stop.title, layout.title_chars, 2)
    places = [wrap(place, layout.where_chars, 1)[0] for place in stop.places]
    # In the wide picture the words stand beside the band and are centred on it.
    spare = (4 - len(lines) - len(places)) * _LINE / 2 if layout.name == "wide" else 0
    y = top + layout.text + spare
    return Row(
        lines=tuple((y + _LINE * index, line) for index, line in enumerate(lines)),
        places=tuple((y + 1 + _LINE * (len(lines) + index), line) for index, line in enumerate(places)),
        y=top + layout.band,
        mark_x=first_x if layout.gutter is None else layout.gutter,
        mark_y=top + (layout.band if layout.gutter is None else layout.text - 2),
        top=top,
        first_x=first_x,
        last_x=max(last_x, first_x + _BAND_MIN),
        # Behind the band, and behind the mark where that is longer.
        verdict_x=round(max(last_x + 11, first_x + (19 if layout.gutter is None else 0)), 1),
        dated=stop.first is not None,
        icon=stop.icon,
        verdict=stop.verdict,
    )


def wrap(text: str, width: int, lines_max: int) -> tuple[str, ...]:
    """Break a text into lines of at most `width` letters; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    for word in " ".join(text.split()).split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    kept = [line if len(line) <= width else f"{line[: width - 1]}…" for line in lines[:lines_max]]
    if len(lines) > lines_max and not kept[-1].endswith("…"):
        kept[-1] = f"{kept[-1][: width - 1].rstrip()}…"
    return tuple(kept)


def _ticks(begin: date, end: date, ticks_max: int, words: Words) -> Iterable[tuple[date, str]]:
    months = (end.year - begin.year) * YEAR + end.month - begin.month
    step = next((step for step in MONTHS if months / step <= ticks_max), months)
    for number in range(begin.year * YEAR + begin.month - 1, end.year * YEAR + end.month):
        year, month = divmod(number, YEAR)
        if number % step or not date.min.year <= year <= date.max.year:
            continue
        day = date(year, month + 1, 1)
        if begin <= day <= end:
            yield day, str(year) if step >= YEAR else words.month(day)


def _all_steps(rows: Sequence[Row], layout: Layout) -> str:
    pairs = itertools.pairwise(rows)
    if layout.gutter is None:
        return "".join(_steps(_winding(one, other, layout.reach)) for one, other in pairs)
    return "".join(_steps(_straight(one, other)) for one, other in pairs)


def _winding(one: Row, other: Row, reach: float) -> Curve:
    """Return a curve that leaves a band to the right and enters the next from the left."""
    start, end = (one.last_x + _AFTER_MARK, one.y), (other.first_x - _BEFORE_MARK, other.y)
    reach = max(abs(end[0] - start[0]) * 0.4, reach)
    return start, (start[0] + reach, start[1]), (end[0] - reach, end[1]), end


def _straight(one: Row, other: Row) -> Curve:
    """Return the line from a mark to the one below it."""
    start, end = (one.mark_x, one.mark_y + _BEFORE_MARK), (other.mark_x, other.mark_y - _BEFORE_MARK)
    return start, start, end, end


def _steps(curve: Curve) -> str:
    """Return footsteps along a curve."""
    points = [_bezier(curve, part / 200) for part in range(201)]
    path, walked, side = [], 0.0, 1
    for before, after in itertools.pairwise(points):
        length = math.hypot(after[0] - before[0], after[1] - before[1])
        walked += length
        if walked < _STEP or not length:
            continue
        walked, side = 0.0, -side
        along = ((after[0] - before[0]) / length, (after[1] - before[1]) / length)
        x = after[0] - along[1] * _FOOT * side - along[0] * _LENGTH
        y = after[1] + along[0] * _FOOT * side - along[1] * _LENGTH
        path.append(f"M{x:.1f} {y:.1f}l{along[0] * 2 * _LENGTH:.1f} {along[1] * 2 * _LENGTH:.1f}")
    return "".join(path)


def _bezier(curve: Curve, t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    return (
        sum(weight * point[0] for weight, point in zip(weights, curve, strict=True)),
        sum(weight * point[1] for weight, point in zip(weights, curve, strict=True)),
    )
