"""The JSON Canonicalization Scheme: one byte string for one JSON value (RFC 8785).

The writer is the `rfc8785` package; this module only gives it our errors. Reading comes first:
canonicalise what `strict_json` read, or what this program composed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import rfc8785

from verifiers.errors import MalformedError


def canonicalise(value: Mapping[str, object] | Sequence[object] | str | float | None) -> bytes:
    """Return the canonical UTF-8 bytes of a JSON value.

    Args:
        value: dicts with string keys, lists, strings, booleans, None, integers within ±(2**53 - 1)
            and finite floats.

    Returns:
        UTF-8 without byte order mark or final newline.

    Raises:
        MalformedError: jcs_unsupported, for whatever has no canonical form (NaN, a larger integer,
            a lone surrogate, a key that is no string, another type, too deep nesting).

    Source: RFC 8785 §3.2.
    """
    try:
        return rfc8785.dumps(cast(Any, value))
    except (ValueError, RecursionError) as error:
        # ValueError covers the package's own errors and the bare UnicodeEncodeError of a surrogate in a key.
        # Its messages repeat values, so they are not passed on.
        raise MalformedError(
            "jcs_unsupported", f"the value has no canonical JSON form: {type(error).__name__}"
        ) from error
