"""Bundles and the events about keys that they carry."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.verifiers.world import ISSUER, MALLORY, Log, issue, text, token
from verifiers.errors import MalformedError
from verifiers.formats import bundle, key_event
from verifiers.formats.bundle import Bundle, Item, KeyEvent, StatusEvent

LOG = Log()
GOOD = Bundle(
    created=datetime(2026, 11, 24, 10, tzinfo=UTC),
    items=(
        Item(text(issue()), "application/vc", LOG.record_text(text(issue()))),
        Item(token(), "application/vc+jwt"),
    ),
    keys=(KeyEvent(b'{"did":"x"}', LOG.record_text(b"x")),),
    did_documents={ISSUER.did: b"{}"},
    status_lists={"https://roc.example/list": token()},
    log=(LOG.origin, LOG.vkey.dump()),
    contexts={"https://www.w3.org/ns/credentials/v2": b'{"@context": {}}\n'},
    policy=b'{"type":"leerspoor-policy.v1"}',
    about={"nl": "# Wat dit is", "en": "# What this is"},
    status_events=(StatusEvent(b'{"lists":[]}', LOG.record_text(b"y")),),
)
WIRE = json.loads(GOOD.dump())


def test_round_trip_keeps_every_byte() -> None:
    assert bundle.parse(GOOD.dump()) == GOOD
    assert bundle.parse(json.dumps(WIRE, indent=2).encode()) == GOOD
    bare = Bundle(GOOD.created, GOOD.items[1:], (), {}, {}, None)
    assert bundle.parse(bare.dump()) == bare
    # Readers of the first bundles wrote these members, and no others.
    needed = {
        name: value for name, value in json.loads(bare.dump()).items() if name in ("type", "created", "items")
    }
    assert bundle.parse(text(needed)) == bare


def changed(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (WIRE | changes).items() if value is not ...}


@pytest.mark.parametrize(
    ("document", "code", "got"),
    [
        (changed(type="leerspoor-bundle.v2"), "bundle_version", None),
        (changed(type=...), "bundle_version", None),
        (changed(items=[]), "bundle_malformed", "items"),
        (changed(items=...), "bundle_malformed", "items"),
        (changed(items=[{"credential": "x"}]), "bundle_malformed", "items"),
        (changed(items=[WIRE["items"][0] | {"media_type": "application/json"}]), "bundle_malformed", "items"),
        (changed(items=[WIRE["items"][0] | {"credential": {}}]), "bundle_malformed", "items"),
        (changed(items=[WIRE["items"][0] | {"trusted": True}]), "bundle_malformed", "items"),
        (changed(items=WIRE["items"][1:] * 1_001), "bundle_malformed", "items"),
        (changed(status_events=None), "bundle_malformed", "status_events"),
        (changed(status_events=[{"payload": "x"}]), "bundle_malformed", "status_events"),
        (changed(status_events=[{"payload": "", "receipt": ""}]), "bundle_malformed", "status_events"),
        (changed(status_events=WIRE["status_events"] * 1_001), "bundle_malformed", "status_events"),
        (changed(policy={}), "bundle_malformed", "policy"),
        (changed(created="now"), "bundle_malformed", None),
        (changed(created=5), "bundle_malformed", "created"),
        (changed(did_documents={"x": {}}), "bundle_malformed", "did_documents"),
        (changed(log={"origin": "x"}), "bundle_malformed", "log"),
        (changed(contexts={"": "{}"}), "bundle_malformed", "contexts"),
        (changed(contexts={"https://x.example": {}}), "bundle_malformed", "contexts"),
        (changed(about={"nl": "wat"}), "bundle_malformed", "about"),
        (changed(about={"nl": "wat", "en": "what", "de": "was"}), "bundle_malformed", "about"),
    ],
)
def test_everything_else_is_refused(document: dict[str, Any], code: str, got: str | None) -> None:
    with pytest.raises(MalformedError) as caught:
        bundle.parse(text(document))
    assert (caught.value.code, caught.value.got) == (code, got)


def test_the_type_tells_bundles_apart() -> None:
    assert bundle.is_bundle(WIRE)
    assert bundle.is_bundle({"type": "leerspoor-bundle.v9"})
    assert not bundle.is_bundle(issue())


EVENT: dict[str, Any] = {
    "did": ISSUER.did,
    "key": ISSUER.key.multikey,
    "verification_method": ISSUER.method,
    "valid_from": "2026-10-01T00:00:00Z",
    "name": "a member of a later version",
}
END = {"key": ISSUER.key.multikey, "valid_until": "2026-10-01T00:00:00Z", "reason": "rotated"}


def test_key_events_are_read() -> None:
    for type_ in key_event.ADDED_TYPES:
        added = key_event.parse(text(EVENT), type=type_)
        assert isinstance(added, key_event.KeyAdded)
        assert (added.did, added.key, added.verification_method) == (ISSUER.did, ISSUER.key, ISSUER.method)
    ended = key_event.parse(text(END), type="organisation-key-retired.v1")
    assert ended == key_event.KeyRetired(ISSUER.key, datetime(2026, 10, 1, tzinfo=UTC), "rotated")


@pytest.mark.parametrize(
    ("document", "type_", "code"),
    [
        (EVENT, "credential-issued.v1", "key_event_type"),
        (EVENT, "organisation-key-retired.v1", "key_event_malformed"),
        (END, "organisation-key-added.v1", "key_event_malformed"),
        (EVENT | {"key": "z6Mk"}, "organisation-key-added.v1", "key_event_malformed"),
        (EVENT | {"did": ""}, "organisation-key-added.v1", "key_event_malformed"),
        (EVENT | {"did": MALLORY.did}, "organisation-key-added.v1", "key_event_malformed"),
        (EVENT | {"verification_method": MALLORY.method}, "organisation-key-added.v1", "key_event_malformed"),
        (EVENT | {"valid_from": "2026"}, "organisation-key-added.v1", "key_event_malformed"),
        (END | {"valid_until": 5}, "organisation-key-retired.v1", "key_event_malformed"),
    ],
)
def test_key_events_that_cannot_be_used(document: dict[str, Any], type_: str, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        key_event.parse(text(document), type=type_)
    assert caught.value.code == code


def test_payloads_of_key_events_are_strict_json() -> None:
    with pytest.raises(MalformedError) as caught:
        key_event.parse(b'{"did":1,"did":2}', type="organisation-key-added.v1")
    assert caught.value.code == "key_event_malformed"
