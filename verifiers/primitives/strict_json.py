"""The one JSON reader of the house: everything that comes from outside passes through here first.

It accepts RFC 8259 narrowed to I-JSON (RFC 7493) and refuses, by code, whatever two readers could
understand differently: duplicate names, NaN, numbers that a double cannot hold, lone surrogates,
a byte order mark. It bounds size, depth and number of values before it builds anything.

Decisions beyond the RFCs, each so that one text has one meaning everywhere:

- negative zero in any spelling is refused (`json_number_range`): Python, JavaScript and RFC 8785
  disagree about whether it is zero, and no honest credential contains it;
- a number that is not zero but reads as zero (`1e-400`) is refused for the same reason;
- integers written without fraction or exponent must lie within ±(2**53 - 1); a float is read as the
  nearest double, as every JavaScript reader does.

Not here: schemas (`schemas`), canonical writing (`jcs`).
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from verifiers.errors import MalformedError

BYTES_MAX = 1_048_576  # one attestation with its evidence stays far below; also the API's body limit
DEPTH_MAX = 32  # Open Badges with results and alignments nests about ten deep
NODES_MAX = 20_000  # values in one document; see `_bound_shape` for how they are counted
INTEGER_MAX = 2**53 - 1  # RFC 7493 §2.2
NUMBER_CHARACTERS_MAX = 400  # longer literals only make a reader slow; the longest useful double has about 25

JSON = dict[str, "JSON"] | list["JSON"] | str | int | float | bool | None

# Strings are skipped whole, so that brackets inside them do not count. Quantifiers are possessive and
# the closing quote is optional: the scan is linear on every input, also on an unterminated string.
_TOKENS = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|[\[\]{},]', re.DOTALL)
_SURROGATES = re.compile("[\ud800-\udfff]")
_NONCHARACTERS = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def loads(
    data: bytes, *, bytes_max: int = BYTES_MAX, depth_max: int = DEPTH_MAX, nodes_max: int = NODES_MAX
) -> JSON:
    """Read one JSON text, or refuse it by code.

    Args:
        data: the text as UTF-8 bytes, without byte order mark.
        bytes_max: bytes allowed.
        depth_max: containers allowed around one value.
        nodes_max: values allowed, see `_bound_shape`.

    Returns:
        Objects as dicts in the order of the text, numbers as int or float.

    Raises:
        MalformedError: json_too_large, json_bom, json_not_utf8, json_too_deep, json_too_many_nodes,
            json_syntax, json_duplicate_key, json_not_finite, json_number_range, json_lone_surrogate,
            json_noncharacter.

    Source: RFC 8259; RFC 7493 §2.
    """
    if not isinstance(data, bytes):
        raise TypeError("strict_json reads bytes, so that the encoding is checked too")
    if len(data) > bytes_max:
        raise MalformedError(
            "json_too_large",
            "the JSON text is too large",
            expected=f"at most {bytes_max} bytes",
            got=str(len(data)),
        )
    if data.startswith(_BOMS):
        raise MalformedError("json_bom", "the JSON text starts with a byte order mark")
    try:
        text = data.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        raise MalformedError("json_not_utf8", f"the JSON text is not UTF-8 at byte {error.start}") from error
    _bound_shape(text, depth_max=depth_max, nodes_max=nodes_max)
    try:
        value: JSON = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        message = f"the text is not JSON: {error.msg.lower()} at line {error.lineno} column {error.colno}"
        raise MalformedError("json_syntax", message) from error
    except RecursionError as error:  # only when a caller sets depth_max beyond what the interpreter can hold
        raise MalformedError("json_too_deep", "the JSON text is nested too deeply") from error
    _check_characters(text, value)
    return value


def loads_object(
    data: bytes, *, bytes_max: int = BYTES_MAX, depth_max: int = DEPTH_MAX, nodes_max: int = NODES_MAX
) -> dict[str, JSON]:
    """Read one JSON text whose outermost value must be an object.

    Args, Raises: as `loads`, and MalformedError json_not_object.
    """
    value = loads(data, bytes_max=bytes_max, depth_max=depth_max, nodes_max=nodes_max)
    if not isinstance(value, dict):
        raise MalformedError("json_not_object", "the JSON text is not an object")
    return value


def _bound_shape(text: str, *, depth_max: int, nodes_max: int) -> None:
    """Bound depth and values before parsing, so that no parser ever recurses into a hostile text.

    Each value is the root, or follows an opening bracket, or follows a comma: openings + commas + 1
    bounds their number. An empty container counts one too many, which is harmless.
    """
    depth = 0
    nodes = 1
    for match in _TOKENS.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
            nodes += 1
            if depth > depth_max:
                raise MalformedError(
                    "json_too_deep",
                    "the JSON text is nested too deeply",
                    expected=f"at most {depth_max} levels",
                )
        elif mark == ",":
            nodes += 1
        elif mark in "]}":
            depth -= 1
        if nodes > nodes_max:
            raise MalformedError(
                "json_too_many_nodes",
                "the JSON text has too many values",
                expected=f"at most {nodes_max} values",
            )


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        # The name is not repeated: names of a stranger's document may be personal data.
        raise MalformedError("json_duplicate_key", "an object of the JSON text has the same name twice")
    return members


def _integer(literal: str) -> int:
    # The length first: int() of thousands of digits is slow, and beyond 4,300 raises a bare ValueError.
    if len(literal) > 17 or literal == "-0" or abs(value := int(literal)) > INTEGER_MAX:
        raise MalformedError(
            "json_number_range",
            "an integer of the JSON text is out of range",
            expected="within 2**53 - 1, and not -0",
        )
    return value


def _float(literal: str) -> float:
    if len(literal) > NUMBER_CHARACTERS_MAX:
        raise MalformedError("json_number_range", "a number of the JSON text is written too long")
    value = float(literal)
    mantissa = re.split("[eE]", literal)[0]
    if value in (float("inf"), float("-inf")):
        raise MalformedError(
            "json_number_range", "a number of the JSON text is larger than a double can hold"
        )
    if value == 0.0 and (literal.startswith("-") or mantissa.strip("0.") != ""):
        raise MalformedError(
            "json_number_range", "a number of the JSON text is negative zero, or reads as zero"
        )
    return value


def _not_finite(literal: str) -> NoReturn:
    raise MalformedError("json_not_finite", "the JSON text holds NaN or Infinity")


def _check_characters(text: str, value: JSON) -> None:
    """Refuse surrogates and noncharacters in names and strings (RFC 7493 §2.1).

    UTF-8 decoding has already refused raw surrogates; escapes can still spell them.
    """
    if "\\u" not in text:
        _check_string(text)
        return
    waiting: list[JSON] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            _check_string(item)
        elif isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _check_string(text: str) -> None:
    if text.isascii():
        return
    if _SURROGATES.search(text):
        raise MalformedError("json_lone_surrogate", "a string of the JSON text holds a lone surrogate")
    if _NONCHARACTERS.search(text):
        raise MalformedError("json_noncharacter", "a string of the JSON text holds a Unicode noncharacter")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_not_finite,
    strict=True,
)
