"""Verifying a share: open it (which records the look) and check everything in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.errors import RejectedError
from ledger.usecases.share import VISITOR, OpenedShare, open_share
from ledger.usecases.verify import verify_bytes
from verifiers import Report

if TYPE_CHECKING:
    from ledger.application import Ledger

SECONDS_MAX = 60.0
"""How long checking a share may take: what is in it was checked when it came in, and the largest share (200
credentials) takes most of the ten seconds that a stranger's file may, and more on a busy machine."""


@dataclass(frozen=True, slots=True)
class VerifiedShare:
    """`report.credentials[i]` is the report of `share.history.entries[i]`."""

    share: OpenedShare
    report: Report


def verify_share(ledger: Ledger, token: str, *, opened_by: str = VISITOR) -> VerifiedShare:
    """Open a share by its token and check it.

    Raises: NotFoundError: share_not_found. UnavailableError: as `verify_bytes`.
        RejectedError: as `open_share`.
    """
    share = open_share(ledger, token, opened_by=opened_by)
    return VerifiedShare(share, verify_bytes(ledger, share.bundle, seconds_max=SECONDS_MAX).report)


def token_of_link(ledger: Ledger, link: str) -> str:
    """Return the share token of a link to this host (`<base_url>/s/<token>`).

    Raises: RejectedError: link_not_ours.
    """
    start = f"{ledger.settings.base_url}/s/"
    if not link.startswith(start):
        raise RejectedError(
            "link_not_ours", "only a share link of this host can be opened", expected=start, pointer="/link"
        )
    return link.removeprefix(start)
