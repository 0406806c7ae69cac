"""`leerspoor audit`: derive everything a ledger stores anew, and name what is not as it must be.

Faults go to standard output, one a line, and the summary last; progress and refusals to standard error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.commands import following
from api.commands.audit_trust import trust_of
from ledger.audit import Audit, Export, Tell, Vault, snapshot
from ledger.errors import LedgerError
from ledger.settings import Settings
from verifiers.errors import VerifierError
from verifiers.primitives.encoding import b64_encode

FAULTS, UNCHECKED = 1, 2


def audit(
    database_url: Annotated[
        str | None,
        typer.Option(help="Another database than that of the settings, for example a restored one."),
    ] = None,
    log_key: Annotated[
        str | None,
        typer.Option(help="The log's verifier key (name+hash+key), instead of what the folder says."),
    ] = None,
    cosigner: Annotated[
        list[str] | None,
        typer.Option(help="A verifier key of the operator's cosigner, instead of what the folder says."),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            help="A folder with a copy of the log (LEERSPOOR_EXPORT): every file of it is derived too."
        ),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A file with a checkpoint that somebody kept: the log must have grown from it."),
    ] = None,
) -> None:
    """Check a whole stored ledger by the settings (LEERSPOOR_...): 0 clean, 1 faults, 2 could not be checked."""
    settings = Settings()
    url = database_url or settings.database_url or f"sqlite:///{settings.data_dir / 'ledger.sqlite'}"
    found = 0
    try:
        # Before the snapshot is taken, so that signed heads can only be older than the events.
        trust = trust_of(
            settings,
            url=url,
            log_key=log_key,
            cosigners=cosigner or (),
            kept=checkpoint or (),
            now=datetime.now(UTC),
        )
        copy = None if export is None else Export(export, trust.signers)
        with ExitStack() as stack:
            connection = stack.enter_context(snapshot(url))
            vault = _vault(settings, stack)
            tell = stack.enter_context(_progress())
            checking = Audit(
                connection, trust, tell=tell, processes=os.cpu_count() or 1, export=copy, vault=vault
            )
            for fault in checking.faults():
                found += 1
                typer.echo(fault)
    except (LedgerError, VerifierError) as error:
        typer.echo(f"leerspoor audit: {error} ({error.code})", err=True)
        raise typer.Exit(FAULTS if found else UNCHECKED) from error
    if found:
        typer.echo(f"audit: {found} faults in {checking.events} events")
        raise typer.Exit(FAULTS)
    typer.echo(f"audit: {checking.events} events, root {b64_encode(checking.root)}: clean")


def _vault(settings: Settings, stack: ExitStack) -> Vault | None:
    """Open the vault; None where its keys are not, as with a restored database somewhere else."""
    folder = settings.data_dir / "vault-keys"
    if not folder.is_dir():
        return None
    url = settings.vault_url or f"sqlite:///{settings.data_dir / 'vault.sqlite'}"
    return Vault(stack.enter_context(snapshot(url, table="data_key")), folder)


@contextmanager
def _progress() -> Iterator[Tell]:
    """Draw how far it is."""
    with following.bars() as progress:
        events = progress.add_task("events", total=None)
        rest = progress.add_task("everything else", total=None)

        def tell(step: str, done: int, total: int | None) -> None:
            if step == "events":
                progress.update(events, completed=done, total=total)
            else:
                progress.update(rest, completed=done, total=total, description=step)

        yield tell
