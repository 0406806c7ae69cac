"""Public keys: every spelling, every refusal, and signatures that only fit one key and one message."""

from __future__ import annotations

import base64
from typing import Any, Literal

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verifiers.primitives.support import read_json, refusal
from verifiers.errors import InvalidError, MalformedError, UndeterminedError
from verifiers.primitives import keys
from verifiers.primitives.encoding import multibase_encode

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493  # order of the prime subgroup, RFC 8032 §5.1
D = -121665 * pow(121666, -1, P) % P
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# RFC 8032 §7.1, TEST 1 and TEST 2.
RFC8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]
# RFC 6979 §A.2.5, P-256 with SHA-256, message "sample".
RFC6979_X = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
RFC6979_Y = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
RFC6979_SIGNATURE = (
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
)


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def ed25519_pair(seed: bytes = b"\x07" * 32) -> tuple[ed25519.Ed25519PrivateKey, keys.PublicKey]:
    private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return private, keys.from_raw("Ed25519", raw)


def p256_pair(secret: int = 0xC0FFEE) -> tuple[ec.EllipticCurvePrivateKey, keys.PublicKey]:
    private = ec.derive_private_key(secret, ec.SECP256R1())
    raw = private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    return private, keys.from_raw("P-256", raw)


def es256(private: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    r, s = utils.decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@pytest.mark.parametrize(("raw", "message", "signature"), RFC8032)
def test_rfc_8032(raw: str, message: str, signature: str) -> None:
    keys.from_raw("Ed25519", bytes.fromhex(raw)).verify(bytes.fromhex(signature), bytes.fromhex(message))


WYCHEPROOF = read_json("signatures", "wycheproof", "vectors.json")["groups"]


@pytest.mark.parametrize("group", WYCHEPROOF, ids=[group["kind"] for group in WYCHEPROOF])
def test_wycheproof(group: dict[str, Any]) -> None:
    key = keys.from_raw(group["kind"], bytes.fromhex(group["raw"]))
    jwk = group.get("jwk") or {
        "kty": "EC",
        "crv": "P-256",
        "x": b64url(key.raw[1:]),
        "y": b64url(bytes.fromhex(group["y"])),
    }
    assert keys.parse_jwk(jwk) == key
    results = []
    for test in group["tests"]:
        code = refusal(key.verify, bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
        assert code == {"valid": None, "invalid": "signature_invalid"}[test["result"]], test["tcId"]
        results.append(test["result"])
    assert len(results) in {28, 20}
    assert "valid" in results


def test_rfc_6979() -> None:
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": b64url(bytes.fromhex(RFC6979_X)),
        "y": b64url(bytes.fromhex(RFC6979_Y)),
    }
    keys.parse_jwk(jwk).verify(bytes.fromhex(RFC6979_SIGNATURE), b"sample")


# Source: the did:key method, W3C CCG, §4.1 and §4.3 (test vectors).
@pytest.mark.parametrize(
    ("did", "kind"),
    [
        ("did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", "Ed25519"),
        ("did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG", "Ed25519"),
        ("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169", "P-256"),
        ("did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv", "P-256"),
    ],
)
def test_did_keys_of_the_method(did: str, kind: str) -> None:
    key = keys.parse_did_key(did)
    assert key.kind == kind
    assert key.did_key == did
    assert key.did_key_verification_method == f"{did}#{did.removeprefix('did:key:')}"
    assert keys.parse_multikey(key.multikey) == key


@pytest.mark.parametrize("pair", [ed25519_pair, p256_pair])
def test_every_spelling_of_a_key_gives_the_same_key(pair: Any) -> None:
    private, key = pair()
    numbers = private.public_key()
    if key.kind == "Ed25519":
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64url(key.raw), "alg": "EdDSA", "use": "sig", "kid": "1"}
    else:
        point = numbers.public_numbers()
        jwk = {
            "kty": "EC",
            "crv": "P-256",
            "x": b64url(point.x.to_bytes(32, "big")),
            "y": b64url(point.y.to_bytes(32, "big")),
        }
    assert keys.parse_jwk(jwk) == key == keys.from_raw(key.kind, key.raw) == keys.parse_did_key(key.did_key)


