"""`leerspoor export`: compare the copy of the published log with the ledger, and put back what is missing or wrong.

A server copies by itself what is new; this looks at every file.
"""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands import following
from api.commands.opened import opened
from ledger.log.export_places import open_place


def export(
    to: Annotated[
        str | None, typer.Option(help="A folder, or s3://bucket/prefix. Without it: LEERSPOOR_EXPORT.")
    ] = None,
) -> None:
    """Copy the published log to where any web server can serve it: 0 it is whole, 1 it could not be done."""
    with opened("export") as ledger, following.progress("leaves") as tell:
        size, written = ledger.publisher.copy(None if to is None else open_place(to), tell=tell)
    typer.echo(f"export: {size} entries, {written} tiles and bundles written")
