"""The text of a token: how secrets are written, told apart by scanners, and hashed.

    lsp_<role>_<43 characters base64url of 32 random bytes>_<6 characters base64url of the CRC-32 before it>

The checksum finds typing errors and lets scanners of leaked secrets be sure; it protects nothing. What is
stored is the SHA-256 of the whole text: 256 random bits need no slow hash.
"""

from __future__ import annotations

import hashlib
import re
import zlib

from verifiers.errors import VerifierError
from verifiers.primitives.encoding import b64url_decode, b64url_encode

SECRET_BYTES = 32

_TOKEN = re.compile(r"lsp_([a-z]{1,20})_([A-Za-z0-9_-]{43})_([A-Za-z0-9_-]{6})")


def write(role: str, secret: bytes) -> str:
    """Return the token of a role.

    Args: secret: 32 random bytes.
    """
    if len(secret) != SECRET_BYTES:
        raise ValueError("the secret of a token has 32 bytes")
    start = f"lsp_{role}_{b64url_encode(secret)}"
    return f"{start}_{_checksum(start)}"


def role_of(token: str) -> str | None:
    """Return the role a well-formed token names, or None when the text is no token."""
    found = _TOKEN.fullmatch(token)
    if found is None or _checksum(token[:-7]) != found[3]:
        return None
    try:
        b64url_decode(found[2])
    except VerifierError:
        return None
    return found[1]


def hash_of(token: str) -> bytes:
    """Return the 32 bytes that are stored for a token."""
    return hashlib.sha256(token.encode()).digest()


def _checksum(text: str) -> str:
    return b64url_encode(zlib.crc32(text.encode()).to_bytes(4, "big"))
