"""Verifying on the wire: the link of this host that may stand in place of a credential, and the report."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.wire.shapes import Answer, Asked, Id
from schemas.report import ReportModel

LINK_CHARACTERS_MAX = 2_048


class Link(Asked):
    """A share's link of this host; opening it is recorded, and its owner sees that."""

    link: Annotated[str, Field(min_length=1, max_length=LINK_CHARACTERS_MAX)]


class VerificationAnswer(Answer):
    """The report, and for each of its credentials the id under which this ledger holds it, or null."""

    report: ReportModel
    recorded: tuple[Id | None, ...]
