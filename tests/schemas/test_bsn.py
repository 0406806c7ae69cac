"""The BSN detector: finds every valid number in every spelling, and its false positives are measured."""

import random
from datetime import date, timedelta

import pytest

from schemas.bsn import contains_bsn, passes_eleven_test

# The numbers that the government itself publishes for testing.
TEST_NUMBERS = ("111222333", "123456782", "999990019")


def generated(count: int) -> list[str]:
    """Return valid numbers of nine digits, some with leading zeros, from a fixed seed."""
    source = random.Random(20_261_124)
    found: list[str] = []
    while len(found) < count:
        digits = f"{source.randrange(1, 100_000_000):08d}"
        check = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), digits, strict=True)) % 11
        if check < 10:
            found.append(f"{digits}{check}")
    return found


@pytest.mark.parametrize("number", TEST_NUMBERS)
def test_published_test_numbers_pass(number: str) -> None:
    assert passes_eleven_test(number)


def test_a_hundred_thousand_numbers_are_all_found() -> None:
    assert [number for number in generated(100_000) if not contains_bsn(f"Dossier {number}.")] == []


def test_a_number_without_its_leading_zero_is_found() -> None:
    short = [number for number in generated(20_000) if number.startswith("0") and number[1] != "0"]
    missed = [number for number in short if not contains_bsn(f"nummer {number[1:]}")]
    # Eight digits that are also a date are let through: see the module's docstring.
    assert len(short) > 1_000
    assert all(
        int(number[1:5]) in range(1900, 2100) or int(number[5:9]) in range(1900, 2100) for number in missed
    )


@pytest.mark.parametrize(
    "text",
    [
        "BSN 111222333",
        "bsn:111222333",
        "BSN111222333nummer",
        "111.222.333",
        "111 222 333",
        "1112 22 333",
        "11-12-22-333",
        "111/222/333",
        "111_222_333",
        "111\u00a0222\u00a0333",
        "111\u2013222\u2013333",
        "111\n222\n333",
        "1\u200b112\u200b22333",
        "１１１２２２３３３",
        "\u0661\u0661\u0661\u0662\u0662\u0662\u0663\u0663\u0663",
        "zie dossier 3 111222333 van 2026",
        "https://example.org/dossier/111222333",
        "[111222333](https://example.org)",
        "**111222333**",
    ],
)
def test_every_spelling_is_found(text: str) -> None:
    assert contains_bsn(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Geen nummers hier.",
        "Vroege en late diensten op een afdeling met 24 bedden",
        "06-12345678",
        "020 123 45 67",
        "+31 6 12345678",
        "3361 AB Sliedrecht",
        "crebo 25960 en 23385",
        "2025-2026",
        "24-11-2026",
        "20261124",
        "van 2026-02-02 tot 2026-06-19",
        "urn:uuid:12345678-1234-4123-8123-123456789012",
        "111222334",
        "NL91 ABNA 0417 1643 00",
        "000000000",
        "1234567890123456",
    ],
)
def test_other_numbers_pass(text: str) -> None:
    assert not contains_bsn(text)


def test_no_date_of_two_centuries_is_refused() -> None:
    days = [date(1900, 1, 1) + timedelta(days=step) for step in range(0, 73_000, 7)]
    spelled = [day.strftime(form) for day in days for form in ("%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%Y%m%d")]
    assert [text for text in spelled if contains_bsn(text)] == []


def test_false_positives_on_random_numbers_are_the_expected_eleventh() -> None:
    source = random.Random(7)
    numbers = [f"{source.randrange(10**9):09d}" for _ in range(20_000)]
    share = sum(contains_bsn(number) for number in numbers) / len(numbers)
    assert 0.08 < share < 0.10
