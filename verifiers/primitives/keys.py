"""Public keys as the formats write them, and the one place where signatures are checked.

Two kinds: Ed25519 and P-256. A `PublicKey` can only be made through checks, so whoever holds one may
use it: right length, on the curve, one canonical spelling, and for Ed25519 not one of the small-order
points (with such a key one signature fits every message, and OpenSSL accepts it). The key decides the
algorithm; no caller passes one.

Not here: private keys (`ledger.keys`), who owns a key (`verifiers.policy`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from verifiers.errors import InvalidError, MalformedError, UndeterminedError
from verifiers.primitives import curves
from verifiers.primitives.encoding import b64url_decode, multibase_decode, multibase_encode

Kind = Literal["Ed25519", "P-256"]

SIGNATURE_BYTES = 64  # both kinds: R || S of RFC 8032 §5.1.6, r || s of RFC 7518 §3.4
_MULTICODEC: Mapping[Kind, bytes] = {"Ed25519": b"\xed\x01", "P-256": b"\x80\x24"}
_RAW_BYTES: Mapping[Kind, int] = {"Ed25519": 32, "P-256": 33}
_DID_KEY = "did:key:"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One public key; its checks run when it is made.

    Args:
        kind: "Ed25519" or "P-256".
        raw: 32 bytes (RFC 8032 §5.1.2), or 33 bytes of compressed SEC1.

    Raises:
        MalformedError: key_malformed, key_not_canonical, key_not_on_curve.
        InvalidError: key_small_order.
    """

    kind: Kind
    raw: bytes

    def __post_init__(self) -> None:
        """Refuse a key that must never be used; see the module's docstring."""
        if not isinstance(self.raw, bytes) or len(self.raw) != _RAW_BYTES.get(self.kind):
            raise MalformedError("key_malformed", f"a {self.kind} key does not have the length of one")
        if self.kind == "Ed25519":
            curves.check_ed25519(self.raw)
        else:
            curves.check_p256(self.raw)

    @property
    def multikey(self) -> str:
        """The key as Multikey text: "z6Mk…" or "zDn…". Source: Controlled Identifiers 1.0 §2.2.2."""
        return multibase_encode(_MULTICODEC[self.kind] + self.raw)

    @property
    def did_key(self) -> str:
        """The key as a DID: "did:key:z6Mk…". Source: the did:key method, W3C CCG."""
        return _DID_KEY + self.multikey

    @property
    def did_key_verification_method(self) -> str:
        """The DID URL of the key inside its own did:key document: "did:key:z6Mk…#z6Mk…"."""
        return f"{self.did_key}#{self.multikey}"

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return only when the signature is this key's, over exactly this message.

        Args:
            signature: 64 bytes: R || S for Ed25519 (PureEdDSA), r || s for P-256 (ECDSA with SHA-256).
            message: the bytes that were signed, not their hash.

        Raises:
            InvalidError: signature_invalid.

        Source: RFC 8032 §5.1.7; FIPS 186-5 §6.4.2; RFC 7518 §3.4.
        """
        try:
            if len(signature) != SIGNATURE_BYTES:
                raise InvalidSignature
            if self.kind == "Ed25519":
                ed25519.Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
            else:
                r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
                _p256(self.raw).verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise InvalidError(
                "signature_invalid", f"the {self.kind} signature does not fit key and message"
            ) from error


@lru_cache(maxsize=1024)
def _p256(raw: bytes) -> ec.EllipticCurvePublicKey:
    # Decompression takes a square root; one issuer's key checks many credentials.
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)


def from_raw(kind: Kind, raw: bytes) -> PublicKey:
    """Return the key of these raw bytes; args and errors as `PublicKey`."""
    return PublicKey(kind, raw)


@lru_cache(maxsize=1024)
def parse_multikey(text: str) -> PublicKey:
    """Read a key in Multikey text, base58btc only, so that a key has one spelling.

    Raises:
        MalformedError: key_malformed, key_not_canonical, key_not_on_curve.
        InvalidError: key_small_order.
        UndeterminedError: key_type_unknown, a key of a kind we cannot check.

    Source: Controlled Identifiers 1.0 §2.2.2.
    """
    if not text.startswith("z"):
        raise MalformedError(
            "key_malformed", "a Multikey must be base58btc", expected="a text that starts with z"
        )
    try:
        data = multibase_decode(text)
    except MalformedError as error:
        raise MalformedError("key_malformed", f"the Multikey cannot be read: {error}") from error
    for kind, prefix in _MULTICODEC.items():
        if data.startswith(prefix):
            return PublicKey(kind, data[len(prefix) :])
    if len(data) < 3:
        raise MalformedError("key_malformed", "the Multikey is too short to hold a key")
    raise UndeterminedError(
        "key_type_unknown", "the Multikey is of a kind we cannot check", expected="Ed25519 or P-256"
    )


def parse_did_key(did: str) -> PublicKey:
    """Read the key of a did:key DID, without fragment, path or query.

    Raises:
        as `parse_multikey`; MalformedError key_malformed also for another DID method.

    Source: the did:key method, W3C CCG.
    """
    if not did.startswith(_DID_KEY):
        raise MalformedError("key_malformed", "the DID is not a did:key")
    return parse_multikey(did[len(_DID_KEY) :])


def parse_jwk(jwk: Mapping[str, object]) -> PublicKey:
    """Read a public key in JWK form.

    Args:
        jwk: kty OKP with crv Ed25519 and x, or kty EC with crv P-256 and x, y. Other members must
            not contradict a public key for signatures: no `d`, `use` "sig", `key_ops` with "verify",
            `alg` the key's own.

    Raises:
        MalformedError: key_malformed, key_not_canonical, key_not_on_curve.
        InvalidError: key_small_order.
        UndeterminedError: key_type_unknown.

    Source: RFC 7517 §4; RFC 7518 §6.2; RFC 8037 §2; RFC 9864 (alg "Ed25519").
    """
    kind = {("OKP", "Ed25519"): "Ed25519", ("EC", "P-256"): "P-256"}.get(
        (str(jwk.get("kty")), str(jwk.get("crv")))
    )
    if kind is None:
        raise UndeterminedError(
            "key_type_unknown", "the JWK is of a kind we cannot check", expected="Ed25519 or P-256"
        )
    if {"d", "p", "q", "k"} & jwk.keys():
        raise MalformedError("key_malformed", "the JWK holds a private key where a public one belongs")
    algorithms = ("EdDSA", "Ed25519") if kind == "Ed25519" else ("ES256",)
    key_ops = jwk.get("key_ops", ["verify"])
    if (
        jwk.get("alg", algorithms[0]) not in algorithms
        or jwk.get("use", "sig") != "sig"
        or not isinstance(key_ops, list)
        or "verify" not in key_ops
    ):
        raise MalformedError("key_malformed", "the JWK is not meant for checking signatures of its kind")
    x = _coordinate(jwk.get("x"))
    if kind == "Ed25519":
        if "y" in jwk:
            raise MalformedError("key_malformed", "an Ed25519 JWK has no y")
        return PublicKey("Ed25519", x)
    y = _coordinate(jwk.get("y"))
    key = PublicKey("P-256", bytes([2 + (y[-1] & 1)]) + x)
    if not curves.p256_has(x, y):
        raise MalformedError("key_not_on_curve", "the P-256 point of the JWK is not on the curve")
    return key


def _coordinate(value: object) -> bytes:
    try:
        data = b64url_decode(value) if isinstance(value, str) else b""
    except MalformedError as error:
        raise MalformedError("key_malformed", "a coordinate of the JWK is not base64url") from error
    if len(data) != 32:
        raise MalformedError("key_malformed", "a coordinate of the JWK does not have 32 bytes")
    return data
