"""What routes ask for: the ledger, who asks, a body, an idempotency key, something to verify.

Bodies are read by the strict JSON reader first and by pydantic, in strict mode, from the same bytes: what two
readers could understand differently never gets as far as the second.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Header, Security
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from api import auth
from api.wire import faults
from api.wire.forms import require_utf8
from api.wire.verification import Link
from ledger.application import Ledger
from ledger.errors import RejectedError
from ledger.usecases.access import Actor
from ledger.usecases.idempotency import Idempotency
from verifiers.errors import VerifierError
from verifiers.primitives import strict_json

T = TypeVar("T")

JSON_TYPE = "application/json"
FORM_TYPE = "multipart/form-data"
FILE_FIELD = "file"
CREDENTIAL_TYPES = frozenset(
    {
        JSON_TYPE,
        "application/ld+json",
        "application/vc",
        "application/vc+ld+json",
        "application/vc+jwt",
        "application/jwt",
        "text/html",
        "text/plain",
    }
)
"""The media types under which the world sends credentials, and the pages that bundles are kept as."""
LINK_BODY_BYTES_MAX = 4_096  # a link has at most 2,048 characters


_KEY = re.compile("[!-~](?:[ -~]{0,253}[!-~])?")


def ledger_of(request: Request) -> Ledger:
    """Return the ledger this application was made for."""
    return cast(Ledger, request.app.state.ledger)


LedgerOf = Annotated[Ledger, Depends(ledger_of)]


def actor_of(
    request: Request,
    ledger: LedgerOf,
    _: Annotated[HTTPAuthorizationCredentials | None, Security(auth.SCHEME)],
) -> Actor:
    """Return who asks; the second reading of the header is for the OpenAPI document only."""
    return auth.actor_of(ledger, request)


ActorOf = Annotated[Actor, Depends(actor_of)]


async def idempotency_of(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Sent again with the same body, the request adds nothing and answers as before.",
        ),
    ] = None,
) -> Idempotency | None:
    """Return the idempotency key with all that must be the same when it comes again.

    Raises:
        RejectedError: idempotency_key_malformed.
    """
    if key is None:
        return None
    if len(request.headers.getlist("idempotency-key")) != 1 or not _KEY.fullmatch(key):
        raise RejectedError(
            "idempotency_key_malformed",
            "the idempotency key is not one short line of ASCII",
            expected="one header of 1 to 255 visible characters",
        )
    request_line = f"{request.method} {request.url.path}\n".encode()
    return Idempotency(key=key, request=request_line + await request.body())


IdempotencyOf = Annotated[Idempotency | None, Depends(idempotency_of)]


def media_type_of(request: Request) -> str:
    """Return the media type of the body in lower case, without parameters; empty when there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def reads(kind: type[T]) -> Callable[[Request], Awaitable[T]]:
    """Return the dependency that reads a JSON body of one kind.

    Raises:
        RejectedError: media_type_unsupported. MalformedError: json_*. BodyInvalidError.
    """
    adapter: TypeAdapter[T] = TypeAdapter(kind)

    async def read(request: Request) -> T:
        if media_type_of(request) != JSON_TYPE:
            raise RejectedError(
                "media_type_unsupported", "the body is not declared as JSON", expected=JSON_TYPE
            )
        data = await request.body()
        body = strict_json.loads(data)
        try:
            return adapter.validate_json(data, strict=True)
        except ValidationError as error:
            found = error.errors(include_url=False)
            raise faults.BodyInvalidError(found[: faults.FAULTS_MAX], body) from None

    return read


@dataclass(frozen=True, slots=True)
class Submission:
    """What came to be verified: the exact bytes, or a link of this host."""

    data: bytes = b""
    link: str | None = None


async def submission_of(request: Request) -> Submission:
    """Return what came to be verified, as the body itself, as the file of a form, or as a link in JSON.

    The bytes stay as they came: the verifier reads them strictly itself.

    Raises:
        RejectedError: media_type_unsupported, form_malformed, file_missing. BodyInvalidError.
    """
    media_type = media_type_of(request)
    if media_type == FORM_TYPE:
        return Submission(data=await _file_of(request))
    if media_type not in CREDENTIAL_TYPES:
        raise RejectedError(
            "media_type_unsupported",
            "the body is not declared as something that can be verified",
            expected=", ".join(sorted((*CREDENTIAL_TYPES, FORM_TYPE))),
        )
    data = await request.body()
    if media_type == JSON_TYPE and _is_link(data):
        return Submission(link=(await reads(Link)(request)).link)
    return Submission(data=data)


def _is_link(data: bytes) -> bool:
    """Return whether a JSON body is about a link; a credential has no member of that name at its top."""
    if len(data) > LINK_BODY_BYTES_MAX:
        return False
    try:
        body = strict_json.loads(data)
    except VerifierError:
        return False
    return isinstance(body, dict) and "link" in body


async def _file_of(request: Request) -> bytes:
    require_utf8(request)
    try:
        # The whole form was bounded on its way in, so it is small enough to be held here.
        form = await request.form(max_files=1, max_fields=0)
    except HTTPException as error:
        raise RejectedError(
            "form_malformed", "the form cannot be read", expected=f"one file named {FILE_FIELD}"
        ) from error
    try:
        file = form.get(FILE_FIELD)
        if not isinstance(file, UploadFile):
            raise RejectedError(
                "file_missing", "the form holds no file", expected=f"a file named {FILE_FIELD}"
            )
        return await file.read()
    finally:
        await form.close()
