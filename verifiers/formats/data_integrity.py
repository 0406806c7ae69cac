"""Data Integrity proofs: options, hash data, and the check of one proof over one document.

Three cryptosuites: eddsa-rdfc-2022 and eddsa-jcs-2022 (Ed25519), ecdsa-rdfc-2019 (P-256 with SHA-256).
What is signed is always 64 bytes: SHA-256 of the canonical options, then SHA-256 of the canonical
document, both without the proof itself.

Stricter than the specifications: a proof's own `@context` must equal the document's (they allow the
document to have grown more contexts, which would show terms that nobody signed), a proof holds no member
we do not know, and `proofValue` has one spelling.

Not here: several proofs together (`proof_set`), whose key it is and whether it may be used so
(`verifiers.verify`), private keys.
Source: VC Data Integrity 1.0 §2.1 and §4; DI EdDSA Cryptosuites 1.0 §3.2, §3.3;
DI ECDSA Cryptosuites 1.0 §3.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import schemas.contexts
from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.primitives import jcs, linked_data
from verifiers.primitives.encoding import format_time, multibase_decode, multibase_encode, parse_time
from verifiers.primitives.keys import SIGNATURE_BYTES, Kind, PublicKey
from verifiers.primitives.linked_data.expansion import ContextSource
from verifiers.primitives.strict_json import JSON

PROOF_TYPE = "DataIntegrityProof"
TEXT_CHARACTERS_MAX = 2_048  # of an identifier in a proof: THREATS A3

_MEMBERS = frozenset(
    (
        "@context", "challenge", "created", "cryptosuite", "domain", "expires", "id", "nonce",
        "previousProof", "proofPurpose", "proofValue", "type", "verificationMethod",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suite:
    """A cryptosuite: the kind of key it is for and the canonical form it hashes."""

    kind: Kind
    canonical: Literal["rdfc", "jcs"]


SUITES: Mapping[str, Suite] = {
    "eddsa-rdfc-2022": Suite("Ed25519", "rdfc"),
    "eddsa-jcs-2022": Suite("Ed25519", "jcs"),
    "ecdsa-rdfc-2019": Suite("P-256", "rdfc"),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof, well-formed and of a known cryptosuite, but not verified.

    Args:
        raw: all members as they stand in the document.
        signature: 64 bytes, decoded from proofValue.
        previous: ids of the proofs this one was made over (`previousProof`).
    """

    raw: Mapping[str, JSON]
    cryptosuite: str
    verification_method: str
    purpose: str
    signature: bytes
    created: datetime | None
    expires: datetime | None
    id: str | None
    previous: tuple[str, ...]

    @property
    def options(self) -> dict[str, JSON]:
        """The proof without its proofValue: what was signed together with the document."""
        return {name: value for name, value in self.raw.items() if name != "proofValue"}


def parse_proof(value: JSON) -> Proof:
    """Read one proof of a document.

    Raises:
        MalformedError: proof_malformed, proof_value_malformed.
        UndeterminedError: proof_type_unknown, cryptosuite_unknown.
    """
    if not isinstance(value, dict):
        raise MalformedError("proof_malformed", "a proof is not an object")
    if _text(value, "type") != PROOF_TYPE:
        raise UndeterminedError(
            "proof_type_unknown", "a proof is of a type we cannot check", expected=PROOF_TYPE
        )
    cryptosuite = _text(value, "cryptosuite")
    if cryptosuite not in SUITES:
        raise UndeterminedError(
            "cryptosuite_unknown",
            "a proof uses a cryptosuite we cannot check",
            expected=" or ".join(SUITES),
        )
    if not value.keys() <= _MEMBERS:
        raise MalformedError("proof_malformed", "a proof has a member that no proof has")
    return Proof(
        raw=value,
        cryptosuite=cryptosuite,
        verification_method=_text(value, "verificationMethod"),
        purpose=_text(value, "proofPurpose"),
        signature=_signature(_text(value, "proofValue")),
        created=_moment(value, "created"),
        expires=_moment(value, "expires"),
        id=_text(value, "id") if "id" in value else None,
        previous=_previous(value.get("previousProof")),
    )


def proof_options(
    *,
    cryptosuite: str,
    verification_method: str,
    created: datetime,
    proof_purpose: str = "assertionMethod",
    context: JSON = None,
) -> dict[str, JSON]:
    """Return the options of a new proof: everything but its proofValue.

    Args:
        cryptosuite: a name in SUITES.
        verification_method: DID URL of the key.
        created: aware.
        context: the document's `@context`; required for a JCS suite, which signs it inside the proof too.

    Raises:
        UndeterminedError: cryptosuite_unknown.
        MalformedError: proof_context_missing.
    """
    suite = _suite(cryptosuite)
    options: dict[str, JSON] = {
        "type": PROOF_TYPE,
        "cryptosuite": cryptosuite,
        "created": format_time(created),
        "verificationMethod": verification_method,
        "proofPurpose": proof_purpose,
    }
    if suite.canonical == "jcs":
        if context is None:
            raise MalformedError("proof_context_missing", "a JCS proof needs the context of its document")
        options["@context"] = context
    return options


