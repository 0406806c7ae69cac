"""`leerspoor init`: make the databases, the keys and the operator's token, and say where they are."""

from __future__ import annotations

import typer

from ledger import bootstrap
from ledger.errors import LedgerError
from ledger.settings import Settings
from ledger.usecases import transparency


def init() -> None:
    """Set up a ledger by the settings (LEERSPOOR_...); what is there already is kept."""
    settings = Settings()
    try:
        ledger = bootstrap.build(settings)
    except LedgerError as error:
        typer.echo(f"leerspoor: {error} ({error.code})", err=True)
        raise typer.Exit(1) from error
    try:
        health = transparency.health(ledger)
        typer.echo(f"address  {settings.base_url}")
        typer.echo(f"folder   {settings.data_dir.resolve()}")
        typer.echo(f"log      {health.origin}, {health.size} entries")
        typer.echo(f"log key  {transparency.log_key(ledger)}")
        token = settings.data_dir / "operator.token"
        if token.exists():
            typer.echo(f"operator's token: in {token.resolve()}; keep it elsewhere and remove the file")
    finally:
        ledger.close()
