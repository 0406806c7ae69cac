"""Every proof of a credential, each judged by itself, and whether the issuer is among the signers.

What counts is one rule: at least one good proof by the issuer's own key for assertions, and none of the
issuer's that is bad or cannot be checked. Proofs by others are shown and decide nothing (THREATS A12).

Not here: whose keys are whose (`keyring`), whether a key counted at that time (`key`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from verifiers.checks.key_history import KnownKey
from verifiers.checks.keyring import Keyring
from verifiers.checks.log_time import Logged
from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.formats import data_integrity, jose, proof_set
from verifiers.formats.credential import Credential
from verifiers.primitives import keys, linked_data
from verifiers.primitives.encoding import parse_time
from verifiers.primitives.strict_json import JSON
from verifiers.report import Check

PURPOSE = "assertionMethod"
CLOCK_LEEWAY = timedelta(seconds=60)  # for what a signer's clock claims; validity periods have none


@dataclass(frozen=True, slots=True)
class Canonical:
    """The canonical form of the document, or why there is none; computed once for all proofs."""

    data: bytes | None
    error: VerifierError | None

    def require(self) -> bytes:
        """Return the canonical N-Quads, or raise what hindered them."""
        if self.data is None:
            raise self.error or MalformedError("proof_malformed", "the document has no canonical form")
        return self.data


def canonical_of(document: Mapping[str, JSON]) -> Canonical:
    """Return the canonical form of an unsecured document; the context check reports its error."""
    try:
        return Canonical(linked_data.canonicalise(dict(document)), None)
    except VerifierError as error:
        return Canonical(None, error)


@dataclass(frozen=True, slots=True)
class Proofs:
    """The checks, the keys that verified something for the issuer, and when it says to have signed."""

    checks: tuple[Check, ...]
    keys: tuple[KnownKey, ...] = ()
    signed_at: datetime | None = None
    key_errors: tuple[VerifierError, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Outcome:
    check: Check
    by_issuer: bool
    key: KnownKey | None = None
    created: datetime | None = None
    key_error: VerifierError | None = None


def check_proofs(
    credential: Credential,
    *,
    canonical: Canonical,
    keyring: Keyring,
    at: datetime,
    logged: Logged | None = None,
) -> Proofs:
    """Return what is to be said about the proofs of a credential.

    Args:
        canonical: from `canonical_of(credential.document)`.
        logged: when a log holds exactly these bytes; saves what was signed before its algorithm was broken.
    """
    if credential.jwt is not None:
        outcomes = [_check_token(credential, credential.jwt, keyring, logged)]
    else:
        try:
            _, proofs = proof_set.detach(credential.secured)
        except VerifierError as error:
            return Proofs((Check.of_error("proof", error),))
        outcomes = [
            _check_embedded(credential, proofs, position, canonical, keyring, at, logged)
            for position in range(len(proofs))
        ]
    checks = [outcome.check for outcome in outcomes]
    own = [outcome for outcome in outcomes if outcome.by_issuer]
    if not own:
        checks.append(
            Check("proof", "invalid", "proof_of_issuer_missing", "None of the proofs was made by the issuer.")
        )
    return Proofs(
        checks=tuple(checks),
        keys=tuple(dict.fromkeys(outcome.key for outcome in own if outcome.key is not None)),
        signed_at=min((outcome.created for outcome in own if outcome.created is not None), default=None),
        key_errors=tuple(outcome.key_error for outcome in own if outcome.key_error is not None),
    )


def _check_embedded(
    credential: Credential,
    proofs: tuple[JSON, ...],
    position: int,
    canonical: Canonical,
    keyring: Keyring,
    at: datetime,
    logged: Logged | None,
) -> _Outcome:
    raw = proofs[position]
    method = raw.get("verificationMethod") if isinstance(raw, dict) else None
    author = method.partition("#")[0] if isinstance(method, str) else None
    by_issuer = _is_issuer(author, credential.issuer_id, keyring)
    detail = {"proof": str(position), "by": "issuer" if by_issuer else "other"}
    if isinstance(raw, dict):
        for name, member in (("cryptosuite", "cryptosuite"), ("verification_method", "verificationMethod")):
            value = raw.get(member)
            if isinstance(value, str):
                detail[name] = value[: data_integrity.TEXT_CHARACTERS_MAX]
    # A proof that names no signer at all is a broken part of this document, not somebody else's proof.
    required = by_issuer or author is None
    created = key_error = None
    try:
        # 1. A proof of a kind that we know, made for stating something, at a time that can be.
        proof = data_integrity.parse_proof(raw)
        created = proof.created
        _check_purpose_and_time(proof, at)
        # 2. What it was made over: the document, or the document with the proofs it names.
        previous = proof_set.covered(proofs, position)
        # 3. The keys of its author, wherever they are authentic.
        try:
            candidates = keyring.find(
                author if not by_issuer and author else credential.issuer_id or "",
                _method_of(proof, credential, by_issuer),
            )
        except VerifierError as error:
            key_error = error
            raise
        # 4. The signature.
        known = _verify(credential, proof, previous, candidates, canonical)
        # 5. Whether a signature of this kind still proves anything.
        _check_algorithm(known, keyring, logged)
    except VerifierError as error:
        return _Outcome(
            Check.of_error("proof", error, required=required, detail=detail),
            by_issuer,
            None,
            created,
            key_error,
        )
    message = "The proof by the issuer is good." if by_issuer else "A proof by someone else is good."
    check = Check("proof", "valid", "proof_valid", message, required, detail)
    return _Outcome(check, by_issuer, known, created)


def _method_of(proof: data_integrity.Proof, credential: Credential, by_issuer: bool) -> str | None:
    """Return the name to look the key up by; a pinned did:key is a key that the issuer gave no name."""
    if by_issuer and not proof.verification_method.startswith(f"{credential.issuer_id}#"):
        return None
    return proof.verification_method


def _check_purpose_and_time(proof: data_integrity.Proof, at: datetime) -> None:
    if proof.purpose != PURPOSE:
        raise InvalidError("proof_purpose", "the proof was made for another purpose", expected=PURPOSE)
    # The difference, not a sum: at the ends of the calendar a sum would not exist.
    if proof.created is not None and proof.created - at > CLOCK_LEEWAY:
        raise InvalidError(
            "proof_not_yet_made", "the proof says that it was made later than this verification"
        )
    if proof.expires is not None and proof.expires <= at:
        raise InvalidError("proof_expired", "the proof has expired")


def _verify(
    credential: Credential,
    proof: data_integrity.Proof,
    previous: tuple[JSON, ...],
    candidates: tuple[KnownKey, ...],
    canonical: Canonical,
) -> KnownKey:
    document = proof_set.over(credential.document, previous)
    reuse = None
    if not previous and data_integrity.SUITES[proof.cryptosuite].canonical == "rdfc":
        reuse = canonical.require()
    first_error: VerifierError | None = None
    for known in candidates:
        try:
            data_integrity.verify_proof(document, proof, known.key, canonical_document=reuse)
            return known
        except InvalidError as error:
            first_error = first_error or error
    raise first_error or InvalidError("signature_invalid", "no key of the issuer fits the proof")


def _check_token(credential: Credential, jwt: jose.Jwt, keyring: Keyring, logged: Logged | None) -> _Outcome:
    issuer = credential.issuer_id or ""
    method = _method_of_key_id(jwt.key_id, issuer)
    by_issuer = method is None or _is_issuer(method.partition("#")[0], issuer, keyring)
    algorithm = jwt.header.get("alg")
    detail = {"proof": "0", "by": "issuer" if by_issuer else "other"}
    detail |= {"cryptosuite": algorithm} if isinstance(algorithm, str) else {}
    detail |= {"verification_method": method} if method is not None else {}
    key_error = None
    try:
        # 1. The algorithm before any key: what needs a shared secret is bad whoever the issuer is.
        jose.check_algorithm(algorithm)
        # 2. The issuer's keys; `kid` is compared, never followed (THREATS A3).
        if not by_issuer:
            raise InvalidError("proof_of_issuer_missing", "the token is signed in the name of someone else")
        try:
            candidates = keyring.find(
                issuer, method if method is None or method.startswith(f"{issuer}#") else None
            )
        except VerifierError as error:
            key_error = error
            raise
        # 3. Header and signature.
        known = _verify_token(jwt, candidates)
        # 4. Whether a signature of this kind still proves anything.
        _check_algorithm(known, keyring, logged)
    except VerifierError as error:
        return _Outcome(Check.of_error("proof", error, detail=detail), True, key_error=key_error)
    check = Check("proof", "valid", "proof_valid", "The issuer's signature is good.", True, detail)
    return _Outcome(check, True, known, _issued_at(credential))


def _check_algorithm(known: KnownKey, keyring: Keyring, logged: Logged | None) -> None:
    """Refuse a good signature that anyone can make by now, unless a log held it while nobody could.

    Undetermined and not invalid: that it could be forged does not show that it was (THREATS K3).
    """
    kind = known.key.kind
    if kind in keyring.broken and not (logged is not None and logged.is_before(keyring.policy.sunsets[kind])):
        raise UndeterminedError(
            "algorithm_broken",
            "the signature is of a broken algorithm, and nothing dates it before that",
            got=kind,
        )


def _verify_token(jwt: jose.Jwt, candidates: tuple[KnownKey, ...]) -> KnownKey:
    first_error: InvalidError | None = None
    for known in candidates:
        try:
            jose.verify(jwt, known.key)
            return known
        except InvalidError as error:
            first_error = first_error or error
    raise first_error or InvalidError("signature_invalid", "no key of the issuer fits the token")


def _method_of_key_id(key_id: str | None, issuer: str) -> str | None:
    """Return the DID URL that a `kid` means: a whole one, or the part after "#"; None names no key."""
    if key_id is None or key_id == issuer:
        return None
    if "#" in key_id and not key_id.startswith("#"):
        return key_id
    return f"{issuer}#{key_id.removeprefix('#')}"


def _is_issuer(author: str | None, issuer: str | None, keyring: Keyring) -> bool:
    if author is None or issuer is None:
        return False
    if author == issuer:
        return True
    # An issuer whose id is a URL signs with a did:key: the issuer's own when the policy pins that key.
    trusted = keyring.policy.issuers.get(issuer)
    try:
        return trusted is not None and keys.parse_did_key(author).multikey in trusted.keys
    except VerifierError:
        return False


def _issued_at(credential: Credential) -> datetime | None:
    value = credential.secured.get("iat")
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 253_402_300_799:
        return parse_time("1970-01-01T00:00:00Z") + timedelta(seconds=int(value))
    return None
