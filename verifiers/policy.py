"""Whom a verifier believes: issuers, their pinned keys, logs, witnesses. Nothing is believed by default.

A policy is the verifier's own; what a document or bundle says about trust never reaches it.

Not here: applying it (`verifiers.checks`), the wire form (`schemas.policy`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, get_args

from pydantic import ValidationError

from schemas.policy import Algorithm, PolicyModel, TrustedIssuerModel
from verifiers.errors import InvalidError, MalformedError, VerifierError
from verifiers.formats import witness_policy
from verifiers.formats.checkpoint import VerifierKey, parse_vkey
from verifiers.formats.cosignature import WitnessKey, parse_witness_key
from verifiers.formats.witness_policy import WitnessPolicy
from verifiers.primitives import jcs
from verifiers.primitives.encoding import format_time, parse_time
from verifiers.primitives.keys import parse_multikey
from verifiers.primitives.strict_json import loads_object

POLICY_BYTES_MAX = 4 * 1_048_576
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
        witnesses: who dates checkpoints, and how many of them are enough.
        require_witnesses: a receipt whose quorum is not met counts for nothing, nor does one that is missing.
        operator_cosigners: keys of the logs' own operators; their time is called the operator's own.
        sunsets: from when on an algorithm counts as broken: "Ed25519", "P-256", "ML-DSA-44".
        version: of this policy, as its maker counts; a smaller one never replaces a larger one.
        expires: from then on nobody is trusted by it, until its maker renews it.

    Raises:
        MalformedError: policy_malformed; quorum_splits, quorum_unreachable, witness_is_log: witnesses that
            would protect from nothing.
    """

    NOBODY: ClassVar[TrustPolicy]

    issuers: Mapping[str, TrustedIssuer] = field(default_factory=dict)
    logs: tuple[VerifierKey, ...] = ()
    log_issuers: bool = False
    require_receipt: bool = False
    require_status: bool = True
    witnesses: WitnessPolicy | None = None
    require_witnesses: bool = False
    operator_cosigners: tuple[WitnessKey, ...] = ()
    sunsets: Mapping[str, datetime] = field(default_factory=dict)
    version: int | None = None
    expires: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse contradictions: promises without anyone to keep them, and witnesses that are none."""
        if any(name != issuer.id for name, issuer in self.issuers.items()):
            raise MalformedError("policy_malformed", "an issuer of the policy stands under another's id")
        if self.log_issuers and not self.logs:
            raise MalformedError("policy_malformed", "the policy believes issuers of logs, and names no log")
        if self.require_witnesses and (self.witnesses is None or self.witnesses.quorum is None):
            raise MalformedError("policy_malformed", "the policy asks for witnesses, and names no quorum")
        if self.witnesses is not None:
            for finding in witness_policy.lint(self.witnesses):
                if finding.severity == "error":
                    message = finding.message[:1].lower() + finding.message[1:].rstrip(".")
                    raise MalformedError(finding.code, message)
        own = [key.raw for key in self.operator_cosigners]
        others = (
            [] if self.witnesses is None else [item.key.raw for item in self.witnesses.witnesses.values()]
        )
        if len({*own, *others}) != len(own) + len(others):
            raise MalformedError("policy_malformed", "an operator is a witness to itself, or is named twice")
        if any(name not in get_args(Algorithm) for name in self.sunsets):
            raise MalformedError("policy_malformed", "the policy ends an algorithm that we do not know")
        if any(moment.utcoffset() is None for moment in (*self.sunsets.values(), self.expires or _EPOCH)):
            raise MalformedError("policy_malformed", "a moment of the policy has no time zone")

    def broken_at(self, at: datetime) -> frozenset[str]:
        """Return the algorithms that count as broken at a moment."""
        return frozenset(name for name, since in self.sunsets.items() if at >= since)

    @classmethod
    def from_json(cls, data: bytes) -> TrustPolicy:
        """Read a policy file.

        Raises:
            MalformedError: policy_malformed, vkey_malformed, witness_policy_*, quorum_*, witness_is_log, or a
                json_* code.
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
            witnesses=None if model.witnesses is None else witness_policy.parse(model.witnesses),
            require_witnesses=model.require_witnesses,
            operator_cosigners=tuple(parse_witness_key(text) for text in model.operator_cosigners),
            sunsets={name: _moment(text) for name, text in model.sunsets.items()},
            version=model.version,
            expires=None if model.expires is None else _moment(model.expires),
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
            witnesses=None if self.witnesses is None else self.witnesses.dump(),
            require_witnesses=self.require_witnesses,
            operator_cosigners=[key.dump() for key in self.operator_cosigners],
            sunsets={
                name: format_time(self.sunsets[name]) for name in get_args(Algorithm) if name in self.sunsets
            },
            version=self.version,
            expires=None if self.expires is None else format_time(self.expires),
        )
        return jcs.canonicalise(model.model_dump())


def replace_policy(old: TrustPolicy, new: TrustPolicy) -> TrustPolicy:
    """Return the new policy when it may take the old one's place.

    Raises:
        InvalidError: policy_rolled_back, it is not a later version of the same list.

    Source: the rollback attack of TUF; THREATS J4.
    """
    if old.version is not None and (new.version is None or new.version <= old.version):
        raise InvalidError(
            "policy_rolled_back",
            "the policy is not newer than the one it would replace",
            expected=f"more than {old.version}",
            got=str(new.version),
        )
    return new


def _moment(text: str) -> datetime:
    try:
        moment = parse_time(text)
    except VerifierError as error:
        raise MalformedError("policy_malformed", f"a moment of the policy cannot be read: {error}") from error
    if format_time(moment) != text:
        raise MalformedError("policy_malformed", "a moment of the policy is not a whole second of UTC")
    return moment


TrustPolicy.NOBODY = TrustPolicy()
