"""The conflict that both worlds know: the ledger's callers and the `eventsourcing` library."""

from __future__ import annotations

from eventsourcing.persistence import IntegrityError

from ledger.errors import ConflictError


class VersionConflictError(ConflictError, IntegrityError):
    """Another event already has this stream and version: the aggregate must be read again."""

    def __init__(
        self,
        code: str = "version_conflict",
        message: str = "the stream has changed since it was read",
        *,
        expected: str | None = None,
        got: str | None = None,
        pointer: str | None = None,
    ) -> None:
        super().__init__(code, message, expected=expected, got=got, pointer=pointer)
