"""The text of a public key for signed notes: "name+hex8+base64(type || key)", and its 4-byte key ID.

One spelling only: what is read is written again and compared, so the key ID always belongs to name, type and key.

Not here: what a type means and which keys of it are sound (`checkpoint` for logs, `cosignature` for witnesses).
Source: https://c2sp.org/signed-note, "Verifier keys" and "Signatures".
"""

from __future__ import annotations

import hashlib

from verifiers.errors import MalformedError
from verifiers.primitives.encoding import b64_decode, b64_encode

NAME_BYTES_MAX = 255  # what a length byte holds (tlog-cosignature, "ML-DSA-44 signed message")
KEY_ID_BYTES = 4
TEXT_CHARACTERS_MAX = 4_096  # an ML-DSA-44 key with the longest name has about 2,000


def is_key_name(text: str) -> bool:
    """Return whether a text can name a key: printable, not empty, without spaces and "+"."""
    return (
        0 < len(text) <= NAME_BYTES_MAX
        and "+" not in text
        and text.isprintable()
        and not any(character.isspace() for character in text)
        and len(text.encode()) <= NAME_BYTES_MAX
    )


def key_id(name: str, kind: int, raw: bytes) -> bytes:
    """Return the 4 bytes that stand before every signature of this key.

    Args:
        kind: the signature type, one byte: 0x01, 0x04, 0x06.
        raw: the key as its type encodes it.
    """
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + raw).digest()[:KEY_ID_BYTES]


def dump(name: str, kind: int, raw: bytes) -> str:
    """Return the one text of a key; args as `key_id`."""
    return f"{name}+{key_id(name, kind, raw).hex()}+{b64_encode(bytes([kind]) + raw)}"


def split(text: str) -> tuple[str, int, bytes]:
    """Return name, signature type and raw key of a verifier key.

    Raises:
        MalformedError: vkey_malformed, also when the key ID does not belong to the rest.
    """
    parts = text.split("+", 2)  # base64 may hold a "+", a name may not
    if len(text) > TEXT_CHARACTERS_MAX or len(parts) != 3:
        raise MalformedError("vkey_malformed", "the verifier key is not name, key ID and key joined by +")
    name = parts[0]
    if not is_key_name(name):
        raise MalformedError("vkey_malformed", "the name of the verifier key is not a key name")
    try:
        data = b64_decode(parts[2])
    except MalformedError as error:
        raise MalformedError("vkey_malformed", f"the verifier key cannot be read: {error}") from error
    if len(data) < 2 or dump(name, data[0], data[1:]) != text:
        raise MalformedError("vkey_malformed", "the key ID of the verifier key is not that of name and key")
    return name, data[0], data[1:]
