"""Choosing between the two forms a thing is served in, by the `Accept` header (RFC 9110 §12.5.1)."""

from __future__ import annotations

RANGES_MAX = 32  # more media ranges than any client sends


def prefers(accept: str | None, wanted: str, *, over: str) -> bool:
    """Return whether a client would rather have `wanted` than `over`, which it gets when it does not say.

    Args:
        accept: the header as sent, or None.
        wanted, over: media types without parameters.
    """
    qualities = _qualities(accept or "*/*")
    return _quality(qualities, wanted) > _quality(qualities, over)


def _qualities(accept: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in accept.split(",")[:RANGES_MAX]:
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name == "q":
                quality = _weight(value)
        found[media_range] = quality
    return found


def _weight(value: str) -> float:
    """Read a qvalue: 0, 1, or one digit and up to three decimals; anything else counts as not wanted."""
    whole, _, decimals = value.partition(".")
    if whole not in ("0", "1") or len(decimals) > 3 or (decimals and not decimals.isdecimal()):
        return 0.0
    return min(1.0, float(f"{whole}.{decimals or 0}")) if decimals.isascii() else 0.0


def _quality(qualities: dict[str, float], media_type: str) -> float:
    kind = media_type.partition("/")[0]
    for media_range in (media_type, f"{kind}/*", "*/*"):
        if media_range in qualities:
            return qualities[media_range]
    return 0.0
