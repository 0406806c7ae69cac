"""What watching a log can find: a code, a place, and the evidence that convinces somebody else.

A fork is proven by two heads that the log signed and that cannot both be true, so the finding alone convicts:
`proves_fork` needs the log's key and nothing else. The other findings are what one watcher saw.

Not here: when each is found (`monitor`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ledger.errors import CorruptError
from verifiers.errors import MalformedError, VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint, VerifierKey
from verifiers.primitives import jcs
from verifiers.primitives.encoding import b64_decode, b64_encode, format_time
from verifiers.primitives.merkle import verify_consistency
from verifiers.primitives.strict_json import loads_object

TYPE = "leerspoor-finding.v1"
FINDING_BYTES_MAX = 1_048_576

CODES: Mapping[str, str] = {
    "checkpoint_wrong": "the log serves no well-formed head signed by its key",
    "fork": "two signed heads cannot both be true: somebody was shown another log",
    "went_back": "the log shows a smaller head than it has shown before",
    "withheld": "the log showed a witness a larger head, some time ago, and does not show it here",
    "root_mismatch": "the tiles do not lead to the signed root",
    "tile_missing": "a tile that a signed head promises is not there",
    "tile_wrong": "a tile is not the one that the signed root stands for",
    "entry_missing": "a bundle of entries that a signed head promises is not there",
    "entry_wrong": "a bundle of entries is not the one that the signed root stands for",
    "cosignature_invalid": "the head carries a wrong cosignature of a known witness",
    "quorum_missing": "too few witnesses cosigned the head",
    "stale": "the newest cosigned moment of the head is too long ago",
    "receipt_wrong": "a receipt does not verify, though the log's key signed its head",
    "receipt_missing": "what a receipt promised is not in the log, or not yet and too late",
    "back_dated": "the header of a receipt says an earlier moment than the log itself allows",
    "recorded_after_cosignature": "the header of a receipt says a later moment than the head that covers it",
}
"""Every code with what it says."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be.

    Args:
        code: one of CODES.
        place: path of a file of the log, or name of a receipt; empty when the head itself is meant.
        detail: what else a person wants to know, without personal data.
        notes: the signed heads it is about, in the order of their sizes.
        root: 32 bytes: for a fork of two sizes, what the larger head's tree was at the smaller size.
        proof: that `root` is the beginning of the larger head's tree.
    """

    code: str
    place: str = ""
    detail: str = ""
    notes: tuple[str, ...] = ()
    root: bytes | None = None
    proof: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, error: CorruptError, head: Checkpoint) -> Finding:
        """Return what `Tree` raised as a finding about its head."""
        return cls(error.code, place=error.got or "", notes=(head.dump(),))

    @property
    def name(self) -> str:
        """A file name that stays the same while the same thing is found again under newer heads."""
        told = "\0".join((self.code, self.place, *self.notes[:-1]))
        return f"{self.code}-{hashlib.sha256(told.encode()).hexdigest()[:16]}.json"

    @property
    def message(self) -> str:
        """What the code says."""
        return CODES[self.code]

    def dump(self, *, at: datetime, key: VerifierKey) -> bytes:
        """Return the finding as a file that may be handed on.

        Args:
            at: when it was found.
            key: of the log.
        """
        return jcs.canonicalise(
            {
                "type": TYPE,
                "at": format_time(at),
                "log": key.dump(),
                "code": self.code,
                "message": self.message,
                "place": self.place,
                "detail": self.detail,
                "checkpoints": list(self.notes),
                "root": None if self.root is None else b64_encode(self.root),
                "proof": [b64_encode(hash_) for hash_ in self.proof],
            }
        )


def proves_fork(data: bytes, key: VerifierKey) -> bool:
    """Return whether a stranger's finding proves that the log signed two heads that cannot both be true.

    Args:
        data: what `Finding.dump` wrote.
        key: of the log, known from elsewhere; the one in the file is not believed.

    Raises:
        MalformedError: finding_malformed.
    """
    notes, root, proof = _parse(data)
    if len(notes) != 2:
        return False
    try:
        first, second = (checkpoints.parse_signed(note, key) for note in notes)
        if first.size == second.size:
            return first.root != second.root
        if root is None or root == first.root:
            return False
        verify_consistency(
            first_size=first.size,
            second_size=second.size,
            first_root=root,
            second_root=second.root,
            proof=proof,
        )
    except VerifierError:
        return False
    return True


def _parse(data: bytes) -> tuple[list[str], bytes | None, list[bytes]]:
    try:
        members = loads_object(data, bytes_max=FINDING_BYTES_MAX)
        notes, root, proof = (members.get(name) for name in ("checkpoints", "root", "proof"))
        if members.get("type") != TYPE or not isinstance(notes, list) or not isinstance(proof, list):
            raise MalformedError("finding_malformed", "it is no finding of a monitor")
        return (
            [note for note in notes if isinstance(note, str)],
            b64_decode(root) if isinstance(root, str) else None,
            [b64_decode(hash_) for hash_ in proof if isinstance(hash_, str)],
        )
    except VerifierError as error:
        raise MalformedError("finding_malformed", f"the finding cannot be read: {error}") from error
