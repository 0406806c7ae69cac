"""Work that other processes may do beside the audit: signatures, which are most of it.

Threads would not help: the library holds Python's lock while it verifies.

Not here: what is checked (`signatures`, `notes`).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ledger.audit.faults import Fault
from verifiers.worker import Pool

if TYPE_CHECKING:
    from typing import Self

_BATCH = 1_000
_WAITING_EACH = 2
"""Batches under way for each process: one in work and one on the way, so that memory stays constant."""
_ALONE_MAX = 20_000
"""So many things are checked here before processes are started, which takes a second."""
_BATCH_SECONDS_MAX = 600.0

Check = Callable[[Sequence[Any]], list[Fault]]
"""Returns the faults of some things of one kind; it must survive pickling, and compare as equal."""


class Crew:
    """Checks things in batches; use as a context, `give` each, and take `rest` at the end.

    Args:
        processes: how many may be started; 0: all is done here.
    """

    def __init__(self, processes: int = 0) -> None:
        self._processes = processes
        self._waiting: defaultdict[Check, list[Any]] = defaultdict(list)
        self._given = 0
        self._under_way: deque[Future[list[Fault]]] = deque()
        self._threads: ThreadPoolExecutor | None = None  # each waits for one process
        self._pool: Pool | None = None
        self._end = ExitStack()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, also when nobody wants the rest any more."""
        self._end.close()

    def give(self, check: Check, thing: object) -> Iterator[Fault]:
        """Take one more thing; return faults of things that were given long ago.

        Raises:
            UndeterminedError: work_too_large, a process died.
        """
        batch = self._waiting[check]
        batch.append(thing)
        if len(batch) < _BATCH:
            return
        self._waiting[check] = []
        self._given += len(batch)
        if self._processes == 0 or self._given <= _ALONE_MAX:
            yield from check(batch)
            return
        self._under_way.append(self._hands().submit(self._elsewhere, check, batch))
        if len(self._under_way) > _WAITING_EACH * self._processes:
            yield from self._under_way.popleft().result()

    def rest(self) -> Iterator[Fault]:
        """Return the faults of all that were given and not answered yet. Raises as `give`."""
        while self._under_way:
            yield from self._under_way.popleft().result()
        for check, batch in self._waiting.items():
            yield from check(batch)
        self._waiting.clear()

    def _hands(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._pool = self._end.enter_context(Pool(self._processes, warm=("ledger.audit",)))
            self._threads = ThreadPoolExecutor(self._processes)
            self._end.callback(self._threads.shutdown, cancel_futures=True)
        return self._threads

    def _elsewhere(self, check: Check, batch: Sequence[Any]) -> list[Fault]:
        if self._pool is None:
            raise TypeError("there is no other process")
        return self._pool.run(check, batch, seconds_max=_BATCH_SECONDS_MAX)
