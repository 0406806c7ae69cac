"""The wire form of an opening, the JSON in the `extra` line of a receipt.

The receipt itself is text (C2SP tlog-proof), so there is nothing more to model.
Source: docs/formats.md, "receipt".
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Base64Url = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=4_096)]


class OpeningModel(BaseModel):
    """What ties a document to its leaf. Personal data: it travels with the document, never in public."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    header: Annotated[Base64Url, Field(description="The canonical header.")]
    r: Annotated[Base64Url, Field(description="32 bytes, the blinding of the commitment.")]
    signature: Annotated[Base64Url, Field(description="64 bytes, the ledger's signature over the header.")]
