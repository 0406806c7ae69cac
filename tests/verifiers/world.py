"""Hand-made issuers, credentials and a log for the tests of the verifier: no ledger, no storage."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from schemas.contexts import CREDENTIALS_V2, OPEN_BADGES_3_0_3
from verifiers.formats import checkpoint, data_integrity, header, jose, receipt, status_list
from verifiers.formats import status_event as formats
from verifiers.primitives import jcs, keys, merkle
from verifiers.primitives.encoding import b64url_encode

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
SIGNED_AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
RECORDED_AT = datetime(2026, 11, 1, 9, 0, 5, tzinfo=UTC)
LIST_URL = "https://roc.example/v1/status/revocation"
RDFC, JCS, ECDSA = "eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019"

Document = dict[str, Any]
Cosigning = Callable[[checkpoint.Checkpoint], checkpoint.Checkpoint]


def stream(name: str) -> UUID:
    """Return an identifier that is the same in every run."""
    return uuid5(NAMESPACE_URL, name)


class Signer:
    """A key pair from a name, and the identifiers under which it signs."""

    def __init__(
        self, name: str, kind: keys.Kind = "Ed25519", *, did: str | None = None, fragment: str | None = None
    ) -> None:
        """Derive the private key from the name; `did` None makes it a did:key."""
        seed = hashlib.sha256(name.encode()).digest()
        self.kind = kind
        if kind == "Ed25519":
            self._ed25519 = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
            raw = self._ed25519.public_key().public_bytes_raw()
        else:
            self._p256 = ec.derive_private_key(int.from_bytes(seed, "big") >> 1, ec.SECP256R1())
            numbers = self._p256.public_key().public_numbers()
            raw = bytes([2 + numbers.y % 2]) + numbers.x.to_bytes(32, "big")
        self.key = keys.from_raw(kind, raw)
        self.did = did or self.key.did_key
        self.method = f"{self.did}#{fragment or self.key.multikey}"

    def sign(self, message: bytes) -> bytes:
        """Return 64 bytes, as `PublicKey.verify` takes them."""
        if self.kind == "Ed25519":
            return self._ed25519.sign(message)
        r, s = utils.decode_dss_signature(self._p256.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    @property
    def jwk(self) -> Document:
        """The public key as JWK (Ed25519 only)."""
        return {"kty": "OKP", "crv": "Ed25519", "x": b64url_encode(self.key.raw)}


ISSUER = Signer("roc")
OTHER = Signer("hospital")
MALLORY = Signer("mallory")


def credential(issuer: str = ISSUER.did, **changes: Any) -> Document:
    """Return an unsigned Open Badge; a change of None removes the member."""
    document: Document = {
        "@context": [CREDENTIALS_V2, OPEN_BADGES_3_0_3],
        "id": "urn:uuid:5b1f6a3e-6f7b-4d3a-9f25-0a2f6a1d9c11",
        "type": ["VerifiableCredential", "AchievementCredential"],
        "issuer": {"id": issuer, "type": ["Profile"], "name": "ROC Merwede"},
        "name": "Praktijkverklaring Verzorgende IG",
        "validFrom": "2026-11-01T09:00:00Z",
        "credentialSubject": {
            "id": "urn:uuid:0f0e1a52-4b1c-4d55-8a4c-7a1f5a0f3f01",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "urn:uuid:9e3b1b5e-2c88-4d0f-8f0e-1d3c5b7a9e01",
                "type": ["Achievement"],
                "name": "Voert zorg uit",
                "description": "Werkproces B1-K1-W2.",
                "criteria": {"narrative": "Beoordeeld op de werkplek."},
            },
        },
    }
    document.update(changes)
    return {name: value for name, value in document.items() if value is not None}


def proof(
    document: Mapping[str, Any],
    signer: Signer = ISSUER,
    suite: str = RDFC,
    *,
    over: list[Document] | None = None,
    **changes: Any,
) -> Document:
    """Return a proof; changes are made to the options before signing, None removes one."""
    options = data_integrity.proof_options(
        cryptosuite=suite, verification_method=signer.method, created=SIGNED_AT, context=document["@context"]
    )
    options.update(changes)
    options = {name: value for name, value in options.items() if value is not None}
    signed = {**document, "proof": over} if over else dict(document)
    return data_integrity.seal_proof(options, signer.sign(data_integrity.hash_data(signed, options)))


def issue(document: Document | None = None, *proofs: Document) -> Document:
    """Return the document with these proofs, or with the issuer's two usual ones."""
    document = credential() if document is None else document
    return data_integrity.attach(document, proofs or [proof(document), proof(document, suite=JCS)])


