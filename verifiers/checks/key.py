"""Whether a key counted at the moment that counts: the log's, or else only a claim (THREATS C3, C5)."""

from __future__ import annotations

from datetime import datetime

from verifiers.checks.key_history import KnownKey
from verifiers.checks.log_time import Logged
from verifiers.primitives.encoding import format_time
from verifiers.report import Check, Verdict

_MESSAGES = {
    "key_not_authenticated": "The issuer's key comes from the file itself, so it proves nothing.",
    "key_not_yet_valid": "The credential was recorded before the issuer's key was.",
    "key_valid": "The key belongs to the issuer and is in use.",
    "key_compromised": "The credential was signed after others may have got hold of the issuer's key.",
    "key_retired": "The credential was signed after the issuer's key had ended.",
    "key_time_unknown": "The issuer's key has ended, and nothing proves that the credential is older.",
    "key_valid_when_recorded": "The issuer's key has ended since; the credential was recorded before that.",
}


def check_key(known: KnownKey, *, logged: Logged | None, signed_at: datetime | None, at: datetime) -> Check:
    """Return what is to be said about a key that verified a proof of the issuer.

    Args:
        logged: when and where a log holds the document, from a receipt that the policy accepts.
        signed_at: the signer's claim; it can condemn, never acquit.
        at: the moment of the verification.
    """
    verdict, code = _judge(known, logged=logged, signed_at=signed_at, at=at)
    detail = {"source": known.source, "key": known.key.multikey}
    if known.method is not None:
        detail["verification_method"] = known.method
    for name, moment in (
        ("valid_until", known.valid_until),
        ("compromised_since", known.compromised_since),
    ):
        if moment is not None:
            detail[name] = format_time(moment)
    return Check("key", verdict, code, _MESSAGES[code], True, detail)


def _judge(
    known: KnownKey, *, logged: Logged | None, signed_at: datetime | None, at: datetime
) -> tuple[Verdict, str]:
    # 1. Somebody told us the key, nobody vouches for it.
    if not known.authentic:
        return "undetermined", "key_not_authenticated"
    # 2. Recorded before the log knew the key: somebody else may have held the name then.
    if known.valid_from is not None and logged is not None and logged.recorded_at < known.valid_from:
        return "undetermined", "key_not_yet_valid"
    # 3. A key in use is good: whoever signs with it today is the issuer.
    since, end = known.compromised_since, known.valid_until
    if (since is None or at < since) and (end is None or at < end):
        return "valid", "key_valid"
    # 4. Without a log's word only a claim is left; it can condemn.
    if logged is None:
        if since is not None and signed_at is not None and signed_at >= since:
            return "invalid", "key_compromised"
        if end is not None and signed_at is not None and signed_at >= end:
            return "invalid", "key_retired"
        return "undetermined", "key_time_unknown"
    # 5. What a thief may have signed is never acquitted by its place: only by a time before the theft.
    if since is not None and logged.at >= since:
        return "invalid", "key_compromised"
    # 6. A retired key is good for what a log held before its end, by the clock or by the order of the log:
    #    witnesses sign a little later than the log records, and a key may have been rotated in between.
    if not all(end.is_after(logged) for end in known.ends):
        return "invalid", "key_retired"
    return "valid", "key_valid_when_recorded"
