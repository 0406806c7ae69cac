"""Asking a witness to cosign a head: the log's side of C2SP tlog-witness `add-checkpoint`.

    POST <url>/add-checkpoint     old size, consistency proof, checkpoint
    200                           signature lines: only those that verify under a key we know are kept
    409 text/x.tlog.size          the witness holds another size: asked once more from there

What a witness answers is a stranger's: bounded, parsed strictly, verified. A witness that holds a larger
head than ours is the news that our own log was rolled back (THREATS E4), and says so by a code of its own.

Not here: when to ask, and how many are enough (`ledger.log.publication`, `verifiers.formats.witness_policy`).
Source: https://c2sp.org/tlog-witness.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ledger.errors import ConflictError, UnavailableError
from ledger.outbound.http import Answer, Http
from verifiers.errors import UndeterminedError, VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats.checkpoint import Checkpoint, NoteSignature
from verifiers.formats.cosignature import WitnessKey, verify_cosignature
from verifiers.primitives.encoding import b64_encode

Proof = Callable[[int, int], Sequence[bytes]]
"""(first size, second size) -> consistency proof of one's own log."""

_SIZE_TYPE = "text/x.tlog.size"
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_ANSWER_BYTES_MAX = checkpoints.CHECKPOINT_BYTES_MAX


def add_checkpoint(
    http: Http, url: str, checkpoint: Checkpoint, *, keys: Sequence[WitnessKey], old_size: int, proof: Proof
) -> tuple[NoteSignature, ...]:
    """Return the witness's cosignatures on a head, verified.

    Args:
        url: the witness's submission prefix, with or without a slash at the end.
        checkpoint: signed by its log; cosignatures of others in it are not sent on.
        keys: of this witness; lines of other keys are ignored.
        old_size: what the witness cosigned last as far as we know; 0 when we do not.
        proof: asked at most twice, for sizes up to the checkpoint's.

    Returns:
        At least one line, in the order of `keys`.

    Raises:
        UnavailableError: witness_unreachable, with the reason of `Http` as its cause;
            witness_refused, `got` is the status; witness_malformed, the answer is no answer of a witness;
            witness_busy, others are faster than we can ask.
        ConflictError: witness_ahead, it cosigned a larger head than this (`got` is its size);
            witness_conflict, it cosigned another root of this very size.
    """
    for _ in range(2):
        answer = _post(http, url, request(checkpoint, old_size, proof(old_size, checkpoint.size)))
        if answer.status == 200:
            return _lines(checkpoint, keys, answer.body)
        if answer.status != 409:
            raise UnavailableError("witness_refused", "the witness did not cosign", got=str(answer.status))
        if answer.content_type != _SIZE_TYPE:
            raise ConflictError("witness_conflict", "the witness cosigned another root of this size")
        old_size = _size(answer.body)
        if old_size > checkpoint.size:
            raise ConflictError(
                "witness_ahead",
                "the witness cosigned a larger head than this log has",
                expected=f"at most {checkpoint.size}",
                got=str(old_size),
            )
    raise UnavailableError(
        "witness_busy", "the witness answered two sizes to one question", got=str(old_size)
    )


def request(checkpoint: Checkpoint, old_size: int, proof: Sequence[bytes]) -> bytes:
    """Return the body of an `add-checkpoint` request, with only the log's own signatures."""
    own = tuple(line for line in checkpoint.signatures if line.name == checkpoint.origin)
    note = Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root, own or checkpoint.signatures)
    lines = [f"old {old_size}", *(b64_encode(hash_) for hash_ in proof), "", note.dump()]
    return "\n".join(lines).encode()


def _post(http: Http, url: str, body: bytes) -> Answer:
    try:
        return http.post(url.rstrip("/") + "/add-checkpoint", body, bytes_max=_ANSWER_BYTES_MAX)
    except UnavailableError as error:
        raise UnavailableError(
            "witness_unreachable", f"the witness did not answer: {error}", got=error.code
        ) from error


def _lines(checkpoint: Checkpoint, keys: Sequence[WitnessKey], answered: bytes) -> tuple[NoteSignature, ...]:
    bare = Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root, checkpoint.signatures[:1])
    try:
        note = checkpoints.parse(bare.dump().encode() + answered)
        found = [line for key in keys for line in _of_key(note, key)]
    except VerifierError as error:
        raise UnavailableError(
            "witness_malformed", f"the witness's answer cannot be used: {error}", got=error.code
        ) from error
    if not found:
        raise UnavailableError("witness_malformed", "the witness answered without a cosignature of its keys")
    return tuple(found)


def _of_key(note: Checkpoint, key: WitnessKey) -> list[NoteSignature]:
    try:
        verify_cosignature(note, key)
    except UndeterminedError:
        return []
    return [line for line in note.signatures if (line.name, line.key_id) == (key.name, key.key_id)]


def _size(body: bytes) -> int:
    found = _SIZE.fullmatch(body)
    if found is None:
        raise UnavailableError(
            "witness_malformed", "the witness's size is not a decimal number and a newline"
        )
    return int(found[1])
