"""Verifying a share: open it (which records the look) and check everything in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.usecases.share import OpenedShare
from verifiers import Report

if TYPE_CHECKING:
    from ledger.application import Ledger


@dataclass(frozen=True, slots=True)
class VerifiedShare:
    """`report.credentials[i]` is the report of `share.history.entries[i]`."""

    share: OpenedShare
    report: Report


def verify_share(ledger: Ledger, token: str, *, opened_by: str = "a visitor") -> VerifiedShare:
    """Open a share by its token and check it.

    Raises: NotFoundError: share_not_found.
    """
    ...


def token_of_link(ledger: Ledger, link: str) -> str:
    """Return the share token of a link to this host (`<base_url>/s/<token>`).

    Raises: RejectedError: link_not_ours.
    """
    ...
