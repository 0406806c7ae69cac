"""Good files to begin with: bundles of each kind that both verifiers read, with the keys to sign anew.

A `Scene` is one issuer in one log. Its bundles carry eddsa-jcs-2022 proofs only, so that both sides check the same.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

from tests.agreement.sides import Question
from tests.verifiers import world
from tests.verifiers.world import AT, JCS, LIST_URL, Document, Log, Signer
from verifiers.formats import data_integrity
from verifiers.formats.bundle import Bundle, Item, KeyEvent, StatusEvent
from verifiers.formats.cosignature import WitnessKey, cosign
from verifiers.formats.receipt import Receipt
from verifiers.primitives import jcs
from verifiers.primitives.encoding import format_time, multibase_encode

ROC = Signer("roc", did="did:web:roc.example")
NEXT = Signer("roc next", did="did:web:roc.example")
BADGE = Signer("a badge issuer")
HOSPITAL = Signer("hospital")


class Cosigner:
    """A witness, or the operator's own cosigner, with a key from a name."""

    def __init__(self, name: str, kind: Literal["Ed25519", "ML-DSA-44"] = "Ed25519") -> None:
        """Derive the key from the name."""
        seed = hashlib.sha256(f"{name} {kind}".encode()).digest()
        self._private: Any = (
            ed25519.Ed25519PrivateKey.from_private_bytes(seed)
            if kind == "Ed25519"
            else mldsa.MLDSA44PrivateKey.from_seed_bytes(seed)
        )
        self.key = WitnessKey(f"{name}.example/w", kind, self._private.public_key().public_bytes_raw())

    def cosign(self, receipt: Receipt, at: datetime) -> Receipt:
        """Return a receipt whose checkpoint this one has cosigned too."""
        line = cosign(receipt.checkpoint, self.key, at=at, signer=self._private.sign)
        return replace(receipt, checkpoint=receipt.checkpoint.cosigned(line))


NORTH, SOUTH = Cosigner("north"), Cosigner("south", "ML-DSA-44")
OPERATOR = (Cosigner("operator"), Cosigner("operator", "ML-DSA-44"))
WITNESSES = (
    f"witness north {NORTH.key.dump()}\nwitness south {SOUTH.key.dump()}\n"
    "group both all north south\nquorum both\n"
)


@dataclass
class Scene:
    """A log, what is recorded in it, and what a bundle of it will hold."""

    signer: Signer = ROC
    log: Log = field(default_factory=Log)
    credentials: list[Document] = field(default_factory=list)
    events: list[tuple[bytes, int]] = field(default_factory=list)
    lists: dict[str, bytes] = field(default_factory=dict)
    publishes: bool = False
    spoil: Callable[[Document], None] = lambda _: None
    recorded_at: datetime = world.RECORDED_AT
    with_receipts: bool = True
    cosigned: list[tuple[Cosigner, datetime]] = field(default_factory=list)

    def announce(self, signer: Signer, *, valid_from: str = "2026-10-01T00:00:00Z") -> None:
        """Record that a key belongs to the issuer."""
        payload, _ = world.key_event(self.log, signer, valid_from=valid_from, name="ROC Merwede")
        self.events.append((payload, len(self.events)))

    def end(self, signer: Signer, moment: str) -> None:
        """Record that a key ended."""
        payload, _ = world.key_end(self.log, signer, moment)
        self.events.append((payload, len(self.events)))

    def say(self, event: str, **payload: str) -> None:
        """Record an event about the issuer's keys."""
        own = world.stream("roc")
        text = world.text({"reason": "theft", **payload})
        self.log.record(text, type=event, stream_id=own, issuer=own)
        self.events.append((text, len(self.events)))

    def receipt(self, place: int) -> str:
        """Return the receipt of a place, cosigned by whoever does so."""
        receipt = self.log.receipt(place)
        for cosigner, at in self.cosigned:
            receipt = cosigner.cosign(receipt, at)
        return receipt.dump()

    def list_status(self, *indexes: int, **changes: Any) -> None:
        """Publish the status list, signed."""
        document = world.list_credential(*indexes, issuer=self.signer, sign=False, **changes)
        self.lists[LIST_URL] = sign(document, self.signer)

    def _published(self) -> tuple[StatusEvent, ...]:
        """Record the hashes of the lists, after `spoil` has had its way with them."""
        if not self.publishes:
            return ()
        content = json.loads(world.status_event(self.lists))
        self.spoil(content)
        text = world.text(content)
        place = world.record_status_event(self.log, text, recorded_at=self.recorded_at)
        return (StatusEvent(text, self.receipt(place)),)

    def bundle(self, *, sign_with: Signer | None = None) -> bytes:
        """Sign and record the credentials, and return the bundle."""
        texts = [sign(document, sign_with or self.signer) for document in self.credentials]
        places = [self.log.record(text, recorded_at=self.recorded_at) for text in texts]
        status_events = self._published()
        items = [
            Item(text, "application/vc", self.receipt(place) if self.with_receipts else None)
            for text, place in zip(texts, places, strict=True)
        ]
        return Bundle(
            created=AT,
            items=tuple(items),
            keys=tuple(KeyEvent(text, self.receipt(place)) for text, place in self.events),
            did_documents={},
            status_lists=self.lists,
            log=(self.log.origin, self.log.vkey.dump()),
            contexts={"https://www.w3.org/ns/credentials/v2": b"{}"},
            policy=b"{}",
            about={"nl": "# Wat <b>dit</b> is", "en": "# What this is"},
            status_events=status_events,
        ).dump()


