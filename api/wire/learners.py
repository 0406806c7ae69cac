"""Learners on the wire: enrolling, and the trail as it stood."""

from __future__ import annotations

from datetime import date
from typing import Literal

from api.wire.organisations import TokenAnswer
from api.wire.shapes import Answer, Asked, ExactText, Id, Moment, Words
from ledger.usecases import enrol, retention
from schemas.erasure import Reason

Status = Literal["active", "suspended", "revoked", "expired", "not_yet_valid"]


class EnrolLearner(Asked):
    """A new learner: `name` as credentials shall show it, `did` her own identifier; both may be left out."""

    name: Words | None = None
    did: Words | None = None

    def command(self) -> enrol.EnrolLearner:
        """Return what the usecase asks."""
        return enrol.EnrolLearner(name=self.name, did=self.did)


class EnrolledAnswer(Answer):
    """A learner, her token (shown this once) and the receipt of the enrolment."""

    id: Id
    subject_id: str
    enrolled_at: Moment
    token: TokenAnswer
    receipt: str


class ChangeAnswer(Answer):
    """One change in a credential's life."""

    status: Literal["suspended", "active", "revoked"]
    reason: str
    changed_at: Moment


class ReadingAnswer(Answer):
    """One look by an organisation at one credential."""

    organisation: Id
    read_at: Moment


class EntryAnswer(Answer):
    """One credential of the trail, its four dates apart: learned, awarded, signed, recorded.

    `credential` is the exact signed text, as a string: its bytes are what was signed.
    """

    id: Id
    kind: str
    title: str
    organisation: Id | None
    issuer_did: str
    issuer_name: str | None
    learned_from: date | None
    learned_until: date | None
    awarded_at: Moment | None
    signed_at: Moment | None
    valid_from: Moment | None
    valid_until: Moment | None
    recorded_at: Moment
    position: int
    status: Status
    changes: tuple[ChangeAnswer, ...]
    readings: tuple[ReadingAnswer, ...]
    media_type: Literal["application/vc", "application/vc+jwt"]
    credential: ExactText


class EraseLearner(Asked):
    """The wish that a person is erased, for ever. The operator may do so because the time of her trail is over."""

    reason: Reason = "asked"


class TermAnswer(Answer):
    """How long a trail is kept: by the rule of which kind, on which legal basis, and what happens then.

    Before `erase_after` she can fetch her signed copy (`/v1/learners/{id}/bundle`) or use her trail again.
    """

    learner: Id
    state: Literal["kept", "due", "warned", "ready"]
    kind: str
    basis: Literal["public_task", "contract", "consent"]
    years: int
    source: str
    kept_until: Moment
    warned_at: Moment | None
    erase_after: Moment | None

    @classmethod
    def of_term(cls, term: retention.Term) -> TermAnswer:
        """Return the answer that tells a term."""
        rule = term.rule
        return cls(
            learner=term.learner,
            state=term.state,
            kind=rule.kind,
            basis=rule.basis,
            years=rule.years,
            source=rule.source,
            kept_until=term.kept_until,
            warned_at=term.warned_at,
            erase_after=term.erase_after,
        )


class HistoryAnswer(Answer):
    """A trail as of two clocks: the states at `valid_at`, from what was recorded by `known_at`."""

    learner: Id
    name: str | None
    valid_at: Moment
    known_at: Moment
    entries: tuple[EntryAnswer, ...]
