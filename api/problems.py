"""Which error becomes which problem: the only place where an error of the house meets an HTTP status.

Every refusal has a stable code. What is not expected here becomes a bare 500 in `api.wire.access_log`.
Not here: the shape of a problem (`api.wire.problem`) and what a pydantic fault says (`api.wire.faults`).
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.wire import faults
from api.wire.problem import FieldProblem, Problem, problem, respond
from ledger.errors import (
    ConflictError,
    CorruptError,
    ForbiddenError,
    GoneError,
    LedgerError,
    NotFoundError,
    RejectedError,
    UnauthenticatedError,
    UnavailableError,
)
from verifiers.errors import MalformedError, VerifierError

STATUS: Mapping[type[LedgerError], int] = {
    RejectedError: 422,
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    GoneError: 410,
    UnavailableError: 503,
}
# Codes for which HTTP has a status that says more than the one of their class.
STATUS_OF_CODE: Mapping[str, int] = {
    "json_too_large": 413,
    "body_too_large": 413,
    "media_type_unsupported": 415,
    # A path is an address: what is spelt otherwise is not there.
    "tile_path_malformed": 404,
    # The document asks more work than one verification may cost: asking again does not help.
    "work_too_long": 422,
    "work_too_large": 422,
}
RETRY_AFTER_SECONDS = "2"


def of_ledger(error: LedgerError) -> Problem:
    """Return the problem that tells a ledger's refusal."""
    found = (status for kind, status in STATUS.items() if isinstance(error, kind))
    errors = (
        None
        if error.pointer is None
        else (FieldProblem(pointer=error.pointer, code=error.code, expected=error.expected, got=error.got),)
    )
    return problem(
        STATUS_OF_CODE.get(error.code) or next(found),
        error.code,
        error.message,
        expected=error.expected,
        got=error.got,
        errors=errors,
    )


def of_verifier(error: VerifierError) -> Problem:
    """Return the problem that tells why bytes were refused; text that is not JSON is 400, the rest 422."""
    unreadable = isinstance(error, MalformedError) and error.code.startswith("json_")
    return problem(
        STATUS_OF_CODE.get(error.code) or (400 if unreadable else 422),
        error.code,
        error.message,
        expected=error.expected,
        got=error.got,
    )


def of_http(error: HTTPException) -> Problem:
    """Return the problem that tells what the framework itself refuses."""
    codes = {
        404: ("route_unknown", "there is nothing at this address"),
        405: ("method_not_allowed", "this address does not know the method"),
        413: ("body_too_large", "the request body is too large"),
    }
    code, detail = codes.get(error.status_code, ("request_refused", "the request cannot be read"))
    return problem(error.status_code, code, detail)


def install(app: FastAPI) -> None:
    """Make the application answer every expected error with its problem."""

    async def ledger(_: Request, error: Exception) -> Response:
        if not isinstance(error, LedgerError) or isinstance(error, CorruptError):
            raise error  # contradictions in the store are no business of the client's
        body = of_ledger(error)
        headers = {
            401: {"www-authenticate": "Bearer"},
            503: {"retry-after": RETRY_AFTER_SECONDS},
        }
        return respond(body, headers.get(body.status))

    async def verifier(_: Request, error: Exception) -> Response:
        if not isinstance(error, VerifierError):
            raise error
        return respond(of_verifier(error))

    async def invalid(_: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        return respond(faults.of_parameters(error.errors()))

    async def body(_: Request, error: Exception) -> Response:
        if not isinstance(error, faults.BodyInvalidError):
            raise error
        return respond(faults.of_body(error))

    async def http(_: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        return respond(of_http(error), error.headers)

    app.add_exception_handler(LedgerError, ledger)
    app.add_exception_handler(VerifierError, verifier)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(faults.BodyInvalidError, body)
    app.add_exception_handler(HTTPException, http)
