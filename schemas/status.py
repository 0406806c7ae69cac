"""The wire form of a status: the entry in a credential and the list it points into.

Source: Bitstring Status List 1.0 §2.1, §2.2.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Url = Annotated[str, Field(min_length=1, max_length=2_048)]


class StatusEntryModel(BaseModel):
    """The `credentialStatus` that our issuers write."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    id: Url
    type: Literal["BitstringStatusListEntry"] = "BitstringStatusListEntry"
    statusPurpose: Literal["revocation", "suspension"]
    statusListIndex: Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,15})$")]
    statusListCredential: Url


class StatusListSubject(BaseModel):
    """The `credentialSubject` of a list credential that our issuers write."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    id: Url
    type: Literal["BitstringStatusList"] = "BitstringStatusList"
    statusPurpose: Literal["revocation", "suspension"]
    encodedList: Annotated[str, Field(pattern=r"^u[A-Za-z0-9_-]+$")]
    ttl: Annotated[int, Field(ge=0, description="Milliseconds.")]
