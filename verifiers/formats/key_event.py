"""Payloads of the organisation events that say which key was whose, and until when.

A payload proves nothing by itself; with a receipt from a believed log it is a recorded fact. Members that we
do not know are left alone, so that later versions of the ledger can add some.

Not here: checking the receipts (`verifiers.checks.keyring`), writing the events (`ledger.domain`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from verifiers.errors import MalformedError, VerifierError
from verifiers.primitives import keys
from verifiers.primitives.encoding import parse_time
from verifiers.primitives.strict_json import JSON, loads_object

PAYLOAD_BYTES_MAX = 65_536
ADDED_TYPES = frozenset(("organisation-registered.v1", "organisation-key-added.v1"))
RETIRED_TYPES = frozenset(("organisation-key-retired.v1",))
COMPROMISED_TYPES = frozenset(("organisation-key-compromised.v1",))
CEASED_TYPES = frozenset(("organisation-ceased.v1",))
TYPES = ADDED_TYPES | RETIRED_TYPES | COMPROMISED_TYPES | CEASED_TYPES


@dataclass(frozen=True, slots=True)
class KeyAdded:
    """From `valid_from`, this key signs for this DID under this name.

    Args:
        name: of the organisation, where the event says it (`organisation-registered.v1`).
    """

    did: str
    key: keys.PublicKey
    verification_method: str
    valid_from: datetime
    name: str | None = None


@dataclass(frozen=True, slots=True)
class KeyRetired:
    """What this key signs from `valid_until` on does not count; reason is a code."""

    key: keys.PublicKey
    valid_until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class KeyCompromised:
    """From `compromised_since` on, somebody else may have signed with this key; reason is a code."""

    key: keys.PublicKey
    compromised_since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class OrganisationCeased:
    """From `ceased_at` on, nobody signs for this DID any more.

    Args:
        successor: DID of who carries on, if anyone.
        archive: address where its records are kept, if anywhere.
    """

    did: str
    ceased_at: datetime
    reason: str
    successor: str | None = None
    archive: str | None = None


KeyEvent = KeyAdded | KeyRetired | KeyCompromised | OrganisationCeased


def parse(payload: bytes, *, type: str) -> KeyEvent:  # noqa: A002  (the header calls it type)
    """Read the payload of an event that concerns keys.

    Args:
        payload: the event's exact bytes.
        type: the stored type, from its header.

    Raises:
        MalformedError: key_event_malformed, key_event_type.
    """
    if type not in TYPES:
        raise MalformedError("key_event_type", "the event does not concern a key of an organisation")
    try:
        members = loads_object(payload, bytes_max=PAYLOAD_BYTES_MAX)
        return _read(members, type)
    except VerifierError as error:
        if error.code == "key_event_malformed":
            raise
        raise MalformedError("key_event_malformed", f"the key event cannot be read: {error}") from error


def _read(members: Mapping[str, JSON], type_: str) -> KeyEvent:
    if type_ in CEASED_TYPES:
        return OrganisationCeased(
            did=_text(members, "did"),
            ceased_at=parse_time(_text(members, "ceased_at")),
            reason=_text(members, "reason"),
            successor=_text_or_none(members, "successor"),
            archive=_text_or_none(members, "archive"),
        )
    key = keys.parse_multikey(_text(members, "key"))
    if type_ in RETIRED_TYPES:
        return KeyRetired(key, parse_time(_text(members, "valid_until")), _text(members, "reason"))
    if type_ in COMPROMISED_TYPES:
        since = parse_time(_text(members, "compromised_since"))
        return KeyCompromised(key, since, _text(members, "reason"))
    added = KeyAdded(
        did=_text(members, "did"),
        key=key,
        verification_method=_text(members, "verification_method"),
        valid_from=parse_time(_text(members, "valid_from")),
        name=_text(members, "name") if "name" in members else None,
    )
    if not added.verification_method.startswith(f"{added.did}#"):
        raise MalformedError("key_event_malformed", "the key of the event is not named under its own DID")
    return added


def _text(members: Mapping[str, JSON], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedError("key_event_malformed", f"{name} of the key event is missing or not text")
    return value


def _text_or_none(members: Mapping[str, JSON], name: str) -> str | None:
    return None if members.get(name) is None else _text(members, name)
