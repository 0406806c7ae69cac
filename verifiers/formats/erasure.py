"""Erasure certificates: signed JSON in which a ledger says that it destroyed a person's key, and shows the tombstone.

    {"type": "leerspoor-erasure.v1", …, "receipt": tlog-proof of the tombstone, "proof": eddsa-jcs-2022}

The key of the proof is the log's own, named as a did:key. Whoever believes the log believes that the ledger said
it; that the key is truly gone nobody can prove, only that the ledger answers for it.

Not here: what is erased in which order (`ledger.usecases.erase`).
Source: docs/formats.md, "leerspoor-erasure.v1"; DI EdDSA Cryptosuites 1.0 §3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from schemas.erasure import ErasureModel
from verifiers.errors import InvalidError, MalformedError, UndeterminedError
from verifiers.formats import data_integrity
from verifiers.formats import receipt as receipts
from verifiers.formats.checkpoint import VerifierKey, parse_vkey
from verifiers.formats.data_integrity import Proof
from verifiers.primitives import jcs
from verifiers.primitives.encoding import format_time
from verifiers.primitives.keys import PublicKey
from verifiers.primitives.strict_json import JSON, loads_object

ERASURE_BYTES_MAX = 131_072
TOMBSTONE = "learner-erased.v1"
SUITE, PURPOSE = "eddsa-jcs-2022", "assertionMethod"


@dataclass(frozen=True, slots=True)
class Certificate:
    """An erasure certificate, well-formed but not verified.

    Args:
        said: what it says, without the proof.
        document: the same as JSON, which is what the proof is over.
        log: the key of the log that `said.log` names.
    """

    said: ErasureModel
    document: Mapping[str, JSON]
    proof: Proof
    log: VerifierKey

    def dump(self) -> bytes:
        """Return the canonical bytes. Source: RFC 8785."""
        return jcs.canonicalise({**self.document, "proof": dict(self.proof.raw)})


def sign(said: ErasureModel, *, key: PublicKey, created: datetime, signer: Callable[[bytes], bytes]) -> bytes:
    """Return a certificate, signed by the log's key.

    Args:
        said: without the proof.
        key: Ed25519, the log's.
        created: aware, whole seconds.
        signer: 64 bytes to sign -> Ed25519 signature.

    Raises:
        InvalidError: signature_invalid, the signer has another key.
    """
    document: dict[str, JSON] = said.model_dump(mode="json")
    # Without a context in the document there is none in the proof (§3.3.1 step 2).
    options: dict[str, JSON] = {
        "type": data_integrity.PROOF_TYPE,
        "cryptosuite": SUITE,
        "created": format_time(created),
        "verificationMethod": method_of(key),
        "proofPurpose": PURPOSE,
    }
    signature = signer(data_integrity.hash_data(document, options))
    signed = data_integrity.attach(document, [data_integrity.seal_proof(options, signature)])
    data_integrity.verify_proof(document, signed["proof"], key)  # type: ignore[arg-type]
    return jcs.canonicalise(signed)


def parse(data: bytes) -> Certificate:
    """Read a certificate; any spelling of the JSON, as the proof is over its canonical form.

    Raises:
        MalformedError: erasure_malformed; proof_malformed, proof_value_malformed; vkey_malformed; a json_* code.
        UndeterminedError: proof_type_unknown, cryptosuite_unknown.
    """
    members = loads_object(data, bytes_max=ERASURE_BYTES_MAX)
    document = {name: value for name, value in members.items() if name != "proof"}
    try:
        said = ErasureModel.model_validate(document)
    except ValidationError:  # its text would repeat the document
        said = None
    if said is None or said.model_dump(mode="json") != document:
        raise MalformedError("erasure_malformed", "the bytes are not an erasure certificate")
    proof = data_integrity.parse_proof(members.get("proof"))
    return Certificate(said, document, proof, parse_vkey(said.log))


def verify(certificate: Certificate, *, logs: Sequence[VerifierKey]) -> None:
    """Return only when a believed log's ledger said this, and its log holds the tombstone.

    Args:
        logs: keys of believed logs; one log may have several, old ones included.

    Raises:
        UndeterminedError: log_not_trusted; receipt_opening_missing.
        InvalidError: erasure_key, erasure_proof, signature_invalid, proof_context; erasure_other_tombstone;
            receipt_* and checkpoint_*, as `receipt.verify_receipt`.
        MalformedError: receipt_*, header_*, checkpoint_*.
    """
    # 1. The log is one that we believe, and the key of the proof is that log's.
    if certificate.log not in logs:
        raise UndeterminedError("log_not_trusted", "the certificate is of a log that is not believed")
    key = certificate.log.key
    if certificate.proof.verification_method != method_of(key):
        raise InvalidError("erasure_key", "the certificate is signed by another key than the log's")
    if (certificate.proof.cryptosuite, certificate.proof.purpose) != (SUITE, PURPOSE):
        raise InvalidError("erasure_proof", "the proof of the certificate is of another kind", expected=SUITE)
    # 2. It signed exactly this.
    data_integrity.verify_proof(certificate.document, certificate.proof, key)
    # 3. The tombstone of this person stands in that log, and no other log speaks for it. It has no payload, so
    #    everybody can check it.
    own = [log for log in logs if log.name == certificate.log.name]
    header = receipts.verify_receipt(receipts.parse(certificate.said.receipt), b"", logs=own)
    if (header.type, header.subject) != (TOMBSTONE, certificate.said.learner):
        raise InvalidError("erasure_other_tombstone", "the receipt is not that of this person's tombstone")


def method_of(key: PublicKey) -> str:
    """Return the DID URL that names a key as a did:key."""
    return f"{key.did_key}#{key.multikey}"
