"""The view models by themselves: whatever a credential says, a page can be made of it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.web.cards import card_view, place_of
from api.web.language import Language, Words, choose
from api.web.names import clean, name_view
from api.web.timeline import NARROW, WIDE, Layout, Stop, picture, wrap
from ledger.usecases.compose import AttestationView
from verifiers import Check, CredentialReport

TODAY = date(2026, 11, 24)
DAYS = st.dates() | st.none()


def report(*checks: Check) -> CredentialReport:
    """Return a report about a credential that says nothing of itself."""
    return CredentialReport(
        checks=checks,
        issuer_id=None,
        issuer_name=None,
        name=None,
        types=(),
        valid_from=None,
        valid_until=None,
        awarded=None,
        signed_at=None,
        recorded_at=None,
        position=None,
        bound_to_person=False,
    )


@given(
    st.lists(
        st.builds(
            Stop,
            st.text(max_size=80),
            st.tuples(st.text(max_size=60), st.text(max_size=60)),
            DAYS,
            DAYS,
            st.sampled_from(["work", "self"]),
            st.sampled_from(["valid", "invalid", "undetermined"]),
        ),
        max_size=6,
    ),
    st.sampled_from([WIDE, NARROW]),
)
@settings(deadline=None, max_examples=60)
def test_every_trail_fits_in_its_picture(stops: list[Stop], layout: Layout) -> None:
    drawn = picture(stops, layout, Words("nl"), today=TODAY)
    assert len(drawn.rows) == len(stops)
    assert len(drawn.ticks) <= layout.ticks + 1
    for row in drawn.rows:
        assert layout.left <= row.first_x <= layout.right
        assert row.first_x <= row.last_x <= layout.right + 2
        assert all(0 < y < drawn.height for y, _ in (*row.lines, *row.places))
        assert all(len(line) <= layout.title_chars for _, line in row.lines)


def test_time_runs_to_the_right() -> None:
    first = Stop("een", ("daar",), date(2025, 1, 1), date(2025, 6, 30), "work", "valid")
    second = Stop("twee", ("hier",), date(2025, 9, 1), date(2026, 6, 30), "school", "valid")
    drawn = picture([first, second], WIDE, Words("en"), today=TODAY)
    one, other = drawn.rows
    assert one.first_x < one.last_x < other.first_x < other.last_x
    assert other.last_x - other.first_x == pytest.approx((one.last_x - one.first_x) * 302 / 180, rel=0.02)
    assert [tick.label for tick in drawn.ticks] == [
        "Jan 2025",
        "Apr 2025",
        "Jul 2025",
        "Oct 2025",
        "Jan 2026",
        "Apr 2026",
        "Jul 2026",
    ]
    assert drawn.steps.startswith("M")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("kort", ("kort",)),
        ("een twee drie vier", ("een twee", "drie vier")),
        ("een twee drie vier vijf zes", ("een twee", "drie vier…")),
        ("hottentottententen", ("hottentot…",)),
        ("", ("",)),
    ],
)
def test_words_are_broken_into_lines(text: str, lines: tuple[str, ...]) -> None:
    assert wrap(text, 10, 2) == lines


@pytest.mark.parametrize(
    ("asked", "accept", "language"),
    [
        (None, None, "nl"),
        ("en", "nl", "en"),
        ("EN", "nl", "nl"),
        (None, "en;q=0, nl", "nl"),
        (None, "de-DE, en-US;q=0.4", "en"),
        (None, "," * 10_000 + "en", "nl"),
    ],
)
def test_the_language_is_chosen(asked: str | None, accept: str | None, language: Language) -> None:
    assert choose(asked, accept) == language


@pytest.mark.parametrize(
    ("first", "last", "dutch"),
    [
        (date(2026, 2, 2), date(2026, 2, 2), "2 februari 2026"),
        (date(2026, 2, 2), date(2026, 2, 9), "2 t/m 9 februari 2026"),
        (date(2026, 2, 2), date(2026, 6, 19), "2 februari t/m 19 juni 2026"),
        (date(2025, 12, 2), date(2026, 6, 19), "2 december 2025 t/m 19 juni 2026"),
    ],
)
def test_periods_say_nothing_twice(first: date, last: date, dutch: str) -> None:
    assert Words("nl").period(first, last) == dutch


def test_moments_are_told_in_utc() -> None:
    moment = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert Words("nl").moment(moment) == "31 december 2026, 23:30 uur (UTC)"
    assert Words("en").moment(moment) == "31 December 2026, 23:30 UTC"


@pytest.mark.parametrize(
    ("name", "warned"),
    [
        ("Hogeschool Utrecht", False),
        ("Hogeschool Utr\u0435cht", True),
        ("Ελληνικό Ίδρυμα", False),
        ("Μerwede Ziekenhuis", True),
        ("東京大学 Tokyo", False),
        ("Café Zoë", False),
    ],
)
def test_names_of_mixed_alphabets_are_pointed_out(name: str, warned: bool) -> None:
    assert (name_view(name, None, Words("nl")).warning is not None) is warned


@pytest.mark.parametrize(
    ("identifier", "host"),
    [
        ("did:web:leerspoor.example%3A8443:issuers:1", "leerspoor.example:8443"),
        ("https://user@roc.example/badges", "roc.example"),
        ("did:key:z6Mk", None),
        ("urn:x", None),
        (None, None),
    ],
)
def test_the_host_behind_an_issuer_is_told(identifier: str | None, host: str | None) -> None:
    assert name_view("x", identifier, Words("en")).host == host


def test_hidden_characters_are_not_shown() -> None:
    assert clean("a\u202eb\u00adc\u200bd\x00e") == "abcde"
    assert clean("می\u200cخواهم") == "می\u200cخواهم"
    assert clean("e\u0301") == "é"


def test_a_credential_that_says_nothing_still_has_a_card() -> None:
    card = card_view(1, report(), AttestationView("other"), Words("en"))
    assert (card.title, card.issuer.name) == ("A credential without a title", "An issuer without a name")
    assert card.verdict.verdict == "undetermined"
    assert [item.text for item in card.dates] == [None, None, None, None]


def test_the_reason_is_the_first_check_that_decides() -> None:
    aside = Check("receipt", "invalid", "receipt_absent", "x", required=False)
    decides = Check("status", "invalid", "status_revoked", "x", detail={"purpose": "revocation"})
    card = card_view(1, report(aside, decides), AttestationView("other"), Words("nl"))
    assert card.reason == "De uitgever heeft het bewijs ingetrokken."
    assert [check.counts for check in card.checks] == [False, True]


def test_what_happened_to_a_status_is_told_in_the_readers_words() -> None:
    told = "suspended 2026-05-03T09:00:00Z, reinstated 2026-05-09T09:00:00Z"
    check = Check("status", "valid", "status_clear", "x", detail={"purpose": "suspension", "history": told})
    card = card_view(1, report(check), AttestationView("other"), Words("nl"))
    expected = "opgeschort 2026-05-03T09:00:00Z, niet meer opgeschort 2026-05-09T09:00:00Z"
    assert ("Wat ermee gebeurde", expected) in card.checks[0].facts


def test_a_period_that_runs_backwards_or_is_open_is_told_as_far_as_it_goes() -> None:
    words = Words("nl")
    said = AttestationView("other", learned_from=date(2026, 2, 2), learned_until=date(2025, 1, 1))
    assert card_view(1, report(), said, words).dates[0].text == "vanaf 2 februari 2026"
    said = AttestationView("other", learned_until=date(2025, 1, 1))
    assert card_view(1, report(), said, words).dates[0].text == "tot en met 1 januari 2025"


def test_the_page_uses_the_title_in_its_own_language() -> None:
    said = AttestationView("training", title="Zorg", title_other="Care", language="nl")
    assert card_view(1, report(), said, Words("en")).title == "Care"
    assert card_view(1, report(), said, Words("nl")).title == "Zorg"


def test_a_city_is_not_named_twice() -> None:
    said = AttestationView("workplace", organisation="Zorg, locatie Sliedrecht", city="Sliedrecht")
    assert place_of(said) == "Zorg, locatie Sliedrecht"
