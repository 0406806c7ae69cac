"""Shares on the wire: permitting a look, who looked, and what a visitor sees."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.wire.learners import HistoryAnswer
from api.wire.shapes import Answer, Asked, ExactText, Id, Moment, Words
from ledger.usecases import share
from schemas.report import ReportModel

CREDENTIALS_MAX = 500
TOKEN_CHARACTERS_MAX = 256


class GrantShare(Asked):
    """What to share and what for; without `credentials` all that the trail holds now."""

    purpose: Words
    credentials: Annotated[tuple[Id, ...], Field(min_length=1, max_length=CREDENTIALS_MAX)] | None = None
    with_name: bool = True
    expires_at: Moment | None = None

    def command(self) -> share.GrantShare:
        """Return what the usecase asks."""
        return share.GrantShare(
            purpose=self.purpose,
            credentials=self.credentials,
            with_name=self.with_name,
            expires_at=self.expires_at,
        )


class OpenShare(Asked):
    """The token of a link: in the body, so that no access log on the way writes it down.

    `opened_by` is how the visitor calls itself; the learner sees it, as a claim.
    """

    token: Annotated[str, Field(min_length=1, max_length=TOKEN_CHARACTERS_MAX)]
    opened_by: Words = share.VISITOR


class GrantedAnswer(Answer):
    """A share; `token` and the `url` that holds it are shown this once."""

    id: Id
    token: str
    url: str
    expires_at: Moment
    receipt: str


class OpeningAnswer(Answer):
    """One look at a share."""

    opened_at: Moment
    opened_by: str


class ShareAnswer(Answer):
    """A share as its owner sees it, with every look at it."""

    id: Id
    purpose: str
    credentials: tuple[Id, ...]
    granted_at: Moment
    expires_at: Moment
    withdrawn_at: Moment | None
    state: Literal["open", "expired", "withdrawn"]
    openings: tuple[OpeningAnswer, ...]


class SharesAnswer(Answer):
    """The learner's shares, newest first."""

    shares: tuple[ShareAnswer, ...]


class OpenedAnswer(Answer):
    """What the learner permitted, checked: `report.credentials[i]` is about `history.entries[i]`.

    `bundle` is the exact text of a file that verifies offline.
    """

    id: Id
    purpose: str
    expires_at: Moment
    opened_at: Moment
    history: HistoryAnswer
    report: ReportModel
    bundle: ExactText
