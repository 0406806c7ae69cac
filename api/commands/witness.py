"""`leerspoor witness`: cosign the heads of logs, for as long as they only grow. Small enough for a school to run.

The folder is the witness: its keys, and what it cosigned last. Whoever loses it starts a new witness under
a new name; whoever puts an old copy back lies to everybody who believes it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import structlog
import typer

from api.commands import logs
from api.commands.serving import serve_until_stopped
from api.commands.witness_server import create_witness_app
from ledger.errors import LedgerError
from ledger.keys import files
from ledger.keys.cosigning import KINDS, CosignerKeys
from ledger.oversight.memory import Memory
from ledger.oversight.witness import Cosigner, Witness
from verifiers.errors import VerifierError
from verifiers.formats import witness_policy
from verifiers.formats.checkpoint import VerifierKey, parse_vkey
from verifiers.formats.cosignature import WitnessKey

USAGE = 64


def witness(
    name: Annotated[str, typer.Option(help="Its name in every cosignature, like witness.school.example/w1.")],
    state: Annotated[Path, typer.Option(help="Its folder: keys, and what it cosigned last.")],
    log: Annotated[
        list[str] | None, typer.Option(help="Verifier key of a log it watches; may be repeated.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="A policy file (C2SP tlog-policy) that names the logs.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65_535)] = 8100,
    show_keys: Annotated[bool, typer.Option(help="Print its lines for policy files, and end.")] = False,
) -> None:
    """Cosign what logs say of themselves while it only grows (C2SP tlog-witness)."""
    logs.configure()
    try:
        cosigners = _cosigners(state, name)
        watched = _logs(log or [], policy)
    except (LedgerError, VerifierError, OSError) as error:
        typer.echo(f"leerspoor witness: {error}", err=True)
        raise typer.Exit(USAGE) from error
    if show_keys:
        for one in cosigners:
            typer.echo(f"witness {name}/{one.key.kind} {one.key.dump()}")
        return
    if not watched:
        typer.echo("leerspoor witness: no log to watch: give --log or --policy", err=True)
        raise typer.Exit(USAGE)
    structlog.get_logger("leerspoor").info(
        "witnessing", name=name, logs=len(watched), listening=f"{host}:{port}"
    )
    app = create_witness_app(Witness(cosigners, watched, Memory(state), lambda: datetime.now(UTC)))
    serve_until_stopped(app, host=host, port=port)


def _cosigners(state: Path, name: str) -> tuple[Cosigner, ...]:
    """Return both keys, made at the first start: Ed25519 for those of today, ML-DSA-44 for those of later."""
    files.private_folder(state)
    keys = CosignerKeys(state / "keys", files.load_or_create_secret(state / "secret"))
    return tuple(
        Cosigner(WitnessKey(name, kind, keys.public(kind)), partial(keys.sign, kind)) for kind in KINDS
    )


def _logs(texts: list[str], policy: Path | None) -> dict[str, tuple[VerifierKey, ...]]:
    found = [parse_vkey(text) for text in texts]
    if policy is not None:
        found += witness_policy.parse(policy.read_bytes()).logs
    return {key.name: tuple(dict.fromkeys(one for one in found if one.name == key.name)) for key in found}
