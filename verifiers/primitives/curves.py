"""Which byte strings are acceptable points of edwards25519 and P-256; public data only, not constant time.

`cryptography` accepts the small-order and non-canonical Ed25519 keys that this module refuses.
Not here: signatures (`keys`).
"""

from __future__ import annotations

from verifiers.errors import InvalidError, MalformedError

# edwards25519. Source: RFC 8032 §5.1.
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_Y_EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
# The y of all eight points whose order divides 8: orders 1, 2, 4 (x = ±sqrt(-1)), and 8.
_SMALL_ORDER_Y = frozenset({1, _P - 1, 0, _Y_EIGHTH, _P - _Y_EIGHTH})

# P-256: y² = x³ - 3x + b. Source: SP 800-186 §3.2.1.3.
_Q = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def check_ed25519(raw: bytes) -> None:
    """Accept 32 bytes that encode a curve point canonically, and not a point of small order.

    Raises:
        MalformedError: key_not_canonical, key_not_on_curve.
        InvalidError: key_small_order.

    Source: RFC 8032 §5.1.3; "Taming the many EdDSAs" (2020) §2 for the small-order points.
    """
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _P:
        raise MalformedError("key_not_canonical", "the Ed25519 key is not written canonically")
    if y in _SMALL_ORDER_Y:
        raise InvalidError(
            "key_small_order", "the Ed25519 key has small order, so its signatures prove nothing"
        )
    # x² = (y² - 1) / (d y² + 1); the denominator is never zero, as -1/d is not a square.
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if pow(x_squared, (_P - 1) // 2, _P) != 1:
        raise MalformedError("key_not_on_curve", "the Ed25519 key is not a point of the curve")


def check_p256(raw: bytes) -> None:
    """Accept 33 bytes of compressed SEC1 that encode a point of P-256.

    Raises:
        MalformedError: key_malformed (another encoding), key_not_canonical, key_not_on_curve.

    Source: SEC 1 v2 §2.3.4.
    """
    if raw[0] not in (2, 3):
        raise MalformedError("key_malformed", "the P-256 key is not a compressed point")
    x = int.from_bytes(raw[1:], "big")
    if x >= _Q:
        raise MalformedError("key_not_canonical", "the P-256 key is not written canonically")
    # P-256 has no point with y = 0 (its order is an odd prime), so a square is a non-zero square.
    if pow(x * x * x - 3 * x + _B, (_Q - 1) // 2, _Q) != 1:
        raise MalformedError("key_not_on_curve", "the P-256 key is not a point of the curve")


def p256_has(x: bytes, y: bytes) -> bool:
    """Whether two 32-byte big-endian coordinates are a point of P-256."""
    x_, y_ = int.from_bytes(x, "big"), int.from_bytes(y, "big")
    return x_ < _Q and y_ < _Q and (y_ * y_ - (x_ * x_ * x_ - 3 * x_ + _B)) % _Q == 0
