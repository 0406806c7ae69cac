"""A log in memory whose operator does as he pleases: honest trees, other trees, receipts, files that lie.

It makes its tree by doubling rows, on a path that neither the ledger's tiles nor the watchers' `Tree` takes.
Everything random comes from one `random.Random`; keys are made from seeds, so a seed is a whole history.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.errors import UnavailableError
from ledger.oversight.witness import Cosigner
from verifiers.errors import MalformedError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint, NoteSignature, VerifierKey
from verifiers.formats.cosignature import WitnessKey
from verifiers.formats.header import Header, commitment
from verifiers.formats.receipt import Opening, Receipt
from verifiers.formats.tile import ENTRIES, TILE_HEIGHT, parse_path
from verifiers.primitives import keys
from verifiers.primitives.encoding import b64_encode
from verifiers.primitives.merkle import consistency_proof, inclusion_proof, tree_root

ORIGIN = "log.example/leerspoor"
START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


class Rows:
    """A tree as rows of complete subtrees: row l holds the roots of all 2**l leaves."""

    def __init__(self, entries: Iterable[bytes] = ()) -> None:
        self.entries: list[bytes] = []
        self._rows: list[list[bytes]] = [[]]
        for entry in entries:
            self.append(entry)

    @property
    def size(self) -> int:
        """Leaves in the tree."""
        return len(self.entries)

    def append(self, entry: bytes) -> None:
        """Add a leaf and every subtree that it completes."""
        self.entries.append(entry)
        new, level = hashlib.sha256(b"\x00" + entry).digest(), 0
        while True:
            if level == len(self._rows):
                self._rows.append([])
            row = self._rows[level]
            row.append(new)
            if len(row) % 2:
                return
            new, level = hashlib.sha256(b"\x01" + row[-2] + row[-1]).digest(), level + 1

    def node(self, level: int, index: int) -> bytes:
        """Return the root of a complete subtree."""
        return self._rows[level][index]

    def root(self, size: int) -> bytes:
        """Return the root at a size."""
        return tree_root(size, self.node)

    def file(self, name: str) -> bytes | None:
        """Return a tile or bundle, None when the tree has no such."""
        try:
            path = parse_path(name)
        except MalformedError:
            return None
        if not path.is_in(self.size):
            return None
        here = slice(path.first, path.first + path.width)
        if path.level == ENTRIES:
            return b"".join(len(entry).to_bytes(2) + entry for entry in self.entries[here])
        return b"".join(self._rows[TILE_HEIGHT * path.height][here])


@dataclass
class Served:
    """What one reader is shown: a tree, a head, and files that are other than the tree says (None: gone)."""

    rows: Rows
    note: bytes | None
    changed: dict[str, bytes | None] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)

    def read(self, name: str, *, bytes_max: int) -> bytes | None:
        """Return a file as `LogSource` does."""
        self.reads.append(name)
        data = self.note if name == "checkpoint" else self.rows.file(name)
        data = self.changed.get(name, data)
        if data is not None and len(data) > bytes_max:
            raise UnavailableError("answer_too_large", "a file of the log is too large")
        return data


class Operator:
    """Holds the key of a log, and signs whatever tree he is given."""

    def __init__(self, seed: int = 0, origin: str = ORIGIN) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"log %d" % seed).digest())
        public = keys.from_raw("Ed25519", self._private.public_key().public_bytes_raw())
        self.key = VerifierKey(origin, public)

    def sign(self, message: bytes) -> bytes:
        """Sign whatever it is."""
        return self._private.sign(message)

    def head(self, rows: Rows, size: int | None = None) -> Checkpoint:
        """Return a signed head of a tree."""
        at = rows.size if size is None else size
        return self.lie(at, rows.root(at))

    def lie(self, size: int, root: bytes) -> Checkpoint:
        """Return a signed head with any root."""
        unsigned = f"{self.key.name}\n{size}\n{b64_encode(root)}\n".encode()
        line = NoteSignature(self.key.name, self.key.key_hash, self.sign(unsigned))
        return Checkpoint(self.key.name, size, root, (line,))

    def serve(self, rows: Rows, head: Checkpoint | None = None) -> Served:
        """Show a tree with a head."""
        return Served(rows, (head or self.head(rows)).dump().encode())

    def opening(self, number: int, recorded_at: datetime) -> tuple[Opening, bytes]:
        """Return the opening of an event and its entry."""
        r = hashlib.sha256(b"r %d" % number).digest()
        header = Header(
            stream=UUID(int=number + 1),
            version=1,
            type="credential-issued.v1",
            subject=None,
            issuer=None,
            key=self.key.key.multikey,
            recorded_at=recorded_at,
            commitment=commitment(r, b"payload %d" % number),
            body_hash=hashlib.sha256(b"body").digest(),
        ).dump()
        opening = Opening(header, self._private.sign(header), r)
        return opening, hashlib.sha256(opening.header + opening.signature).digest()

    def receipt(
        self, rows: Rows, index: int, *, head: Checkpoint | None = None, opening: Opening | None = None
    ) -> bytes:
        """Return the receipt of a leaf under a head of this tree."""
        under = head or self.head(rows)
        proof = tuple(inclusion_proof(index, under.size, rows.node))
        return Receipt(index, proof, under, opening).dump().encode()


def request(head: Checkpoint, old_size: int, proof: Sequence[bytes]) -> bytes:
    """Return an `add-checkpoint` body, written here by hand: line by line as the specification says."""
    lines = [f"old {old_size}", *(b64_encode(hash_) for hash_ in proof)]
    return ("\n".join(lines) + "\n\n" + head.dump()).encode()


def ask(rows: Rows, head: Checkpoint, old_size: int) -> bytes:
    """Return the request with the proof that this tree makes, empty where it has none to give."""
    honest = 0 < old_size < head.size <= rows.size
    return request(head, old_size, consistency_proof(old_size, head.size, rows.node) if honest else ())


def cosigner(name: str, *, post_quantum: bool = False) -> Cosigner:
    """Return a witness's key, made from its name."""
    seed = hashlib.sha256(name.encode()).digest()
    if post_quantum:
        later = MLDSA44PrivateKey.from_seed_bytes(seed)
        return Cosigner(WitnessKey(name, "ML-DSA-44", later.public_key().public_bytes_raw()), later.sign)
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return Cosigner(WitnessKey(name, "Ed25519", private.public_key().public_bytes_raw()), private.sign)


