"""What a server writes to standard error: one JSON object a line, and of other libraries never their words.

Drivers and frameworks repeat in their messages what they choked on: a row, a key of a client, a path. So
only the library, the place in it and the kind of error are written.
Not here: the line of each request (`api.wire.access_log`).
"""

from __future__ import annotations

import io
import logging
import sys
from pathlib import Path
from typing import TextIO, cast

import structlog


class _Library(logging.Handler):
    """Turns a line of another library into one of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        told: dict[str, object] = {
            "library": record.name,
            "place": f"{Path(record.pathname).name}:{record.lineno}",
        }
        kind = record.exc_info[0] if record.exc_info else None
        if kind is not None:
            told["error"] = f"{kind.__module__}.{kind.__qualname__}"
        # Libraries may have levels of their own; ours are two.
        level = logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING
        structlog.get_logger("leerspoor").log(level, "library", **told)


class _StandardError(io.TextIOBase):
    """Standard error as it is at the moment of writing: whoever replaces or closes it must not break a request."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure() -> None:
    """Write our own lines from "info" on, and of other libraries from "warning" on."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Library()], force=True)
