"""`leerspoor policy FILE`: the same command as `python -m verifiers policy FILE`."""

from __future__ import annotations

import typer

from verifiers.__main__ import main as verifiers_main


def policy(context: typer.Context) -> None:
    """Say what is unwise about a witness policy (C2SP tlog-policy): 0 no error, 1 an error, 64 used wrongly."""
    raise typer.Exit(verifiers_main(["policy", *context.args]))
