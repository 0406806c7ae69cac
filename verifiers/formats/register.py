"""What an organisation itself knows of what it issued: a text of credential ids, hashes and keys, one a line.

    # autumn 2026
    urn:uuid:019abc12-3456-7abc-8def-0123456789ab      a credential that the ledger signed, by its id
    sha256:9f86d081884c7d659a2feaa0c55ad015…           a credential's exact bytes
    key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4…    a key that signs for the organisation

Empty lines and lines that start with `#` say nothing. The file is the organisation's own and never comes from
the ledger that it checks.
Source: docs/formats.md, "Register of one's own".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from verifiers.errors import MalformedError, VerifierError
from verifiers.primitives import keys

REGISTER_BYTES_MAX = 256 * 1_048_576


@dataclass(frozen=True, slots=True)
class Register:
    """What an organisation knows to be its own.

    Args:
        ids: of credentials that the ledger signed: the stream of their events.
        hashes: SHA-256 of credentials' exact bytes. contents: the bytes themselves, by hash, where known.
        keys: Multikey texts; empty: keys are not compared.
    """

    ids: frozenset[UUID] = frozenset()
    hashes: frozenset[bytes] = frozenset()
    keys: frozenset[str] = frozenset()
    contents: dict[bytes, bytes] = field(default_factory=dict)

    def with_credentials(self, credentials: Iterable[bytes]) -> Register:
        """Return the register with the exact bytes of credentials, which prove more than their hashes."""
        contents = self.contents | {hashlib.sha256(data).digest(): data for data in credentials}
        return Register(self.ids, self.hashes | contents.keys(), self.keys, contents)

    def dump(self) -> str:
        """Return the text, sorted."""
        lines = [f"urn:uuid:{id_}" for id_ in self.ids]
        lines += [f"sha256:{hash_.hex()}" for hash_ in self.hashes]
        lines += [f"key:{key}" for key in self.keys]
        return "".join(f"{line}\n" for line in sorted(lines))


def parse(data: bytes) -> Register:
    """Read a register.

    Raises:
        MalformedError: register_malformed, with the number of the line.
    """
    ids: set[UUID] = set()
    hashes: set[bytes] = set()
    known: set[str] = set()
    try:
        text = data[: REGISTER_BYTES_MAX + 1].decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError("register_malformed", "the register is not UTF-8") from error
    if len(data) > REGISTER_BYTES_MAX:
        raise MalformedError("register_malformed", "the register is too large")
    for number, line in enumerate(text.split("\n"), start=1):
        word = line.strip(" \t\r")
        kind, _, value = word.partition(":")
        try:
            if word == "" or word.startswith("#"):
                continue
            if kind == "urn":
                ids.add(_id(value))
            elif kind == "sha256":
                hashes.add(_hash(value))
            elif kind == "key":
                known.add(keys.parse_multikey(value).multikey)
            else:
                raise ValueError(kind)
        except (ValueError, VerifierError) as error:
            raise MalformedError(
                "register_malformed",
                f"line {number} of the register names no credential and no key",
                expected="urn:uuid:..., sha256:... or key:...",
                got=f"line {number}",
            ) from error
    return Register(frozenset(ids), frozenset(hashes), frozenset(known))


def _id(value: str) -> UUID:
    found = UUID(value.removeprefix("uuid:"))
    if value != f"uuid:{found}":
        raise ValueError("another spelling")
    return found


def _hash(value: str) -> bytes:
    found = bytes.fromhex(value)
    if len(found) != hashlib.sha256().digest_size or found.hex() != value:
        raise ValueError("another spelling, or no SHA-256")
    return found
