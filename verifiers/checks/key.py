"""Whether a key counted at the moment that counts: the log's, or else only a claim (THREATS C3, C5)."""

from __future__ import annotations

from datetime import datetime

from verifiers.checks.keyring import KnownKey
from verifiers.primitives.encoding import format_time
from verifiers.report import Check, Verdict

_MESSAGES = {
    "key_not_authenticated": "The issuer's key comes from the file itself, so it proves nothing.",
    "key_not_yet_valid": "The credential was recorded before the issuer's key was.",
    "key_valid": "The key belongs to the issuer and is in use.",
    "key_retired": "The credential was signed after the issuer's key had ended.",
    "key_time_unknown": "The issuer's key has ended, and nothing proves that the credential is older.",
    "key_valid_when_recorded": "The issuer's key has ended since; the credential was recorded before that.",
}


def check_key(
    known: KnownKey, *, recorded_at: datetime | None, signed_at: datetime | None, at: datetime
) -> Check:
    """Return what is to be said about a key that verified a proof of the issuer.

    Args:
        recorded_at: the ledger's time, from a verified receipt.
        signed_at: the signer's claim; it can condemn, never acquit.
        at: the moment of the verification.
    """
    verdict, code = _judge(known, recorded_at=recorded_at, signed_at=signed_at, at=at)
    detail = {"source": known.source, "key": known.key.multikey}
    if known.method is not None:
        detail["verification_method"] = known.method
    if known.valid_until is not None:
        detail["valid_until"] = format_time(known.valid_until)
    return Check("key", verdict, code, _MESSAGES[code], True, detail)


def _judge(
    known: KnownKey, *, recorded_at: datetime | None, signed_at: datetime | None, at: datetime
) -> tuple[Verdict, str]:
    # 1. Somebody told us the key, nobody vouches for it.
    if not known.authentic:
        return "undetermined", "key_not_authenticated"
    # 2. Recorded before the log knew the key: somebody else may have held the name then.
    if known.valid_from is not None and recorded_at is not None and recorded_at < known.valid_from:
        return "undetermined", "key_not_yet_valid"
    # 3. A key in use is good: whoever signs with it today is the issuer.
    end = known.valid_until
    if end is None or at < end:
        return "valid", "key_valid"
    # 4. A retired key is good for what a log recorded before its end, and for nothing else.
    if recorded_at is not None:
        return ("valid", "key_valid_when_recorded") if recorded_at < end else ("invalid", "key_retired")
    if signed_at is not None and signed_at >= end:
        return "invalid", "key_retired"
    return "undetermined", "key_time_unknown"
