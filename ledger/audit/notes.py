"""Signed heads as texts: who must have signed them, who cosigned, and when.

What a head says is compared with the tree by whoever reads it (`checkpoints`, `published`, `export`).
Source: C2SP signed-note, tlog-checkpoint and tlog-cosignature.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from verifiers.errors import MalformedError, UndeterminedError, VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint, VerifierKey
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
    """

    checkpoint: Checkpoint | None
    faults: tuple[Said, ...] = ()
    stamped: datetime | None = None
    published: datetime | None = None


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
        """Return what a note says, and whatever is wrong with it; a cosigner nobody knows is passed over."""
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
        moments: list[datetime] = []
        for key in (*self.operator, *self.witnesses):
            try:
                moment = verify_cosignature(checkpoint, key)
            except UndeterminedError:
                continue
            except VerifierError as error:
                faults.append((error.code, key.name))
                continue
            moments += [moment] * (key in self.operator)
        return Note(checkpoint, tuple(faults), min(moments, default=None), max(moments, default=None))
