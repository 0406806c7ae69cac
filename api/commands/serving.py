"""Serving an application over HTTP until the process is told to stop, with the bounds that every server of ours has."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import uvicorn

CONNECTIONS_MAX = 1_024
"""Beyond these a request is refused with 503 before it costs anything."""
KEEP_ALIVE_SECONDS = 15
STOP_SECONDS_MAX = 10
"""How long running requests may take to end; a commit under way is finished in any case."""


def serve_until_stopped(app: Any, *, host: str, port: int) -> None:
    """Serve an ASGI application in this process; return when an interrupt or a signal ended it."""
    config = uvicorn.Config(
        app,
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
    with suppress(KeyboardInterrupt):  # uvicorn hands the interrupt on once it has stopped
        uvicorn.Server(config).run()
