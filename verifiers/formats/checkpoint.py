"""Signed tree heads: C2SP signed-note and tlog-checkpoint, in their one strict spelling.

    example.org/leerspoor        origin
    4711                         tree size, no leading zeroes
    CsUYapGGPo4…                 root hash, base64 of 32 bytes
                                 (empty line)
    — example.org/leerspoor …    one or more: key name, base64(4-byte key ID || signature)

Beyond the specifications: extension lines are refused (nobody can audit them), and so are two
signatures of one key. Key type is Ed25519 (0x01); signatures of other keys are carried, never judged.

Not here: which logs to believe (`verifiers.policy`).
Source: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError
from verifiers.formats import vkey
from verifiers.formats.vkey import KEY_ID_BYTES, is_key_name
from verifiers.primitives import keys
from verifiers.primitives.encoding import b64_decode, b64_encode
from verifiers.primitives.merkle import HASH_BYTES, SIZE_MAX

CHECKPOINT_BYTES_MAX = 131_072  # sixteen post-quantum cosignatures (signed-note: accept at least 16) fit
SIGNATURES_MAX = 32
_ED25519 = 0x01
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_LINE_START = "— "


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A log's public key with its name, as C2SP writes it: "name+hex8+base64(0x01 || key)".

    Args:
        name: key name; of a log, equal to its origin. No spaces, no "+", no control characters.
        key: Ed25519.

    Raises:
        MalformedError: vkey_malformed.
    """

    name: str
    key: keys.PublicKey

    def __post_init__(self) -> None:
        """Refuse a name that could not be written on a signature line, and other kinds of key."""
        if not is_key_name(self.name):
            raise MalformedError("vkey_malformed", "the name of the verifier key is not a key name")
        if self.key.kind != "Ed25519":
            raise MalformedError("vkey_malformed", "a verifier key must be Ed25519", got=self.key.kind)

    @property
    def key_hash(self) -> bytes:
        """The 4-byte key ID. Source: signed-note, "Ed25519 signatures"."""
        return vkey.key_id(self.name, _ED25519, self.key.raw)

    def dump(self) -> str:
        """Return the key as text for policies and bundles."""
        return vkey.dump(self.name, _ED25519, self.key.raw)


