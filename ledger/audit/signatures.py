"""The ledger's signatures over headers.

Source: RFC 8032 §5.1.7; docs/formats.md, "Header and entry".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.audit.faults import Fault, at_position

Signed = tuple[object, bytes, bytes]
"""Position, header, signature."""


@dataclass(frozen=True, slots=True)
class HeaderSignatures:
    """Checks signatures of one key; a `Check` of the crew.

    Args:
        key: 32 bytes, Ed25519.
    """

    key: bytes

    def __call__(self, batch: Sequence[Signed]) -> list[Fault]:
        """Return a fault for each signature that is not the key's over the header."""
        public = Ed25519PublicKey.from_public_bytes(self.key)
        found = []
        for position, header, signature in batch:
            try:
                public.verify(signature, header)
            except InvalidSignature:
                found.append(at_position(position, "signature_invalid"))
        return found
