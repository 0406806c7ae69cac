"""Looking into JSON of any shape: a member of the wrong type is read as absent, never as an error.

Reading is for show; what a credential must look like is checked elsewhere (schemas.credential).
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)
_INTEGER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?", re.ASCII)

Node = Mapping[str, object]
NOTHING: Node = {}


def text(node: Node, key: str) -> str | None:
    """Return a text; of a text with languages, the first."""
    found = node.get(key)
    if isinstance(found, list) and found:
        found = found[0]
    if isinstance(found, Mapping):
        found = found.get("@value")
    return found if isinstance(found, str) else None


def member(node: Node, key: str) -> Node:
    """Return an object, the first of an array, or an empty one."""
    return next(iter(members(node, key)), NOTHING)


def members(node: Node, key: str) -> list[Node]:
    """Return the objects under a key, whether one or many."""
    found = node.get(key)
    many = found if isinstance(found, list) else [found]
    return [item for item in many if isinstance(item, Mapping)]


def moment(node: Node, key: str) -> datetime | None:
    """Return an RFC 3339 time, in UTC."""
    found = node.get(key)
    if not isinstance(found, str) or not _TIME.fullmatch(found):
        return None
    try:
        return datetime.fromisoformat(found).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day(spelled: object) -> date | None:
    """Return the day of a date, or of a date and time as written."""
    if not isinstance(spelled, str):
        return None
    match = _TIME.fullmatch(spelled)
    try:
        return date.fromisoformat(match[1] if match else spelled)
    except ValueError:
        return None


def number(node: Node, key: str) -> float | None:
    """Return a JSON number."""
    found = node.get(key)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def integer(spelled: str | None) -> int | None:
    """Return the positive integer a text spells canonically."""
    return int(spelled) if spelled is not None and _INTEGER.fullmatch(spelled) else None


def decimal(spelled: str | None) -> float | None:
    """Return the decimal number a text spells."""
    return float(spelled) if spelled is not None and _DECIMAL.fullmatch(spelled) else None
