"""Verifying for a visitor: gather what a pure function cannot fetch, then run the verifier in a killable worker.

Evidence comes from this ledger only: its organisations' DID documents, key events, status lists and receipts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from verifiers import Report

if TYPE_CHECKING:
    from ledger.application import Ledger

SECONDS_MAX = 10.0


@dataclass(frozen=True, slots=True)
class Verification:
    """`report` as `verifiers.check` made it; `recorded` tells which credentials are in this ledger, in report order."""

    report: Report
    recorded: tuple[UUID | None, ...]


def verify_bytes(ledger: Ledger, data: bytes, *, at: datetime | None = None) -> Verification:
    """Check a credential, a VC-JWT or a bundle.

    Raises: verifiers.errors.MalformedError: the bytes are no such thing.
    """
    ...
