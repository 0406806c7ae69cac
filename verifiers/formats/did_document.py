"""DID documents, as far as signatures need them: which key may assert for this DID.

A verification method counts only when the document is about this DID, the method names this DID as its
controller, and `assertionMethod` lists it: a key that is there for logging in must not sign credentials.

Not here: fetching documents (`ledger.outbound`), whether one is authentic (`verifiers.checks.keyring`).
Source: Controlled Identifiers 1.0 §2.2, §2.3, §3.3; DID 1.0 §5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.primitives import keys
from verifiers.primitives.encoding import parse_time
from verifiers.primitives.strict_json import JSON, loads_object

DOCUMENT_BYTES_MAX = 262_144  # THREATS C2
METHODS_MAX = 64
_MULTIBASE_TYPES = frozenset(("Multikey", "Ed25519VerificationKey2020"))
_JWK_TYPES = frozenset(("JsonWebKey", "JsonWebKey2020"))


@dataclass(frozen=True, slots=True)
class AssertionKey:
    """A key that a DID document lets assert.

    Args:
        method: DID URL of the verification method.
        key: the key itself.
        valid_until: from `revoked` or `expires` of the method, the earlier; None when neither is there.
    """

    method: str
    key: keys.PublicKey
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class DidDocument:
    """A document about one DID; methods are by their absolute id."""

    did: str
    methods: Mapping[str, Mapping[str, JSON]]
    assertion: frozenset[str]

    def key(self, method: str) -> AssertionKey:
        """Return the key of one method.

        Raises:
            InvalidError: key_not_in_document, key_not_for_assertion, key_controller, key_small_order.
            UndeterminedError: key_type_unknown. MalformedError: key_malformed and the like.
        """
        found = self.methods.get(method)
        if found is None:
            raise InvalidError("key_not_in_document", "the issuer's DID document does not have the key")
        if method not in self.assertion:
            raise InvalidError(
                "key_not_for_assertion", "the issuer's key is not meant for signing credentials"
            )
        if found.get("controller") != self.did:
            raise InvalidError("key_controller", "the key in the DID document is controlled by someone else")
        return AssertionKey(method, _key(found), _end(found))

    def assertion_keys(self) -> tuple[AssertionKey, ...]:
        """Return all keys that may assert and that we can check, in the order of the document."""
        found = []
        for method in self.methods:
            try:
                found.append(self.key(method))
            except VerifierError:
                continue
        return tuple(found)


def parse(data: bytes, *, did: str) -> DidDocument:
    """Read the document of a DID.

    Raises:
        MalformedError: did_document_malformed, or a json_* code. InvalidError: did_document_other.
    """
    document = loads_object(data, bytes_max=DOCUMENT_BYTES_MAX)
    if document.get("id") != did:
        raise InvalidError("did_document_other", "the DID document is about another DID")
    methods: dict[str, Mapping[str, JSON]] = {}
    for item in _list(document, "verificationMethod"):
        _add(methods, item, did)
    assertion = set()
    for item in _list(document, "assertionMethod"):
        # A method may stand in the relation itself instead of being named there.
        assertion.add(_absolute(item, did) if isinstance(item, str) else _add(methods, item, did))
    return DidDocument(did, methods, frozenset(assertion))


def _list(document: Mapping[str, JSON], name: str) -> list[JSON]:
    value = document.get(name, [])
    if not isinstance(value, list) or len(value) > METHODS_MAX:
        raise MalformedError(
            "did_document_malformed", f"{name} of the DID document is not a list of a sane length"
        )
    return value


def _add(methods: dict[str, Mapping[str, JSON]], item: JSON, did: str) -> str:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        raise MalformedError("did_document_malformed", "a verification method of the DID document has no id")
    method = _absolute(str(item["id"]), did)
    if method in methods:
        # Two keys under one name would let the reader choose.
        raise MalformedError("did_document_malformed", "the DID document has one verification method twice")
    methods[method] = item
    return method


def _absolute(method: str, did: str) -> str:
    return did + method if method.startswith("#") else method


def _key(method: Mapping[str, JSON]) -> keys.PublicKey:
    kind, multibase, jwk = (method.get(name) for name in ("type", "publicKeyMultibase", "publicKeyJwk"))
    if kind in _MULTIBASE_TYPES and isinstance(multibase, str) and jwk is None:
        return keys.parse_multikey(multibase)
    if kind in _JWK_TYPES and isinstance(jwk, dict) and multibase is None:
        return keys.parse_jwk(jwk)
    raise UndeterminedError("key_type_unknown", "the issuer's key is written in a form that we cannot read")


def _end(method: Mapping[str, JSON]) -> datetime | None:
    moments = []
    for name in ("revoked", "expires"):
        if name in method:
            value = method[name]
            moments.append(parse_time(value if isinstance(value, str) else ""))
    return min(moments, default=None)
