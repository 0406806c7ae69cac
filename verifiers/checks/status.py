"""Whether a credential is revoked or suspended, as far as a readable list says so.

A list counts when the credential's own issuer signed it with an authentic key, it is the list that the entry
names, and it is not stale. Anything else is "could not be checked", never "fine" and never "revoked".

Age: a list that the verifier fetched holds as long as it says, and never longer than FETCHED_AGE_MAX. A list
that came with a bundle could be an old one kept on purpose, so it must say how long it holds, and is never
believed longer than CLAIMED_AGE_MAX (THREATS D6). An issuer that ceased publishes no more lists: one that
held at that moment is the last known status, for ever (THREATS C6).

Time: a list that a believed log holds by its hash is judged by the log's time, like a credential with a receipt. So its
signature counts beyond the end of its algorithm, and beyond the end of its key; its age stays what it is.
Source: Bitstring Status List 1.0 §3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from verifiers.checks.key import check_key
from verifiers.checks.keyring import Keyring
from verifiers.checks.log_time import Logged
from verifiers.checks.proofs import canonical_of, check_proofs
from verifiers.checks.status_dates import StatusDates
from verifiers.errors import UndeterminedError, VerifierError
from verifiers.formats import credential as credentials
from verifiers.formats import status_list
from verifiers.formats.status_list import StatusEntry, StatusList
from verifiers.primitives.encoding import format_time
from verifiers.primitives.strict_json import JSON
from verifiers.report import Check, worst

CLAIMED_AGE_MAX = timedelta(days=31)
FETCHED_AGE_MAX = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class _ReadList:
    content: StatusList
    issuer: str
    since: datetime | None
    logged: Logged | None


@dataclass(frozen=True, slots=True)
class StatusLists:
    """The lists at hand in one verification; each is verified once.

    Args:
        fetched: by URL, gathered by the verifier.
        claimed: by URL, from the bundle.
        at: the moment for which the status is asked.
        dates: since when a believed log holds them, as far as it does.
    """

    keyring: Keyring
    fetched: Mapping[str, bytes]
    claimed: Mapping[str, bytes]
    at: datetime
    dates: StatusDates = field(default_factory=StatusDates)
    _read: dict[tuple[str, datetime], _ReadList | VerifierError] = field(default_factory=dict)

    def check(self, value: JSON, *, issuer: str | None, ceased_at: datetime | None = None) -> Check:
        """Return what one `credentialStatus` of a credential of this issuer amounts to.

        Args: ceased_at: when the issuer ended, from a proven event; None while it is there.
        """
        required = self.keyring.policy.require_status
        detail: dict[str, str] = {}
        try:
            entry = status_list.parse_entry(value)
            detail = {"purpose": entry.purpose, "list": entry.list_url, "index": str(entry.index)}
            if entry.purpose not in status_list.DECIDING_PURPOSES:
                message = "The credential has a status that does not decide about its validity."
                return Check("status", "undetermined", "status_not_deciding", message, False, detail)
            found, frozen = self._current_or_last(entry.list_url, ceased_at)
            if found.since is not None:
                detail["list_of"] = format_time(found.since)
            if found.logged is not None:
                detail |= {
                    "logged_at": format_time(found.logged.at),
                    "time_source": found.logged.source,
                }
            is_set = self._read_status(found, entry, issuer)
        except UndeterminedError as error:
            return Check.of_error("status", error, required=required, detail=detail)
        except VerifierError as error:
            return Check.of_error("status", error, detail=detail)
        if not is_set:
            code, message = "status_clear", f"The status list shows no {entry.purpose}."
            if frozen:
                code = "status_frozen"
                message = f"The issuer has ceased; its last status list shows no {entry.purpose}."
            return Check("status", "valid", code, message, required, detail)
        if entry.purpose == "revocation":
            return Check(
                "status", "invalid", "status_revoked", "The issuer has revoked the credential.", True, detail
            )
        return Check(
            "status", "invalid", "status_suspended", "The issuer has suspended the credential.", True, detail
        )

    def _read_status(self, found: _ReadList, entry: StatusEntry, issuer: str | None) -> bool:
        if found.issuer != issuer:
            raise UndeterminedError(
                "status_issuer_other", "the status list is by another issuer than the credential"
            )
        if entry.purpose not in found.content.purposes:
            raise UndeterminedError(
                "status_purpose_other", "the status list is for another purpose than its entry"
            )
        return status_list.status_at(found.content.bits, entry.index)

    def _current_or_last(self, url: str, ceased_at: datetime | None) -> tuple[_ReadList, bool]:
        """Return a list that counts now, or else the one that counted when the issuer ceased (True)."""
        try:
            return self._list(url, self.at), False
        except UndeterminedError as now:
            if ceased_at is None or ceased_at > self.at:
                raise
            try:
                return self._list(url, ceased_at), True
            except UndeterminedError:
                raise now from None

    def _list(self, url: str, moment: datetime) -> _ReadList:
        if (url, moment) not in self._read:
            try:
                self._read[url, moment] = self._open(url, moment)
            except VerifierError as error:
                self._read[url, moment] = error
        found = self._read[url, moment]
        if isinstance(found, VerifierError):
            raise found
        return found

    def _open(self, url: str, moment: datetime) -> _ReadList:
        """Return the list if it counts at the moment for which it is judged."""
        fetched = url in self.fetched
        data = self.fetched.get(url, self.claimed.get(url))
        if data is None:
            raise UndeterminedError("status_unavailable", "the status list is not at hand")
        try:
            credential = credentials.parse(data, bytes_max=status_list.LIST_CREDENTIAL_BYTES_MAX)
            content = status_list.parse_list(credential.document)
            credentials.check_shape(credential)
            since, until = (
                credential.moment("validFrom"),
                status_list.fresh_until(credential.document, content.ttl),
            )
        except VerifierError as error:
            raise UndeterminedError(
                "status_list_unreadable", f"the status list cannot be read: {error}"
            ) from error
        # Age before signature: a list that is too old is not worth the work.
        _check_age(since, until, fetched, moment)
        logged = self.dates.logged.get((url, data))
        self._check_signature(credential, moment, logged)
        # The id ties the content to the address; only a fetched list may leave it out (§2.2 says MAY).
        if content.url != url and not (fetched and content.url is None):
            raise UndeterminedError("status_list_other", "the status list at hand is another one")
        return _ReadList(content, credential.issuer_id or "", since, logged)

    def _check_signature(
        self, credential: credentials.Credential, moment: datetime, logged: Logged | None
    ) -> None:
        canonical = canonical_of(credential.document)
        proofs = check_proofs(credential, canonical=canonical, keyring=self.keyring, at=moment, logged=logged)
        checks = [check for check in proofs.checks if check.required]
        for known in proofs.keys:
            since = known.compromised_since
            # With a key that is stolen by now a list may be dated back to any moment at which all was well.
            when = moment if since is None or since > self.at else self.at
            checks.append(check_key(known, logged=logged, signed_at=proofs.signed_at, at=when))
        if canonical.error is not None or worst(check.verdict for check in checks) != "valid":
            reason = next((check.code for check in checks if check.verdict != "valid"), "context")
            raise UndeterminedError(
                "status_list_unverified", "the status list's own proof is not good", got=reason
            )


def _check_age(since: datetime | None, until: datetime | None, fetched: bool, moment: datetime) -> None:
    if since is not None and since > moment:
        raise UndeterminedError(
            "status_too_new", "the status list is of a later moment than this verification"
        )
    if not fetched and (since is None or until is None):
        raise UndeterminedError("status_stale", "the status list in the file does not say how long it holds")
    if since is not None:
        with suppress(OverflowError):  # a list from the year 9999
            longest = since + (FETCHED_AGE_MAX if fetched else CLAIMED_AGE_MAX)
            until = longest if until is None else min(until, longest)
    if until is not None and until <= moment:
        raise UndeterminedError(
            "status_stale", "the status list is no longer current", got=format_time(until)
        )
