"""The wire form of a trust policy: which issuers, keys and logs a verifier accepts.

Source: docs/formats.md, "leerspoor-policy.v1".
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

TYPE: Literal["leerspoor-policy.v1"] = "leerspoor-policy.v1"
Algorithm = Literal["Ed25519", "P-256", "ML-DSA-44"]


class TrustedIssuerModel(BaseModel):
    """An issuer by name of its DID, with the keys that are pinned for it, if any."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    id: Annotated[str, Field(min_length=1, max_length=2_048, description="DID or URL of the issuer.")]
    name: Annotated[str, Field(max_length=512)] | None = None
    keys: Annotated[
        list[Annotated[str, Field(max_length=256)]],
        Field(max_length=64, description="Multikey texts; empty: resolve the issuer's own keys."),
    ] = []


class PolicyModel(BaseModel):
    """A trust policy; what it does not name is not trusted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    type: Literal["leerspoor-policy.v1"] = TYPE
    issuers: Annotated[list[TrustedIssuerModel], Field(max_length=10_000)] = []
    logs: Annotated[
        list[Annotated[str, Field(max_length=512)]],
        Field(max_length=256, description="C2SP verifier keys of believed logs."),
    ] = []
    log_issuers: Annotated[
        bool, Field(description="Trust every issuer whose key is recorded in a believed log.")
    ] = False
    require_receipt: Annotated[bool, Field(description="Without a good receipt nothing is valid.")] = False
    require_status: Annotated[
        bool, Field(description="Without a readable status nothing that names one is valid.")
    ] = True
    witnesses: Annotated[
        str | None,
        Field(max_length=524_288, description="A C2SP tlog-policy, whole; its quorum dates events."),
    ] = None
    require_witnesses: Annotated[
        bool, Field(description="A receipt whose quorum is not met counts for nothing.")
    ] = False
    operator_cosigners: Annotated[
        list[Annotated[str, Field(max_length=4_096)]],
        Field(max_length=64, description="C2SP cosigner keys of the logs' own operators."),
    ] = []
    sunsets: Annotated[
        dict[Algorithm, Annotated[str, Field(max_length=64)]],
        Field(description="From when on an algorithm counts as broken."),
    ] = {}
    version: Annotated[int | None, Field(ge=1, description="As its maker counts; never goes down.")] = None
    expires: Annotated[
        str | None, Field(max_length=64, description="From then on nobody is trusted by it.")
    ] = None