def parse_vkey(text: str) -> VerifierKey:
    """Read a C2SP verifier key.

    Raises:
        MalformedError: vkey_malformed, also when the key ID does not belong to name and key.
    """
    name, kind, raw = vkey.split(text)
    if kind != _ED25519:
        raise MalformedError("vkey_malformed", "the verifier key is not of type 0x01 (Ed25519)")
    try:
        return VerifierKey(name, keys.from_raw("Ed25519", raw))
    except VerifierError as error:
        raise MalformedError("vkey_malformed", f"the verifier key cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: who claims to have signed, and with what; nothing is verified yet."""

    name: str
    key_id: bytes
    signature: bytes

    def dump(self) -> str:
        """Return the line, with its newline."""
        return f"{_LINE_START}{self.name} {b64_encode(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head with its signatures, well-formed but not verified: see `verify`.

    Args:
        origin: name of the log.
        size: leaves in the tree.
        root: 32 bytes.
        signatures: in the order of the text.

    Raises:
        MalformedError: checkpoint_malformed, checkpoint_duplicate_signature.
    """

    origin: str
    size: int
    root: bytes
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        """Refuse what could not be written or read back."""
        _require(is_key_name(self.origin), "the origin is not a key name")
        _require(type(self.size) is int and 0 <= self.size <= SIZE_MAX, "the tree size is out of range")
        _require(len(self.root) == HASH_BYTES, "the root hash does not have 32 bytes")
        _require(1 <= len(self.signatures) <= SIGNATURES_MAX, "it has no signature, or too many")
        for line in self.signatures:
            _require(is_key_name(line.name), "a signature line has no key name")
            _require(len(line.key_id) == KEY_ID_BYTES and line.signature != b"", "a signature is too short")
        if len({(line.name, line.key_id) for line in self.signatures}) != len(self.signatures):
            raise MalformedError(
                "checkpoint_duplicate_signature", "the checkpoint has two signatures of one key"
            )

    def body(self) -> bytes:
        """Return the exact bytes that are signed: three lines, the last newline included."""
        return _body(self.origin, self.size, self.root)

    def dump(self) -> str:
        """Return the whole note."""
        return self.body().decode() + "\n" + "".join(line.dump() for line in self.signatures)

    def cosigned(self, line: NoteSignature) -> Checkpoint:
        """Return the same head with one more signature."""
        return replace(self, signatures=(*self.signatures, line))


def parse(data: bytes | str) -> Checkpoint:
    """Read a checkpoint; only the one canonical spelling is accepted.

    Raises:
        MalformedError: checkpoint_malformed, checkpoint_too_large, checkpoint_extension,
            checkpoint_duplicate_signature.
    """
    raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    if len(raw) > CHECKPOINT_BYTES_MAX:
        raise MalformedError("checkpoint_too_large", "the checkpoint is too large")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError("checkpoint_malformed", "the checkpoint is not UTF-8") from error
    # The last empty line parts the text from its signatures (signed-note, "Format").
    note, separator, tail = text.rpartition("\n\n")
    _require(separator != "" and tail.endswith("\n"), "text and signatures are not parted by an empty line")
    lines = note.split("\n")
    if len(lines) > 3 and "" not in lines:
        raise MalformedError(
            "checkpoint_extension", "the checkpoint has extension lines, which nobody can audit"
        )
    _require(len(lines) == 3, "its text does not have three lines")
    _require(_SIZE.fullmatch(lines[1]) is not None, "the tree size is not a decimal number")
    signature_lines = tail[:-1].split("\n")
    _require(len(signature_lines) <= SIGNATURES_MAX, "it has too many signatures")
    try:
        root = b64_decode(lines[2])
        signatures = tuple(_parse_line(line) for line in signature_lines)
    except MalformedError as error:
        raise MalformedError("checkpoint_malformed", f"the checkpoint cannot be read: {error}") from error
    checkpoint = Checkpoint(lines[0], int(lines[1]), root, signatures)
    _require(checkpoint.dump().encode() == raw, "it is not written in its one canonical form")
    return checkpoint


def sign(
    *, origin: str, size: int, root: bytes, key: VerifierKey, signer: Callable[[bytes], bytes]
) -> Checkpoint:
    """Return the head signed by its log.

    Args:
        origin: must equal the key's name, so that a reader of the origin knows the key.
        signer: makes the 64-byte Ed25519 signature over the bytes it is given.

    Raises:
        MalformedError: checkpoint_malformed.
        InvalidError: checkpoint_signature, the signer does not hold this key.
    """
    line = NoteSignature(key.name, key.key_hash, signer(_body(origin, size, root)))
    checkpoint = Checkpoint(origin, size, root, (line,))
    # Verified before anyone sees it: a head signed with the wrong key can never be taken back.
    verify(checkpoint, key)
    return checkpoint


def verify(checkpoint: Checkpoint, key: VerifierKey) -> None:
    """Return only when this key signed this head for its own log.

    Raises:
        UndeterminedError: checkpoint_origin, it is a head of another log;
            checkpoint_not_signed, this key has not signed it.
        InvalidError: checkpoint_signature, it names this key and the signature is wrong.
    """
    if checkpoint.origin != key.name:
        raise UndeterminedError("checkpoint_origin", "the checkpoint is of another log than the key")
    for line in checkpoint.signatures:
        if (line.name, line.key_id) == (key.name, key.key_hash):
            try:
                key.key.verify(line.signature, checkpoint.body())
            except InvalidError as error:
                raise InvalidError(
                    "checkpoint_signature", "the log's signature on the checkpoint is wrong"
                ) from error
            return
    raise UndeterminedError("checkpoint_not_signed", "the checkpoint is not signed by the key of its log")


def parse_signed(data: bytes | str, key: VerifierKey) -> Checkpoint:
    """Read a checkpoint, and return it only when this key signed it for its own log.

    Raises: as `parse` and `verify`.
    """
    checkpoint = parse(data)
    verify(checkpoint, key)
    return checkpoint


def _body(origin: str, size: int, root: bytes) -> bytes:
    return f"{origin}\n{size}\n{b64_encode(root)}\n".encode()


def _parse_line(line: str) -> NoteSignature:
    parts = line.split(" ")
    _require(
        len(parts) == 3 and line.startswith(_LINE_START), "a signature line is not mark, name, signature"
    )
    data = b64_decode(parts[2])
    return NoteSignature(parts[1], data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise MalformedError("checkpoint_malformed", f"the checkpoint is not well-formed: {what}")