def sign(document: Document, signer: Signer) -> bytes:
    """Return the document with one eddsa-jcs-2022 proof."""
    return world.text({**document, "proof": proof(document, signer)})


def proof(
    document: Document, signer: Signer, *, over: list[Document] | None = None, **changes: Any
) -> Document:
    """Return an eddsa-jcs-2022 proof, also one with options that no honest signer writes.

    Args: changes: members of the options, before signing. Source: DI EdDSA Cryptosuites 1.0 section 3.3.
    """
    options = data_integrity.proof_options(
        cryptosuite=JCS,
        verification_method=signer.method,
        created=world.SIGNED_AT,
        context=document.get("@context", []),
    )
    options.update(changes)
    signed = {**document, "proof": over} if over else document
    data = b"".join(hashlib.sha256(jcs.canonicalise(part)).digest() for part in (options, signed))
    return {**options, "proofValue": multibase_encode(signer.sign(data))}


def policy(scene: Scene, **changes: Any) -> str:
    """Return a policy that believes the log of a scene."""
    document = {
        "type": "leerspoor-policy.v1",
        "logs": [scene.log.vkey.dump()],
        "log_issuers": True,
        **changes,
    }
    return json.dumps(document)


def _usual() -> Scene:
    scene = Scene()
    scene.announce(ROC)
    scene.list_status()
    scene.credentials = [
        world.credential(ROC.did, credentialStatus=[world.status_entry(), world.status_entry(7)]),
        world.credential(
            ROC.did, id="urn:uuid:5b1f6a3e-6f7b-4d3a-9f25-0a2f6a1d9c12", validUntil="2027-11-01T09:00:00Z"
        ),
    ]
    return scene


def _rotated() -> Scene:
    scene = Scene()
    scene.announce(ROC)
    scene.announce(NEXT, valid_from="2026-11-05T00:00:00Z")
    scene.end(ROC, "2026-11-05T00:00:00Z")
    scene.credentials = [world.credential(ROC.did, awardedDate="2026-10-31T12:00:00.5+01:00")]
    return scene


def _too_late() -> Scene:
    scene = _rotated()
    scene.recorded_at = AT - timedelta(days=1)
    return scene


def _badge() -> Scene:
    scene = Scene(BADGE, with_receipts=False)
    scene.list_status(94_567)
    scene.credentials = [
        world.credential(BADGE.did, credentialStatus=world.status_entry(94_566)),
        world.credential(BADGE.did, credentialStatus=world.status_entry()),
    ]
    return scene


