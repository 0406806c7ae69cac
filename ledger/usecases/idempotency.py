"""Asking twice is answering twice: the same key and request add nothing; another request is a conflict.

The MAC of the request is made under the person's key (the organisation's where there is no person), because a bare
hash of guessable text would be an oracle. After erasure a replay is gone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Idempotency:
    """What the client sent: `key` (1-255 printable ASCII characters) and `request`, the bytes that must be the same
    on a replay (method, path and exact body)."""

    key: str
    request: bytes
