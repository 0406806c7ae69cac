"""Who asks: from the `Authorization` header to an actor. What an actor may do, the usecases decide.

Tokens are read from the header only, never from a URL, where logs and histories would keep them.
"""

from __future__ import annotations

from fastapi.security import HTTPBearer
from starlette.requests import Request

from ledger.application import Ledger
from ledger.errors import UnauthenticatedError
from ledger.usecases.access import Actor, authenticate

SCHEME = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="An opaque token, `lsp_<role>_...`: the operator's, an organisation's or a learner's.",
)


def actor_of(ledger: Ledger, request: Request) -> Actor:
    """Return who holds the request's bearer token.

    Raises:
        UnauthenticatedError: token_missing, token_invalid, token_expired.
    """
    values = request.headers.getlist("authorization")
    scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError(
            "token_missing", "there is no token with the request", expected="one header Authorization: Bearer"
        )
    return authenticate(ledger, token)
