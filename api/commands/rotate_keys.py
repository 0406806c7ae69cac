"""`leerspoor rotate-keys`: begin and end epochs of the vault's keys, so that old copies of erased keys become noise."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.opened import opened
from verifiers.primitives.encoding import format_time


def rotate_keys(
    now: Annotated[
        bool,
        typer.Option(
            "--now",
            help="Begin a new epoch and destroy all older ones at once: backups of the vault made before can "
            "never be opened again. Make a new backup afterwards.",
        ),
    ] = False,
) -> None:
    """Do what the schedule asks (a server does so by itself every hour), and list the epochs."""
    with opened("rotate-keys") as ledger:
        if now:
            ledger.vault.rotate(now=ledger.now())
        else:
            ledger.vault.keep_schedule(now=ledger.now())
        for epoch in ledger.vault.epochs():
            ended = "-" if epoch.destroyed_at is None else format_time(epoch.destroyed_at)
            typer.echo(f"epoch {epoch.number}  begun {format_time(epoch.begun_at)}  destroyed {ended}")
        _, noise_after = ledger.vault.noise_after()
        typer.echo(f"what is erased now is noise in every old copy after {format_time(noise_after)}")
