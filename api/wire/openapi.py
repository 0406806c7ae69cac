"""What the OpenAPI document says of a route beyond its types: bodies that we read ourselves, and refusals.

FastAPI describes only what it parses itself; our bodies pass the strict JSON reader first
(`api.dependencies.reads`), so their schemas are added here, with an example each.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from api.wire.problem import MEDIA_TYPE, Problem

_REF = "#/components/schemas/{model}"


def accepts(kind: Any, **examples: object) -> dict[str, Any]:
    """Return the description of a JSON body of one kind.

    Args:
        kind: the model, or a union of models.
        examples: a name and a body each.
    """
    named = {name: {"value": value} for name, value in examples.items()}
    schema = TypeAdapter(kind).json_schema(ref_template=_REF, mode="validation")
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "examples": named}},
        }
    }


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of the problems a route answers with."""
    return {
        status: {
            "model": Problem,
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
        }
        for status in statuses
    }


def text(description: str, media_type: str, example: str) -> dict[int | str, dict[str, Any]]:
    """Return the description of an answer that is a text of another format than JSON."""
    content = {media_type: {"schema": {"type": "string"}, "example": example}}
    return {200: {"description": description, "content": content}}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the application, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = document["components"]["schemas"]
        for path in document["paths"].values():
            for operation in path.values():
                _hoist(operation, schemas)
        app.openapi_schema = document
    return app.openapi_schema


def _hoist(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Move the definitions inside a body's schema to where the document keeps all of them.

    Also leave a problem's own media type as its only one, and drop FastAPI's description of a 422 that we
    never send.
    """
    for media in operation.get("requestBody", {}).get("content", {}).values():
        for name, definition in media["schema"].pop("$defs", {}).items():
            schemas.setdefault(name, definition)
    for answer in operation["responses"].values():
        if MEDIA_TYPE in answer.get("content", {}):
            answer["content"] = {MEDIA_TYPE: answer["content"][MEDIA_TYPE]}