def text(document: Mapping[str, Any]) -> bytes:
    """Return the bytes of a document."""
    return jcs.canonicalise(deepcopy(dict(document)))


def token(
    document: Document | None = None,
    signer: Signer = ISSUER,
    *,
    header: Document | None = None,
    payload: bytes | None = None,
    **claims: Any,
) -> bytes:
    """Return a VC-JWT; header members of None are removed."""
    document = credential() if document is None else document
    payload = text({**document, **claims}) if payload is None else payload
    members = {**jose.header_for(signer.key, key_id=signer.method), **(header or {})}
    to_sign = jose.signing_input(
        {name: value for name, value in members.items() if value is not None}, payload
    )
    return jose.seal(to_sign, signer.sign(to_sign))


def status_entry(index: int = 94_567, purpose: str = "revocation", **changes: Any) -> Document:
    """Return a `credentialStatus`."""
    return {
        "id": f"{LIST_URL}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": LIST_URL,
        **changes,
    }


def list_credential(
    *set_indexes: int, issuer: Signer = ISSUER, purpose: str = "revocation", sign: bool = True, **changes: Any
) -> Document:
    """Return a signed list credential with these bits set; valid around AT."""
    bits = bytearray(status_list.BITS_MIN // 8)
    for index in set_indexes:
        status_list.set_status(bits, index, True)
    document = status_list.list_credential(
        url=LIST_URL,
        issuer=issuer.did,
        purpose=purpose,
        bits=bytes(bits),
        valid_from=AT - timedelta(minutes=5),
        valid_until=AT + timedelta(days=1),
        ttl=timedelta(days=1),
    )
    document.update(changes)
    document = {name: value for name, value in document.items() if value is not None}
    return issue(document, proof(document, issuer)) if sign else document


class Log:
    """A log with its ledger's key, whole in memory; proofs by recursion over all leaves."""

    def __init__(self, origin: str = "log.example/leerspoor", *, key: str = "log") -> None:
        """Begin an empty log."""
        self.signer = Signer(key)
        self.vkey = checkpoint.VerifierKey(origin, self.signer.key)
        self.origin = origin
        self._leaves: list[bytes] = []
        self._openings: list[receipt.Opening] = []

    def record(
        self,
        payload: bytes,
        *,
        type: str = "credential-issued.v1",  # noqa: A002
        recorded_at: datetime = RECORDED_AT,
        stream_id: UUID | None = None,
        issuer: UUID | None = None,
        subject: UUID | None = None,
        key: str | None = None,
        signer: Signer | None = None,
    ) -> int:
        """Append an event and return its position."""
        r = hashlib.sha256(b"r" + payload).digest()
        head = header.Header(
            stream=stream_id or stream(f"event {len(self._leaves)}"),
            version=1,
            type=type,
            subject=subject,
            issuer=issuer,
            key=key or self.signer.key.multikey,
            recorded_at=recorded_at,
            commitment=header.commitment(r, payload),
            body_hash=header.body_hash(b"sealed"),
        ).dump()
        signature = (signer or self.signer).sign(head)
        self._openings.append(receipt.Opening(head, signature, r))
        self._leaves.append(merkle.leaf_hash(header.entry(head, signature)))
        return len(self._leaves) - 1

    def receipt(
        self, position: int, *, opening: bool = True, cosigned: Cosigning = lambda head: head
    ) -> receipt.Receipt:
        """Return the receipt of a position in the tree as it is now, its head cosigned or not."""
        return receipt.Receipt(
            index=position,
            proof=tuple(self._path(position, self._leaves)),
            checkpoint=cosigned(self.head()),
            opening=self._openings[position] if opening else None,
        )

    def record_text(self, payload: bytes, cosigned: Cosigning = lambda head: head, **options: Any) -> str:
        """Append an event and return its receipt as text."""
        return self.receipt(self.record(payload, **options), cosigned=cosigned).dump()

    def head(self) -> checkpoint.Checkpoint:
        """Return the signed head."""
        return checkpoint.sign(
            origin=self.origin,
            size=len(self._leaves),
            root=self._root(self._leaves),
            key=self.vkey,
            signer=self.signer.sign,
        )

    def _root(self, leaves: list[bytes]) -> bytes:
        if len(leaves) <= 1:
            return leaves[0] if leaves else merkle.EMPTY_ROOT
        split = 1 << (len(leaves) - 1).bit_length() - 1
        return merkle.node_hash(self._root(leaves[:split]), self._root(leaves[split:]))

    def _path(self, position: int, leaves: list[bytes]) -> list[bytes]:
        if len(leaves) == 1:
            return []
        split = 1 << (len(leaves) - 1).bit_length() - 1
        if position < split:
            return [*self._path(position, leaves[:split]), self._root(leaves[split:])]
        return [*self._path(position - split, leaves[split:]), self._root(leaves[:split])]


def key_event(
    log: Log,
    signer: Signer,
    *,
    organisation: str = "roc",
    valid_from: str = "2026-10-01T00:00:00Z",
    **changes: Any,
) -> tuple[bytes, str]:
    """Record that a key belongs to a DID; return payload and receipt."""
    payload = text(
        {
            "did": signer.did,
            "key": signer.key.multikey,
            "verification_method": signer.method,
            "valid_from": valid_from,
        }
        | changes
    )
    own = stream(organisation)
    return payload, log.record_text(payload, type="organisation-registered.v1", stream_id=own, issuer=own)


def key_end(log: Log, signer: Signer, valid_until: str, *, organisation: str = "roc") -> tuple[bytes, str]:
    """Record that a key has ended; return payload and receipt."""
    payload = text(
        {"did": signer.did, "key": signer.key.multikey, "valid_until": valid_until, "reason": "rotated"}
    )
    own = stream(organisation)
    return payload, log.record_text(payload, type="organisation-key-retired.v1", stream_id=own, issuer=own)


def key_compromised(log: Log, signer: Signer, since: str, *, organisation: str = "roc") -> tuple[bytes, str]:
    """Record since when somebody else may have a key; return payload and receipt."""
    payload = text({"key": signer.key.multikey, "compromised_since": since, "reason": "stolen"})
    own = stream(organisation)
    return payload, log.record_text(
        payload, type="organisation-key-compromised.v1", stream_id=own, issuer=own
    )


def ceased(log: Log, did: str, at: str, *, organisation: str = "roc", **changes: Any) -> tuple[bytes, str]:
    """Record that an organisation is no more; return payload and receipt."""
    payload = text(
        {"did": did, "ceased_at": at, "successor": None, "archive": None, "reason": "closed"} | changes
    )
    own = stream(organisation)
    return payload, log.record_text(payload, type="organisation-ceased.v1", stream_id=own, issuer=own)


def status_event(lists: Mapping[str, bytes], **changes: Any) -> bytes:
    """Return the payload of an event that published these lists."""
    entries = [
        {
            "url": url,
            "sha256": b64url_encode(hashlib.sha256(data).digest()),
            "jwt_sha256": b64url_encode(hashlib.sha256(b"token" + data).digest()),
        }
        for url, data in lists.items()
    ]
    moments = {"slot": "2026-11-24T09:55:00Z", "valid_until": "2026-11-25T09:55:00Z"}
    return text({**moments, "size": 7, "lists": entries} | changes)


def record_status_event(log: Log, payload: bytes, **options: Any) -> int:
    """Record that lists were published; return the position."""
    usual: dict[str, Any] = {"type": formats.TYPE, "stream_id": formats.stream_of(payload)}
    return log.record(payload, **(usual | options))


def did_document(signer: Signer, **changes: Any) -> bytes:
    """Return the DID document of a signer with a DID that is no did:key."""
    document: Document = {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": signer.did,
        "verificationMethod": [
            {
                "id": signer.method,
                "type": "Multikey",
                "controller": signer.did,
                "publicKeyMultibase": signer.key.multikey,
            }
        ],
        "assertionMethod": [signer.method],
    }
    return text(document | changes)
