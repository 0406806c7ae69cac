"""`leerspoor serve`: one process that serves the ledger over HTTP until it is told to stop.

On SQLite one process serves; on PostgreSQL several may, each started with this command.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Annotated

import structlog
import typer

from api.app import create_app
from api.commands import logs
from api.commands.serving import serve_until_stopped
from ledger import bootstrap
from ledger.errors import LedgerError
from ledger.settings import Settings
from ledger.usecases.upkeep import Upkeep

_ANY = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65_535)] = 8000,
) -> None:
    """Serve the ledger. Settings come from the environment: LEERSPOOR_DATA_DIR, LEERSPOOR_BASE_URL, ..."""
    logs.configure()
    settings = _addressed(Settings(), host, port)
    log = structlog.get_logger("leerspoor")
    signal.signal(signal.SIGTERM, _leave)
    try:
        ledger = bootstrap.build(settings)
    except LedgerError as error:
        log.error("not_started", code=error.code, reason=str(error))
        raise typer.Exit(1) from error
    hourly = Upkeep(ledger)
    try:
        ledger.publisher.start()
        hourly.start()
        log.info("serving", address=settings.base_url, listening=f"{host}:{port}")
        serve_until_stopped(create_app(ledger), host=host, port=port)
    except LedgerError as error:
        log.error("not_started", code=error.code, reason=str(error))
        raise typer.Exit(1) from error
    finally:
        hourly.close()
        ledger.close()


def _addressed(settings: Settings, host: str, port: int) -> Settings:
    """Return the settings with a public address: what was set, or else where we listen."""
    if "base_url" in settings.model_fields_set:
        return settings
    name = "127.0.0.1" if host in _ANY else f"[{host}]" if ":" in host else host
    return settings.model_copy(update={"base_url": f"http://{name}:{port}"})


def _leave(_: int, __: FrameType | None) -> None:
    """End by an exception, so that the ledger is closed: by default the signal ends the process at once."""
    raise SystemExit(0)
