"""The strict reader against a corpus, against its limits, against Python's reader and against Node's.

The corpus follows the categories of JSONTestSuite (Nicolas Seriot): what must be read, what must not, and
what RFC 8259 leaves open and I-JSON decides.
"""

from __future__ import annotations

import json
import math
import random
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verifiers.primitives.support import node, refusal
from verifiers.errors import MalformedError
from verifiers.primitives import strict_json

READ: list[tuple[bytes, object]] = [
    (b"null", None),
    (b"true", True),
    (b" [] ", []),
    (b"\t\n\r {}", {}),
    (b'""', ""),
    (b"0", 0),
    (b"[0e1]", [0.0]),
    (b"[0.0]", [0.0]),
    (b"[1E+2]", [100.0]),
    (b"[123e-10]", [1.23e-8]),
    (b"[-9007199254740991]", [-9007199254740991]),
    (b"[9007199254740991]", [9007199254740991]),
    (b"[1.7976931348623157e308]", [1.7976931348623157e308]),
    (b"[5e-324]", [5e-324]),
    (b"[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]", [-1e-78]),
    (b'{"":0}', {"": 0}),
    (b'{"a\\u0000b":0}', {"a\0b": 0}),
    (b'["\\uD801\\udc37"]', ["\U00010437"]),
    (b'["\\"\\\\\\/\\b\\f\\n\\r\\t"]', ['"\\/\b\f\n\r\t']),
    ('["\u2028\u2029\x7f\u00e9\U0001f600"]'.encode(), ["\u2028\u2029\x7f\u00e9\U0001f600"]),
    (b'{"a":{"a":1},"b":[{"a":1},{"a":1}]}', {"a": {"a": 1}, "b": [{"a": 1}, {"a": 1}]}),
    (b'["[[[[{{{{,,,,"]', ["[[[[{{{{,,,,"]),
]

REFUSED: list[tuple[bytes, str]] = [
    *[
        (text, "json_syntax")
        for text in (
            b"",
            b" ",
            b"[",
            b"]",
            b"[1,]",
            b"[,1]",
            b"[1 2]",
            b"[1}",
            b'{"a":1,}',
            b'{"a" 1}',
            b"{a:1}",
            b"{'a':1}",
            b"{1:1}",
            b'{"a":1}}',
            b'{"a":1}{"b":2}',
            b"[]\0",
            b"[1]//",
            b"/**/[1]",
            b"nul",
            b"True",
            b"undefined",
            b"[01]",
            b"[1.]",
            b"[.5]",
            b"[+1]",
            b"[0x1]",
            b"[1_000]",
            b"[1e]",
            b"[--1]",
            b"[- 1]",
            b'["a\nb"]',
            b'["a\tb"]',
            b'["\\x41"]',
            b'["\\u12"]',
            b'["\\u{41}"]',
            b'["\\"]',
            b'["a',
            b"['a']",
            "[\uff11]".encode(),
            "[\u0663]".encode(),
            b"\x0c[]",
            "\u00a0[]".encode(),
            "[]\u2060".encode(),
        )
    ],
    (b"\xef\xbb\xbf{}", "json_bom"),
    (b"\xff\xfe{\x00}\x00", "json_bom"),
    (b"\xfe\xff\x00{\x00}", "json_bom"),
    (b'["\xff"]', "json_not_utf8"),
    (b'["\xc0\x80"]', "json_not_utf8"),
    (b'["\xed\xa0\x80"]', "json_not_utf8"),
    (b'["\xf4\xbf\xbf\xbf"]', "json_not_utf8"),
    (b'{"a":1,"a":1}', "json_duplicate_key"),
    (b'{"a":1,"\\u0061":2}', "json_duplicate_key"),
    (b'[{"x":{"b":1,"c":2,"b":3}}]', "json_duplicate_key"),
    (b"NaN", "json_not_finite"),
    (b"[Infinity]", "json_not_finite"),
    (b"[-Infinity]", "json_not_finite"),
    (b"[1E400]", "json_number_range"),
    (b"[-1e9999]", "json_number_range"),
    (b"[1e-400]", "json_number_range"),
    (b"[-0]", "json_number_range"),
    (b"[-01]", "json_number_range"),
    (b"[-0.0]", "json_number_range"),
    (b"[-0e5]", "json_number_range"),
    (b"[9007199254740992]", "json_number_range"),
    (b"[-9007199254740992]", "json_number_range"),
    (b"[" + b"9" * 5000 + b"]", "json_number_range"),
    (b"[1." + b"0" * 5000 + b"]", "json_number_range"),
    (b'["\\ud800"]', "json_lone_surrogate"),
    (b'["\\udc00\\ud800"]', "json_lone_surrogate"),
    (b'{"\\uDEAD":1}', "json_lone_surrogate"),
    (b'["\\uFFFF"]', "json_noncharacter"),
    (b'["\\uFDD0"]', "json_noncharacter"),
    (b'["\\uD83F\\uDFFE"]', "json_noncharacter"),
    ('["\ufffe"]'.encode(), "json_noncharacter"),
    ('{"\U0010ffff":1}'.encode(), "json_noncharacter"),
    (b"[" * 33 + b"]" * 33, "json_too_deep"),
    (b"[" * 500_000, "json_too_deep"),
    (b'{"a":' * 100_000, "json_too_deep"),
    (b"[" + b"0," * 20_000 + b"0]", "json_too_many_nodes"),
    (b"[" + b"{}," * 15_000 + b"0]", "json_too_many_nodes"),
    (b'"' + b"a" * 1_048_575 + b'"', "json_too_large"),
]


