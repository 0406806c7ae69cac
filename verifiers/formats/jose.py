"""VC-JWT: a credential as the payload of a compact JWS.

    base64url(header) . base64url(credential) . base64url(signature)

The key decides the algorithm: an Ed25519 key verifies `EdDSA` and `Ed25519`, a P-256 key `ES256`, and there
is no other code path. The header never brings trust: `jku`, `x5u`, `x5c`, `crit`, `b64`, `zip` are refused,
and a `jwk` (Open Badges allows it beside `kid`) must be the key that was resolved without it.

Not here: finding the key that `kid` names (`verifiers.checks.keyring`), private keys.
Source: RFC 7515; RFC 7519; RFC 8725; RFC 9864; Securing VCs using JOSE and COSE §3.1; Open Badges 3.0 §8.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.primitives import jcs, keys
from verifiers.primitives.encoding import b64url_decode, b64url_encode, parse_time
from verifiers.primitives.strict_json import BYTES_MAX, JSON, loads_object

HEADER_BYTES_MAX = 8_192
KEY_ID_CHARACTERS_MAX = 2_048  # THREATS A3
ALGORITHMS: Mapping[keys.Kind, tuple[str, ...]] = {"Ed25519": ("EdDSA", "Ed25519"), "P-256": ("ES256",)}
# Members of the payload that are claims of the token, not terms of the credential.
REGISTERED_CLAIMS = frozenset(("aud", "cnf", "exp", "iat", "iss", "jti", "nbf", "sub"))

_REFUSED_HEADERS = frozenset(("b64", "crit", "jku", "x5c", "x5u", "zip"))
_TYPES = frozenset((None, "JWT", "vc+jwt", "vc+ld+jwt", "vc+ld+json+jwt", "application/vc+jwt"))
_CONTENT_TYPES = frozenset((None, "vc", "application/vc", "vc+ld+json"))


@dataclass(frozen=True, slots=True)
class Jwt:
    """A compact JWS in its three parts; nothing is verified.

    Args:
        header: the protected header as strict JSON.
        payload: the exact bytes of the credential.
        signing_input: the exact bytes that are signed.
        signature: as it stands; its length is the key's to judge.
    """

    header: Mapping[str, JSON]
    payload: bytes
    signing_input: bytes
    signature: bytes

    @property
    def key_id(self) -> str | None:
        """The `kid`, an opaque name to compare and nothing else."""
        value = self.header.get("kid")
        return value if isinstance(value, str) and 0 < len(value) <= KEY_ID_CHARACTERS_MAX else None


def parse(data: bytes, *, bytes_max: int = BYTES_MAX) -> Jwt:
    """Read a compact JWS; every part has one spelling.

    Raises:
        MalformedError: jwt_malformed, jwt_too_large, or a json_* code.
    """
    if len(data) > bytes_max:
        raise MalformedError("jwt_too_large", "the token is too large", expected=f"at most {bytes_max} bytes")
    parts = data.split(b".")
    if len(parts) != 3 or not data.isascii():
        raise MalformedError("jwt_malformed", "the token does not have three parts joined by dots")
    try:
        header, payload, signature = (b64url_decode(part.decode("ascii")) for part in parts)
    except MalformedError as error:
        raise MalformedError("jwt_malformed", f"a part of the token cannot be read: {error}") from error
    members = loads_object(header, bytes_max=HEADER_BYTES_MAX, depth_max=8, nodes_max=256)
    if "kid" in members and Jwt(members, b"", b"", b"").key_id is None:
        raise MalformedError("jwt_malformed", "kid of the token is not a text of a sane length")
    return Jwt(members, payload, data.rpartition(b".")[0], signature)


def dump(jwt: Jwt) -> bytes:
    """Return the compact form; for a token from `parse` the very same bytes."""
    return jwt.signing_input + b"." + b64url_encode(jwt.signature).encode("ascii")


def header_for(key: keys.PublicKey, *, key_id: str) -> dict[str, JSON]:
    """Return the header of a new token: the algorithm that most readers of this kind of key know."""
    return {"alg": ALGORITHMS[key.kind][0], "kid": key_id, "typ": "vc+jwt"}


def signing_input(header: Mapping[str, JSON], payload: bytes) -> bytes:
    """Return the bytes to sign for a header and the exact bytes of a credential."""
    return f"{b64url_encode(jcs.canonicalise(dict(header)))}.{b64url_encode(payload)}".encode("ascii")


def seal(to_sign: bytes, signature: bytes) -> bytes:
    """Return the token of a signing input and its 64-byte signature."""
    if len(signature) != keys.SIGNATURE_BYTES:
        raise MalformedError("jwt_malformed", "the signature of a token does not have 64 bytes")
    return to_sign + b"." + b64url_encode(signature).encode("ascii")


def verify(jwt: Jwt, key: keys.PublicKey) -> None:
    """Return only when this key signed this token, under a header that asks nothing we do not do.

    Raises:
        InvalidError: jwt_header_refused, jwt_typ, jwt_alg_refused, jwt_alg_key, jwt_jwk_other,
            signature_invalid.
        UndeterminedError: jwt_alg_unknown.
    """
    # 1. A header that wants to bring keys, or changes what is signed, is refused before it can.
    refused = sorted(_REFUSED_HEADERS & jwt.header.keys())
    if refused:
        raise InvalidError(
            "jwt_header_refused", "the token's header has a member that we refuse", got=refused[0]
        )
    # 2. It says that it is a credential, or says nothing; never a presentation or an access token.
    typ, cty = jwt.header.get("typ"), jwt.header.get("cty")
    if not (_is_one_of(typ, _TYPES) and _is_one_of(cty, _CONTENT_TYPES)):
        raise InvalidError("jwt_typ", "the token's header says that it is something other than a credential")
    # 3. The key decides the algorithm; the header must agree (THREATS A1).
    check_algorithm(jwt.header.get("alg"))
    if jwt.header.get("alg") not in ALGORITHMS[key.kind]:
        raise InvalidError(
            "jwt_alg_key",
            "the token's algorithm is for another kind of key",
            expected=" or ".join(ALGORITHMS[key.kind]),
        )
    # 4. A key in the header must be the one we would use anyway (THREATS A2).
    if "jwk" in jwt.header:
        _check_jwk(jwt.header["jwk"], key)
    # 5. The signature itself.
    key.verify(jwt.signature, jwt.signing_input)


def check_algorithm(name: JSON) -> None:
    """Refuse what is no signature by a public key, and tell what is merely unknown to us.

    Raises:
        InvalidError: jwt_alg_refused, also for a missing algorithm. UndeterminedError: jwt_alg_unknown.
    """
    if not isinstance(name, str) or name.lower() == "none" or name.upper().startswith("HS"):
        raise InvalidError("jwt_alg_refused", "the token has no algorithm, or one that needs a shared secret")
    if name not in {known for names in ALGORITHMS.values() for known in names}:
        raise UndeterminedError(
            "jwt_alg_unknown",
            "the token has an algorithm that we cannot check",
            expected="EdDSA, Ed25519 or ES256",
        )


def document_of(claims: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the credential in a payload: its members without the registered claims."""
    return {name: value for name, value in claims.items() if name not in REGISTERED_CLAIMS}


