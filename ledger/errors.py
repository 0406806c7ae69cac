"""The errors of the ledger: one tree, a class for each thing a caller can do about it, a stable code in each.

::

    LedgerError                  never raised itself
    ├── RejectedError            the request is wrong: change it
    ├── UnauthenticatedError     who asks is not known: bring a token
    ├── ForbiddenError           who asks is known, and may not
    ├── NotFoundError            there is no such thing, or not for you
    ├── ConflictError            the ledger's state says no: read it again
    ├── GoneError                it was there, and never comes back
    │   └── ErasedError          its person's key was destroyed
    ├── UnavailableError         not now: try again, with the same idempotency key
    └── CorruptError             what is stored is not what was stored: stop, and audit

Finer distinctions are codes, not classes. Errors carry data; they never print, exit or know of HTTP.
Messages are in lower case, say what was attempted, and never repeat a name, a claim or a secret.
"""

from __future__ import annotations


class LedgerError(Exception):
    """The root of the tree; catch it to catch everything the ledger raises on purpose.

    Args:
        code: a stable snake_case word for programs, for example `version_conflict`.
        message: one lower-case sentence for people, without personal data.
        expected: what was required, when that helps.
        got: what was found instead, when that is safe to repeat.
        pointer: JSON Pointer (RFC 6901) into the request to the member at fault, when there is one.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        expected: str | None = None,
        got: str | None = None,
        pointer: str | None = None,
    ) -> None:
        super().__init__(code, message, expected, got, pointer)
        self.code = code
        self.message = message
        self.expected = expected
        self.got = got
        self.pointer = pointer

    def __str__(self) -> str:
        """Return the sentence for people; the code stays in `code`."""
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling: errors travel back from worker processes."""
        return _rebuild, (type(self), self.code, self.message, self.expected, self.got, self.pointer)


class RejectedError(LedgerError):
    """The request itself is wrong; sent again unchanged it fails again."""


class UnauthenticatedError(LedgerError):
    """Nobody is known by the token that was given, or none was given."""


class ForbiddenError(LedgerError):
    """The caller is known and may not do this."""


class NotFoundError(LedgerError):
    """There is no such thing, or its existence is not the caller's to know."""


class ConflictError(LedgerError):
    """The request is well-formed, and the state of the ledger does not allow it."""


class GoneError(LedgerError):
    """The thing existed, and will never be available again."""


class ErasedError(GoneError):
    """The sealed body can never be opened again: its person's key was destroyed (code `erased`)."""


class UnavailableError(LedgerError):
    """The ledger cannot do it now. Code `outcome_unknown`: it may have happened; ask again, same key."""


class CorruptError(LedgerError):
    """Stored data contradicts itself or what was signed; nothing is repaired silently."""


def _rebuild(
    kind: type[LedgerError],
    code: str,
    message: str,
    expected: str | None,
    got: str | None,
    pointer: str | None,
) -> LedgerError:
    return kind(code, message, expected=expected, got=got, pointer=pointer)
