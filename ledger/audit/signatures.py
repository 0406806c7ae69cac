"""The ledger's signatures over headers: most of an audit's work, so other processes may do it beside the rest.

Threads would not help: the library holds Python's lock while it verifies.

Source: RFC 8032 §5.1.7; docs/formats.md, "Header and entry".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.audit.faults import Fault, at_position
from verifiers.primitives.keys import PublicKey
from verifiers.worker import Pool

if TYPE_CHECKING:
    from typing import Self

_BATCH = 1_000
_WAITING_EACH = 2
"""Batches under way for each process: one in work and one on the way, so that memory stays constant."""
_ALONE_EVENTS_MAX = 20_000
"""So many are checked here before processes are started, which takes a second."""
_BATCH_SECONDS_MAX = 600.0

Signed = tuple[object, bytes, bytes]
"""Position, header, signature."""


class Signatures:
    """Checks signatures in batches; use as a context, `add` each, and take `rest` at the end.

    Args:
        log_key: Ed25519.
        processes: how many may be started for it; 0: all is done here.
    """

    def __init__(self, log_key: PublicKey, *, processes: int = 0) -> None:
        self._key = log_key.raw
        self._processes = processes
        self._batch: list[Signed] = []
        self._checked = 0
        self._under_way: deque[Future[list[object]]] = deque()
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

    def add(self, position: object, header: bytes, signature: bytes) -> Iterator[Fault]:
        """Take one more signature; return faults of those that were added long ago.

        Raises:
            UndeterminedError: work_too_large, a process died.
        """
        self._batch.append((position, header, signature))
        if len(self._batch) < _BATCH:
            return
        batch, self._batch = self._batch, []
        self._checked += len(batch)
        if self._processes == 0 or self._checked <= _ALONE_EVENTS_MAX:
            yield from _faults(wrong(self._key, batch))
            return
        self._send(batch)
        if len(self._under_way) > _WAITING_EACH * self._processes:
            yield from _faults(self._under_way.popleft().result())

    def rest(self) -> Iterator[Fault]:
        """Return the faults of all that were added and not answered yet. Raises as `add`."""
        while self._under_way:
            yield from _faults(self._under_way.popleft().result())
        yield from _faults(wrong(self._key, self._batch))
        self._batch = []

    def _send(self, batch: list[Signed]) -> None:
        if self._threads is None:
            self._pool = self._end.enter_context(Pool(self._processes, warm=(__name__,)))
            self._threads = ThreadPoolExecutor(self._processes)
            self._end.callback(self._threads.shutdown, cancel_futures=True)
        if self._pool is not None:
            self._under_way.append(self._threads.submit(_elsewhere, self._pool, self._key, batch))


def wrong(key: bytes, batch: Sequence[Signed]) -> list[object]:
    """Return the positions whose signature is not the key's over the header; key: 32 bytes."""
    public = Ed25519PublicKey.from_public_bytes(key)
    found = []
    for position, header, signature in batch:
        try:
            public.verify(signature, header)
        except InvalidSignature:
            found.append(position)
    return found


def _elsewhere(pool: Pool, key: bytes, batch: list[Signed]) -> list[object]:
    return pool.run(wrong, key, batch, seconds_max=_BATCH_SECONDS_MAX)


def _faults(positions: Sequence[object]) -> Iterator[Fault]:
    return (at_position(position, "signature_invalid") for position in positions)
