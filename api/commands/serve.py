"""`leerspoor serve`: one process that serves the ledger over HTTP until it is told to stop.

On SQLite one process serves; on PostgreSQL several may, each started with this command.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Annotated

import structlog
import typer
import uvicorn

from api.app import create_app
from api.commands import logs
from ledger import bootstrap
from ledger.errors import LedgerError
from ledger.settings import Settings
from ledger.usecases.upkeep import Upkeep

CONNECTIONS_MAX = 1_024
"""Beyond these a request is refused with 503 before it costs anything."""
KEEP_ALIVE_SECONDS = 15
STOP_SECONDS_MAX = 10
"""How long running requests may take to end; a commit under way is finished in any case."""
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
        uvicorn.Server(
            uvicorn.Config(
                create_app(ledger),
                host=host,
                port=port,
                log_config=None,
                access_log=False,  # it writes paths, and paths of shares are secrets; ours does not
                server_header=False,
                proxy_headers=False,
                limit_concurrency=CONNECTIONS_MAX,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=STOP_SECONDS_MAX,
            )
        ).run()
    except LedgerError as error:
        log.error("not_started", code=error.code, reason=str(error))
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        pass  # uvicorn hands the interrupt on once it has stopped
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
