"""`leerspoor erase`: erase a person for ever, and print the signed certificate.

Beside a server on PostgreSQL it may run at any time; on SQLite stop the server first, or ask it over HTTP
(`POST /v1/learners/{id}/erasure`).
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import typer

from api.commands.opened import opened
from ledger.usecases import erase as usecase
from ledger.usecases.access import operator_at_the_machine


def erase(
    learner: Annotated[UUID, typer.Argument(help="Id of the learner.", metavar="LEARNER")],
    reason: Annotated[
        Literal["asked", "retention"],
        typer.Option(help="She asked for it, or the time of her trail is over."),
    ] = "asked",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
) -> None:
    """Erase a person for ever, by the settings (LEERSPOOR_...). The certificate goes to standard output."""
    if not yes:
        typer.confirm(f"Erase {learner} for ever?", abort=True, err=True)
    with opened("erase") as ledger:
        done = usecase.erase(ledger, operator_at_the_machine(), learner, reason=reason)
        typer.echo(done.certificate.decode())
