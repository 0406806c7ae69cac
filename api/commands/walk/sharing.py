"""Step: the learner shares a part of her trail, an employer opens it in a browser, keeps it and verifies it offline."""

from __future__ import annotations

from pathlib import Path

from api.commands.walk import browser, cast, outside
from api.commands.walk.client import Body
from api.commands.walk.stage import Stage
from api.wire.attestations import IssuedAnswer
from api.wire.shares import GrantedAnswer, OpenedAnswer, SharesAnswer
from api.wire.verification import VerificationAnswer
from verifiers.primitives.strict_json import JSON, loads_object


def share(stage: Stage) -> None:
    """Make the link, with what others attested; looking at its landing page opens nothing."""
    stage.tally.step(f"{cast.LEARNER} shares what others attested, for one purpose")
    granted = _grant(stage, cast.PURPOSE, [str(issued.id) for issued in _attested(stage)])
    stage.share_url, stage.share_token = granted.url, granted.token
    landing = stage.world.text(f"/s/{granted.token}")
    stage.tally.check(
        "The link's first page tells nothing about her, and is not counted as a look",
        cast.LEARNER not in landing and _looks(stage) == 0,
        seen=_looks(stage),
    )


def open_in_browser(stage: Stage) -> None:
    """Open the link as an employer does; without a browser, over HTTP."""
    stage.tally.step(f"{cast.EMPLOYER} opens the link")
    executable = browser.find()
    picture = stage.folder / "opened-share.png"
    titles = [str(cast.attestation(role.example)["title"]) for role in cast.ORGANISATIONS]
    left_out = str(cast.attestation(cast.SELF_CLAIM)["title"])
    try:
        if executable is None:
            raise ImportError("no Chromium")
        landing, opened = browser.open_share(
            stage.share_url, visitor=cast.EMPLOYER, executable=executable, screenshot=picture
        )
        stage.tally.check("The first page asks before it opens", cast.LEARNER not in landing)
        missing = [title for title in titles if title not in opened]
        stage.tally.check(
            "In Chromium the page shows what she shared, and not what she left out",
            not missing and left_out not in opened,
            seen=missing,
        )
        stage.tally.note(f"as the employer saw it: {picture}")
        seen_by_her = _visitors(stage)
        stage.tally.check("She sees who looked", seen_by_her == [cast.EMPLOYER], seen=seen_by_her)
    except ImportError as error:
        stage.tally.note(f"without a browser on this machine ({error}): over HTTP")
        answer = stage.world.post("/v1/shares/open", {"token": stage.share_token}, OpenedAnswer)
        seen = {entry.title for entry in answer.history.entries}
        stage.tally.check("The answer holds what she shared, and no more", seen == set(titles), seen=seen)
        stage.tally.check("She sees that somebody looked", _looks(stage) == 1, seen=_looks(stage))


def verify_share(stage: Stage) -> None:
    """Verify the link at the server, then the kept bundle offline, with and without trust in the log."""
    stage.tally.step("The employer verifies what was shared")
    answer = stage.world.post("/v1/verify", {"link": stage.share_url}, VerificationAnswer)
    verdicts = [item.verdict for item in answer.report.credentials]
    stage.tally.check(
        "The server checked each credential of the link and finds them valid",
        answer.report.verdict == "valid" and len(verdicts) == len(_attested(stage)),
        seen=[
            check.code
            for item in answer.report.credentials
            for check in item.checks
            if check.verdict != "valid"
        ],
    )
    bundle = stage.keep("bundle.json", _bundle(stage))
    policy = stage.folder / "policy.json"
    trusted = outside.verify_file(bundle, policy=policy)
    stage.tally.check(
        "Offline, in another process, with a policy that trusts this log: valid",
        trusted.exit_status == 0,
        seen=(trusted.exit_status, trusted.codes("invalid") | trusted.codes("undetermined")),
    )
    nobody = outside.verify_file(bundle)
    stage.tally.check(
        "Without a policy: not determined, never valid",
        nobody.exit_status == 2,
        seen=(nobody.exit_status, nobody.codes("invalid")),
    )
    _tamper(stage, bundle, policy)


def withdraw(stage: Stage) -> None:
    """Make a second link, end it, and find that it answers like one that never was."""
    stage.tally.step("A link that is withdrawn")
    granted = _grant(stage, "Een kennismaking", [str(stage.issued[0].id)])
    stage.learner.client.post_empty(f"/v1/shares/{granted.id}/withdraw")
    gone = stage.world.refusal("/v1/shares/open", {"token": granted.token})
    never = stage.world.refusal("/v1/shares/open", {"token": granted.token[:-1] + "_"})
    stage.tally.check(
        "It answers exactly as a link that never was",
        gone == never == (404, "share_not_found"),
        seen=(gone, never),
    )


def _attested(stage: Stage) -> list[IssuedAnswer]:
    """Return what organisations issued: what the learner claims herself nobody else vouches for."""
    return [issued for issued in stage.issued if issued.organisation is not None]


def _grant(stage: Stage, purpose: str, credentials: list[str]) -> GrantedAnswer:
    body: Body = {"purpose": purpose, "credentials": credentials}
    return stage.learner.client.post("/v1/shares", body, GrantedAnswer)


def _visitors(stage: Stage) -> list[str]:
    shares = stage.learner.client.get("/v1/shares", SharesAnswer).shares
    return [opening.opened_by for item in shares for opening in item.openings]


def _looks(stage: Stage) -> int:
    return len(_visitors(stage))


def _bundle(stage: Stage) -> bytes:
    answer = stage.world.post("/v1/shares/open", {"token": stage.share_token}, OpenedAnswer)
    return answer.bundle.encode()


def _tamper(stage: Stage, bundle: Path, policy: Path) -> None:
    """Change one byte inside one credential; everything around it stays as it was."""
    data = bundle.read_bytes()
    credential = _first_credential(loads_object(data))
    # A letter inside a word of the description: still well-formed, still plausible, no longer what was signed.
    place = data.index(cast.LEARNER.split()[0].encode()) + 1
    changed = data[:place] + bytes([data[place] ^ 0x03]) + data[place + 1 :]
    file = stage.keep("tampered-bundle.json", changed)
    outcome = outside.verify_file(file, policy=policy)
    one_byte = sum(left != right for left, right in zip(data, changed, strict=True)) == 1
    stage.tally.check(
        f"One byte of {len(credential)} changed is caught: invalid, by signature and by receipt",
        one_byte
        and outcome.exit_status == 1
        and {"proof", "receipt"} <= {check.name for check in outcome.checks() if check.verdict == "invalid"},
        seen=(outcome.exit_status, outcome.codes("invalid")),
    )


def _first_credential(bundle: dict[str, JSON]) -> str:
    items = bundle["items"]
    first = items[0] if isinstance(items, list) else None
    return str(first["credential"]) if isinstance(first, dict) else ""
