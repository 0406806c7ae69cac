"""The ledger of the settings, for a command that works on it: opened, closed, and its refusals told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from api.commands import logs
from ledger import bootstrap
from ledger.application import Ledger
from ledger.errors import LedgerError
from ledger.settings import Settings

FAILED = 1


@contextmanager
def opened(command: str) -> Iterator[Ledger]:
    """Give the ledger; an error of the ledger ends the command with status 1 and its code."""
    logs.configure()
    try:
        ledger = bootstrap.build(Settings())
        try:
            yield ledger
        finally:
            ledger.close()
    except LedgerError as error:
        typer.echo(f"leerspoor {command}: {error} ({error.code})", err=True)
        raise typer.Exit(FAILED) from error
