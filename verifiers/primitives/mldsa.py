"""ML-DSA-44 signatures, checked: the second family, for the day that Ed25519 is broken.

Only cosigners have such keys; credentials and logs do not, so the key is no `keys.PublicKey`.

Not here: private keys (`ledger.keys`), what is signed (`verifiers.formats.cosignature`).
Source: FIPS 204, parameter set ML-DSA-44, pure mode, empty context.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from verifiers.errors import InvalidError, MalformedError

PUBLIC_KEY_BYTES = 1_312  # FIPS 204, table 2
SIGNATURE_BYTES = 2_420


def check_public_key(raw: bytes) -> None:
    """Return when these bytes can be a public key: every string of the right length decodes to one.

    Raises:
        MalformedError: key_malformed.

    Source: FIPS 204, algorithm 23 (pkDecode).
    """
    if not isinstance(raw, bytes) or len(raw) != PUBLIC_KEY_BYTES:
        raise MalformedError("key_malformed", "an ML-DSA-44 key does not have the length of one")


def verify(raw: bytes, signature: bytes, message: bytes) -> None:
    """Return only when the signature is this key's, over exactly this message.

    Args:
        raw: 1,312 bytes.
        signature: 2,420 bytes.

    Raises:
        InvalidError: signature_invalid.
        MalformedError: key_malformed.

    Source: FIPS 204, algorithm 3.
    """
    check_public_key(raw)
    try:
        if len(signature) != SIGNATURE_BYTES:
            raise InvalidSignature
        MLDSA44PublicKey.from_public_bytes(raw).verify(signature, message)
    except InvalidSignature as error:
        raise InvalidError(
            "signature_invalid", "the ML-DSA-44 signature does not fit key and message"
        ) from error
