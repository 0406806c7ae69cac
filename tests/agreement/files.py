"""Good files to begin with: bundles of each kind that both verifiers read, with the keys to sign anew.

A `Scene` is one issuer in one log. Its bundles carry eddsa-jcs-2022 proofs only, so that both sides check the same.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.agreement.sides import Question
from tests.verifiers import world
from tests.verifiers.world import AT, JCS, LIST_URL, Document, Log, Signer
from verifiers.formats import data_integrity
from verifiers.formats.bundle import Bundle, Item, KeyEvent
from verifiers.primitives import jcs
from verifiers.primitives.encoding import format_time, multibase_encode

ROC = Signer("roc", did="did:web:roc.example")
NEXT = Signer("roc next", did="did:web:roc.example")
BADGE = Signer("a badge issuer")
HOSPITAL = Signer("hospital")


@dataclass
class Scene:
    """A log, what is recorded in it, and what a bundle of it will hold."""

    signer: Signer = ROC
    log: Log = field(default_factory=Log)
    credentials: list[Document] = field(default_factory=list)
    events: list[tuple[bytes, int]] = field(default_factory=list)
    lists: dict[str, bytes] = field(default_factory=dict)
    recorded_at: datetime = world.RECORDED_AT
    with_receipts: bool = True

    def announce(self, signer: Signer, *, valid_from: str = "2026-10-01T00:00:00Z") -> None:
        """Record that a key belongs to the issuer."""
        payload, _ = world.key_event(self.log, signer, valid_from=valid_from, name="ROC Merwede")
        self.events.append((payload, len(self.events)))

    def end(self, signer: Signer, moment: str) -> None:
        """Record that a key ended."""
        payload, _ = world.key_end(self.log, signer, moment)
        self.events.append((payload, len(self.events)))

    def list_status(self, *indexes: int, **changes: Any) -> None:
        """Publish the status list, signed."""
        document = world.list_credential(*indexes, issuer=self.signer, sign=False, **changes)
        self.lists[LIST_URL] = sign(document, self.signer)

    def bundle(self, *, sign_with: Signer | None = None) -> bytes:
        """Sign and record the credentials, and return the bundle."""
        texts = [sign(document, sign_with or self.signer) for document in self.credentials]
        places = [self.log.record(text, recorded_at=self.recorded_at) for text in texts]
        items = [
            Item(text, "application/vc", self.log.receipt(place).dump() if self.with_receipts else None)
            for text, place in zip(texts, places, strict=True)
        ]
        return Bundle(
            created=AT,
            items=tuple(items),
            keys=tuple(KeyEvent(text, self.log.receipt(place).dump()) for text, place in self.events),
            did_documents={},
            status_lists=self.lists,
            log=(self.log.origin, self.log.vkey.dump()),
            contexts={"https://www.w3.org/ns/credentials/v2": b"{}"},
            policy=b"{}",
            about={"nl": "# Wat <b>dit</b> is", "en": "# What this is"},
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
    document = {"type": "leerspoor-policy.v1", "logs": [scene.log.vkey.dump()], "log_issuers": True, **changes}
    return json.dumps(document)


def _usual() -> Scene:
    scene = Scene()
    scene.announce(ROC)
    scene.list_status()
    scene.credentials = [
        world.credential(ROC.did, credentialStatus=[world.status_entry(), world.status_entry(7)]),
        world.credential(ROC.did, id="urn:uuid:5b1f6a3e-6f7b-4d3a-9f25-0a2f6a1d9c12", validUntil="2027-11-01T09:00:00Z"),
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


STARTS: dict[str, Callable[[], Scene]] = {
    "usual": _usual,
    "rotated": _rotated,
    "too late": _too_late,
    "badge": _badge,
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
    ]


def question(name: str, scene: Scene, data: bytes, chance: random.Random) -> Question:
    """Return a question about a file, mostly under the usual policy at the usual moment."""
    chosen = policies(scene)
    moment = AT + timedelta(days=chance.choice((0, 0, 0, 0, 2, 40, -40, 20_000)))
    return Question(
        name, data, chosen[0] if chance.random() < 0.6 else chance.choice(chosen), format_time(moment)
    )
