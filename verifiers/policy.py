"""Whom a verifier believes: issuers, their pinned keys, and logs. Nothing is believed by default.

A policy is the verifier's own; what a document or bundle says about trust never reaches it.

Not here: applying it (`verifiers.checks`), the wire form (`schemas.policy`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import ValidationError

from schemas.policy import PolicyModel, TrustedIssuerModel
from verifiers.errors import MalformedError, VerifierError
from verifiers.formats.checkpoint import VerifierKey, parse_vkey
from verifiers.primitives import jcs
from verifiers.primitives.keys import parse_multikey
from verifiers.primitives.strict_json import loads_object

POLICY_BYTES_MAX = 4 * 1_048_576


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer that the verifier accepts.

    Args:
        id: DID or URL, compared as text.
        name: how the verifier calls it; shown instead of the issuer's own claim.
        keys: Multikey texts. Empty: the issuer's keys are found by its DID. Otherwise only these count.

    Raises:
        MalformedError: policy_malformed.
    """

    id: str
    name: str | None = None
    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse keys that could never verify anything."""
        for text in self.keys:
            try:
                parse_multikey(text)
            except VerifierError as error:
                raise MalformedError(
                    "policy_malformed", f"a key of the policy cannot be used: {error}"
                ) from error


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """What a verifier accepts.

    Args:
        issuers: by their id.
        logs: keys of believed logs.
        log_issuers: believe every issuer whose key event is recorded in a believed log.
        require_receipt: nothing is valid without a good receipt.
        require_status: what names a status list is not valid while that list cannot be read.

    Raises:
        MalformedError: policy_malformed.
    """

    NOBODY: ClassVar[TrustPolicy]

    issuers: Mapping[str, TrustedIssuer] = field(default_factory=dict)
    logs: tuple[VerifierKey, ...] = ()
    log_issuers: bool = False
    require_receipt: bool = False
    require_status: bool = True

    def __post_init__(self) -> None:
        """Refuse an issuer under another's name, and a promise to believe logs without naming one."""
        if any(name != issuer.id for name, issuer in self.issuers.items()):
            raise MalformedError("policy_malformed", "an issuer of the policy stands under another's id")
        if self.log_issuers and not self.logs:
            raise MalformedError("policy_malformed", "the policy believes issuers of logs, and names no log")

    @classmethod
    def from_json(cls, data: bytes) -> TrustPolicy:
        """Read a policy file.

        Raises:
            MalformedError: policy_malformed, vkey_malformed, or a json_* code.
        """
        document = loads_object(data, bytes_max=POLICY_BYTES_MAX, nodes_max=200_000)
        try:
            model = PolicyModel.model_validate(document)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = "/".join(map(str, first["loc"]))
            raise MalformedError(
                "policy_malformed", f"the policy does not have its shape at {where}"
            ) from error
        issuers = [TrustedIssuer(item.id, item.name, tuple(item.keys)) for item in model.issuers]
        if len({issuer.id for issuer in issuers}) != len(issuers):
            raise MalformedError("policy_malformed", "the policy names an issuer twice")
        return cls(
            issuers={issuer.id: issuer for issuer in issuers},
            logs=tuple(parse_vkey(text) for text in model.logs),
            log_issuers=model.log_issuers,
            require_receipt=model.require_receipt,
            require_status=model.require_status,
        )

    def dump(self) -> bytes:
        """Return the policy file: RFC 8785 JSON."""
        model = PolicyModel(
            issuers=[
                TrustedIssuerModel(id=issuer.id, name=issuer.name, keys=list(issuer.keys))
                for issuer in self.issuers.values()
            ],
            logs=[key.dump() for key in self.logs],
            log_issuers=self.log_issuers,
            require_receipt=self.require_receipt,
            require_status=self.require_status,
        )
        return jcs.canonicalise(model.model_dump())


TrustPolicy.NOBODY = TrustPolicy()
