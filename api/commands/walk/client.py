"""A client of the HTTP API, as an organisation or a learner would write one: a token, a body, an answer.

Answers are read with the models of `api.wire`, so the walk also checks that they have the shape they promise.
"""

from __future__ import annotations

from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from api.commands.walk.tally import WalkError

A = TypeVar("A", bound=BaseModel)
Body = dict[str, object]

SECONDS_MAX = 30.0


class Client:
    """One door to one server.

    Args:
        base_url: where it listens.
        token: who asks; None asks as the world.
    """

    def __init__(self, base_url: str, *, token: str | None = None) -> None:
        self._base_url = base_url
        # Proxies of the environment have no business between two processes of one machine.
        self._http = httpx.Client(base_url=base_url, timeout=SECONDS_MAX, trust_env=False)
        if token is not None:
            self._http.headers["authorization"] = f"Bearer {token}"

    def with_token(self, token: str) -> Client:
        """Return a client of the same server for somebody else."""
        return Client(self._base_url, token=token)

    def get(self, path: str, kind: type[A], *, params: dict[str, str] | None = None) -> A:
        """Read something.

        Raises:
            WalkError: another status than 2xx, or another shape than promised.
        """
        return _read(self._http.get(path, params=params), kind)

    def text(self, path: str, *, params: dict[str, str] | None = None) -> str:
        """Read a text as it is.

        Raises:
            WalkError: another status than 2xx.
        """
        return _accept(self._http.get(path, params=params)).text

    def post(self, path: str, body: Body, kind: type[A], *, key: str | None = None) -> A:
        """Send JSON.

        Args:
            key: idempotency key.

        Raises:
            WalkError: another status than 2xx, or another shape than promised.
        """
        headers = {} if key is None else {"idempotency-key": key}
        return _read(self._http.post(path, json=body, headers=headers), kind)

    def post_text(self, path: str, body: Body) -> str:
        """Send JSON and return the answer as it is.

        Raises:
            WalkError: another status than 2xx.
        """
        return _accept(self._http.post(path, json=body)).text

    def post_bytes(self, path: str, data: bytes, kind: type[A], *, media_type: str) -> A:
        """Send bytes as they are.

        Raises:
            WalkError: another status than 2xx, or another shape than promised.
        """
        return _read(self._http.post(path, content=data, headers={"content-type": media_type}), kind)

    def post_empty(self, path: str) -> None:
        """Ask for something that needs no body.

        Raises:
            WalkError: another status than 2xx.
        """
        _accept(self._http.post(path))

    def refusal_of_get(self, path: str) -> tuple[int, str]:
        """Ask for what should be refused, and return the status and the problem's code."""
        response = self._http.get(path)
        return response.status_code, _code(response)

    def refusal(self, path: str, body: Body, *, key: str | None = None) -> tuple[int, str]:
        """Send JSON that should be refused, and return the status and the problem's code."""
        headers = {} if key is None else {"idempotency-key": key}
        response = self._http.post(path, json=body, headers=headers)
        return response.status_code, _code(response)


def _accept(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    raise WalkError(f"{_asked(response.request)}: {response.status_code} {_code(response)}")


def _read(response: httpx.Response, kind: type[A]) -> A:
    try:
        return kind.model_validate_json(_accept(response).content)
    except ValidationError as error:
        where = [".".join(map(str, fault["loc"])) for fault in error.errors()]
        raise WalkError(f"{_asked(response.request)} does not answer a {kind.__name__}: {where}") from error


def _asked(request: httpx.Request) -> str:
    """Name a request without the token of a share, which stands in its path."""
    path = "/s/..." if request.url.path.startswith("/s/") else request.url.path
    return f"{request.method} {path}"


class _ProblemCode(BaseModel):
    code: str = ""


def _code(response: httpx.Response) -> str:
    try:
        return _ProblemCode.model_validate_json(response.content).code
    except ValidationError:
        return ""