class MemoryStore:
    """What a witness keeps, in memory: for one thread."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}
        self.evidence: list[bytes] = []

    def lock(self, origin: str) -> AbstractContextManager[None]:
        """Be alone: there is one thread."""
        return nullcontext()

    def load(self, origin: str) -> str | None:
        """Return the note."""
        return self.notes.get(origin)

    def replace(self, origin: str, note: str) -> None:
        """Take another note."""
        self.notes[origin] = note

    def keep_evidence(self, origin: str, data: bytes, name: str) -> None:
        """Keep it."""
        self.evidence.append(data)


@dataclass
class Clock:
    """Time that a test moves."""

    moment: datetime = START

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.moment

    def pass_(self, seconds: float) -> datetime:
        """Move on."""
        self.moment += timedelta(seconds=seconds)
        return self.moment


def entry(number: int) -> bytes:
    """Return an entry that stands for an event nobody opens."""
    return hashlib.sha256(b"entry %d" % number).digest()


def with_lines(head: Checkpoint, lines: bytes) -> Checkpoint:
    """Return a head with the lines that a witness answered."""
    return checkpoints.parse(head.dump().encode() + lines)


def without(rows: Rows, changes: Mapping[int, bytes | None]) -> Rows:
    """Return another tree: some entries replaced, or left out."""
    kept = (changes.get(index, one) for index, one in enumerate(rows.entries))
    return Rows(one for one in kept if one is not None)


def bare(head: Checkpoint) -> Checkpoint:
    """Return a head with its log's signature alone."""
    return replace(head, signatures=head.signatures[:1])
