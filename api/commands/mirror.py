"""`leerspoor mirror`: copy a log, verified, into a folder that any web server can serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands import following
from ledger.errors import CorruptError, LedgerError
from ledger.oversight.mirror import Mirror
from verifiers.errors import VerifierError
from verifiers.formats.checkpoint import parse_vkey
from verifiers.primitives.encoding import b64_encode

FAULT, UNCHECKED = 1, 2


def mirror(
    address: Annotated[str, typer.Argument(help="URL of the log, or the folder of a copy.", metavar="URL")],
    to: Annotated[Path, typer.Option(help="The folder of the copy.")],
    log: Annotated[str, typer.Option(help="The log's verifier key (name+hash+key), from elsewhere.")],
    everything: Annotated[
        bool, typer.Option("--all", help="Verify what was copied earlier too, and put back what was spoiled.")
    ] = False,
) -> None:
    """Copy a log and verify every file of it: 0 copied, 1 the log is not what it signed, 2 not to be checked."""
    try:
        key = parse_vkey(log)
        with following.source(address) as source, following.progress("files") as tell:
            head = Mirror(to, key).update(source, everything=everything, tell=tell)
    except (LedgerError, VerifierError) as error:
        where = f" {error.got}" if error.got else ""
        typer.echo(f"leerspoor mirror: {error} ({error.code}{where})", err=True)
        raise typer.Exit(FAULT if isinstance(error, CorruptError) else UNCHECKED) from error
    typer.echo(f"mirror: {head.size} entries, root {b64_encode(head.root)}")
