"""Payloads: golden bytes of every type and version, that must be readable for ever."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from ledger.application.codecs import MODELS, UNTOLD, codecs
from ledger.domain.credential import Credential
from ledger.domain.learner import Learner
from ledger.domain.organisation import Organisation
from ledger.domain.registry import Registry
from ledger.domain.share import Share
from ledger.domain.status_lists import StatusLists
from schemas.events.base import Payload
from schemas.events.status import PublishedListV1
from verifiers.errors import MalformedError

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ID = UUID("11111111-2222-4333-8444-555555555555")

GOLDEN: dict[type[Any], tuple[dict[str, Any], bytes]] = {
    Organisation.Registered: (
        {
            "did": "did:web:x",
            "name": "Roc \u00e9\u00e9n",
            "role": "school",
            "website": None,
            "key": "z6Mk",
            "verification_method": "did:web:x#z6Mk",
            "managed": True,
            "valid_from": NOON,
        },
        b'{"did":"did:web:x","key":"z6Mk","managed":true,"name":"Roc \xc3\xa9\xc3\xa9n","role":"school",'
        b'"valid_from":"2026-11-24T12:00:00Z","verification_method":"did:web:x#z6Mk","website":null}',
    ),
    Organisation.KeyAdded: (
        {
            "did": "did:web:x",
            "key": "z6Mk",
            "verification_method": "did:web:x#z6Mk",
            "managed": False,
            "valid_from": NOON,
        },
        b'{"did":"did:web:x","key":"z6Mk","managed":false,"valid_from":"2026-11-24T12:00:00Z",'
        b'"verification_method":"did:web:x#z6Mk"}',
    ),
    Organisation.KeyRetired: (
        {"did": "did:web:x", "key": "z6Mk", "valid_until": NOON, "reason": "rotated"},
        b'{"did":"did:web:x","key":"z6Mk","reason":"rotated","valid_until":"2026-11-24T12:00:00Z"}',
    ),
    Organisation.KeyCompromised: (
        {"key": "z6Mk", "compromised_since": NOON, "reason": "stolen"},
        b'{"compromised_since":"2026-11-24T12:00:00Z","key":"z6Mk","reason":"stolen"}',
    ),
    Organisation.Ceased: (
        {
            "did": "did:web:x",
            "ceased_at": NOON,
            "successor": "did:web:y",
            "archive": None,
            "reason": "merged",
            "reference": "Stcrt. 2026, 1",
        },
        b'{"archive":null,"ceased_at":"2026-11-24T12:00:00Z","did":"did:web:x","reason":"merged",'
        b'"reference":"Stcrt. 2026, 1","successor":"did:web:y"}',
    ),
    Organisation.TokenIssued: (
        {"token_id": ID, "scopes": ("a", "b"), "label": "l", "expires_at": None},
        b'{"expires_at":null,"label":"l","scopes":["a","b"],"token_id":"11111111-2222-4333-8444-555555555555"}',
    ),
    Organisation.TokenRevoked: ({"token_id": ID}, b'{"token_id":"11111111-2222-4333-8444-555555555555"}'),
    Credential.Issued: ({"credential": b'{ "as": "signed" }'}, b'{ "as": "signed" }'),
    Credential.Suspended: ({"reason": "mistake"}, b'{"reason":"mistake"}'),
    Credential.Reinstated: ({"reason": "mistake"}, b'{"reason":"mistake"}'),
    Credential.Revoked: ({"reason": "mistake"}, b'{"reason":"mistake"}'),
    Credential.Read: ({"scope": "attestations:read"}, b'{"scope":"attestations:read"}'),
    Learner.Enrolled: (
        {"person_name": "Ada", "did": "did:key:z6Mk", "token_id": ID},
        b'{"did":"did:key:z6Mk","person_name":"Ada","token_id":"11111111-2222-4333-8444-555555555555"}',
    ),
    Learner.Erased: ({}, b""),
    Learner.Warned: (
        {"kind": "training", "kept_until": NOON, "erase_after": NOON},
        b'{"erase_after":"2026-11-24T12:00:00Z","kept_until":"2026-11-24T12:00:00Z","kind":"training"}',
    ),
    Share.Granted: (
        {"purpose": "stage", "credentials": (ID,), "with_name": True, "expires_at": NOON},
        b'{"credentials":["11111111-2222-4333-8444-555555555555"],"expires_at":"2026-11-24T12:00:00Z",'
        b'"purpose":"stage","with_name":true}',
    ),
    Share.Opened: ({"opened_by": "x"}, b'{"opened_by":"x"}'),
    Share.Withdrawn: ({}, b"{}"),
    StatusLists.Published: (
        {
            "slot": NOON,
            "valid_until": NOON,
            "size": 7,
            "lists": (PublishedListV1(url="https://x/1", sha256="47DEQ", jwt_sha256="47DEw"),),
        },
        b'{"lists":[{"jwt_sha256":"47DEw","sha256":"47DEQ","url":"https://x/1"}],"size":7,'
        b'"slot":"2026-11-24T12:00:00Z","valid_until":"2026-11-24T12:00:00Z"}',
    ),
    Registry.Opened: ({}, b"{}"),
    Registry.PolicySet: (
        {"sha256": "47DEQ", "url": None, "text": "Wie mag"},
        b'{"sha256":"47DEQ","text":"Wie mag","url":null}',
    ),
    Registry.AnchorAdded: (
        {"kind": "log", "value": "x+1+y", "reason": "sister"},
        b'{"kind":"log","reason":"sister","value":"x+1+y"}',
    ),
    Registry.AnchorRemoved: (
        {"kind": "log", "value": "x+1+y", "reason": "gone"},
        b'{"kind":"log","reason":"gone","value":"x+1+y"}',
    ),
}


def test_every_type_has_a_golden_payload() -> None:
    assert {codec.event_class for codec in codecs().values()} == set(GOLDEN)
    assert {type_ for type_, codec in codecs().items() if type_ != codec.event_class.TOPIC} == set()


@pytest.mark.parametrize("event_class", GOLDEN, ids=lambda event: str(event.TOPIC))
def test_bytes_and_event_agree_both_ways(event_class: type[Any]) -> None:
    attributes, payload = GOLDEN[event_class]
    codec = codecs()[event_class.TOPIC]
    event = event_class(
        originator_id=ID,
        originator_version=1,
        timestamp=NOON,
        event_id=ID,
        subject=ID,
        issuer=ID,
        **attributes,
    )
    assert codec.encode(event) == payload
    assert codec.decode(payload) == {"event_id": UNTOLD, **attributes}


@pytest.mark.parametrize(("event_class", "model"), [row[:2] for row in MODELS])
def test_a_payload_with_more_or_less_is_refused(event_class: type[Any], model: type[Payload]) -> None:
    codec = codecs()[event_class.TOPIC]
    payload = GOLDEN[event_class][1]
    more = payload[:-1] + (b"," if len(payload) > 2 else b"") + b'"more":1}'
    with pytest.raises(ValidationError):
        codec.decode(more)
    if model.model_fields:
        with pytest.raises(ValidationError):
            codec.decode(b"{}")
        with pytest.raises(MalformedError) as caught:
            codec.decode(payload[:-1] + b"," + payload[1:])
        assert caught.value.code == "json_duplicate_key"


def test_a_moment_with_fractions_is_refused() -> None:
    with pytest.raises(ValidationError):
        codecs()["share-granted.v1"].decode(GOLDEN[Share.Granted][1].replace(b"00:00Z", b"00:00.5Z"))
