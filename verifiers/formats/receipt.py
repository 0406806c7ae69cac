"""Receipts: C2SP tlog-proof, with the opening that ties a payload to its leaf.

    c2sp.org/tlog-proof@v1
    extra eyJoZWFkZXIiOi…     base64 of the opening, RFC 8785 JSON (optional)
    index 4711
    gSKyXoYZUgZ6…             inclusion proof, the leaf's sibling first
                              (empty line)
    example.org/leerspoor …   the checkpoint, see `verifiers.formats.checkpoint`

The opening (header, header signature, r) is personal data: with it, everyone who knows the payload can
see that the log holds it. It travels with the credential and is never published.

Not here: building proofs (`ledger.log`), what the header's time means for keys (`verifiers.verify`).
Source: https://c2sp.org/tlog-proof; DESIGN section "Opening".
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.formats import checkpoint as checkpoints
from verifiers.formats import header as headers
from verifiers.formats.checkpoint import Checkpoint, VerifierKey
from verifiers.formats.header import Header
from verifiers.primitives import jcs, keys, merkle
from verifiers.primitives.encoding import b64_decode, b64_encode, b64url_decode, b64url_encode
from verifiers.primitives.strict_json import loads_object

RECEIPT_BYTES_MAX = checkpoints.CHECKPOINT_BYTES_MAX + 16_384
OPENING_BYTES_MAX = 4_096
PROOF_HASHES_MAX = 63  # the height of the largest tree (merkle.SIZE_MAX)

_FIRST_LINE = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a commitment: header (canonical bytes), its 64-byte signature, and r (32 bytes)."""

    header: bytes
    signature: bytes
    r: bytes

    def __post_init__(self) -> None:
        """Refuse lengths that no opening has."""
        if (
            len(self.signature) != keys.SIGNATURE_BYTES
            or len(self.r) != headers.RANDOM_BYTES
            or not 0 < len(self.header) <= headers.HEADER_BYTES_MAX
        ):
            raise MalformedError("receipt_opening_malformed", "a part of the opening has the wrong length")

    def dump(self) -> bytes:
        """Return the canonical JSON of the opening."""
        return jcs.canonicalise(
            {name: b64url_encode(getattr(self, name)) for name in ("header", "r", "signature")}
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry's place in a log, with the proof of it; well-formed but not verified.

    Args:
        index: of the leaf, 0-based, below the checkpoint's size.
        proof: 32-byte hashes, the leaf's sibling first.
        checkpoint: the signed head the proof leads to.
        opening: None in receipts that may be published.

    Raises:
        MalformedError: receipt_malformed.
    """

    index: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint
    opening: Opening | None = None

    def __post_init__(self) -> None:
        """Refuse a place outside the tree and hashes that are none."""
        _require(
            type(self.index) is int and 0 <= self.index < self.checkpoint.size, "the index is not in the tree"
        )
        _require(len(self.proof) <= PROOF_HASHES_MAX, "the inclusion proof is too long")
        _require(
            all(len(hash_) == merkle.HASH_BYTES for hash_ in self.proof), "a hash does not have 32 bytes"
        )

    def dump(self) -> str:
        """Return the tlog-proof text."""
        lines = [_FIRST_LINE]
        if self.opening is not None:
            lines.append("extra " + b64_encode(self.opening.dump()))
        lines.append(f"index {self.index}")
        lines.extend(b64_encode(hash_) for hash_ in self.proof)
        return "\n".join(lines) + "\n\n" + self.checkpoint.dump()


def parse(data: bytes | str) -> Receipt:
    """Read a tlog-proof; only the one canonical spelling is accepted.

    Raises:
        MalformedError: receipt_malformed, receipt_too_large, receipt_opening_malformed, or a
            checkpoint_* code.
    """
    raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    if len(raw) > RECEIPT_BYTES_MAX:
        raise MalformedError("receipt_too_large", "the receipt is too large")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError("receipt_malformed", "the receipt is not UTF-8") from error
    top, separator, note = text.partition("\n\n")
    lines = top.split("\n")
    _require(separator != "" and lines[0] == _FIRST_LINE, "it is not a tlog-proof of version 1")
    lines = lines[1:]
    opening = None
    if lines and lines[0].startswith("extra "):
        opening = _parse_opening(lines.pop(0).removeprefix("extra "))
    index = _INDEX.fullmatch(lines[0]) if lines else None
    if index is None:
        raise MalformedError("receipt_malformed", "the receipt is not well-formed: its index line is missing")
    _require(len(lines) - 1 <= PROOF_HASHES_MAX, "the inclusion proof is too long")
    try:
        proof = tuple(b64_decode(line) for line in lines[1:])
    except MalformedError as error:
        raise MalformedError("receipt_malformed", "a hash of the receipt is not base64") from error
    receipt = Receipt(int(index[1]), proof, checkpoints.parse(note), opening)
    _require(receipt.dump().encode() == raw, "it is not written in its one canonical form")
    return receipt


def verify_receipt(receipt: Receipt, payload: bytes, *, logs: Sequence[VerifierKey]) -> Header:
    """Return the header of the event that holds exactly this payload in a log we believe.

    Args:
        payload: the event's exact bytes; of an issued credential, the credential itself.
        logs: keys of believed logs; one log may have several, old ones included.

    Returns:
        The header; only now do its recorded_at, issuer and stream mean anything.

    Raises:
        UndeterminedError: log_not_trusted; receipt_opening_missing.
        InvalidError: checkpoint_signature; receipt_header_key; receipt_header_signature;
            receipt_other_payload; receipt_not_in_log.
        MalformedError: header_*; receipt_malformed.
    """
    # 1. The head is signed by a key of a log we believe. Everything below hangs from this.
    own = verify_head(receipt.checkpoint, logs=logs)
    # 2. Without its opening a receipt proves that something is in the log, not what.
    opening = receipt.opening
    if opening is None:
        raise UndeterminedError(
            "receipt_opening_missing", "the receipt does not say what stands at its index"
        )
    # 3. The ledger that keeps the log signed the header.
    header = verify_header(opening.header, opening.signature, own=own)
    # 4. The header commits to this payload and to no other.
    if not hmac.compare_digest(headers.commitment(opening.r, payload), header.commitment):
        raise InvalidError("receipt_other_payload", "the receipt belongs to another document")
    # 5. Header and signature are the entry at this index of this tree.
    verify_entry(receipt, opening.header, opening.signature)
    return header


def verify_head(checkpoint: Checkpoint, *, logs: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Return the believed keys of a head's log when one of them signed it; one wrong signature of theirs spoils it.

    Args:
        logs: keys of believed logs.

    Raises:
        UndeterminedError: log_not_trusted.
        InvalidError: checkpoint_signature.
    """
    own = tuple(key for key in logs if key.name == checkpoint.origin)
    verified = False
    for key in own:
        try:
            checkpoints.verify(checkpoint, key)
            verified = True
        except UndeterminedError:
            continue
    if not verified:
        raise UndeterminedError(
            "log_not_trusted", "the receipt is of a log, or a key, that the policy does not name"
        )
    return own


def verify_header(header: bytes, signature: bytes, *, own: Sequence[VerifierKey]) -> Header:
    """Return the header that the ledger of a log signed.

    Args:
        own: the believed keys of that log; an older one is as good.

    Raises:
        InvalidError: receipt_header_key; receipt_header_signature.
        MalformedError: header_*.
    """
    read = headers.parse(header)
    if read.key not in {key.key.multikey for key in own}:
        raise InvalidError("receipt_header_key", "the header is signed by another key than the log's")
    try:
        keys.parse_multikey(read.key).verify(signature, header)
    except InvalidError as error:
        raise InvalidError(
            "receipt_header_signature", "the ledger's signature on the header is wrong"
        ) from error
    return read


def verify_entry(receipt: Receipt, header: bytes, signature: bytes) -> None:
    """Return only when header and signature are the entry at the receipt's index of its checkpoint's tree.

    Raises:
        InvalidError: receipt_not_in_log.
        MalformedError: receipt_malformed.
    """
    try:
        merkle.verify_inclusion(
            index=receipt.index,
            tree_size=receipt.checkpoint.size,
            leaf_hash=merkle.leaf_hash(headers.entry(header, signature)),
            proof=receipt.proof,
            root=receipt.checkpoint.root,
        )
    except MalformedError as error:
        raise MalformedError("receipt_malformed", f"the inclusion proof cannot be read: {error}") from error
    except InvalidError as error:
        raise InvalidError(
            "receipt_not_in_log", "the inclusion proof does not lead to the checkpoint"
        ) from error


def _parse_opening(text: str) -> Opening:
    try:
        raw = b64_decode(text)
        members = loads_object(raw, bytes_max=OPENING_BYTES_MAX, depth_max=1, nodes_max=8)
        parts = {name: b64url_decode(value) for name, value in members.items() if isinstance(value, str)}
        if parts.keys() != {"header", "r", "signature"} or len(members) != 3:
            raise MalformedError("receipt_opening_malformed", "its members are not header, r and signature")
        opening = Opening(**parts)
    except VerifierError as error:
        raise MalformedError("receipt_opening_malformed", f"the opening cannot be read: {error}") from error
    if opening.dump() != raw:
        raise MalformedError("receipt_opening_malformed", "the opening is not written in its canonical form")
    return opening


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise MalformedError("receipt_malformed", f"the receipt is not well-formed: {what}")
