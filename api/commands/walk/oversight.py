"""Step: others watch the log. Two witnesses cosign it, a monitor follows it, and a changed copy is found out."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from api.commands.walk.server import COMMAND
from api.commands.walk.stage import Stage
from api.commands.walk.tally import WalkError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import witness_policy
from verifiers.formats.checkpoint import Checkpoint
from verifiers.formats.witness_policy import Quorum

SECONDS_MAX = 20.0
ENTRIES = "tile/entries"


def witnessed(stage: Stage) -> None:
    """Wait until the witnesses cosigned a head that covers everything, and look at it as a verifier would."""
    stage.tally.step("Two witnesses cosign what the log says of itself")
    positions = [issued.position for issued in stage.issued]
    head, quorum = _witnessed(stage, size=max(positions) + 1)
    stage.tally.check(
        "Both witnesses cosigned it, with a key of today and one against quantum computers",
        quorum.met and len(quorum.counted) == 4,
        seen=(head.size, quorum.counted),
    )
    stage.tally.check(
        "All that was attested is under that head", max(positions) < head.size, seen=(positions, head.size)
    )


def follow(stage: Stage) -> None:
    """Follow the log with the monitor: over HTTP, from the files that were exported, and from changed ones."""
    stage.tally.step("A monitor follows the log, and finds out who changes it")
    served = _monitor(stage, f"{stage.server.base_url}/log", "over-http")
    stage.tally.check(
        "Over HTTP: every tile and entry leads to the cosigned head", served.returncode == 0, seen=served
    )
    copy = stage.folder / "changed-log"
    exported = _monitor(stage, str(stage.server.export), "from-files")
    stage.tally.check(
        "From the exported files, without the server: the same", exported.returncode == 0, seen=exported
    )
    shutil.copytree(stage.server.export, copy)
    for bundle in (path for path in (copy / ENTRIES).rglob("*") if path.is_file()):
        data = bundle.read_bytes()
        bundle.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    changed = _monitor(stage, str(copy), "from-changed-files")
    stage.tally.check(
        "One bit changed in a copy of it: found, by name",
        changed.returncode == 1 and "entry_wrong" in changed.stdout,
        seen=changed,
    )


def _policy(stage: Stage) -> Path:
    if stage.server.witnesses is None:
        raise WalkError("the server has no witnesses")
    return stage.server.witnesses


def _monitor(stage: Stage, address: str, state: str) -> subprocess.CompletedProcess[str]:
    if stage.policy is None:
        raise ValueError("the first head was not remembered")
    command = [*COMMAND, "monitor", address, "--log", stage.policy.logs[0].dump(), "--once"]
    command += ["--state", str(stage.folder / "monitor" / state), "--policy", str(_policy(stage))]
    return subprocess.run(  # noqa: S603  our own command, no shell
        command, capture_output=True, text=True, check=False, timeout=120
    )


def _witnessed(stage: Stage, *, size: int) -> tuple[Checkpoint, Quorum]:
    """Return the published head and what its witnesses say, as soon as it covers the size with a quorum."""
    policy = witness_policy.parse(_policy(stage).read_bytes())
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        head = checkpoints.parse(stage.world.text("/log/checkpoint"))
        quorum = witness_policy.evaluate(policy, head)
        if (quorum.met and head.size >= size) or time.monotonic() > deadline:
            return head, quorum
        time.sleep(0.1)
