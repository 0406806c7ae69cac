"""Signed heads as texts: who must have signed them, who cosigned, and when.

What a head says is compared with the tree by whoever reads it (`checkpoints`, `published`, `export`).
Source: C2SP signed-note, tlog-checkpoint and tlog-cosignature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from verifiers.errors import MalformedError, UndeterminedError, VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint, NoteSignature, VerifierKey
from verifiers.formats.cosignature import WitnessKey, verify_cosignature
from verifiers.primitives.keys import from_raw

Said = tuple[str, str]
"""Code and detail of a fault."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a note says, as far as it can be believed.

    Args:
        checkpoint: None when it is no checkpoint of the log's key.
        faults: what is wrong with it.
        stamped: when the operator first cosigned it; None when none of its known keys did.
        published: when the operator last did.
        kinds: of the operator's keys that did.
    """

    checkpoint: Checkpoint | None
    faults: tuple[Said, ...] = ()
    stamped: datetime | None = None
    published: datetime | None = None
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signs the heads of a log; `read` reads one note by them.

    Args:
        log_key: 32 bytes, Ed25519.
        origin: name of the log.
        operator: keys of the operator's own cosigner.
        witnesses: keys of others, as far as they are known.
    """

    log_key: bytes
    origin: str
    operator: tuple[WitnessKey, ...] = ()
    witnesses: tuple[WitnessKey, ...] = ()

    def read(self, note: object) -> Note:
        """Return what a note says, and whatever is wrong with it.

        A cosigner nobody knows is passed over; a line that has the name or the key ID of a known one only is not.
        """
        try:
            if not isinstance(note, str | bytes):
                raise MalformedError("checkpoint_malformed", "the signed head is no text")
            checkpoint = checkpoints.parse(note)
            checkpoints.verify(checkpoint, VerifierKey(checkpoint.origin, from_raw("Ed25519", self.log_key)))
        except MalformedError as error:
            return Note(None, (("checkpoint_malformed", error.code),))
        except VerifierError as error:
            return Note(None, ((error.code, ""),))
        faults: list[Said] = []
        if checkpoint.origin != self.origin:
            faults.append(("checkpoint_origin", "not the log's name in the settings"))
        cosigners = (*self.operator, *self.witnesses)
        moments: dict[WitnessKey, datetime] = {}
        for key in cosigners:
            try:
                moments[key] = verify_cosignature(checkpoint, key)
            except UndeterminedError:
                continue
            except VerifierError as error:
                faults.append((error.code, key.name))
        halves = [line for line in checkpoint.signatures if _is_half(line, cosigners)]
        faults += [("cosigner_unknown", "with the name or the key ID of a known one")] * bool(halves)
        own = [moment for key, moment in moments.items() if key in self.operator]
        kinds = frozenset(key.kind for key in moments if key in self.operator)
        return Note(checkpoint, tuple(faults), min(own, default=None), max(own, default=None), kinds)


def _is_half(line: NoteSignature, cosigners: Sequence[WitnessKey]) -> bool:
    """Return whether a line takes its name or its key ID from a cosigner, but not both."""
    same = {(line.name == key.name, line.key_id == key.key_id) for key in cosigners}
    return (True, True) not in same and bool(same - {(False, False)})
