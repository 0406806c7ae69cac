"""The wire form of a bundle: credentials with what verifying them needs, in one file.

Credentials, receipts and payloads stand in it as exact text, because signatures are over bytes. Nothing in a
bundle is trusted because it is there: its log, policy and DID documents are claims of whoever made the file.
Contexts and the words about the file are for whoever reads it when nothing else is left of us.
Source: docs/formats.md, "leerspoor-bundle.v1".
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

TYPE: Literal["leerspoor-bundle.v1"] = "leerspoor-bundle.v1"
Url = Annotated[str, Field(min_length=1, max_length=2_048)]
Receipt = Annotated[str, Field(max_length=262_144, description="C2SP tlog-proof text.")]


class Part(BaseModel):
    """Base of the parts of a bundle: closed, and read without any conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class BundleItem(Part):
    """One credential with its receipt."""

    credential: Annotated[str, Field(min_length=1, max_length=1_048_576, description="Exact text.")]
    media_type: Literal["application/vc", "application/vc+jwt"]
    receipt: Receipt | None = None


class BundleKey(Part):
    """One event that concerns an issuer's key."""

    payload: Annotated[str, Field(min_length=1, max_length=65_536, description="Exact text of the event.")]
    receipt: Receipt


class BundleStatusEvent(Part):
    """One event by which status lists were published: it dates those whose hash it holds."""

    payload: Annotated[str, Field(min_length=1, max_length=65_536, description="Exact text of the event.")]
    receipt: Receipt


class BundleLog(Part):
    """The log that the maker of the bundle used."""

    origin: Annotated[str, Field(min_length=1, max_length=255)]
    vkey: Annotated[str, Field(min_length=1, max_length=512)]


class BundleAbout(Part):
    """What the file is and how to check it without us, in plain words; a paragraph after "# " is a heading."""

    nl: Annotated[str, Field(min_length=1, max_length=32_768)]
    en: Annotated[str, Field(min_length=1, max_length=32_768)]


class BundleModel(Part):
    """A bundle."""

    type: Literal["leerspoor-bundle.v1"] = TYPE
    created: Annotated[str, Field(max_length=64, description="RFC 3339, UTC.")]
    items: Annotated[list[BundleItem], Field(min_length=1, max_length=1_000)]
    keys: Annotated[list[BundleKey], Field(max_length=1_000)] = []
    did_documents: Annotated[dict[Url, Annotated[str, Field(max_length=262_144)]], Field(max_length=256)] = {}
    status_lists: Annotated[
        dict[Url, Annotated[str, Field(max_length=4_194_304)]], Field(max_length=1_000)
    ] = {}
    status_events: Annotated[list[BundleStatusEvent], Field(max_length=1_000)] = []
    log: BundleLog | None = None
    contexts: Annotated[
        dict[Url, Annotated[str, Field(max_length=262_144)]],
        Field(max_length=32, description="Exact texts of the JSON-LD contexts that the credentials name."),
    ] = {}
    policy: Annotated[
        str | None, Field(max_length=1_048_576, description="leerspoor-policy.v1 of the maker, a claim.")
    ] = None
    about: BundleAbout | None = None
