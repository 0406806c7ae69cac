"""The ledger's signatures over headers, checked beside the rest: OpenSSL leaves the other core to us meanwhile.

Source: RFC 8032 §5.1.7; docs/formats.md, "Header and entry".
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.audit.faults import Fault, at_position
from verifiers.primitives.keys import PublicKey

_BATCH = 250
_WAITING_MAX = 8
"""Batches under way at most, so that memory stays constant."""

Signed = tuple[object, bytes, bytes]
"""Position, header, signature."""


class Signatures:
    """Checks signatures in batches; use as a context, `add` each, and take `rest` at the end."""

    def __init__(self, log_key: PublicKey) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(log_key.raw)
        self._pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1)
        self._batch: list[Signed] = []
        self._under_way: deque[Future[list[object]]] = deque()

    def __enter__(self) -> Signatures:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, also when nobody wants the rest any more."""
        self._pool.shutdown(cancel_futures=True)

    def add(self, position: object, header: bytes, signature: bytes) -> Iterator[Fault]:
        """Take one more signature; return faults of those that were added long ago."""
        self._batch.append((position, header, signature))
        if len(self._batch) == _BATCH:
            self._send()
            if len(self._under_way) > _WAITING_MAX:
                yield from self._take()

    def rest(self) -> Iterator[Fault]:
        """Return the faults of all that were added and not answered yet."""
        self._send()
        while self._under_way:
            yield from self._take()

    def _send(self) -> None:
        batch, self._batch = self._batch, []
        self._under_way.append(self._pool.submit(self._check, batch))

    def _take(self) -> Iterator[Fault]:
        for position in self._under_way.popleft().result():
            yield at_position(position, "signature_invalid")

    def _check(self, batch: Sequence[Signed]) -> list[object]:
        wrong = []
        for position, header, signature in batch:
            try:
                self._key.verify(signature, header)
            except InvalidSignature:
                wrong.append(position)
        return wrong
