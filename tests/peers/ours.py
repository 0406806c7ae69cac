"""Our side of the exchange: full-size credentials of each kind, signed with fixed keys, and our verdict.

Dates are in the past and any end of validity far ahead, because one peer reads the machine's clock.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.usecases.compose import IssuerProfile, StatusPointer, compose
from schemas import attestation
from verifiers.formats import data_integrity, jose, status_list
from verifiers.primitives import jcs, keys

EXAMPLES = Path(attestation.__file__).parents[1] / "examples"
VALID_FROM = datetime(2025, 1, 2, 10, tzinfo=UTC)
NOW = datetime(2025, 1, 2, 12, tzinfo=UTC)
FAR_AHEAD = "2126-01-01T00:00:00Z"
LIST_URL = "https://leerspoor.example/v1/status/revocation"
STATUS_INDEX = 94_567
SUITES = ("eddsa-rdfc-2022", "eddsa-jcs-2022")

Document = dict[str, Any]


class Signer:
    """An issuer with one Ed25519 key and its did:key."""

    def __init__(self, seed: str) -> None:
        """Derive the key from 32 bytes in hex."""
        self._private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key = keys.from_raw("Ed25519", raw)
        self.did = self.key.did_key
        self.method = self.key.did_key_verification_method

    def proof(self, document: Document, cryptosuite: str, *, created: datetime = VALID_FROM) -> Document:
        """Return a proof over a document without proofs."""
        options = data_integrity.proof_options(
            cryptosuite=cryptosuite,
            verification_method=self.method,
            created=created,
            context=document["@context"],
        )
        return data_integrity.seal_proof(
            options, self._private.sign(data_integrity.hash_data(document, options))
        )

    def issue(self, document: Document, suites: tuple[str, ...] = SUITES) -> Document:
        """Return the document with one proof of each suite."""
        return data_integrity.attach(document, [self.proof(document, suite) for suite in suites])

    def jwt(self, document: Document) -> str:
        """Return the document as VC-JWT with the registered claims that Open Badges 3.0 asks for (section
        8.2.4)."""
        subject = document["credentialSubject"]
        claims = {
            "iss": self.did,
            "jti": document["id"],
            "sub": subject["id"],
            "nbf": _epoch(document["validFrom"]),
        }
        if "validUntil" in document:
            claims["exp"] = _epoch(document["validUntil"])
        payload = jcs.canonicalise({**document, **claims})
        header = jose.header_for(self.key, key_id=self.method)
        to_sign = jose.signing_input(header, payload)
        return jose.seal(to_sign, self._private.sign(to_sign)).decode()


def example(kind: str) -> Any:
    """Return the example attestation of a kind, its end of validity far ahead."""
    read = json.loads((EXAMPLES / f"{kind}.json").read_bytes())
    if "valid_until" in read:
        read["valid_until"] = FAR_AHEAD
    return attestation.parse(read)


def unsigned(kind: str, issuer_did: str, *, status: bool = True) -> Document:
    """Return the full-size credential of a kind, not signed."""
    return compose(
        example(kind),
        credential_id=f"urn:uuid:{uuid5(NAMESPACE_URL, f'{issuer_did}/{kind}')}",
        issuer=IssuerProfile(
            did=issuer_did, name="ROC Merwede & Partners", url="https://roc-merwede.example/"
        ),
        subject_id=f"urn:uuid:{uuid5(NAMESPACE_URL, 'learner')}",
        learner_name="Samira El Idrissi",
        valid_from=VALID_FROM,
        status=[StatusPointer("revocation", LIST_URL, STATUS_INDEX)] if status else [],
    )


def list_document(issuer_did: str, *, revoked: bool = False) -> Document:
    """Return the status list that the credentials name, not signed."""
    bits = bytearray(16_384)
    status_list.set_status(bits, STATUS_INDEX, revoked)
    return status_list.list_credential(
        url=LIST_URL,
        issuer=issuer_did,
        purpose="revocation",
        bits=bytes(bits),
        valid_from=VALID_FROM,
        valid_until=datetime.fromisoformat(FAR_AHEAD),
        ttl=timedelta(days=1),
    )


def _epoch(spelled: str) -> int:
    return int(datetime.fromisoformat(spelled).timestamp())
