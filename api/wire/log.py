"""The log on the wire: entries and health. Checkpoints, proofs and keys travel as the texts of C2SP."""

from __future__ import annotations

from api.wire.shapes import Answer, Base64url


class EntriesAnswer(Answer):
    """The 32-byte entries at positions `start` up to, not including, `end`, as base64url."""

    start: int
    end: int
    entries: tuple[Base64url, ...]


class HealthAnswer(Answer):
    """That the store answers, and how far the log is."""

    status: str = "ok"
    origin: str
    size: int
