"""`leerspoor verify FILE`: the same command as `python -m verifiers`, for those who have leerspoor installed."""

from __future__ import annotations

import typer

from verifiers.__main__ import main as verifiers_main


def verify(context: typer.Context) -> None:
    """Verify a credential, a VC-JWT or a bundle, offline (see --help)."""
    raise typer.Exit(verifiers_main(context.args))
