"""RFC 8785: the reference implementation's files, and numbers and keys against a JavaScript engine."""

from __future__ import annotations

import json
import math
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifiers.primitives.support import VECTORS, node, refusal
from verifiers.primitives import jcs, strict_json

FOLDER = VECTORS / "jcs" / "rfc8785"
CASES = sorted(path.stem for path in (FOLDER / "input").glob("*.json"))


def test_all_six_cases_are_here() -> None:
    assert CASES == ["arrays", "french", "structures", "unicode", "values", "weird"]


@pytest.mark.parametrize("case", CASES)
def test_reference_files(case: str) -> None:
    value = strict_json.loads((FOLDER / "input" / f"{case}.json").read_bytes())
    canonical = jcs.canonicalise(value)
    assert canonical == bytes.fromhex((FOLDER / "outhex" / f"{case}.txt").read_text())
    assert strict_json.loads(canonical) == value


# RFC 8785 Appendix B: bits of a double and its text.
@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_of_appendix_b(bits: str, text: str) -> None:
    assert jcs.canonicalise(struct.unpack(">d", bytes.fromhex(bits))[0]) == text.encode()


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        2**53,
        -(2**53),
        "\ud800",
        {"\ud800": 1},
        {1: 2},
        {"a": b"bytes"},
        {"a": {1, 2}},
    ],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    assert refusal(jcs.canonicalise, value) == "jcs_unsupported"


def test_nesting_beyond_the_interpreter_is_refused() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    assert refusal(jcs.canonicalise, value) == "jcs_unsupported"


def test_an_error_repeats_no_value() -> None:
    with pytest.raises(Exception, match="no canonical JSON form") as caught:
        jcs.canonicalise({"Sanne de Vries": 2**60})
    assert "Sanne" not in str(caught.value)
    assert str(2**60) not in str(caught.value)


@given(
    st.dictionaries(st.text(), st.integers(-(2**53) + 1, 2**53 - 1) | st.text() | st.booleans() | st.none())
)
def test_it_is_a_fixed_point_of_reading_and_writing(value: dict[str, int | str | bool | None]) -> None:
    canonical = jcs.canonicalise(value)
    assert jcs.canonicalise(json.loads(canonical)) == canonical
    assert jcs.canonicalise(dict(reversed(value.items()))) == canonical


def test_numbers_and_keys_agree_with_a_javascript_engine() -> None:
    """THREATS A6, a sample of its campaign: ECMAScript's own Number to text, and its sort of keys."""
    rng = random.Random(8785)
    numbers: list[float] = []
    while len(numbers) < 20_000:
        number = struct.unpack(">d", rng.randbytes(8))[0]
        number = rng.choice(
            (number, rng.uniform(-1e6, 1e6), round(rng.uniform(0, 1000), 2), float(rng.getrandbits(60)))
        )
        if math.isfinite(number):
            numbers.append(number)
    assert node("l=>String(Number(l))", [repr(number) for number in numbers]) == [
        jcs.canonicalise(number).decode() for number in numbers
    ]
    alphabet = "aZ0_\u00e9\u0100\u20ac\ufb33\U0001f600\U00010437\ue000\uffee"
    objects = [
        {"".join(rng.choices(alphabet, k=rng.randint(0, 4))): i for i in range(rng.randint(0, 8))}
        for _ in range(2_000)
    ]
    program = (
        "l=>{const o=JSON.parse(l);"
        "return '{'+Object.keys(o).sort().map(k=>JSON.stringify(k)+':'+o[k]).join(',')+'}'}"
    )
    assert node(program, [json.dumps(value) for value in objects]) == [
        jcs.canonicalise(value).decode() for value in objects
    ]
