"""Whether a believed log holds exactly this credential, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from verifiers.checks.log_time import Logged, time_of
from verifiers.errors import InvalidError, UndeterminedError, VerifierError
from verifiers.formats import receipt as receipts
from verifiers.policy import TrustPolicy
from verifiers.primitives.encoding import format_time
from verifiers.report import Check

CREDENTIAL_TYPE = "credential-issued.v1"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The check, and what a good receipt tells: None otherwise.

    Args:
        recorded_at, position: from a receipt that the log signed, whether or not its time is accepted.
        logged: when the policy accepts the receipt as a whole.
    """

    check: Check
    recorded_at: datetime | None = None
    position: int | None = None
    logged: Logged | None = None


def check_receipt(payload: bytes, text: str | None, *, policy: TrustPolicy, at: datetime) -> Recorded:
    """Return what a receipt says about a credential's exact bytes.

    A wrong receipt makes the credential invalid. A missing one, or one of an unknown log, only matters when
    the policy asks for receipts; a missing quorum when it asks for witnesses.

    Args:
        payload: the credential as it came.
        text: tlog-proof, or None.
        at: the moment of the verification.
    """
    required = policy.require_receipt or policy.require_witnesses
    if text is None:
        message = "There is no receipt, so no log says when the credential was recorded."
        return Recorded(Check("receipt", "undetermined", "receipt_absent", message, required))
    try:
        receipt = receipts.parse(text)
        header = receipts.verify_receipt(receipt, payload, logs=policy.logs)
        if header.type != CREDENTIAL_TYPE:
            raise InvalidError("receipt_other_type", "the receipt is of another kind of event")
    except UndeterminedError as error:
        return Recorded(Check.of_error("receipt", error, required=required))
    except VerifierError as error:
        return Recorded(Check.of_error("receipt", error))
    detail = {
        "origin": receipt.checkpoint.origin,
        "position": str(receipt.index),
        "recorded_at": format_time(header.recorded_at),
    }
    try:
        logged = time_of(receipt, header, policy=policy, at=at)
    except UndeterminedError as error:
        check = Check.of_error("receipt", error, required=required, detail=detail)
        return Recorded(check, header.recorded_at, receipt.index)
    except VerifierError as error:
        return Recorded(Check.of_error("receipt", error, detail=detail))
    detail |= {"logged_at": format_time(logged.at), "time_source": logged.source}
    if logged.witnesses:
        detail["witnesses"] = ", ".join(logged.witnesses)
    message = "A trusted log holds exactly this credential."
    check = Check("receipt", "valid", "receipt_valid", message, required, detail)
    return Recorded(check, header.recorded_at, receipt.index, logged)
