"""Makes the golden bundles of a release, once: `python -m tests.vectors.bundles.make FOLDER`.

They come from a real ledger with a fixed clock. Its witnesses are keys made here and thrown away; they cosign every
published checkpoint two seconds after its operator did. What a release once made is never made again: every later
release must read it. `cases.json` beside the bundles says what each must be found to be.

    trail.json, trail.html     of two organisations; one rotated its key, the other's was stolen after it had signed
    school.json, school.html   of a school that ceased in 2027, to be read in 2066
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

from api.web.bundle_page import bundle_page
from ledger import bootstrap
from ledger.application import Ledger
from ledger.settings import Settings
from ledger.usecases import bundle, cease, organisation_keys
from ledger.usecases.organisations import organisation
from ledger.usecases.possession import ManagedKey
from tests.ledger.usecases.world import Clock, Party, World
from verifiers.formats import bundle as bundles
from verifiers.formats import receipt as receipts
from verifiers.formats.cosignature import WitnessKey, cosign, verify_cosignature
from verifiers.primitives import jcs
from verifiers.primitives.encoding import format_time

ORIGIN = "leerspoor.example/log"
AFTER = timedelta(seconds=2)
BROKEN = "2040-01-01T00:00:00Z"
FAR = "2066-11-24T10:00:00Z"


class SeededChance:
    """Ids that are the same in every run; never to be used where a secret matters."""

    def __init__(self, seed: int) -> None:
        """Begin."""
        self._random = random.Random(seed)

    def bytes(self, count: int) -> bytes:
        """Return bytes."""
        return self._random.randbytes(count)

    def uuid(self) -> UUID:
        """Return an id of version 4."""
        return UUID(bytes=self._random.randbytes(16), version=4)

    def uuid7(self, now: datetime) -> UUID:
        """Return an id of version 7."""
        random_part = int.from_bytes(self._random.randbytes(10), "big")
        value = (int(now.timestamp() * 1_000) << 80) | random_part
        return UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


@dataclass(frozen=True)
class Witness:
    """One that cosigns here and nowhere else."""

    key: WitnessKey
    private: ed25519.Ed25519PrivateKey | mldsa.MLDSA44PrivateKey

    @classmethod
    def of(cls, name: str, *, post_quantum: bool) -> Witness:
        """Make one with a new key."""
        private: ed25519.Ed25519PrivateKey | mldsa.MLDSA44PrivateKey = (
            mldsa.MLDSA44PrivateKey.generate() if post_quantum else ed25519.Ed25519PrivateKey.generate()
        )
        kind = "ML-DSA-44" if post_quantum else "Ed25519"
        return cls(WitnessKey(name, kind, private.public_key().public_bytes_raw()), private)  # type: ignore[arg-type]


class Maker:
    """A ledger, its witnesses, and the bundles they make."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        """Begin with three witnesses, two of whom sign with ML-DSA-44."""
        self.ledger, self.clock, self.world = ledger, clock, World(ledger, clock)
        self.witnesses = (
            Witness.of("archief.example/witness", post_quantum=True),
            Witness.of("universiteit.example/witness", post_quantum=True),
            Witness.of("vakbond.example/witness", post_quantum=False),
        )

    def later(self, **duration: float) -> None:
        """Publish what is there, and let time pass."""
        self.ledger.publisher.publish()
        self.clock.pass_(**duration)

    def bundle(self, credentials: Sequence[UUID]) -> bytes:
        """Return the bundle of these credentials, with every receipt witnessed."""
        bundle.make(self.ledger, credentials)  # publishes the status lists, whose event is then published too
        self.ledger.publisher.publish()
        made = bundles.parse(bundle.make(self.ledger, credentials))
        items = [replace(item, receipt=self._witnessed(item.receipt or "")) for item in made.items]
        keys = [replace(event, receipt=self._witnessed(event.receipt)) for event in made.keys]
        dates = [replace(event, receipt=self._witnessed(event.receipt)) for event in made.status_events]
        made = replace(made, items=tuple(items), keys=tuple(keys), status_events=tuple(dates))
        return replace(made, policy=self.policy()).dump()

    def policy(self, **changes: object) -> bytes:
        """Return a policy that believes this ledger when two of its three witnesses do."""
        lines = [f"witness w{number} {one.key.dump()}" for number, one in enumerate(self.witnesses)]
        quorum = ["group two 2 w0 w1 w2", "quorum two"]
        return jcs.canonicalise(
            {
                "type": "leerspoor-policy.v1",
                "logs": [self.ledger.heads.verifier_key.dump()],
                "log_issuers": True,
                "witnesses": "\n".join([*lines, *quorum]) + "\n",
                "require_witnesses": True,
                **changes,
            }
        )

    def _witnessed(self, text: str) -> str:
        receipt = receipts.parse(text)
        operator = self.ledger.policy().operator_cosigners[0]
        at = verify_cosignature(receipt.checkpoint, operator) + AFTER
        for one in self.witnesses:
            line = cosign(receipt.checkpoint, one.key, at=at, signer=one.private.sign)
            receipt = replace(receipt, checkpoint=receipt.checkpoint.cosigned(line))
        return receipt.dump()


def _key_of(ledger: Ledger, party: Party) -> str:
    return organisation(ledger, party.id).keys[0].multikey


def make(maker: Maker) -> dict[str, bytes]:
    """Live through it and return the files."""
    world, ledger = maker.world, maker.ledger
    school = world.organisation("ROC Alblas", website="https://roc-alblas.example")
    hospital = world.organisation("Merwede Ziekenhuis", role="employer")
    learner = world.learner(school, "Samira Haddad")
    maker.later(minutes=10)
    first = world.issue(school, learner, "praktijkverklaring")
    second = world.issue(hospital, learner, "workplace")
    maker.later(hours=1)
    old = _key_of(ledger, school)
    organisation_keys.rotate_key(
        ledger, school.actor, organisation_keys.RotateKey(school.id, old, ManagedKey())
    )
    maker.later(minutes=5)
    third = world.issue(school, learner, "microcredential")
    maker.later(hours=1)
    stolen = organisation_keys.CompromiseKey(
        hospital.id, _key_of(ledger, hospital), since=maker.clock() - timedelta(minutes=30), reason="stolen"
    )
    organisation_keys.compromise_key(ledger, hospital.actor, stolen)
    added = organisation_keys.AddKey(hospital.id, ManagedKey())
    organisation_keys.add_key(ledger, hospital.actor, added)
    maker.later(minutes=30)
    trail = maker.bundle([item.id for item in (first, second, third)])
    trail_at = format_time(maker.clock() + timedelta(minutes=5))
    maker.later(days=200)
    end = cease.CeaseOrganisation(school.id, reason="merged", successor=hospital.did)
    cease.cease(ledger, school.actor, end)
    maker.later(minutes=5)
    closed = maker.bundle([first.id])
    cases = _cases(trail_at)
    return {
        "trail.json": trail,
        "trail.html": bundle_page(trail),
        "school.json": closed,
        "school.html": bundle_page(closed),
        "policy.json": maker.policy(),
        "policy-broken.json": maker.policy(sunsets={"Ed25519": BROKEN}, require_status=False),
        "policy-broken-status.json": maker.policy(sunsets={"Ed25519": BROKEN}),
        "cases.json": json.dumps(cases, indent=2).encode() + b"\n",
    }


def _cases(trail_at: str) -> list[dict[str, str]]:
    """Return what each bundle is to be found, and by which code of its first credential."""
    found = [
        ("trail", "policy.json", trail_at, "valid", "key_valid_when_recorded"),
        ("trail", "policy.json", "2027-01-01T00:00:00Z", "undetermined", "status_stale"),
        ("school", "policy.json", FAR, "valid", "status_frozen"),
        ("school", "policy-broken.json", FAR, "valid", "receipt_valid"),
        ("school", "policy-broken-status.json", FAR, "valid", "status_frozen"),
        # Its organisations went on, so a later list may say more; and one of its credentials has expired by then.
        ("trail", "policy-broken-status.json", FAR, "invalid", "status_stale"),
    ]
    return [
        {"file": f"{name}.{ending}", "policy": policy, "at": at, "verdict": verdict, "code": code}
        for name, policy, at, verdict, code in found
        for ending in ("json", "html")
    ]


def main(folder: Path) -> None:
    """Make the bundles of a release into an empty folder."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    if folder.exists() and any(folder.glob("*.json")):
        sys.exit(f"{folder} holds golden bundles already; they are kept for ever")
    clock = Clock()
    with tempfile.TemporaryDirectory() as work:
        settings = Settings(data_dir=Path(work) / "data", base_url="https://leerspoor.example", origin=ORIGIN)
        ledger = bootstrap.build(settings, clock=clock, chance=SeededChance(2_026))
        try:
            files = make(Maker(ledger, clock))
        finally:
            ledger.close()
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
        print(f"{len(data):>9,}  {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
