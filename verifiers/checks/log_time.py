"""The time that counts of a recorded event, and whose word it is.

    witnesses   the moment at which the cosignatures of the policy's witnesses met its quorum
    operator    the earliest cosignature of the ledger's own cosigner, when there is no quorum
    log         the header's recorded_at: the ledger's claim and nothing more

Each is a moment by which the event was there, never before it. The event itself may be older; it cannot be
younger, so an old event cannot be made by whoever steals a key today (THREATS C3, C4).

When a signature algorithm is broken, anyone can write what it signs. What was under a checkpoint that an unbroken
cosignature dates before the break still counts: the tree of hashes holds it (THREATS K3).

Not here: verifying the receipt (`verifiers.formats.receipt`), judging keys by the time (`key`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.report import TimeSource
from verifiers.errors import InvalidError, MalformedError, UndeterminedError
from verifiers.formats import witness_policy
from verifiers.formats.checkpoint import Checkpoint
from verifiers.formats.cosignature import verify_cosignature
from verifiers.formats.header import Header
from verifiers.formats.receipt import Receipt
from verifiers.policy import TrustPolicy
from verifiers.primitives.encoding import format_time

# Ledger and witnesses have clocks of their own; an honest ledger that runs ahead a little is no liar.
CLOCK_LEEWAY = timedelta(seconds=60)
_LOG_ALGORITHM = "Ed25519"  # of checkpoints and headers


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands: in one log, a smaller index is earlier, whatever any clock says."""

    origin: str
    index: int

    def is_before(self, other: Place) -> bool:
        """Return whether both stand in one log, and this one earlier."""
        return self.origin == other.origin and self.index < other.index


@dataclass(frozen=True, slots=True)
class Logged:
    """When and where a log holds an event, from a verified receipt.

    Args:
        at: the time that counts; aware, UTC.
        source: whose word that is.
        recorded_at: the ledger's own claim.
        witnesses: names of the policy's witnesses whose cosignature is good.
    """

    at: datetime
    source: TimeSource
    recorded_at: datetime
    place: Place
    witnesses: tuple[str, ...] = ()

    def is_before(self, moment: datetime) -> bool:
        """Return whether somebody other than the log itself dates the event before a moment."""
        return self.source != "log" and self.at < moment


def time_of(receipt: Receipt, header: Header, *, policy: TrustPolicy, at: datetime) -> Logged:
    """Return the time that counts of an event whose receipt and header have been verified.

    Args:
        at: the moment of the verification; it decides which algorithms are broken.

    Raises:
        InvalidError: cosignature_invalid, something wrong stands in the name of a known cosigner;
            recorded_after_cosignature, the header claims a later time than a cosignature over it.
        UndeterminedError: algorithm_broken, the log's own signatures prove nothing any more and no unbroken
            cosignature is old enough; witnesses_missing, the policy asks for a quorum that is not met.
    """
    broken = policy.broken_at(at)
    checkpoint = receipt.checkpoint
    # 1. Every cosignature of a cosigner we know, by an algorithm that holds.
    quorum = (
        witness_policy.Quorum(False, None, (), ())
        if policy.witnesses is None
        else witness_policy.evaluate(policy.witnesses, checkpoint, without=broken)
    )
    operator = _operator_time(checkpoint, policy, broken)
    if quorum.invalid:
        raise InvalidError(
            "cosignature_invalid", "a cosignature on the checkpoint is wrong", got=", ".join(quorum.invalid)
        )
    # 2. Nobody can sign over what was not there yet.
    for moment in (quorum.earliest, operator):
        if moment is not None and header.recorded_at - moment > CLOCK_LEEWAY:
            raise InvalidError(
                "recorded_after_cosignature",
                "the header says that the event was recorded later than a cosignature over it",
                expected=f"at most {format_time(moment)}",
                got=format_time(header.recorded_at),
            )
    # 3. The best word there is.
    at_most: datetime = header.recorded_at
    source: TimeSource = "log"
    if quorum.at is not None:
        at_most, source = quorum.at, "witnesses"
    elif operator is not None and not policy.require_witnesses:
        at_most, source = operator, "operator"
    logged = Logged(
        at_most, source, header.recorded_at, Place(checkpoint.origin, receipt.index), quorum.counted
    )
    # 4. Log and header are signed with Ed25519; once that is broken, only an older cosignature saves them.
    if _LOG_ALGORITHM in broken and not logged.is_before(policy.sunsets[_LOG_ALGORITHM]):
        raise UndeterminedError(
            "algorithm_broken",
            "the log's signatures are of a broken algorithm, and no cosignature is older than that",
            got=_LOG_ALGORITHM,
        )
    if policy.require_witnesses and logged.source != "witnesses":
        raise UndeterminedError(
            "witnesses_missing", "too few of the policy's witnesses have cosigned the checkpoint"
        )
    return logged


def _operator_time(checkpoint: Checkpoint, policy: TrustPolicy, broken: frozenset[str]) -> datetime | None:
    times = []
    for key in policy.operator_cosigners:
        if key.kind in broken:
            continue
        try:
            times.append(verify_cosignature(checkpoint, key))
        except UndeterminedError:
            continue
        except (InvalidError, MalformedError) as error:
            raise InvalidError(
                "cosignature_invalid", "the operator's cosignature on the checkpoint is wrong", got=key.name
            ) from error
    return min(times, default=None)
