"""Canaries: texts that occur once in the world, put into every personal field, and searched for in every byte on disk.

Two searches. `in_plaintext` finds a canary that lies there to be read, or in base64 as in a token. `readable` is a
thief with all that a place holds: every key of the folder, every wrapped key in its databases, every body.

The names begin with a mark of their own for each run, so that other tests in the same PostgreSQL do not count.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import ValidationError
from sqlalchemy import NullPool, create_engine, text

import schemas.attestation
from tests.api.world import JSON, example
from verifiers.formats import header as headers

KINDS = ("praktijkverklaring", "workplace", "training", "microcredential", "self_claim")
WRAPPED_BYTES = 12 + 32 + 16
_LETTERS: dict[int, int] = str.maketrans("0123456789abcdef", "ghijklmnopabcdef")
"""From digits to letters: a number may be taken for a BSN."""
_DIGITS = 8


@dataclass
class Cage:
    """All canaries of one run, by the person whose they are."""

    mark: str = field(default_factory=lambda: f"Kanarie{uuid.uuid4().hex[:10].translate(_LETTERS)}")
    kept: dict[str, set[str]] = field(default_factory=dict)
    count: int = 0

    def new(self, person: str) -> str:
        """Return a fresh canary of a person: letters only, so that no field takes it for a number."""
        self.count += 1
        canary = f"{self.mark}x{self.count:0{_DIGITS}d}".translate(_LETTERS)
        self.kept.setdefault(person, set()).add(canary)
        return canary

    def attestation(self, kind: str, person: str) -> JSON:
        """Return the example of a kind with a canary in every text that takes one."""
        found = example(kind)
        for place, name in free_texts(kind):
            place_in(found, place)[name] += f" {self.new(person)}"
        return found

    def found_in(self, data: bytes) -> set[str]:
        """Return the canaries in some bytes."""
        letters = len(self.new("nobody")) - len(self.mark)
        pattern = self.mark.encode() + b"[a-z]{%d}" % letters
        return {match.decode() for match in re.findall(pattern, data)} - self.kept["nobody"]


_free: dict[str, list[tuple[tuple[Any, ...], Any]]] = {}


def free_texts(kind: str) -> list[tuple[tuple[Any, ...], Any]]:
    """Return where an attestation of a kind has text that nothing but length bounds: tried, not listed."""
    if kind not in _free:
        _free[kind] = [(place, name) for place, name in _texts(example(kind)) if _takes(kind, place, name)]
    return _free[kind]


def in_a_token(words: str) -> bytes:
    """Return words as a JWT would hold them."""
    return base64.urlsafe_b64encode(b'."' + words.encode())


def place_in(document: Any, place: Iterable[Any]) -> Any:
    """Return the object or list at a place."""
    for part in place:
        document = document[part]
    return document


def _takes(kind: str, place: tuple[Any, ...], name: Any) -> bool:
    document = example(kind)
    place_in(document, place)[name] += " Kanariegeelvogeltje"
    try:
        schemas.attestation.parse(document)
    except ValidationError:
        return False
    return True


def _texts(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, item in items:
        if isinstance(item, str):
            yield place, name
        elif isinstance(item, dict | list):
            yield from _texts(item, (*place, name))


def files_in(*roots: Path) -> list[Path]:
    """Return every file below some folders."""
    return sorted(path for root in roots for path in root.rglob("*") if path.is_file())


def in_plaintext(cage: Cage, *roots: Path) -> dict[str, set[str]]:
    """Return the canaries that lie in plaintext, or in base64, in any file; by file."""
    hits: dict[str, set[str]] = {}
    encoded = [_base64_of(cage.mark, shift) for shift in range(3)]
    for path in files_in(*roots):
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # a database tidies up meanwhile
            continue
        found = cage.found_in(data)
        if any(text in data for text in encoded):
            found.add("in base64")
        if found:
            hits[path.name] = found
    return hits


def _base64_of(mark: str, shift: int) -> bytes:
    """Return the part of a mark's base64 that does not depend on what stands around it."""
    whole = base64.urlsafe_b64encode(b"\0" * shift + mark.encode()).rstrip(b"=")
    return whole[(0, 2, 3)[shift] : len(whole) - 2]


@dataclass(frozen=True)
class Copy:
    """What a database holds, live or as a backup: (header, body) of events, (owner, wrapped key)."""

    events: tuple[tuple[bytes, bytes | None], ...]
    keys: tuple[tuple[bytes, bytes | None], ...]

    @classmethod
    def of(cls, ledger_url: str, vault_url: str) -> Copy:
        """Read everything that counts."""
        events = _rows(ledger_url, "SELECT header, body FROM event")
        keys = _rows(vault_url, "SELECT owner, wrapped FROM data_key WHERE wrapped IS NOT NULL")
        return cls(events, keys)


def _rows(url: str, query: str) -> tuple[tuple[bytes, bytes | None], ...]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect() as connection:
        rows = connection.execute(text(query)).all()
    return tuple((bytes(row[0]), None if row[1] is None else bytes(row[1])) for row in rows)


def keks(folder: Path) -> dict[int, bytes]:
    """Return the key-encryption keys in a folder, by epoch."""
    return {int(path.name[4:]): path.read_bytes() for path in folder.glob("kek-*")}


def readable(
    cage: Cage, copy: Copy, folder: Path, *, wrapped_too: Iterable[tuple[bytes, bytes]] = ()
) -> set[str]:
    """Return the canaries in every body that any key opens.

    Args:
        copy: of the databases.
        folder: of key-encryption keys.
        wrapped_too: (owner, bytes that may be its wrapped key), found elsewhere.
    """
    there = keks(folder)
    wrapped = (*copy.keys, *wrapped_too)
    opened = {key for owner, blob in wrapped for key in _unwrapped(owner, blob or b"", there)}
    found: set[str] = set()
    for header, body in copy.events:
        if body is None:
            continue
        aad = headers.parse(header).aad()
        for key in opened:
            with suppress(InvalidTag):
                found |= cage.found_in(AESGCM(key).decrypt(body[:12], body[12:], aad))
    return found


def _unwrapped(owner: bytes, blob: bytes, there: Mapping[int, bytes]) -> Iterator[bytes]:
    for epoch, kek in there.items():
        with suppress(InvalidTag, ValueError):
            aad = b"leerspoor data key\x00" + owner + epoch.to_bytes(4)
            yield AESGCM(kek).decrypt(blob[:12], blob[12:], aad)


def carved(owner: UUID, folder: Path, *roots: Path) -> list[tuple[bytes, bytes]]:
    """Return every wrapped key of an owner that lies anywhere in raw files: journals, free pages, dead rows.

    Bytes near the owner's id are tried at every offset; a database keeps a row together.
    """
    there, found = keks(folder), []
    for path in files_in(*roots):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            continue
        for match in re.finditer(re.escape(owner.bytes), data):
            for start in range(match.start() - 128, match.end() + 128):
                blob = data[max(start, 0) : start + WRAPPED_BYTES]
                if len(blob) == WRAPPED_BYTES and any(_unwrapped(owner.bytes, blob, there)):
                    found.append((owner.bytes, blob))
    return found
