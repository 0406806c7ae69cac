"""Whether a believed log holds exactly this credential, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from verifiers.errors import InvalidError, UndeterminedError, VerifierError
from verifiers.formats import receipt as receipts
from verifiers.policy import TrustPolicy
from verifiers.primitives.encoding import format_time
from verifiers.report import Check

CREDENTIAL_TYPE = "credential-issued.v1"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The check, and what a good receipt tells: None otherwise."""

    check: Check
    recorded_at: datetime | None = None
    position: int | None = None


def check_receipt(payload: bytes, text: str | None, *, policy: TrustPolicy) -> Recorded:
    """Return what a receipt says about a credential's exact bytes.

    A wrong receipt makes the credential invalid. A missing one, or one of an unknown log, only matters when
    the policy asks for receipts.

    Args:
        payload: the credential as it came.
        text: tlog-proof, or None.
    """
    if text is None:
        message = "There is no receipt, so no log says when the credential was recorded."
        return Recorded(Check("receipt", "undetermined", "receipt_absent", message, policy.require_receipt))
    try:
        receipt = receipts.parse(text)
        header = receipts.verify_receipt(receipt, payload, logs=policy.logs)
        if header.type != CREDENTIAL_TYPE:
            raise InvalidError("receipt_other_type", "the receipt is of another kind of event")
    except UndeterminedError as error:
        return Recorded(Check.of_error("receipt", error, required=policy.require_receipt))
    except VerifierError as error:
        return Recorded(Check.of_error("receipt", error))
    detail = {
        "origin": receipt.checkpoint.origin,
        "position": str(receipt.index),
        "recorded_at": format_time(header.recorded_at),
    }
    message = "A trusted log holds exactly this credential."
    check = Check("receipt", "valid", "receipt_valid", message, policy.require_receipt, detail)
    return Recorded(check, header.recorded_at, receipt.index)
