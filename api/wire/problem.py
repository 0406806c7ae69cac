"""The one shape of every refusal: RFC 9457 problem details with a stable code.

Not here: which error becomes which problem (`api.problems`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response
from starlette.types import Scope

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """One thing that is wrong with one member of the request; the value itself is never repeated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pointer: str = Field(description="JSON Pointer (RFC 6901) to the member, empty for the whole body.")
    code: str = Field(description="Stable word for programs.")
    expected: str | None = Field(default=None, description="What was required.")
    got: str | None = Field(default=None, description="What kind of thing was found instead.")


class Problem(BaseModel):
    """A refusal: `code` is for programs and stable, `detail` is for people and may be reworded."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Conflict",
                    "status": 409,
                    "code": "idempotency_conflict",
                    "detail": "this idempotency key was used before with another request",
                }
            ]
        },
    )

    type: str = Field(default="about:blank", description="RFC 9457: the status and the code say it all.")
    title: str = Field(description="The phrase of the status.")
    status: int = Field(description="The HTTP status, repeated.")
    code: str = Field(description="Stable snake_case word; programs decide on this.")
    detail: str = Field(description="One sentence for people, without personal data.")
    expected: str | None = Field(default=None, description="What was required.")
    got: str | None = Field(default=None, description="What was found instead, when that is safe to repeat.")
    errors: tuple[FieldProblem, ...] | None = Field(
        default=None, description="One entry for each wrong member."
    )
    incident: str | None = Field(default=None, description="Names the log line of an unexpected failure.")


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    expected: str | None = None,
    got: str | None = None,
    errors: tuple[FieldProblem, ...] | None = None,
    incident: str | None = None,
) -> Problem:
    """Build a problem whose title is the phrase of its status."""
    return Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        expected=expected,
        got=got,
        errors=errors,
        incident=incident,
    )


def respond(body: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response that carries a problem; empty members are left out."""
    return Response(
        body.model_dump_json(exclude_none=True),
        status_code=body.status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


Answer = Callable[[Scope, Problem, Mapping[str, str]], Response]
"""How a gate in front of the routes answers: request, refusal and headers in, response out."""


def plain(_: Scope, body: Problem, headers: Mapping[str, str]) -> Response:
    """Answer everybody with the problem itself; the pages' own answer is kinder to people."""
    return respond(body, headers)