# --- Ed25519 keys that must never be used -------------------------------------------------------------


def torsion_encodings() -> set[bytes]:
    """The points of order 1, 2, 4 and 8, found by slow arithmetic: multiples of a point times L."""

    def add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
        (x1, y1), (x2, y2) = a, b
        k = D * x1 * x2 * y1 * y2 % P
        return (
            (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P,
            (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P,
        )

    def times(n: int, point: tuple[int, int]) -> tuple[int, int]:
        result = (0, 1)
        while n:
            if n & 1:
                result = add(result, point)
            point, n = add(point, point), n >> 1
        return result

    found = {(0, 1)}
    y = 2
    while len(found) < 8:
        xx = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = pow(xx, (P + 3) // 8, P)
        if x * x % P != xx:
            x = x * pow(2, (P - 1) // 4, P) % P
        if x * x % P == xx:
            low = times(L, (x, y))
            found |= {times(n, low) for n in range(8)}
        y += 1
    return {((point[1]) | ((point[0] & 1) << 255)).to_bytes(32, "little") for point in found}


def test_the_eight_small_order_points_are_refused() -> None:
    points = torsion_encodings()
    assert len(points) == 8
    for raw in points:
        with pytest.raises(InvalidError) as caught:
            keys.from_raw("Ed25519", raw)
        assert caught.value.code == "key_small_order"
    # With the sign bit of x = 0 set, order 1 and 2 have a second, non-canonical spelling.
    for y in (1, P - 1):
        raw = (y | 1 << 255).to_bytes(32, "little")
        assert refusal(keys.from_raw, "Ed25519", raw) == "key_small_order"


def test_the_identity_key_would_accept_one_signature_for_every_message() -> None:
    """Why they are refused: OpenSSL verifies R = identity, S = 0 under the identity key."""
    identity = (1).to_bytes(32, "little")
    signature = identity + bytes(32)
    ed25519.Ed25519PublicKey.from_public_bytes(identity).verify(signature, b"anything at all")


@pytest.mark.parametrize("y", [P, P + 1, P + 2, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1])
def test_non_canonical_keys_are_refused(y: int, sign: int) -> None:
    with pytest.raises(MalformedError) as caught:
        keys.from_raw("Ed25519", (y | sign << 255).to_bytes(32, "little"))
    assert caught.value.code == "key_not_canonical"


def test_about_half_of_all_y_are_not_on_the_curve() -> None:
    codes = [refusal(keys.from_raw, "Ed25519", y.to_bytes(32, "little")) for y in range(2, 202)]
    assert set(codes) == {None, "key_not_on_curve"}
    assert 60 < codes.count("key_not_on_curve") < 140


# --- P-256 keys ----------------------------------------------------------------------------------------


def test_p256_points_are_checked() -> None:
    _, key = p256_pair()
    assert refusal(keys.from_raw, "P-256", b"\x02" + b"\xff" * 32) == "key_not_canonical"
    assert refusal(keys.from_raw, "P-256", b"\x04" + key.raw[1:]) == "key_malformed"
    assert refusal(keys.from_raw, "P-256", b"\x00" + key.raw[1:]) == "key_malformed"
    codes = [refusal(keys.from_raw, "P-256", b"\x03" + x.to_bytes(32, "big")) for x in range(200)]
    assert set(codes) == {None, "key_not_on_curve"}
    for x, code in enumerate(codes):
        raw = b"\x03" + x.to_bytes(32, "big")
        if code is None:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
        else:
            with pytest.raises(ValueError, match="Invalid EC key"):
                ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)


def test_a_jwk_with_a_wrong_y_is_refused() -> None:
    x, y = bytes.fromhex(RFC6979_X), bytearray.fromhex(RFC6979_Y)
    y[0] ^= 1
    jwk = {"kty": "EC", "crv": "P-256", "x": b64url(x), "y": b64url(bytes(y))}
    assert refusal(keys.parse_jwk, jwk) == "key_not_on_curve"


# --- texts ---------------------------------------------------------------------------------------------

ED_RAW = ed25519_pair()[1].raw
P256_RAW = p256_pair()[1].raw


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "key_malformed"),
        ("z", "key_malformed"),
        ("z0OIl", "key_malformed"),
        (multibase_encode(b"\xed\x01" + ED_RAW, "u"), "key_malformed"),
        (multibase_encode(b"\xed\x01" + ED_RAW[:-1]), "key_malformed"),
        (multibase_encode(b"\xed\x01" + ED_RAW + b"\0"), "key_malformed"),
        (multibase_encode(b"\xed\x01" + P256_RAW), "key_malformed"),
        (multibase_encode(b"\x80\x24" + ED_RAW), "key_malformed"),
        (multibase_encode(b"\x80\x24" + P256_RAW + b"\0"), "key_malformed"),
        (multibase_encode(b"\xed\x01" + bytes(32)), "key_small_order"),
        (multibase_encode(b"\xed\x01" + b"\xff" * 32), "key_not_canonical"),
        (multibase_encode(b"\x80\x24\x02" + b"\xff" * 32), "key_not_canonical"),
        (multibase_encode(b"\xec\x01" + ED_RAW), "key_type_unknown"),  # X25519
        (multibase_encode(b"\xed\x00" + ED_RAW), "key_type_unknown"),  # another varint
        (multibase_encode(b"\x81\x24" + P256_RAW), "key_type_unknown"),  # P-384
        (multibase_encode(b"\x80\x26" + ED_RAW), "key_type_unknown"),  # an Ed25519 private key
        (multibase_encode(ED_RAW), "key_type_unknown"),
    ],
)
def test_multikeys_are_refused(text: str, code: str) -> None:
    assert refusal(keys.parse_multikey, text) == code
    assert refusal(keys.parse_did_key, "did:key:" + text) == code


