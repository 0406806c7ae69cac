"""Step: a badge that other software made is verified, by the command line and by the server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from api.commands.walk import outside
from api.commands.walk.stage import Stage
from api.commands.walk.tally import WalkError
from api.wire.verification import VerificationAnswer
from verifiers import TrustedIssuer, TrustPolicy
from verifiers.formats import credential as credentials

SECONDS_MAX = 60.0
# Never imported: it would patch the JSON-LD processor of this process.
MAKER = Path(__file__).with_name("foreign_badge.py")


def verify_badge(stage: Stage) -> None:
    """Verify the badge with and without trust in its issuer: trust is the verifier's choice."""
    stage.tally.step("A foreign Open Badge, made by openbadgeslib in a process of its own")
    badge = _make()
    issuer = credentials.parse(badge).issuer_id or ""
    file = stage.keep("foreign-badge.json", badge)
    trusting = TrustPolicy(issuers={issuer: TrustedIssuer(issuer, "Een vreemde opleider")})
    policy = stage.keep("foreign-policy.json", trusting.dump())
    trusted = outside.verify_file(file, policy=policy)
    stage.tally.check(
        "With a policy that names its issuer: valid",
        trusted.exit_status == 0,
        seen=(trusted.exit_status, trusted.codes("invalid") | trusted.codes("undetermined")),
    )
    untrusted = outside.verify_file(file)
    stage.tally.check(
        "Without a policy nobody is trusted: not determined, though the proof is good",
        untrusted.exit_status == 2
        and any(check.name == "proof" and check.verdict == "valid" for check in untrusted.checks()),
        seen=(untrusted.exit_status, untrusted.codes("invalid") | untrusted.codes("undetermined")),
    )
    answer = stage.world.post_bytes("/v1/verify", badge, VerificationAnswer, media_type="application/json")
    stage.tally.check(
        "The server, to whom the issuer is a stranger, says the same",
        answer.report.verdict == "undetermined" and answer.recorded == (None,),
        seen=answer.report.verdict,
    )


def _make() -> bytes:
    done = subprocess.run(  # noqa: S603  our own script, no shell
        [sys.executable, str(MAKER)], capture_output=True, check=False, timeout=SECONDS_MAX
    )
    if done.returncode != 0:
        raise WalkError(f"openbadgeslib made no badge: {done.stderr.decode(errors='replace')[-500:]}")
    return done.stdout
