"""Step: the history is rebuilt from the events, and follows what happens to a credential."""

from __future__ import annotations

import time
from datetime import timedelta

from api.commands.walk import outside
from api.commands.walk.server import STATUS_SECONDS
from api.commands.walk.stage import Stage
from api.wire.attestations import StatusAnswer
from api.wire.learners import HistoryAnswer
from api.wire.verification import VerificationAnswer
from verifiers.primitives.encoding import format_time


def rebuild(stage: Stage) -> None:
    """Read the trail as its owner, as of now and as of before it began; nobody else may."""
    stage.tally.step("The history is rebuilt from the events")
    trail = _history(stage)
    stage.tally.check(
        "It holds exactly the credentials that were issued, byte for byte",
        {entry.id: entry.credential for entry in trail.entries}
        == {issued.id: issued.credential for issued in stage.issued},
        seen=[entry.title for entry in trail.entries],
    )
    days = [entry.learned_from for entry in trail.entries if entry.learned_from is not None]
    stage.tally.check("It tells them in the order of learning", days == sorted(days), seen=days)
    before = min(issued.recorded_at for issued in stage.issued) - timedelta(days=1)
    known_then = _history(stage, known_at=format_time(before))
    stage.tally.check("Asked what was known yesterday, it says: nothing yet", known_then.entries == ())
    stranger = stage.parties["bureau"].client.refusal_of_get(f"/v1/learners/{stage.learner.id}/history")
    stage.tally.check("An organisation cannot read the trail", stranger[0] == 403, seen=stranger)


def keep(stage: Stage) -> None:
    """Keep the whole trail as one file; what she claims herself is told apart from what others attest."""
    stage.tally.step("She keeps her whole trail as one file")
    # Published status lists follow at the next moment at which they may change.
    time.sleep(2 * STATUS_SECONDS)
    data = stage.learner.client.text(f"/v1/learners/{stage.learner.id}/bundle").encode()
    outcome = outside.verify_file(stage.keep("trail.json", data), policy=stage.folder / "policy.json")
    verdicts = sorted(item.verdict for item in outcome.report.credentials) if outcome.report else []
    stage.tally.check(
        "Offline, what three organisations attested is valid, and her own claim stays her own: not determined",
        verdicts == ["undetermined", "valid", "valid", "valid"]
        and outcome.codes("undetermined") == {"issuer_not_trusted"},
        seen=(verdicts, outcome.codes("invalid") | outcome.codes("undetermined")),
    )


def suspend_and_reinstate(stage: Stage) -> None:
    """Suspend a credential and end the suspension: verification and history follow at once."""
    stage.tally.step("A credential is suspended, and reinstated")
    issued, client = stage.issued[-2], stage.parties["bureau"].client
    for act, expected, code in (("suspend", "invalid", "status_suspended"), ("reinstate", "valid", "")):
        client.post(f"/v1/attestations/{issued.id}/{act}", {"reason": "under_review"}, StatusAnswer)
        answer = stage.world.post_bytes(
            "/v1/verify", issued.credential.encode(), VerificationAnswer, media_type="application/json"
        )
        codes = {check.code for item in answer.report.credentials for check in item.checks}
        stage.tally.check(
            f"After {act} the verification says: {expected}",
            answer.report.verdict == expected and (not code or code in codes),
            seen=(answer.report.verdict, sorted(codes)),
        )
    entry = next(entry for entry in _history(stage).entries if entry.id == issued.id)
    stage.tally.check(
        "The history remembers both changes",
        [change.status for change in entry.changes] == ["suspended", "active"],
        seen=entry.changes,
    )


def _history(stage: Stage, **clocks: str) -> HistoryAnswer:
    path = f"/v1/learners/{stage.learner.id}/history"
    return stage.learner.client.get(path, HistoryAnswer, params=clocks or None)