@pytest.mark.parametrize(
    "did",
    ["", "did:web:a.example", "did:key", "DID:KEY:z6Mk", "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"],
)
def test_other_dids_are_refused(did: str) -> None:
    assert refusal(keys.parse_did_key, did) == "key_malformed"


def test_a_did_url_is_not_a_did() -> None:
    _, key = ed25519_pair()
    assert refusal(keys.parse_did_key, key.did_key_verification_method) == "key_malformed"


OKP = {"kty": "OKP", "crv": "Ed25519", "x": b64url(ED_RAW)}
EC = {
    "kty": "EC",
    "crv": "P-256",
    "x": b64url(bytes.fromhex(RFC6979_X)),
    "y": b64url(bytes.fromhex(RFC6979_Y)),
}


@pytest.mark.parametrize(
    ("jwk", "code"),
    [
        ({}, "key_type_unknown"),
        ({**OKP, "crv": "X25519"}, "key_type_unknown"),
        ({**OKP, "kty": "EC"}, "key_type_unknown"),
        ({**EC, "kty": "OKP"}, "key_type_unknown"),
        ({**EC, "crv": "P-384"}, "key_type_unknown"),
        ({"kty": "oct", "k": "c2VjcmV0"}, "key_type_unknown"),
        ({"kty": "RSA", "n": "AQAB", "e": "AQAB"}, "key_type_unknown"),
        ({"kty": ["OKP"], "crv": "Ed25519", "x": OKP["x"]}, "key_type_unknown"),
        ({**OKP, "d": OKP["x"]}, "key_malformed"),
        ({**EC, "d": EC["x"]}, "key_malformed"),
        ({**OKP, "y": OKP["x"]}, "key_malformed"),
        ({**OKP, "x": OKP["x"] + "="}, "key_malformed"),
        ({**OKP, "x": OKP["x"][:-2]}, "key_malformed"),
        ({**OKP, "x": 1}, "key_malformed"),
        ({"kty": "OKP", "crv": "Ed25519"}, "key_malformed"),
        ({key: EC[key] for key in ("kty", "crv", "x")}, "key_malformed"),
        ({**EC, "x": "AA"}, "key_malformed"),
        ({**OKP, "alg": "HS256"}, "key_malformed"),
        ({**OKP, "alg": "ES256"}, "key_malformed"),
        ({**EC, "alg": "EdDSA"}, "key_malformed"),
        ({**OKP, "use": "enc"}, "key_malformed"),
        ({**OKP, "key_ops": ["sign"]}, "key_malformed"),
        ({**OKP, "key_ops": "verify"}, "key_malformed"),
        ({**OKP, "x": b64url(bytes(32))}, "key_small_order"),
        ({**OKP, "x": b64url(b"\xff" * 32)}, "key_not_canonical"),
    ],
)
def test_jwks_are_refused(jwk: dict[str, object], code: str) -> None:
    assert refusal(keys.parse_jwk, jwk) == code