def hash_data(
    document: Mapping[str, JSON],
    options: Mapping[str, JSON],
    *,
    canonical_document: bytes | None = None,
    contexts: ContextSource = schemas.contexts.context,
) -> bytes:
    """Return the 64 bytes that a proof with these options signs.

    Args:
        document: without `proof`, or with the proofs a chained proof covers.
        options: without proofValue.
        canonical_document: the document's canonical N-Quads when the caller has them already; used only
            by the rdfc suites, and must come from `linked_data.canonicalise(document)`.
        contexts: gives a context by its URL; the pinned ones unless told otherwise.

    Raises:
        UndeterminedError: cryptosuite_unknown, context_unknown.
        InvalidError: proof_context, and the codes of `linked_data.canonicalise`.
        MalformedError: proof_malformed, jcs_unsupported.
    """
    suite = _suite(options.get("cryptosuite"))
    if options.get("type") != PROOF_TYPE or "proofValue" in options:
        raise MalformedError("proof_malformed", "the options are not those of a Data Integrity proof")
    if "@context" in options and options["@context"] != document.get("@context"):
        raise InvalidError("proof_context", "the proof was made for other contexts than the document has")
    if suite.canonical == "jcs":
        return _sha256(jcs.canonicalise(dict(options))) + _sha256(jcs.canonicalise(dict(document)))
    # DI EdDSA §3.2.5 step 5: the options are read with the document's contexts.
    configuration = {**options, "@context": document.get("@context")}
    if canonical_document is None:
        canonical_document = linked_data.canonicalise(document, contexts=contexts)
    return _sha256(linked_data.canonicalise(configuration, contexts=contexts)) + _sha256(canonical_document)


def seal_proof(options: Mapping[str, JSON], signature: bytes) -> dict[str, JSON]:
    """Return the finished proof: the options with their signature (64 bytes over `hash_data`)."""
    _suite(options.get("cryptosuite"))
    if len(signature) != SIGNATURE_BYTES or "proofValue" in options:
        raise MalformedError("proof_value_malformed", "the signature of a proof does not have 64 bytes")
    return {**options, "proofValue": multibase_encode(signature)}


def attach(document: Mapping[str, JSON], proofs: Sequence[Mapping[str, JSON]]) -> dict[str, JSON]:
    """Return the document with its proofs: one as an object, more as an array.

    Raises:
        MalformedError: proof_malformed, there is no proof or the document has some already.
    """
    if not proofs or "proof" in document:
        raise MalformedError("proof_malformed", "a document without proofs and at least one proof are needed")
    copies: list[JSON] = [dict(proof) for proof in proofs]
    return {**document, "proof": copies[0] if len(copies) == 1 else copies}


def verify_proof(
    document: Mapping[str, JSON],
    proof: Proof | Mapping[str, JSON],
    key: PublicKey,
    *,
    canonical_document: bytes | None = None,
    contexts: ContextSource = schemas.contexts.context,
) -> None:
    """Return only when this key made this proof over exactly this document.

    Whether the key belongs to the issuer and may be used for this purpose is not looked at.

    Args: as `hash_data`; proof: with its proofValue.

    Raises:
        InvalidError: signature_invalid, cryptosuite_key, proof_context; else as `parse_proof`, `hash_data`.
    """
    parsed = proof if isinstance(proof, Proof) else parse_proof(dict(proof))
    # The key decides; a suite of the other kind is refused before any hashing (THREATS A2).
    if SUITES[parsed.cryptosuite].kind != key.kind:
        raise InvalidError(
            "cryptosuite_key",
            "the cryptosuite of the proof is for another kind of key",
            expected=SUITES[parsed.cryptosuite].kind,
            got=key.kind,
        )
    to_check = hash_data(document, parsed.options, canonical_document=canonical_document, contexts=contexts)
    key.verify(parsed.signature, to_check)


def _suite(name: JSON) -> Suite:
    suite = SUITES.get(name) if isinstance(name, str) else None
    if suite is None:
        raise UndeterminedError(
            "cryptosuite_unknown", "the cryptosuite is not one we know", expected=" or ".join(SUITES)
        )
    return suite


def _text(members: Mapping[str, JSON], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= TEXT_CHARACTERS_MAX:
        raise MalformedError("proof_malformed", f"{name} of a proof is missing, too long or not text")
    return value


def _moment(members: Mapping[str, JSON], name: str) -> datetime | None:
    if name not in members:
        return None
    try:
        return parse_time(_text(members, name))
    except VerifierError as error:
        raise MalformedError("proof_malformed", f"{name} of a proof is not a moment: {error}") from error


def _signature(text: str) -> bytes:
    try:
        signature = multibase_decode(text)
    except MalformedError as error:
        raise MalformedError("proof_value_malformed", f"proofValue cannot be read: {error}") from error
    # base58btc as the suites ask; encoding again refuses every second spelling.
    if len(signature) != SIGNATURE_BYTES or multibase_encode(signature) != text:
        raise MalformedError("proof_value_malformed", "proofValue is not base58btc of 64 bytes")
    return signature


def _previous(value: JSON) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [] if value is None else [value]
    ids = tuple(item for item in items if isinstance(item, str) and len(item) <= TEXT_CHARACTERS_MAX)
    if len(ids) != len(items) or len(set(ids)) != len(ids):
        raise MalformedError("proof_malformed", "previousProof is not an id or a list of different ids")
    return ids


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
