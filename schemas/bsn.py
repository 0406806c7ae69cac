"""The detector of citizen service numbers (burgerservicenummer, BSN) in free text.

What lives here: the 11-test and the search for BSN-shaped numbers in one text. What does not: which fields
are searched (schemas.attestation.text) and how a refusal is shown.

A BSN may be processed only where a law says so, and consent does not cure it (art. 46 UAVG). So a text that
holds one is refused before it is stored. We look for shape and check digit only; the number itself is never
kept, logged or repeated in an error.

What is found: eight or nine digits that pass the 11-test (eight: the leading zero left out), written
together or in groups parted by one space, dot, dash, slash or underscore, in any script's digits, also
between letters.
What is let through on purpose, because it would hit honest text far more often than it would hit a BSN: dates
(2026-11-24, 24-11-2026, 20261124), year ranges (2025-2026), UUIDs, numbers of other lengths (telephone
numbers, postal codes). False positives, measured in tests/schemas/test_bsn.py: one in eleven of random
numbers of nine digits, because a check digit modulo 11 can do no better; none of the dates, telephone
numbers and codes of the examples.

Source: Besluit burgerservicenummer (11-test: weights 9 8 7 6 5 4 3 2 -1, sum divisible by 11).
"""

import re
import unicodedata
from datetime import date

WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
DIGITS = 9

_UUID = re.compile(r"(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])", re.IGNORECASE)
_RUN = re.compile(r"\d+(?:[ .\-/_]\d+)*", re.ASCII)
_SEPARATOR = re.compile(r"[ .\-/_]")
_YEARS = re.compile(r"(?:19|20)\d\d[ .\-/_]?(?:19|20)\d\d", re.ASCII)
_DATE_FORWARD = re.compile(r"((?:19|20)\d\d)[.\-/ _]?(\d\d)[.\-/ _]?(\d\d)", re.ASCII)
_DATE_BACKWARD = re.compile(r"(\d\d)[.\-/ _]?(\d\d)[.\-/ _]?((?:19|20)\d\d)", re.ASCII)


def passes_eleven_test(digits: str) -> bool:
    """Tell whether the digits are a possible BSN.

    Args:
        digits: eight or nine ASCII digits; eight stand for nine with the leading zero left out.

    Returns:
        True when the weighted sum is divisible by eleven and the number is not all zeros.
    """
    padded = digits.zfill(DIGITS)
    if len(padded) != DIGITS or not padded.isascii() or not padded.isdigit() or not int(padded):
        return False
    return sum(weight * int(digit) for weight, digit in zip(WEIGHTS, padded, strict=True)) % 11 == 0


def contains_bsn(text: str) -> bool:
    """Tell whether a text holds something shaped like a BSN.

    Args:
        text: any Unicode text.

    Returns:
        True when a group of eight or nine digits passes the 11-test and is none of the shapes let through.
    """
    plain = _UUID.sub(" ", _plain_digits(text))
    return any(_run_holds_bsn(match.group()) for match in _RUN.finditer(plain))


def _plain_digits(text: str) -> str:
    """Spell the text with ASCII digits and separators, and without invisible characters."""
    spelled: list[str] = []
    for character in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(character)
        if category == "Nd":
            spelled.append(str(unicodedata.digit(character)))
        elif category == "Pd":
            spelled.append("-")
        elif category in {"Zs", "Zl", "Zp"} or character in "\t\n\r":
            spelled.append(" ")
        elif category not in {"Cf", "Mn"}:
            # Zero-width characters and combining marks would otherwise hide a number from the search.
            spelled.append(character)
    return "".join(spelled)


def _run_holds_bsn(run: str) -> bool:
    """Search one run of digit groups: windows of nine digits anywhere, eight digits only as the whole run."""
    groups = _SEPARATOR.split(run)
    whole = "".join(groups)
    if len(whole) == DIGITS - 1:
        return not _is_calendar(run) and passes_eleven_test(whole)
    for start in range(len(groups)):
        digits = ""
        for group in groups[start:]:
            digits += group
            if len(digits) >= DIGITS:
                break
        if len(digits) == DIGITS and passes_eleven_test(digits):
            return True
    return False


def _is_calendar(run: str) -> bool:
    """Tell whether eight digits are a date or a range of two years."""
    if _YEARS.fullmatch(run):
        return True
    forward, backward = _DATE_FORWARD.fullmatch(run), _DATE_BACKWARD.fullmatch(run)
    if forward:
        return _is_date(forward[1], forward[2], forward[3])
    return backward is not None and _is_date(backward[3], backward[2], backward[1])


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True
