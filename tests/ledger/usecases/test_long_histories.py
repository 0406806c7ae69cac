"""A thousand rotations, a stolen key and a closed school: bundles alone still say the truth (THREATS C5, C6).

Verification runs in a process that may not open a socket: there is nobody left to ask.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.credential import Credential
from ledger.domain.organisation import Organisation
from ledger.usecases import bundle
from ledger.usecases.cease import CeaseOrganisation, cease
from ledger.usecases.history import history_bundle
from ledger.usecases.key_events import key_events
from ledger.usecases.possession import claim
from ledger.usecases.recording import add_proofs
from ledger.usecases.register import CompromiseKey, RotateKey, compromise_key, organisation, rotate_key
from tests.ledger.usecases.test_bring import Maker
from tests.ledger.usecases.world import OwnSigner, Party, World
from verifiers import check
from verifiers.formats import bundle as bundles
from verifiers.primitives import jcs

ROTATIONS = 1_000
PART = 250
"""Credentials in one bundle."""
ROOT = Path(__file__).parents[3]

ALONE = """
import json
import sys
from pathlib import Path
from verifiers import TrustPolicy, check
from verifiers.primitives.encoding import parse_time
def refuse(event, arguments):  # from here on: a library looks for IPv6 when it is imported
    if event.startswith("socket."):
        raise SystemExit("asked the network: " + event)
