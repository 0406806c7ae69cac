"""Attestations on the wire: issuing, bringing, preparing and completing, and changing the status."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from api.wire.organisations import Multikey
from api.wire.shapes import Answer, Asked, Base64url, ExactText, Id, Moment, Signature
from ledger.usecases import issue, prepare
from ledger.usecases.status import ChangeStatus as ChangeStatusCommand
from ledger.usecases.status import StatusReason
from schemas.attestation import Attestation
from verifiers.primitives.strict_json import BYTES_MAX

Cryptosuite = Literal["eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019"]
DRAFT_CHARACTERS_MAX = BYTES_MAX


class IssueAttestation(Asked):
    """What the organisation declares; the ledger composes the credential and signs with the managed key."""

    learner: Id
    attestation: Attestation
    form: issue.Form = "proof-set"
    language: issue.Language = "nl"
    with_name: bool = True
    valid_from: Moment | None = None

    def command(self) -> issue.IssueAttestation:
        """Return what the usecase asks."""
        return issue.IssueAttestation(
            learner=self.learner,
            attestation=self.attestation,
            form=self.form,
            language=self.language,
            with_name=self.with_name,
            valid_from=self.valid_from,
        )


class BringCredential(Asked):
    """A finished credential: its exact text, Data Integrity JSON or a compact VC-JWT."""

    learner: Id
    credential: Annotated[str, Field(min_length=1, max_length=BYTES_MAX)]

    def command(self) -> issue.BringCredential:
        """Return what the usecase asks."""
        return issue.BringCredential(learner=self.learner, credential=self.credential.encode())


def _which(value: object) -> str:
    return "bring" if isinstance(value, dict) and "credential" in value else "issue"


Attest = Annotated[
    Annotated[IssueAttestation, Tag("issue")] | Annotated[BringCredential, Tag("bring")],
    Discriminator(_which),
]
"""Either an attestation to sign here, or a credential that was signed elsewhere."""


class PrepareAttestation(Asked):
    """What the organisation declares and will sign with its own key."""

    learner: Id
    attestation: Attestation
    key: Multikey | None = None
    cryptosuites: Annotated[tuple[Cryptosuite, ...], Field(min_length=1, max_length=3)] | None = None
    language: issue.Language = "nl"
    with_name: bool = True
    valid_from: Moment | None = None

    def command(self) -> prepare.PrepareAttestation:
        """Return what the usecase asks."""
        return prepare.PrepareAttestation(
            learner=self.learner,
            attestation=self.attestation,
            key=self.key,
            cryptosuites=self.cryptosuites,
            language=self.language,
            with_name=self.with_name,
            valid_from=self.valid_from,
        )


class SuiteSignature(Asked):
    """One signature over one of the prepared `to_sign`."""

    cryptosuite: Cryptosuite
    signature: Signature


class CompleteAttestation(Asked):
    """The draft as it was given, and a signature for each of its `to_sign`."""

    draft: Annotated[str, Field(min_length=1, max_length=DRAFT_CHARACTERS_MAX)]
    signatures: Annotated[tuple[SuiteSignature, ...], Field(min_length=1, max_length=3)]

    def command(self) -> prepare.CompleteAttestation:
        """Return what the usecase asks."""
        signatures = tuple((item.cryptosuite, item.signature) for item in self.signatures)
        return prepare.CompleteAttestation(draft=self.draft, signatures=signatures)


class ChangeStatus(Asked):
    """Why the status changes: a closed word, because free text invites personal data."""

    reason: StatusReason = "other"

    def command(self, credential: Id) -> ChangeStatusCommand:
        """Return what the usecase asks."""
        return ChangeStatusCommand(credential=credential, reason=self.reason)


class IssuedAnswer(Answer):
    """A recorded credential.

    `credential` is the exact signed text, as a string: parsing and writing it again would change its bytes
    and so its receipt. `receipt` is a C2SP tlog-proof with its opening: whoever holds both can tie one to the
    other offline. `organisation` is null for what a learner claims herself.
    """

    id: Id
    learner: Id
    organisation: Id | None
    media_type: Literal["application/vc", "application/vc+jwt"]
    credential: ExactText
    position: int
    recorded_at: Moment
    receipt: str


class ToSignAnswer(Answer):
    """Exact bytes to sign: as an Ed25519 message, or by ECDSA P-256 with SHA-256 over them."""

    cryptosuite: str
    verification_method: str
    data: Base64url


class PreparedAnswer(Answer):
    """What must be signed before `expires_at`; `draft` comes back unchanged, `credential` is to look at."""

    id: Id
    draft: str
    credential: ExactText
    to_sign: tuple[ToSignAnswer, ...]
    expires_at: Moment


class StatusAnswer(Answer):
    """The state that now holds, and the receipt of the event that made it so."""

    credential: Id
    status: Literal["active", "suspended", "revoked"]
    reason: StatusReason
    changed_at: Moment
    position: int
    receipt: str
