"""The wire form of a page of an organisation's feed: everything the log holds in its name, with its proof.

Source: docs/formats.md, "leerspoor-feed.v1".
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

TYPE: Literal["leerspoor-feed.v1"] = "leerspoor-feed.v1"
ITEMS_MAX = 500
Uuid = Annotated[str, Field(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Hash = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{43}$", description="SHA-256, base64url.")]
Position = Annotated[int, Field(ge=0, le=2**53 - 1)]


class Part(BaseModel):
    """Base of the parts of a page: closed, and read without any conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class FeedItemModel(Part):
    """One event whose header names the organisation as issuer.

    `type`, `stream` and `recorded_at` repeat the header, for people. `receipt` proves the entry of header and
    signature; it has an opening unless the person was erased.
    """

    position: Position
    type: Annotated[str, Field(max_length=64)]
    stream: Uuid
    recorded_at: Annotated[str, Field(max_length=64, description="RFC 3339, UTC.")]
    header: Annotated[str, Field(max_length=4_096, description="Exact bytes, base64url.")]
    signature: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{86}$", description="Over the header, base64url.")]
    credential_sha256: Annotated[
        Hash | None,
        Field(description="Of an issued credential's exact bytes; null for the rest, and erased."),
    ] = None
    signed_by: Annotated[
        list[Annotated[str, Field(max_length=2_048)]],
        Field(max_length=16, description="Verification methods of the credential's proofs."),
    ] = []
    payload: Annotated[
        str | None,
        Field(max_length=65_536, description="Exact text of an event about keys or the organisation's end."),
    ] = None
    receipt: Annotated[str, Field(max_length=262_144, description="C2SP tlog-proof text.")]


class FeedModel(Part):
    """A page of the feed, in the order of the log."""

    type: Literal["leerspoor-feed.v1"] = TYPE
    organisation: Uuid
    items: Annotated[list[FeedItemModel], Field(max_length=ITEMS_MAX)]
    next_after: Annotated[
        Position | None, Field(description="Ask for what comes after it; null when this is the last page.")
    ] = None
