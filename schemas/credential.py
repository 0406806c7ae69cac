"""The shape of an Open Badges 3.0 credential on the W3C Verifiable Credentials Data Model 2.0.

What lives here: which members must be there and what type they have, for what we write and for what
strangers bring.
What does not: meaning of proofs, contexts and status (verifiers), and unknown members: those are allowed
here, because the lossless JSON-LD check refuses whatever no accepted context defines.

Source: Open Badges 3.0 section B (data model); VC Data Model 2.0 section 4.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
"""The contexts of what we write, in this order."""

ACHIEVEMENT_TYPES: Final = frozenset({"AchievementCredential", "OpenBadgeCredential"})
STRING_CHARS_MAX: Final = 65_536
ITEMS_MAX: Final = 1_000

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20\x7f<>\"{}|\\^`]+")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII)


class CredentialSchemaError(Exception):
    """A document that does not have the shape of a credential.

    Attributes:
        code: always "schema_invalid".
        pointer: JSON Pointer (RFC 6901) of the first fault.
        message: what is wrong, without the document's own text.
    """

    code = "schema_invalid"

    def __init__(self, pointer: str, message: str) -> None:
        """Keep where and what."""
        super().__init__(f"{message} (at {pointer or 'the document'})")
        self.pointer = pointer
        self.message = message


def _as_tuple(value: object) -> object:
    """Read one value and an array of one alike, as JSON-LD does."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _check_iri(text: str) -> str:
    if not _IRI.fullmatch(text):
        raise PydanticCustomError("iri_invalid", "expected an absolute IRI")
    return text


def _check_time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise PydanticCustomError("time_invalid", "expected an RFC 3339 time with an offset")
    return text


Text = Annotated[str, StringConstraints(strict=True, max_length=STRING_CHARS_MAX)]
Iri = Annotated[str, StringConstraints(strict=True, max_length=2_048), AfterValidator(_check_iri)]
Time = Annotated[str, StringConstraints(strict=True, max_length=64), AfterValidator(_check_time)]
Types = Annotated[tuple[Text, ...], BeforeValidator(_as_tuple), Field(min_length=1, max_length=32)]


class Node(BaseModel):
    """A JSON-LD node: known members checked, others left to the lossless check."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)


class LanguageValue(BaseModel):
    """A text with its language, which VC 2.0 allows for name and description."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    value: Text = Field(alias="@value")
    language: Text | None = Field(default=None, alias="@language")
    direction: Text | None = Field(default=None, alias="@direction")


Named = Text | LanguageValue | tuple[LanguageValue, ...]


class Profile(Node):
    """An organisation or person."""

    id: Iri
    type: Types | None = None
    name: Named | None = None
    url: Iri | None = None


class Alignment(Node):
    """A link to an item of a framework."""

    type: Types | None = None
    targetName: Text
    targetUrl: Iri
    targetCode: Text | None = None
    targetFramework: Text | None = None


class ResultDescription(Node):
    """A result that can be achieved."""

    id: Iri
    type: Types
    name: Text
    resultType: Text


class Result(Node):
    """A result that was achieved."""

    type: Types
    resultDescription: Iri | None = None
    value: Text | None = None
    status: Text | None = None


class Criteria(Node):
    """What had to be done."""

    id: Iri | None = None
    narrative: Text | None = None


class Achievement(Node):
    """What was achieved."""

    id: Iri
    type: Types
    name: Named
    description: Named
    criteria: Criteria
    achievementType: Text | None = None
    alignment: Annotated[tuple[Alignment, ...], BeforeValidator(_as_tuple), Field(max_length=ITEMS_MAX)] = ()
    resultDescription: Annotated[
        tuple[ResultDescription, ...], BeforeValidator(_as_tuple), Field(max_length=ITEMS_MAX)
    ] = ()


class Subject(Node):
    """Who learned."""

    id: Iri | None = None
    type: Types | None = None


class AchievementSubject(Subject):
    """Who achieved what, with which results."""

    type: Types
    achievement: Achievement
    result: Annotated[tuple[Result, ...], BeforeValidator(_as_tuple), Field(max_length=ITEMS_MAX)] = ()


class StatusEntry(Node):
    """Where the status of the credential can be read."""

    id: Iri | None = None
    type: Types


class VerifiableCredential(Node):
    """The members every credential has."""

    context: Annotated[tuple[Any, ...], BeforeValidator(_as_tuple), Field(min_length=1, max_length=16)] = (
        Field(alias="@context")
    )
    id: Iri | None = None
    type: Types
    issuer: Iri | Profile
    name: Named | None = None
    description: Named | None = None
    validFrom: Time | None = None
    validUntil: Time | None = None
    awardedDate: Time | None = None
    credentialSubject: Subject | Annotated[tuple[Subject, ...], Field(min_length=1, max_length=ITEMS_MAX)]
    credentialStatus: Annotated[
        tuple[StatusEntry, ...], BeforeValidator(_as_tuple), Field(max_length=32)
    ] = ()


class AchievementCredential(VerifiableCredential):
    """An Open Badges 3.0 credential: one subject, one achievement."""

    id: Iri
    name: Named
    validFrom: Time
    credentialSubject: AchievementSubject


def parse(document: Mapping[str, Any]) -> VerifiableCredential:
    """Check the shape of a credential.

    Args:
        document: parsed JSON; a proof may be there and is not looked at.

    Returns:
        AchievementCredential when the types say it is an Open Badge, else VerifiableCredential.

    Raises:
        CredentialSchemaError: schema_invalid, with the pointer of the first fault.
    """
    types = document.get("type")
    names = types if isinstance(types, list) else [types]
    model = (
        AchievementCredential
        if any(name in ACHIEVEMENT_TYPES for name in names if isinstance(name, str))
        else (VerifiableCredential)
    )
    if "VerifiableCredential" not in names:
        raise CredentialSchemaError("/type", "the types do not name VerifiableCredential")
    try:
        return model.model_validate(dict(document))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in first["loc"])
        raise CredentialSchemaError(pointer, first["msg"]) from error


__all__ = [
    "ACHIEVEMENT_TYPES",
    "CONTEXTS",
    "Achievement",
    "AchievementCredential",
    "AchievementSubject",
    "Alignment",
    "CredentialSchemaError",
    "Profile",
    "Result",
    "ResultDescription",
    "StatusEntry",
    "VerifiableCredential",
    "parse",
]
