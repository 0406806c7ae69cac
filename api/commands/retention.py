"""`leerspoor retention`: whose time is over, warning them, and erasing those whose waiting period has passed.

Lines name people by their random ids only.
"""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.opened import opened
from ledger.errors import ConflictError, ErasedError
from ledger.usecases import retention as usecase
from ledger.usecases.access import operator_at_the_machine
from ledger.usecases.retention import Term
from verifiers.primitives.encoding import format_time


def retention(
    warn: Annotated[bool, typer.Option("--warn", help="Warn everybody who is due.")] = False,
    erase: Annotated[
        bool, typer.Option("--erase", help="Erase everybody who was warned and has had the time to act.")
    ] = False,
) -> None:
    """List the trails whose time is over: due, warned or ready to be erased, with the rule and its source."""
    actor = operator_at_the_machine()
    with opened("retention") as ledger:
        for term in list(usecase.due(ledger, actor)):
            try:
                if warn and term.state == "due":
                    typer.echo(_line(usecase.warn(ledger, actor, term.learner)))
                elif erase and term.state == "ready":
                    usecase.erase_ready(ledger, actor, term.learner)
                    typer.echo(f"{term.learner}  erased")
                else:
                    typer.echo(_line(term))
            except (ConflictError, ErasedError) as error:  # she used her trail again, or is gone, meanwhile
                typer.echo(f"{term.learner}  left alone ({error.code})")


def _line(term: Term) -> str:
    after = "" if term.erase_after is None else f"  erase after {format_time(term.erase_after)}"
    rule = term.rule
    return (
        f"{term.learner}  {term.state:6}  {rule.kind} ({rule.basis}, {rule.years} years)  "
        f"kept until {format_time(term.kept_until)}{after}"
    )
