"""`leerspoor demo`: the whole walk against a real server on SQLite in a fresh folder, then keep serving.

What lives here: the order of the steps and what is printed around them. The steps are in `api.commands.walk`.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Annotated

import httpx
import typer
from rich.console import Console

from api.commands.walk import erasing, foreign, issuing, log, oversight, sharing, trail
from api.commands.walk.client import Client
from api.commands.walk.server import DATA, HOST, Server, free_port
from api.commands.walk.stage import Stage
from api.commands.walk.tally import Tally, WalkError
from api.commands.walk.witnesses import Witnesses

PORT = 8000
STEPS = (
    issuing.register_organisations,
    issuing.enrol_learner,
    log.remember_head,
    issuing.attest,
    log.check_receipts,
    oversight.witnessed,
    trail.rebuild,
    trail.suspend_and_reinstate,
    trail.keep,
    sharing.share,
    sharing.open_in_browser,
    sharing.verify_share,
    sharing.withdraw,
    foreign.verify_badge,
    erasing.erase,
    log.check_log,
    oversight.follow,
)


def demo(
    exit_: Annotated[
        bool, typer.Option("--exit", help="Stop after the walk instead of serving its result.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Where to serve; another when it is taken, 0 for any.")
    ] = PORT,
    folder: Annotated[
        Path | None, typer.Option(help="Where to keep its files; left out, they go when it ends.")
    ] = None,
) -> None:
    """Take the whole walk: register, attest, rebuild, share, open, verify, tamper; count what was checked."""
    console = Console(highlight=False)
    with ExitStack() as after:
        place = folder or Path(tempfile.mkdtemp(prefix="leerspoor-demo-"))
        if folder is None:
            after.callback(shutil.rmtree, place, ignore_errors=True)
        elif folder.exists() and any(folder.iterdir()):
            console.print(
                f"demo: {folder} is not empty; the walk starts with an empty ledger", soft_wrap=True
            )
            raise typer.Exit(1)
        # Ended from outside, we still stop the server and clean up.
        signal.signal(signal.SIGTERM, _interrupt)
        tally = Tally(console)
        try:
            server = _start(place, free_port(port), console, after)
        except WalkError as error:
            console.print(f"demo: {error}", soft_wrap=True)
            raise typer.Exit(1) from error
        stage = Stage(server, tally, place, Client(server.base_url))
        _walk(stage)
        if not exit_ and not tally.failed:
            _serve(stage)
        elif folder is not None:
            console.print(f"\nThe files are in {folder}", soft_wrap=True)
        console.print(f"\n{tally.summary()}" if exit_ or tally.failed else "\nStopped.")
        if tally.failed:
            raise typer.Exit(1)


def _start(place: Path, port: int, console: Console, after: ExitStack) -> Server:
    """Start two witnesses, then the server that asks them."""
    with console.status("Making the log's key, and starting two witnesses of it …"):
        witnesses = Witnesses(place / "witnesses", data_dir=place / DATA, base_url=f"http://{HOST}:{port}")
    after.callback(witnesses.stop)
    server = Server(place, port, witnesses.policy)
    after.callback(server.stop)
    return server


def _walk(stage: Stage) -> None:
    """Take the steps in order; each needs those before it, so the first that cannot be taken is the last."""
    try:
        with stage.tally.console.status("Starting a server on SQLite in a fresh folder …"):
            stage.server.wait_until_healthy()
        stage.tally.check("A server answers, on SQLite in a fresh folder", True)
        for step in STEPS:
            with stage.tally.console.status("…"):
                step(stage)
    except (WalkError, httpx.HTTPError) as error:
        stage.tally.check("Every step could be taken", False, seen=error)


def _serve(stage: Stage) -> None:
    """Tell where everything is, and keep serving until interrupted."""
    console, base_url = stage.tally.console, stage.server.base_url
    console.print(f"\n[bold]{stage.tally.summary()}[/bold]\n")
    console.print(f"  Her trail, shared       {stage.share_url}", soft_wrap=True)
    console.print(f"  Verify a credential     {base_url}/verify", soft_wrap=True)
    console.print(f"  The log, for everybody  {base_url}/log/checkpoint", soft_wrap=True)
    console.print(f"  The API, with examples  {base_url}/v1/openapi.json", soft_wrap=True)
    console.print(f"  Files to verify         {stage.folder}", soft_wrap=True)
    console.print("\nServing until you press Ctrl-C.")
    try:
        stage.server.wait()
    except KeyboardInterrupt:
        return


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