sys.addaudithook(refuse)
policy, at, *files = sys.argv[1:]
policy = TrustPolicy.from_json(Path(policy).read_bytes())
found = [check(Path(file).read_bytes(), policy=policy, at=parse_time(at)) for file in files]
print(json.dumps([json.loads(report.to_json()) for report in found]))
"""


@dataclass(frozen=True)
class Alone:
    """Verifies files in a process without a network."""

    folder: Path
    world: World

    def reports(self, at: str, *files: bytes) -> list[dict[str, Any]]:
        """Return a report for each file."""
        policy = self.folder / "policy.json"
        policy.write_bytes(self.world.ledger.policy().dump())
        paths = [self.folder / f"{number}.json" for number in range(len(files))]
        for path, data in zip(paths, files, strict=True):
            path.write_bytes(data)
        command = [sys.executable, "-c", ALONE, str(policy), at, *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found


@pytest.fixture
def alone(tmp_path: Path, world: World) -> Alone:
    """A verifier of files."""
    return Alone(tmp_path, world)


def rotated(world: World, roc: Party, ada: Party, times: int) -> list[Credential]:
    """Let a school rotate many times, and issue one credential under each of its keys."""
    school = world.ledger.load(Organisation, roc.id)
    document = Maker(world, OwnSigner.ed25519()).document(ada)
    document["issuer"] = {"id": roc.did, "type": ["Profile"], "name": "ROC"}
    issued = []
    (current,) = [key.multikey for key in school.keys.values()]
    sign: Callable[[bytes], bytes] = partial(world.ledger.keys.sign, current)
    for _ in range(times):
        world.clock.pass_(hours=1)
        document["id"] = f"urn:uuid:{world.ledger.chance.uuid()}"
        signed = add_proofs(
            document,
            suites=("eddsa-jcs-2022",),
            verification_method=f"{roc.did}#{current}",
            created=world.clock.moment,
            sign=sign,
        )
        credential = Credential.issue(
            id=world.ledger.chance.uuid7(world.clock.moment),
            event_id=world.ledger.chance.uuid(),
            now=world.clock.moment,
            learner=ada.id,
            organisation=roc.id,
            credential=jcs.canonicalise(signed),
        )
        signer = OwnSigner.ed25519()
        new = signer.public.multikey
        school.rotate_key(
            new_id=world.ledger.chance.uuid,
            now=world.clock.moment,
            old=current,
            key=new,
            verification_method=f"{roc.did}#{new}",
            managed=False,
        )
        # One transaction a step, in the order of things: the credential stands before its key's end.
        world.ledger.record(credential, school, rows=(claim(roc.id, signer.public),))
        issued.append(credential)
        current, sign = new, signer.sign
    return issued


@pytest.mark.long
def test_a_thousand_rotations_leave_every_credential_good(world: World, roc: Party, ada: Party) -> None:
    """Each by its own bundle's key history alone; which is short, although the school's is long."""
    issued = rotated(world, roc, ada, ROTATIONS)
    assert len(key_events(world.ledger, roc.id)) == 1 + 2 * ROTATIONS
    policy = world.ledger.policy()
    at = world.clock.pass_(days=300)
    for start in range(0, ROTATIONS, PART):
        streams = [credential.id for credential in issued[start : start + PART]]
        data = bundle.make(world.ledger, streams)
        # Registration and end of the first key, one in use, and two for each key that signed.
        assert len(bundles.parse(data).keys) <= 3 + 2 * PART
        report = check(data, policy=policy, at=at)
        found = [
            (one.verdict, {check.code for check in one.checks if check.name == "key"})
            for one in report.credentials
        ]
        assert found == [("valid", {"key_valid_when_recorded"})] * PART


def test_a_bundle_of_few_keys_has_a_short_history(world: World, roc: Party, ada: Party) -> None:
    issued = rotated(world, roc, ada, 5)
    data = bundle.make(world.ledger, [issued[2].id])
    types = [
        json.loads(event.payload).keys() & {"name", "valid_from", "valid_until"}
        for event in bundles.parse(data).keys
    ]
    # Registered and retired; the key that signed, added and retired; the key in use.
    assert [sorted(members) for members in types] == [
        ["name", "valid_from"],
        ["valid_until"],
        ["valid_from"],
        ["valid_until"],
        ["valid_from"],
    ]


def codes(report: dict[str, Any], number: int = 0) -> tuple[str, set[str]]:
    """Return verdict and codes of one credential of a report."""
    one = report["credentials"][number]
    return one["verdict"], {found["code"] for found in one["checks"]}


def test_a_closed_school_with_nobody_left_to_ask(world: World, roc: Party, ada: Party, alone: Alone) -> None:
    """THREATS C6: valid, and the report says when the school ceased and who goes on."""
    world.issue(roc, ada, "workplace")
    world.clock.pass_(days=100)
    successor = "did:web:noord.example"
    cease(
        world.ledger,
        roc.actor,
        CeaseOrganisation(roc.id, "merged", successor, archive="https://archief.example"),
    )
    data = history_bundle(world.ledger, ada.actor, ada.id)
    (report,) = alone.reports("2049-01-01T00:00:00Z", data)
    verdict, found = codes(report)
    assert (verdict, {"issuer_recorded", "key_valid_when_recorded", "status_frozen"} - found) == (
        "valid",
        set(),
    )
    (issuer,) = [one for one in report["credentials"][0]["checks"] if one["name"] == "issuer"]
    assert issuer["detail"] == {
        "ceased_at": "2027-03-04T10:00:00Z",
        "successor": successor,
        "archive": "https://archief.example",
    }


def test_without_its_key_history_a_closed_school_proves_nothing(
    world: World, roc: Party, ada: Party, alone: Alone
) -> None:
    world.issue(roc, ada, "workplace")
    cease(world.ledger, roc.actor, CeaseOrganisation(roc.id))
    whole = bundles.parse(history_bundle(world.ledger, ada.actor, ada.id))
    without = replace(whole, keys=())
    silent = replace(whole, keys=tuple(key for key in whole.keys if b"ceased_at" not in key.payload))
    one, other = alone.reports("2049-01-01T00:00:00Z", without.dump(), silent.dump())
    assert codes(one)[0] == "undetermined"
    assert "issuer_not_trusted" in codes(one)[1]
    # Left out, the end cannot freeze the status: nobody knows what the list of today would say.
    assert codes(other)[0] == "undetermined"
    assert "status_stale" in codes(other)[1]


def test_a_stolen_key_offline(world: World, roc: Party, ada: Party, alone: Alone) -> None:
    """THREATS C3: what a log held before the theft stays good, what it held after does not, nor what it never held."""
    first = world.issue(roc, ada, "workplace")
    world.ledger.publisher.publish()  # as its thread does every second: this dates what was recorded
    world.clock.pass_(days=10)
    stolen_at = world.clock.moment
    world.clock.pass_(days=10)
    second = world.issue(roc, ada, "workplace")
    world.ledger.publisher.publish()
    (key,) = organisation(world.ledger, roc.id).keys
    rotate_key(world.ledger, roc.actor, RotateKey(roc.id, key.multikey))
    world.clock.pass_(days=10)
    compromise_key(world.ledger, roc.actor, CompromiseKey(roc.id, key.multikey, stolen_at, "stolen"))
    data = bundle.make(world.ledger, [first.id, second.id])
    whole = bundles.parse(data)
    unlogged = replace(whole, items=(replace(whole.items[0], receipt=None),))
    both, never = alone.reports("2026-12-24T12:00:00Z", data, unlogged.dump())
    assert codes(both, 0)[0] == "valid"
    assert "key_valid_when_recorded" in codes(both, 0)[1]
    assert codes(both, 1)[0] == "invalid"
    assert "key_compromised" in codes(both, 1)[1]
    assert codes(never)[0] == "undetermined"
    assert "key_time_unknown" in codes(never)[1]


def test_the_process_that_verifies_really_has_no_network() -> None:
    script = ALONE.partition("policy, at")[0] + "import socket\nsocket.create_connection(('127.0.0.1', 9))\n"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 1
    assert "asked the network: socket." in done.stderr
