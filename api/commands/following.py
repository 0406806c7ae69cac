"""What the commands that read a log share: where it is, and how far the reading is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ledger.outbound.http import Http
from ledger.outbound.log_client import FolderLog, HttpLog, LogSource, is_url


@contextmanager
def source(address: str) -> Iterator[LogSource]:
    """Open a log by its URL, or a folder that holds one."""
    if not is_url(address):
        yield FolderLog(Path(address))
        return
    with Http() as http:
        yield HttpLog(http, address)


@contextmanager
def bars() -> Iterator[Progress]:
    """Draw bars on a terminal only: in a log, lines are for what was found."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as drawn:
        yield drawn


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Draw how far it is."""
    with bars() as drawn:
        task = drawn.add_task(what, total=None)

        def tell(done: int, total: int) -> None:
            drawn.update(task, completed=done, total=total)

        yield tell