# --- signatures ----------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 511))
def test_one_flipped_bit_is_refused(message: bytes, bit: int) -> None:
    ed_private, ed_key = ed25519_pair()
    ec_private, ec_key = p256_pair()
    for key, signature in ((ed_key, ed_private.sign(message)), (ec_key, es256(ec_private, message))):
        key.verify(signature, message)
        wrong = bytearray(signature)
        wrong[bit // 8] ^= 1 << (bit % 8)
        for args in (
            (bytes(wrong), message),
            (signature, message + b"x"),
            (signature[:-1], message),
            (signature + b"\0", message),
        ):
            with pytest.raises(InvalidError) as caught:
                key.verify(*args)
            assert caught.value.code == "signature_invalid"


def test_a_signature_never_fits_a_key_of_the_other_kind() -> None:
    """The diagonal of THREATS A2: the key decides the algorithm."""
    ed_private, ed_key = ed25519_pair()
    ec_private, ec_key = p256_pair()
    assert refusal(ec_key.verify, ed_private.sign(b"m"), b"m") == "signature_invalid"
    assert refusal(ed_key.verify, es256(ec_private, b"m"), b"m") == "signature_invalid"


def test_a_second_spelling_of_an_ed25519_signature_is_refused() -> None:
    private, key = ed25519_pair()
    signature = private.sign(b"m")
    s = int.from_bytes(signature[32:], "little")
    for other in (s + L, s + 2 * L, s | 1 << 255):
        if other < 2**256:
            assert (
                refusal(key.verify, signature[:32] + other.to_bytes(32, "little"), b"m")
                == "signature_invalid"
            )


@pytest.mark.parametrize(
    ("r", "s"), [(0, 0), (0, 1), (1, 0), (P256_ORDER, 1), (1, P256_ORDER), (2**256 - 1, 2**256 - 1)]
)
def test_es256_numbers_out_of_range_are_refused(r: int, s: int) -> None:
    _, key = p256_pair()
    assert refusal(key.verify, r.to_bytes(32, "big") + s.to_bytes(32, "big"), b"m") == "signature_invalid"


def test_a_der_signature_is_not_an_es256_signature() -> None:
    private, key = p256_pair()
    assert refusal(key.verify, private.sign(b"m", ec.ECDSA(hashes.SHA256())), b"m") == "signature_invalid"


@pytest.mark.parametrize("kind", ["Ed25519", "P-256", "RSA"])
def test_raw_keys_have_their_length(kind: Literal["Ed25519", "P-256"]) -> None:
    assert refusal(keys.from_raw, kind, b"\x02" * 31) == "key_malformed"


def test_unknown_is_undetermined_and_never_invalid() -> None:
    with pytest.raises(UndeterminedError) as caught:
        keys.parse_multikey(multibase_encode(b"\x81\x24" + P256_RAW))
    assert caught.value.code == "key_type_unknown"
