"""`leerspoor monitor`: follow a log, and say when it is not the continuation of what it showed before.

Findings go to standard output, one a line or as JSON; evidence goes to files in the folder, and convicts
without the monitor: two heads that the log signed and that cannot both be true.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from api.commands import following
from ledger.errors import LedgerError, UnavailableError
from ledger.outbound.http import Http
from ledger.outbound.log_client import LogSource
from ledger.oversight import monitor as monitors
from ledger.oversight.memory import Memory
from ledger.oversight.monitor import Look, Rules, Watch
from ledger.oversight.promises import Sighting
from ledger.oversight.witness import origin_hash
from verifiers.errors import VerifierError
from verifiers.formats import witness_policy
from verifiers.formats.checkpoint import CHECKPOINT_BYTES_MAX, parse_vkey
from verifiers.formats.receipt import RECEIPT_BYTES_MAX
from verifiers.formats.witness_policy import WitnessPolicy
from verifiers.primitives import jcs
from verifiers.primitives.encoding import format_time

FINE, FAULT, UNCHECKED = 0, 1, 2
RECEIPTS_MAX = 100_000


def monitor(
    address: Annotated[str, typer.Argument(help="URL of the log, or a folder with one.", metavar="URL")],
    log: Annotated[str, typer.Option(help="The log's verifier key (name+hash+key), from elsewhere.")],
    state: Annotated[Path, typer.Option(help="Folder for what was seen, and for evidence.")],
    policy: Annotated[
        Path | None, typer.Option(help="Policy file: whose cosignatures count, and where to ask them.")
    ] = None,
    receipts: Annotated[
        Path | None, typer.Option(help="Folder of receipts whose promises must be kept.")
    ] = None,
    fresh: Annotated[
        int, typer.Option(help="Seconds since the cosigned moment of the head, with a policy.", min=1)
    ] = 86_400,
    every: Annotated[int, typer.Option(help="Seconds between two looks.", min=1)] = 60,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Read the whole log, not only what is new.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object for each look.")] = False,
) -> None:
    """Follow a log: 0 nothing found, 1 a lie or a fault, 2 it could not be checked."""
    try:
        rules = Rules(
            key=parse_vkey(log),
            policy=None if policy is None else witness_policy.parse(policy.read_bytes()),
            fresh=timedelta(seconds=fresh),
            everything=everything,
        )
    except (VerifierError, OSError) as error:
        typer.echo(f"leerspoor monitor: {error}", err=True)
        raise typer.Exit(UNCHECKED) from error
    worst = FINE
    # Who ends it, also in the middle of a look, gets the status of what was found, and no other.
    with following.source(address) as source, Http() as http, suppress(KeyboardInterrupt):
        while True:
            status = _look(source, http, rules, Memory(state), receipts, as_json=as_json)
            # A lie stays a lie, however well the next look goes.
            worst = FAULT if FAULT in (worst, status) else max(worst, status)
            if once:
                break
            time.sleep(every)
    raise typer.Exit(worst)


def _look(
    source: LogSource, http: Http, rules: Rules, memory: Memory, receipts: Path | None, *, as_json: bool
) -> int:
    origin, at = rules.key.name, datetime.now(UTC)
    try:
        with memory.lock(origin), following.progress("files") as tell:
            watch = Watch(
                source=source,
                seen=memory.load(origin),
                sightings=memory.sightings(origin),
                views=_views(http, rules.policy, origin),
                receipts={} if receipts is None else _receipts(receipts),
            )
            found = monitors.look(watch, rules, at=at, tell=tell)
            for finding in found.findings:
                memory.keep_evidence(origin, finding.dump(at=at, key=rules.key), finding.name)
            if found.head is not None:
                memory.replace(origin, found.head)
                memory.add_sighting(origin, Sighting(at.replace(microsecond=0), found.size))
    except (LedgerError, VerifierError) as error:
        typer.echo(f"leerspoor monitor: {error} ({error.code})", err=True)
        return UNCHECKED
    _tell(found, at, as_json=as_json)
    return FAULT if found.findings else FINE


def _views(http: Http, policy: WitnessPolicy | None, origin: str) -> dict[str, str]:
    """Ask the witnesses that have an address what they cosigned last; who does not answer says nothing."""
    views: dict[str, str] = {}
    answers: dict[str, str | None] = {}
    for witness in () if policy is None else policy.witnesses.values():
        if witness.url is None:
            continue
        if witness.url not in answers:
            answers[witness.url] = _view(http, f"{witness.url.rstrip('/')}/{origin_hash(origin)}/checkpoint")
        view = answers[witness.url]
        if view is not None:
            views[witness.name] = view
    return views


def _view(http: Http, url: str) -> str | None:
    try:
        answer = http.get(url, bytes_max=CHECKPOINT_BYTES_MAX)
        return answer.body.decode() if answer.status == 200 else None
    except (UnavailableError, UnicodeDecodeError):
        return None


def _receipts(folder: Path) -> dict[str, bytes]:
    """Read the files of a folder; those that are no receipts of the log are passed over later."""
    found = {}
    try:
        for path in sorted(path for path in folder.iterdir() if path.is_file())[:RECEIPTS_MAX]:
            with path.open("rb") as file:
                found[path.name] = file.read(RECEIPT_BYTES_MAX + 1)
    except OSError as error:
        raise UnavailableError("receipts_unreadable", "the folder of receipts cannot be read") from error
    return found


def _tell(found: Look, at: datetime, *, as_json: bool) -> None:
    if as_json:
        told = {
            "at": format_time(at.replace(microsecond=0)),
            "size": found.size,
            "files": found.files,
            "findings": [
                {"code": one.code, "message": one.message, "place": one.place, "detail": one.detail}
                for one in found.findings
            ],
        }
        typer.echo(jcs.canonicalise(told).decode())
        return
    for one in found.findings:
        typer.echo(" ".join(word for word in (one.code, one.place, one.detail) if word) + f": {one.message}")
    typer.echo(f"monitor: {found.size} entries, {found.files} files read, {len(found.findings)} findings")
