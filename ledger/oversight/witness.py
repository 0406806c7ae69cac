"""A witness: for each log it cosigns only heads that continue the last one it cosigned.

    1. read the request          old size, consistency proof, checkpoint; one spelling
    2. the log                   known, and the head signed by one of its keys
    3. lock the log              from here to 7 nobody else decides about it
    4. compare                   the old size is that of our last head; the proof leads from its root to the new
    5. cosign                    at a moment that is not before our last one
    6. persist                   durable before 7: what we said once must bind us after any crash
    7. answer

If we stop before 6, nobody has seen the cosignature; after it, whoever asks again with the size we hold gets
a new one. A lost store must be a lost witness: never start an old copy of it again.

Not here: HTTP (`api.commands.witness`), where heads are kept (`memory`).
Source: https://c2sp.org/tlog-witness; THREATS E1, E11 and F12.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ledger.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)
from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import CHECKPOINT_BYTES_MAX, Checkpoint, VerifierKey
from verifiers.formats.cosignature import WitnessKey, cosign, verify_cosignature
from verifiers.primitives.encoding import b64_decode
from verifiers.primitives.merkle import EMPTY_ROOT, HASH_BYTES, verify_consistency

PROOF_LINES_MAX = 63
REQUEST_BYTES_MAX = CHECKPOINT_BYTES_MAX + 4_096
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Cosigner:
    """One key of a witness.

    Args:
        key: its public half and name.
        sign: makes the signature over the bytes it is given.
    """

    key: WitnessKey
    sign: Callable[[bytes], bytes]


class WitnessStore(Protocol):
    """Keeps one note for each log: the last head that was cosigned, with our cosignatures.

    Durability: what `replace` took is what `load` returns, after any crash.
    Concurrency: whoever is inside `lock` of a log is alone with it, over all threads and processes.
    Errors: UnavailableError when it cannot be read or written; then nothing may be answered.
    """

    def lock(self, origin: str) -> AbstractContextManager[None]:
        """Be alone with a log."""
        ...

    def load(self, origin: str) -> str | None:
        """Return the note, None when there never was one."""
        ...

    def replace(self, origin: str, note: str) -> None:
        """Put a new note in the place of the old one, whole."""
        ...

    def keep_evidence(self, origin: str, data: bytes, name: str) -> None:
        """Keep a request that shows what a log did, once a name; may drop what it has too much of, kind by kind."""
        ...


class Witness:
    """A witness of some logs. Thread-safe as far as its store is.

    Args:
        cosigners: its keys; all of them cosign each head.
        logs: keys by origin: a log may have several, old ones included.
        store: of the heads; empty only for a witness that never cosigned anything.
        clock: () -> the moment now, aware.
    """

    def __init__(
        self,
        cosigners: Sequence[Cosigner],
        logs: Mapping[str, Sequence[VerifierKey]],
        store: WitnessStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._cosigners = tuple(cosigners)
        self._logs = {origin: tuple(keys) for origin, keys in logs.items()}
        self._store = store
        self._clock = clock
        self._origins = {origin_hash(origin): origin for origin in logs}
        self._known: dict[str, tuple[str, Checkpoint, datetime]] = {}

    def add_checkpoint(self, request: bytes) -> bytes:
        """Cosign a head.

        Args:
            request: body of `add-checkpoint`.

        Returns:
            One signature line for each key, to be sent as they are.

        Raises:
            RejectedError: request_malformed; old_size_too_large; proof_wrong, the head does not continue
                the last one.
            NotFoundError: log_unknown. ForbiddenError: checkpoint_not_signed.
            ConflictError: old_size_conflict, `got` is the size of the last head; root_conflict, the last
                head has this size and another root: the log lies.
            UnavailableError: clock_went_back; witness_state_malformed; as the store.
        """
        old_size, proof, head = parse_request(request)
        head = self._own(head)
        with self._store.lock(head.origin):
            last, cosigned_at = self._last(head.origin)
            self._compare(old_size, proof, head, last, request)
            at = self._clock()
            if cosigned_at is not None and at < cosigned_at:
                raise UnavailableError("clock_went_back", "the clock is behind the last cosignature")
            lines = [cosign(head, one.key, at=at, signer=one.sign) for one in self._cosigners]
            cosigned = head
            for line in lines:
                cosigned = cosigned.cosigned(line)
            note = cosigned.dump()
            self._store.replace(head.origin, note)
            self._known[head.origin] = (note, cosigned, at.replace(microsecond=0))
        return "".join(line.dump() for line in lines).encode()

    def latest(self, name: str) -> str:
        """Return the last head that was cosigned, for monitors.

        Args:
            name: SHA-256 of the log's origin, 64 hex digits in lower case.

        Raises:
            NotFoundError: log_unknown, also when nothing of it was ever cosigned.
        """
        origin = self._origins.get(name)
        note = None if origin is None else self._store.load(origin)
        if note is None:
            raise NotFoundError("log_unknown", "no head of this log was cosigned here")
        return note

    def _own(self, head: Checkpoint) -> Checkpoint:
        """Return the head with the signatures of its log alone, each of them verified."""
        keys = self._logs.get(head.origin)
        if keys is None:
            raise NotFoundError("log_unknown", "this is not a witness of that log")
        signed = []
        for key in keys:
            try:
                checkpoints.verify(head, key)
            except UndeterminedError:
                continue
            except InvalidError as error:
                raise ForbiddenError("checkpoint_not_signed", "a signature of the log is wrong") from error
            signed += [
                line for line in head.signatures if (line.name, line.key_id) == (key.name, key.key_hash)
            ]
        if not signed:
            raise ForbiddenError("checkpoint_not_signed", "the head is not signed by a key of its log")
        return Checkpoint(head.origin, head.size, head.root, tuple(signed))

    def _compare(
        self,
        old_size: int,
        proof: Sequence[bytes],
        head: Checkpoint,
        last: Checkpoint | None,
        request: bytes,
    ) -> None:
        if old_size > head.size:
            raise RejectedError("old_size_too_large", "the old size is larger than the head's")
        size, root = (0, EMPTY_ROOT) if last is None else (last.size, last.root)
        if old_size != size:
            raise ConflictError("old_size_conflict", "another head was cosigned last", got=str(size))
        if last is not None and size == head.size and root != head.root:
            self._store.keep_evidence(head.origin, request, _evidence_name("root_conflict", head))
            raise ConflictError("root_conflict", "another root of this very size was cosigned")
        try:
            verify_consistency(
                first_size=size, second_size=head.size, first_root=root, second_root=head.root, proof=proof
            )
        except VerifierError as error:
            # Anyone can send a wrong proof: only a head that is not the last one may tell something, and once.
            if (size, root) != (head.size, head.root):
                self._store.keep_evidence(head.origin, request, _evidence_name("proof_wrong", head))
            raise RejectedError(
                "proof_wrong", "the head is not shown to continue the last one", got=error.code
            ) from error

    def _last(self, origin: str) -> tuple[Checkpoint | None, datetime | None]:
        """Return the last head and the newest moment we stated for it; another witness's store is not ours."""
        note = self._store.load(origin)
        if note is None:
            return None, None
        known = self._known.get(origin)
        if known is None or known[0] != note:
            known = self._known[origin] = (note, *self._read(origin, note))
        return known[1], known[2]

    def _read(self, origin: str, note: str) -> tuple[Checkpoint, datetime]:
        moments = []
        try:
            last = checkpoints.parse(note)
            for one in self._cosigners:
                with suppress(UndeterminedError):  # a key that was added since
                    moments.append(verify_cosignature(last, one.key))
        except VerifierError as error:
            raise _state_malformed() from error
        if not moments or last.origin != origin:
            raise _state_malformed()
        return last, max(moments)


