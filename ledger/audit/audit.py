"""The order of an audit, over one snapshot, in constant memory.

1. the head row, signed heads           read, so that the tree is looked at when it has their sizes
2. every event, by position             row against itself; signature; leaf; and what the leaf completes:
                                        tiles of the table and of the export, published checkpoints
3. what is left                         the head row, heads that the tree never reached, tiles that it has not
4. versions of streams, event ids       by the tables' keys
5. rows that name events and streams
6. the vault, when there is one to look at
7. on SQLite, the file's own structure
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ledger.audit.checkpoints import SignedHeads
from ledger.audit.crew import Crew
from ledger.audit.erasure import erasure_faults
from ledger.audit.export import TABLE as EXPORT
from ledger.audit.export import Export
from ledger.audit.faults import Fault
from ledger.audit.head import StoredHead, unexpected_tiles
from ledger.audit.idempotency import request_faults
from ledger.audit.notes import Signers
from ledger.audit.opening import HeadFile
from ledger.audit.order import order_faults, repeated_ids
from ledger.audit.places import place_faults
from ledger.audit.published import PublishedHeads
from ledger.audit.references import reference_faults
from ledger.audit.status import status_faults
from ledger.audit.vault import Vault, vault_faults
from ledger.audit.walk import Claims, Tell, Walk
from verifiers.formats.cosignature import WitnessKey
from verifiers.primitives.keys import PublicKey

_STORAGE_LINES_MAX = 20


@dataclass(frozen=True, slots=True)
class Trust:
    """What an audit believes beforehand: the log's key and name, and where its signed head is kept.

    Args:
        log_key: Ed25519.
        origin: name of the log.
        file: the second place, where it is not a row of the database.
        operator: keys of the operator's cosigner.
        witnesses: keys of others that cosign.
        kept: checkpoints that somebody kept, of any size.
        now: at which what was signed must have been published; None: nobody says.
    """

    log_key: PublicKey
    origin: str
    file: HeadFile | None = None
    operator: tuple[WitnessKey, ...] = ()
    witnesses: tuple[WitnessKey, ...] = ()
    kept: tuple[HeadFile, ...] = ()
    now: datetime | None = None

    @property
    def signers(self) -> Signers:
        """Who signs heads."""
        return Signers(self.log_key.raw, self.origin, self.operator, self.witnesses)


class Audit:
    """One audit of one snapshot; `events` and `root` say afterwards what was derived.

    Args:
        connection: a reading transaction over the whole ledger.
        trust: what is believed.
        tell: of the progress.
        processes: that may be started to check signatures beside the rest; 0: none.
        export: a copy of the log, when it is to be audited too.
        vault: the keys of those whom the ledger is about, when they are to be audited too.
    """

    def __init__(
        self,
        connection: Connection,
        trust: Trust,
        *,
        tell: Tell = lambda *_: None,
        processes: int = 0,
        export: Export | None = None,
        vault: Vault | None = None,
    ) -> None:
        self._connection, self._trust, self._tell = connection, trust, tell
        self._processes = processes
        self._export, self._vault = export, vault
        self.events = 0
        self.root = b""

    def faults(self) -> Iterator[Fault]:
        """Return everything that is not as it must be, as it is found.

        Raises:
            DBAPIError: the database cannot be read; `snapshot` translates it.
            UnavailableError: export_unreadable. UndeterminedError: work_too_large, a process died.
        """
        with Crew(self._processes) as crew:
            yield from self._log_faults(crew)
            yield from crew.rest()
        size = self.events
        steps = (
            ("tiles", unexpected_tiles(self._connection, size)),
            ("streams", order_faults(self._connection)),
            ("event ids", repeated_ids(self._connection)),
            ("requests", request_faults(self._connection)),
            ("references", reference_faults(self._connection, size)),
            ("erasures", erasure_faults(self._connection, self._trust.log_key)),
            ("status lists", status_faults(self._connection)),
            ("places", place_faults(self._connection)),
            ("vault", () if self._vault is None else vault_faults(self._connection, self._vault)),
            ("storage", _storage_faults(self._connection)),
        )
        for number, (name, found) in enumerate(steps):
            self._tell(name, number, len(steps))
            yield from found
        self._tell("done", len(steps), len(steps))

    def _log_faults(self, crew: Crew) -> Iterator[Fault]:
        """Steps 1 to 3."""
        connection, signers = self._connection, self._trust.signers
        head, signed = StoredHead(connection), self._signed_heads(signers)
        published = PublishedHeads(connection, signers, crew)
        claims = Claims(head, signed, published, self._export)
        walk = Walk(connection, self._trust.log_key, claims, crew=crew, tell=self._tell)
        yield from walk.faults()
        self.events, self.root = walk.events, walk.tree.head.root
        yield from head.faults(walk.events)
        yield from signed.rest(walk.tree.size, broken=walk.broken)
        yield from published.rest(walk.tree.size, broken=walk.broken)
        if self._trust.now is not None:
            yield from published.late(signed.notes, self._trust.now)

    def _signed_heads(self, signers: Signers) -> SignedHeads:
        signed, trust = SignedHeads(signers), self._trust
        if trust.file is not None:
            signed.put_file(trust.file)
        signed.put_rows(self._connection, elsewhere=trust.file is not None)
        for kept in trust.kept:
            signed.put_file(kept, table="kept")
        if self._export is not None:
            signed.put_file(self._export.checkpoint, table=EXPORT)
        return signed


def _storage_faults(connection: Connection) -> Iterator[Fault]:
    """Return what SQLite finds in its own file: an index that misses a row, a page that is none."""
    if connection.dialect.name != "sqlite":
        return
    for (line,) in connection.exec_driver_sql(f"PRAGMA integrity_check({_STORAGE_LINES_MAX})"):
        if line != "ok":
            yield Fault("database", "its file", "storage_damaged", str(line).partition("\n")[0])
