"""Asking the witnesses of our policy to cosign: all at once, each at its own pace, none of them awaited for long.

A witness that is slow keeps only itself busy: what it answers later is handed over later, what it fails to
do is written in the log of the server and asked again with a later head.

Not here: the protocol (`ledger.outbound.witness_client`), how many are enough (`verifiers.formats.witness_policy`).
Source: C2SP tlog-witness; THREATS E4 (a witness remembers what a restored backup forgot).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, field

import structlog

from ledger.errors import CorruptError, LedgerError
from verifiers.formats.checkpoint import Checkpoint, NoteSignature
from verifiers.formats.cosignature import WitnessKey
from verifiers.formats.witness_policy import WitnessPolicy

Lines = tuple[NoteSignature, ...]
Ask = Callable[[str, Sequence[WitnessKey], Checkpoint, int], Lines]
"""(address, keys, checkpoint, size it cosigned last) -> its cosignatures, verified; raises LedgerError."""


@dataclass(slots=True)
class _Site:
    """One address with the keys it cosigns with, and how far we are with it."""

    url: str
    keys: list[WitnessKey] = field(default_factory=list)
    size: int = 0
    known: bool = False
    asked: Checkpoint | None = None
    answer: Future[Lines] | None = None


class Witnesses:
    """The witnesses of a policy that have an address. Used by one thread at a time.

    Args:
        policy: names them.
        ask: how one is asked; called in threads of the executor.
        executor: with at least one thread a witness.
    """

    def __init__(self, policy: WitnessPolicy, ask: Ask, executor: Executor) -> None:
        self._ask = ask
        self._executor = executor
        self._log = structlog.get_logger("leerspoor.witnesses")
        sites: dict[str, _Site] = {}
        for witness in policy.witnesses.values():
            if witness.url is not None:
                sites.setdefault(witness.url, _Site(witness.url)).keys.append(witness.key)
        self._sites = tuple(sites.values())

    def ask(self, checkpoint: Checkpoint) -> None:
        """Ask every witness that is not busy with an earlier question."""
        for site in self._sites:
            if site.answer is None:
                site.asked = checkpoint
                site.answer = self._executor.submit(
                    self._ask, site.url, tuple(site.keys), checkpoint, min(site.size, checkpoint.size)
                )

    def answers(self, seconds: float, enough: Callable[[Lines], bool]) -> Iterator[tuple[Checkpoint, Lines]]:
        """Yield what was answered by now, and what is answered within some seconds.

        Args:
            seconds: to wait for those who were asked; 0 for what is there already.
            enough: whether these lines, with all before them, make waiting needless.

        Raises:
            CorruptError: head_went_back, a witness that has not cosigned anything since we started knows a
                larger head of this log: our events are those of an old backup.
        """
        waiting = {site.answer: site for site in self._sites if site.answer is not None}
        try:
            for future in as_completed(waiting, timeout=seconds):
                asked, lines = self._harvest(waiting[future])
                if lines:
                    yield asked, lines
                    if enough(lines):
                        break  # others may be done as well by now: not awaited, only handed over
        except TimeoutError:
            pass
        for future, site in waiting.items():
            if site.answer is future and future.done():
                asked, lines = self._harvest(site)
                if lines:
                    yield asked, lines

    def _harvest(self, site: _Site) -> tuple[Checkpoint, Lines]:
        answer, asked = site.answer, site.asked
        site.answer = site.asked = None
        if answer is None or asked is None:
            raise ValueError("a witness that was not asked cannot have answered")
        try:
            lines = answer.result()
        except LedgerError as error:
            self._log.warning("witness_failed", address=site.url, code=error.code, got=error.got)
            if error.code == "witness_ahead" and not site.known:
                raise CorruptError(
                    "head_went_back",
                    "a witness knows a larger head of this log than its events make; "
                    "nothing is signed until a person has looked",
                    expected=f"at least {error.got}",
                    got=str(asked.size),
                ) from error
            return asked, ()
        site.size, site.known = asked.size, True
        return asked, lines