def parse_request(data: bytes) -> tuple[int, tuple[bytes, ...], Checkpoint]:
    """Return old size, consistency proof and head of an `add-checkpoint` request.

    Raises:
        RejectedError: request_malformed.
    """
    top, separator, note = data[:REQUEST_BYTES_MAX].partition(b"\n\n")
    try:
        lines = top.decode("ascii").split("\n")
        old = _OLD.fullmatch(lines[0])
        if old is None or not separator or len(data) > REQUEST_BYTES_MAX:
            raise MalformedError("request_malformed", "it is not an old size, a proof and a checkpoint")
        proof = tuple(b64_decode(line) for line in lines[1:])
        if len(proof) > PROOF_LINES_MAX or any(len(hash_) != HASH_BYTES for hash_ in proof):
            raise MalformedError("request_malformed", "the proof is not up to 63 hashes of 32 bytes")
        return int(old[1]), proof, checkpoints.parse(note)
    except (UnicodeDecodeError, VerifierError) as error:
        code = error.code if isinstance(error, VerifierError) else None
        raise RejectedError("request_malformed", "the request cannot be read", got=code) from error


def origin_hash(origin: str) -> str:
    """Return what names a log in the paths of a witness."""
    return hashlib.sha256(origin.encode()).hexdigest()


def _evidence_name(kind: str, head: Checkpoint) -> str:
    return f"{kind}-{hashlib.sha256(head.body()).hexdigest()}"


def _state_malformed() -> UnavailableError:
    return UnavailableError(
        "witness_state_malformed", "the last head was not cosigned with the keys of this witness"
    )