def _witnessed() -> Scene:
    scene = _usual()
    times = [timedelta(seconds=1), timedelta(seconds=3), timedelta(seconds=2), timedelta(seconds=2)]
    scene.cosigned = [
        (cosigner, scene.recorded_at + after)
        for cosigner, after in zip((NORTH, SOUTH, *OPERATOR), times, strict=True)
    ]
    return scene


def _stolen() -> Scene:
    scene = _witnessed()
    scene.say(
        "organisation-key-compromised.v1", key=ROC.key.multikey, compromised_since="2026-11-01T09:00:07Z"
    )
    return scene


def _stolen_too_early() -> Scene:
    scene = _witnessed()
    scene.say(
        "organisation-key-compromised.v1", key=ROC.key.multikey, compromised_since="2026-11-01T09:00:08Z"
    )
    return scene


def _dated() -> Scene:
    """The key ended after it had signed the list: by the log's time both list and credential count."""
    scene = _witnessed()
    scene.publishes = True
    scene.end(ROC, "2026-11-24T09:58:00Z")
    return scene


def _ceased() -> Scene:
    scene = _witnessed()
    scene.list_status()
    scene.publishes = True
    successor = {"successor": HOSPITAL.did, "archive": "https://archief.example/roc"}
    scene.say("organisation-ceased.v1", did=ROC.did, ceased_at="2026-11-24T09:59:00Z", **successor)
    return scene


def _fellow() -> Scene:
    scene = _ceased()
    scene.say("organisation-ceased.v1", did=HOSPITAL.did, ceased_at="2026-11-02T09:59:00Z")
    scene.end(HOSPITAL, "2026-10-01T00:00:00Z")
    return scene


STARTS: dict[str, Callable[[], Scene]] = {
    "usual": _usual,
    "rotated": _rotated,
    "too late": _too_late,
    "badge": _badge,
    "witnessed": _witnessed,
    "stolen": _stolen,
    "stolen too early": _stolen_too_early,
    "dated": _dated,
    "ceased": _ceased,
    "fellow ceased": _fellow,
}


def policies(scene: Scene) -> list[str | None]:
    """Return policies under which the bundles of a scene come out differently."""
    issuer = {"id": scene.signer.did, "name": "Merwede"}
    return [
        policy(scene),
        policy(scene, require_receipt=True),
        policy(scene, require_status=False),
        policy(scene, issuers=[issuer], log_issuers=False),
        policy(scene, issuers=[{**issuer, "keys": [scene.signer.key.multikey]}]),
        policy(scene, issuers=[{**issuer, "keys": [HOSPITAL.key.multikey]}]),
        None,
        policy(scene, witnesses=WITNESSES),
        policy(scene, witnesses=WITNESSES, require_witnesses=True),
        policy(
            scene, witnesses=WITNESSES, require_witnesses=True, sunsets={"Ed25519": "2026-11-20T00:00:00Z"}
        ),
        policy(scene, witnesses=f"witness one {NORTH.key.dump()}\nquorum one\n"),
        policy(
            scene,
            witnesses=f"witness one {SOUTH.key.dump()}\nquorum one\n",
            sunsets={"Ed25519": "2026-11-20T00:00:00Z"},
        ),
        policy(scene, operator_cosigners=[own.key.dump() for own in OPERATOR]),
        policy(
            scene,
            operator_cosigners=[own.key.dump() for own in OPERATOR],
            sunsets={"Ed25519": "2026-11-20T00:00:00Z"},
        ),
        policy(
            scene, operator_cosigners=[OPERATOR[0].key.dump()], sunsets={"Ed25519": "2026-11-20T00:00:00Z"}
        ),
        policy(scene, sunsets={"ML-DSA-44": "2026-11-20T00:00:00Z"}, witnesses=WITNESSES),
        policy(scene, expires="2026-11-24T10:00:00Z"),
    ]


def question(name: str, scene: Scene, data: bytes, chance: random.Random) -> Question:
    """Return a question about a file, mostly under the usual policy at the usual moment."""
    chosen = policies(scene)
    moment = AT + timedelta(days=chance.choice((0, 0, 0, 0, 2, 40, -40, 20_000)))
    return Question(
        name, data, chosen[0] if chance.random() < 0.6 else chance.choice(chosen), format_time(moment)
    )