@pytest.mark.parametrize(("text", "value"), READ)
def test_it_reads(text: bytes, value: object) -> None:
    read = strict_json.loads(text)
    assert read == value
    assert repr(read) == repr(value)  # 0 is not 0.0, and True is not 1


@pytest.mark.parametrize(("text", "code"), REFUSED, ids=[f"{c}-{t[:24]!r}" for t, c in REFUSED])
def test_it_refuses(text: bytes, code: str) -> None:
    started = time.monotonic()
    with pytest.raises(MalformedError) as caught:
        strict_json.loads(text)
    assert caught.value.code == code
    assert time.monotonic() - started < 2


def test_limits_are_exact() -> None:
    assert strict_json.loads(b"[" * 32 + b"]" * 32) is not None
    assert len(str(strict_json.loads(b"[" + b"0," * 19_997 + b"0]"))) > 19_997
    assert strict_json.loads(b'"' + b"a" * 1_048_574 + b'"') == "a" * 1_048_574
    assert strict_json.loads(b"[[]]", depth_max=2) == [[]]
    with pytest.raises(MalformedError) as caught:
        strict_json.loads(b"[[]]", depth_max=1)
    assert caught.value.code == "json_too_deep"


@pytest.mark.parametrize("text", [b"[]", b"1", b'"{}"', b"null"])
def test_an_object_is_an_object(text: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        strict_json.loads_object(text)
    assert caught.value.code == "json_not_object"
    assert strict_json.loads_object(b'{"a":1}') == {"a": 1}


def test_it_reads_bytes_only() -> None:
    with pytest.raises(TypeError):
        strict_json.loads("{}")  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["json_duplicate_key", "json_lone_surrogate", "json_syntax"])
def test_an_error_repeats_nothing_of_the_document(code: str) -> None:
    texts = {
        "json_duplicate_key": b'{"Sanne de Vries":1,"Sanne de Vries":2}',
        "json_lone_surrogate": b'{"Sanne de Vries":"\\ud800"}',
        "json_syntax": b'{"Sanne de Vries":',
    }
    with pytest.raises(MalformedError) as caught:
        strict_json.loads(texts[code])
    assert caught.value.code == code
    assert "Sanne" not in f"{caught.value} {caught.value.expected} {caught.value.got}"


@pytest.mark.parametrize(
    "text", [b'"' * 1_000_000, b'\\"' * 500_000, b'"' + b'\\"' * 500_000, b"[" + b'"",' * 300_000]
)
def test_hostile_strings_cost_linear_time(text: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(MalformedError):
        strict_json.loads(text)
    assert time.monotonic() - started < 2


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x != 0 or math.copysign(1, x) > 0)
    | st.text()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(VALUES, st.booleans())
def test_it_agrees_with_the_plain_reader_on_what_it_accepts(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    code = refusal(strict_json.loads, text.encode("utf-8"))
    assert code in {None, "json_noncharacter", "json_too_deep"}
    if code is None:
        assert json.dumps(strict_json.loads(text.encode("utf-8"))) == json.dumps(json.loads(text))


@settings(max_examples=500)
@given(
    st.binary(max_size=200)
    | st.text(alphabet='[]{}",:\\u019.eE+-dDaAtrufalsn \x00é', max_size=60).map(str.encode)
)
def test_any_bytes_give_a_value_or_a_malformed_error(data: bytes) -> None:
    code = refusal(strict_json.loads, data)
    assert code is None or code.startswith("json_")


def test_it_reads_the_same_value_as_node_or_refuses() -> None:
    """The differential of THREATS A5: whatever is accepted means the same to a JavaScript reader."""
    rng = random.Random(20261124)
    texts = [text.decode() for text, _ in READ if b"\n" not in text]
    seeds = [*texts, '{"a":[1,2.5,"x"],"b":{"c":null}}', '["\\ud83d\\ude00",1e5,-1.5e-7,123456789012]']
    alphabet = '[]{}",:\\u0e1.-+tfn '
    for _ in range(3_000):
        text = rng.choice(seeds)
        for _ in range(rng.randint(1, 2)):
            at = rng.randrange(len(text) + 1)
            text = text[:at] + rng.choice(alphabet) + text[at + rng.randint(0, 1) :]
        texts.append(text)
    program = "l=>{try{return JSON.stringify(JSON.parse(JSON.parse(l)))}catch(e){return 'refused'}}"
    answers = node(program, [json.dumps(text) for text in texts])
    accepted = 0
    for text, answer in zip(texts, answers, strict=True):
        if refusal(strict_json.loads, text.encode()) is None:
            accepted += 1
            assert answer != "refused", text
            assert json.loads(answer, parse_int=float) == strict_json.loads(text.encode()), text
    assert accepted > 300