def check_claims(claims: Mapping[str, JSON]) -> None:
    """Return only when the registered claims say nothing that the credential does not say.

    Two answers to one question would let each reader choose.

    Raises:
        InvalidError: jwt_claims_disagree; jwt_with_proof, the payload carries an embedded proof.
        UndeterminedError: jwt_vc_claim, the payload wraps a credential of the older 1.1 model.

    Source: VC-JOSE-COSE §3.1.1; Open Badges 3.0 §8.2.4.1.
    """
    if "vc" in claims or "vp" in claims:
        raise UndeterminedError("jwt_vc_claim", "the token wraps a credential of the older 1.1 data model")
    if "proof" in claims:
        raise InvalidError("jwt_with_proof", "the token carries a second, embedded proof")
    issuer, subject = claims.get("issuer"), claims.get("credentialSubject")
    pairs = {
        "iss": issuer.get("id") if isinstance(issuer, dict) else issuer,
        "jti": claims.get("id"),
        "sub": subject.get("id") if isinstance(subject, dict) else None,
    }
    for name, value in pairs.items():
        if name in claims and claims[name] != value:
            raise _disagree(name)
    for name, member in (("nbf", "validFrom"), ("exp", "validUntil")):
        if name in claims and _epoch(claims[name]) != _epoch_of(claims.get(member)):
            raise _disagree(name)


def _check_jwk(value: JSON, key: keys.PublicKey) -> None:
    try:
        brought = keys.parse_jwk(value) if isinstance(value, dict) else None
    except VerifierError:
        brought = None
    if brought != key:
        raise InvalidError("jwt_jwk_other", "the token brings another key than the issuer's")


def _is_one_of(value: JSON, allowed: frozenset[str | None]) -> bool:
    return value is None or (isinstance(value, str) and value in allowed)


def _epoch(value: JSON) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _epoch_of(value: JSON) -> int | None:
    try:
        moment: datetime | None = parse_time(value) if isinstance(value, str) else None
    except MalformedError:
        return None
    return None if moment is None else int(moment.timestamp())


def _disagree(claim: str) -> InvalidError:
    return InvalidError("jwt_claims_disagree", "a claim of the token contradicts the credential", got=claim)
