"""The errors of the verifier library: one tree, three meanings, and a stable code in each.

::

    VerifierError              never raised itself
    ├── MalformedError         the bytes are not such a thing
    ├── InvalidError           well-formed, and wrong: a bad signature, an expired credential
    └── UndeterminedError      cannot be decided with what we have: an unknown context or no key

The class says which verdict follows, the code says why; finer distinctions are codes, not classes.
Errors carry data and never print, exit or know of HTTP. Messages are in lower case, say what was
attempted, and never repeat a claim, a name or a secret of the document.
"""

from __future__ import annotations


class VerifierError(Exception):
    """The root of the tree; catch it to catch everything this library raises on purpose.

    Args:
        code: a stable snake_case word for programs, for example `signature_invalid`.
        message: one lower-case sentence for people, without personal data.
        expected: what was required, when that helps.
        got: what was found instead, when that is safe to repeat.
    """

    def __init__(
        self, code: str, message: str, *, expected: str | None = None, got: str | None = None
    ) -> None:
        super().__init__(code, message, expected, got)
        self.code = code
        self.message = message
        self.expected = expected
        self.got = got
        # The raising half of a report/raise pair puts its report here, so that nothing is lost by raising.
        self.report: object | None = None

    def __str__(self) -> str:
        """Return the sentence for people; the code stays in `code`."""
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling: errors travel back from the worker processes of `verifiers.worker`."""
        return _rebuild, (type(self), self.code, self.message, self.expected, self.got, self.report)


class MalformedError(VerifierError):
    """The bytes are not a thing of the kind that was asked for."""


class InvalidError(VerifierError):
    """The thing is well-formed, and it is wrong."""


class UndeterminedError(VerifierError):
    """It cannot be decided with what we have; never to be shown as good, nor as bad."""


def _rebuild(
    kind: type[VerifierError],
    code: str,
    message: str,
    expected: str | None,
    got: str | None,
    report: object | None,
) -> VerifierError:
    error = kind(code, message, expected=expected, got=got)
    error.report = report
    return error
