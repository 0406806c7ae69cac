"""The operator's own cosigner: says when a head was there, until independent witnesses say it.

Its time counts only for those who believe the operator; a report calls it the operator's own. ML-DSA-44
beside Ed25519, so that the log can be believed when Ed25519 no longer can.

Not here: others' cosignatures (`ledger.log.witnesses`). Source: C2SP tlog-cosignature.
"""

from __future__ import annotations

from datetime import datetime

from ledger.keys.cosigning import KINDS, CosignerKeys
from verifiers.errors import UndeterminedError
from verifiers.formats.checkpoint import Checkpoint, NoteSignature
from verifiers.formats.cosignature import Kind, WitnessKey, cosign, verify_cosignature

NAME_SUFFIX = "/cosigner"


class Cosigner:
    """Both keys of the operator's cosigner. Thread-safe.

    Args:
        keys: its private keys.
        origin: of the log; its name is the origin with "/cosigner" behind it.
    """

    def __init__(self, keys: CosignerKeys, origin: str) -> None:
        self._keys = keys
        self._by_kind = {kind: WitnessKey(origin + NAME_SUFFIX, kind, keys.public(kind)) for kind in KINDS}

    @property
    def keys(self) -> tuple[WitnessKey, ...]:
        """The public keys, for trust policies."""
        return tuple(self._by_kind.values())

    def stamp(self, checkpoint: Checkpoint, *, at: datetime) -> Checkpoint:
        """Return the head with an Ed25519 cosignature: the time at which it was signed."""
        return checkpoint.cosigned(self._line(checkpoint, "Ed25519", at))

    def complete(self, checkpoint: Checkpoint, *, at: datetime) -> Checkpoint:
        """Return the head with the cosignatures of both keys; what it has already stays as it is."""
        known = {(line.name, line.key_id) for line in checkpoint.signatures}
        for kind, key in self._by_kind.items():
            if (key.name, key.key_id) not in known:
                checkpoint = checkpoint.cosigned(self._line(checkpoint, kind, at))
        return checkpoint

    def time_of(self, checkpoint: Checkpoint) -> datetime | None:
        """Return when `stamp` stamped this head, None when it never did.

        Raises:
            InvalidError: cosignature_invalid. MalformedError: cosignature_malformed.
        """
        try:
            return verify_cosignature(checkpoint, self._by_kind["Ed25519"])
        except UndeterminedError:
            return None

    def _line(self, checkpoint: Checkpoint, kind: Kind, at: datetime) -> NoteSignature:
        return cosign(
            checkpoint, self._by_kind[kind], at=at, signer=lambda message: self._keys.sign(kind, message)
        )
