"""Status lists that a log dates count beyond the end of their algorithm and key, and nothing else does (THREATS K3)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.verifiers.test_verify_sunset import (
    BREAK,
    CLOCK,
    ED,
    LOG_ISSUERS,
    OPERATOR_ED,
    OPERATOR_PQ,
    PQ,
    at_time,
    moved,
)
from tests.verifiers.world import (
    AT,
    ECDSA,
    JCS,
    LIST_URL,
    Cosigning,
    Log,
    Signer,
    ceased,
    credential,
    issue,
    key_compromised,
    key_end,
    key_event,
    list_credential,
    proof,
    record_status_event,
    status_entry,
    status_event,
    stream,
    text,
    token,
)
from verifiers import Evidence, Report, TrustedIssuer, TrustPolicy, check
from verifiers import evidence as evidences
from verifiers.checks import keyring as keyrings
from verifiers.checks import status_dates
from verifiers.checks.status import StatusLists
from verifiers.errors import MalformedError
from verifiers.formats import bundle, receipt
from verifiers.formats import status_event as formats

DID = "did:web:roc.example:issuers:1"
ROC = Signer("roc web", did=DID)
PUBLISHED = AT - timedelta(minutes=4)
SEEN = AT - timedelta(minutes=3)
EVERYBODY = at_time(SEEN, *ED, *PQ, OPERATOR_ED, OPERATOR_PQ)
ENTRY = credential(DID, credentialStatus=status_entry())
HELD = text(issue(ENTRY, proof(ENTRY, ROC), proof(ENTRY, ROC, JCS)))
OTHER_URL = "https://hospital.example/v1/status/revocation"

Event = tuple[bytes, str]


def list_text(*indexes: int) -> bytes:
    document = list_credential(*indexes, issuer=ROC, sign=False)
    return text(issue(document, proof(document, ROC), proof(document, ROC, JCS)))


CLEAR = list_text()


class Story:
    """A log of 2026 with one school, its credential, and what dates its list."""

    def __init__(self, *, is_gone: bool = True, held: bytes = CLEAR) -> None:
        """Record the key, the end of the school where it is gone, and the credential."""
        self.log, self.held = Log(), held
        self.keys = [key_event(self.log, ROC)[0]]
        self.places = [0]
        if is_gone:
            self.note(ceased(self.log, DID, "2026-11-24T09:59:00Z")[0])
        self.place = self.log.record(HELD)
        self.events: list[tuple[bytes, int | str]] = []

    def note(self, payload: bytes) -> None:
        """Take an event that was just recorded into the bundle."""
        self.keys.append(payload)
        self.places.append(self.log.head().size - 1)

    def publish(self, payload: bytes | None = None, **options: Any) -> Story:
        """Record the event of the list, or another one."""
        payload = status_event({LIST_URL: self.held}) if payload is None else payload
        place = record_status_event(self.log, payload, **({"recorded_at": PUBLISHED} | options))
        self.events.append((payload, place))
        return self

    def told(self, payload: bytes, text_: str) -> Story:
        """Add an event with a receipt from elsewhere."""
        self.events.append((payload, text_))
        return self

    def dates(self, cosigned: Cosigning) -> tuple[Event, ...]:
        """Return the events with their receipts."""
        return tuple(
            (payload, self.log.receipt(place, cosigned=cosigned).dump() if isinstance(place, int) else place)
            for payload, place in self.events
        )

    def bundle(self, cosigned: Cosigning = EVERYBODY) -> bytes:
        """Return the bundle; the cosignatures of credential and keys are always good."""
        good = [self.log.receipt(place, cosigned=EVERYBODY).dump() for place in (*self.places, self.place)]
        return bundle.Bundle(
            AT,
            (bundle.Item(HELD, "application/vc", good[-1]),),
            tuple(bundle.KeyEvent(*pair) for pair in zip(self.keys, good, strict=False)),
            {},
            {LIST_URL: self.held},
            None,
            status_events=tuple(bundle.StatusEvent(*pair) for pair in self.dates(cosigned)),
        ).dump()


def judged(
    story: Story, cosigned: Cosigning = EVERYBODY, *, policy: TrustPolicy = LOG_ISSUERS, at: datetime = CLOCK
) -> tuple[Report, str, list[str]]:
    """Return the report, the code of the status, and those of events that proved nothing."""
    report = check(story.bundle(cosigned), policy=policy, at=at)
    (status,) = [item for item in report.credentials[0].checks if item.name == "status"]
    return report, status.code, [item.code for item in report.checks if item.name == "status"]


def test_the_last_list_of_a_school_that_is_gone_counts_in_2066() -> None:
    report, status, refused = judged(Story().publish())
    assert (report.verdict, status, refused) == ("valid", "status_frozen", [])
    (found,) = [item for item in report.credentials[0].checks if item.name == "status"]
    assert found.detail["logged_at"] == "2026-11-24T09:57:00Z"
    assert found.detail["time_source"] == "witnesses"


def test_what_the_last_list_says_against_a_credential_counts_too() -> None:
    report, status, _ = judged(Story(held=list_text(94_567)).publish())
    assert (report.verdict, status) == ("invalid", "status_revoked")


def test_the_list_of_a_school_that_went_on_is_too_old_in_2066_whoever_dates_it() -> None:
    story = Story(is_gone=False).publish()
    assert judged(story, at=AT)[1] == "status_clear"
    report, status, refused = judged(story)
    assert (report.verdict, status, refused) == ("undetermined", "status_stale", [])


def _elsewhere() -> Story:
    payload = status_event({LIST_URL: CLEAR})
    other = Log("other.example/log", key="other log")
    place = record_status_event(other, payload, recorded_at=PUBLISHED)
    return Story().told(payload, other.receipt(place, cosigned=EVERYBODY).dump())


def _borrowed() -> Story:
    """The receipt of another publication."""
    story = Story().publish(status_event({LIST_URL: list_text(7)}))
    return Story().told(status_event({LIST_URL: CLEAR}), story.dates(EVERYBODY)[0][1])


def _closed() -> Story:
    payload = status_event({LIST_URL: CLEAR})
    story = Story().publish(payload)
    shut = story.log.receipt(int(story.events[0][1]), opening=False, cosigned=EVERYBODY)
    return Story().told(payload, shut.dump())


GOOD = status_event({LIST_URL: CLEAR})
MIXED = status_event({LIST_URL: CLEAR, OTHER_URL: CLEAR})
REFUSED: dict[str, tuple[Story, Cosigning, list[str]]] = {
    "nothing dates it": (Story(), EVERYBODY, []),
    "another organisation's list": (
        Story().publish(status_event({OTHER_URL: CLEAR})), EVERYBODY, ["status_event_other_list"],
    ),
    "lists of two organisations": (Story().publish(MIXED), EVERYBODY, ["status_event_malformed"]),
    "another hash": (
        Story().publish(status_event({LIST_URL: CLEAR + b" "})), EVERYBODY, ["status_event_other_hash"],
    ),
    "a log nobody believes": (_elsewhere(), EVERYBODY, ["log_not_trusted"]),
    "no opening": (_closed(), EVERYBODY, ["receipt_opening_missing"]),
    "the receipt of another publication": (_borrowed(), EVERYBODY, ["receipt_other_payload"]),
    "dated after the break": (
        Story().publish(recorded_at=BREAK), at_time(BREAK, *PQ), ["algorithm_broken"],
    ),
    "dated before it by what can be forged": (
        Story().publish(), at_time(SEEN, *ED, OPERATOR_ED), ["algorithm_broken"],
    ),
    "too few witnesses": (Story().publish(), at_time(SEEN, PQ[0]), ["algorithm_broken"]),
    "a forged cosignature": (Story().publish(), moved, ["cosignature_invalid"]),
    "recorded later than it was seen": (
        Story().publish(recorded_at=AT), EVERYBODY, ["recorded_after_cosignature"],
    ),
    "an event of another kind": (
        Story().publish(type="credential-issued.v1"), EVERYBODY, ["status_event_type"],
    ),
    "an event in an organisation's name": (
        Story().publish(issuer=stream("roc")), EVERYBODY, ["status_event_stream"],
    ),
    "an event about a person": (
        Story().publish(subject=stream("ada")), EVERYBODY, ["status_event_stream"],
    ),
    "an event in another stream": (
        Story().publish(stream_id=stream("roc")), EVERYBODY, ["status_event_stream"],
    ),
    "an event that says nothing": (Story().publish(b"{}"), EVERYBODY, ["status_event_malformed"]),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_date_the_list_is_shown_and_counts_for_nothing(name: str) -> None:
    story, cosigned, expected = REFUSED[name]
    report, status, refused = judged(story, cosigned)
    assert (report.verdict, status, refused) == ("undetermined", "status_stale", expected)
    assert not any(item.required for item in report.checks if item.name == "status")


def test_a_quorum_is_asked_for_before_the_break_too() -> None:
    whole = replace(LOG_ISSUERS, sunsets={})
    story = Story(is_gone=False).publish()
    report, status, refused = judged(story, at_time(SEEN, PQ[0]), policy=whole, at=AT)
    assert (report.verdict, status, refused) == ("valid", "status_clear", ["witnesses_missing"])


@pytest.mark.parametrize(
    ("ends", "dated", "expected", "refused"),
    [
        (AT - timedelta(minutes=2), True, "status_clear", []),
        (AT - timedelta(minutes=2), False, "status_list_unverified", []),
        (SEEN, True, "status_list_unverified", ["algorithm_broken"]),
    ],
    ids=["dated before", "not dated", "dated in that second"],
)
def test_a_list_that_still_holds_counts_when_it_is_older_than_the_break(
    ends: datetime, dated: bool, expected: str, refused: list[str]
) -> None:
    story = Story(is_gone=False)
    policy = replace(LOG_ISSUERS, sunsets={"Ed25519": ends})
    _, *found = judged(story.publish() if dated else story, policy=policy, at=AT)
    assert found == [expected, refused]


@pytest.mark.parametrize(
    ("seconds", "dated", "expected"),
    [(1, True, "status_clear"), (1, False, "status_list_unverified"), (-1, True, "status_list_unverified")],
)
def test_a_list_by_a_key_that_ended_counts_when_it_is_older_than_that(
    seconds: int, dated: bool, expected: str
) -> None:
    end = (SEEN + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for write in (key_end, key_compromised):
        story = Story(is_gone=False)
        story.note(write(story.log, ROC, end)[0])  # first, so that only the clock can acquit
        if dated:
            story.publish()
        assert judged(story, policy=replace(LOG_ISSUERS, sunsets={}), at=AT)[1] == expected


@pytest.mark.parametrize(
    ("seen", "expected"), [(SEEN, "status_clear"), (AT, "status_list_unverified")], ids=["before", "after"]
)
def test_a_list_of_another_algorithm_is_dated_by_a_log_that_holds(seen: datetime, expected: str) -> None:
    """P-256 ended at SEEN + 1 s; the log's own Ed25519 did not."""
    signer = Signer("p256 roc", "P-256")
    document = list_credential(issuer=signer, sign=False)
    for own in (text(issue(document, proof(document, signer, ECDSA))), token(document, signer)):
        lists, log = {LIST_URL: own}, Log()
        place = record_status_event(log, status_event(lists), recorded_at=PUBLISHED)
        events = ((status_event(lists), log.receipt(place, cosigned=at_time(seen, *ED)).dump()),)
        policy = replace(
            LOG_ISSUERS,
            issuers={signer.did: TrustedIssuer(signer.did)},
            log_issuers=False,
            sunsets={"P-256": SEEN + timedelta(seconds=1)},
        )
        keyring = keyrings.build(policy=policy, evidence=Evidence(), bundle=None, at=AT)
        dates = status_dates.prove(events, lists=lists.items(), policy=policy, at=AT)
        found = StatusLists(keyring, lists, {}, AT, dates).check(status_entry(), issuer=signer.did)
        assert (found.code, found.detail.get("got")) == (
            expected, None if expected == "status_clear" else "algorithm_broken",
        )  # fmt: skip


def test_a_list_is_known_by_the_hash_of_its_token_as_well() -> None:
    jwt = token(list_credential(issuer=ROC, sign=False), ROC)
    payload = text(
        {"lists": [{"url": LIST_URL, "sha256": "A" * 43, "jwt_sha256": _hash(jwt)}], "more": "is left alone"}
    )
    assert formats.parse(payload).holds(LIST_URL, jwt)
    assert not formats.parse(payload).holds(LIST_URL, jwt + b"\n")
    assert not formats.parse(payload).holds(OTHER_URL, jwt)


def _hash(data: bytes) -> str:
    (entry,) = json.loads(status_event({LIST_URL: data}))["lists"]
    return str(entry["sha256"])


def test_of_several_events_the_earliest_that_others_confirm_counts() -> None:
    story = Story().publish().publish(recorded_at=PUBLISHED - timedelta(days=1))
    late, bare = story.dates(at_time(SEEN + timedelta(seconds=5), *PQ))[0], story.dates(lambda head: head)[1]
    events = [bare, late, story.dates(EVERYBODY)[0], story.dates(EVERYBODY)[0], bare]
    policy = replace(LOG_ISSUERS, sunsets={}, require_witnesses=False)
    for order in (events, events[::-1]):
        dates = status_dates.prove(order, lists=[(LIST_URL, CLEAR)], policy=policy, at=AT)
        assert (dates.logged[LIST_URL, CLEAR].at, dates.refused) == (SEEN, ())


ENTRY_OF: dict[str, str] = {"url": LIST_URL, "sha256": "A" * 43, "jwt_sha256": "A" * 43}


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"[]", b'{"lists":1}', b'{"lists":[]}', b'{"lists":[1]}', b'{"lists":[{}]}',
        *(text({"lists": [{**ENTRY_OF, **change}]}) for change in (
            {"url": 1}, {"url": "https://roc.example/list"}, {"sha256": "A" * 42}, {"sha256": "A" * 44},
            {"sha256": "="}, {"jwt_sha256": None},
        )),
        text({"lists": [ENTRY_OF, ENTRY_OF]}),
        text({"lists": [ENTRY_OF, {**ENTRY_OF, "url": OTHER_URL}]}),
        text({"lists": [ENTRY_OF], "x": "x" * formats.PAYLOAD_BYTES_MAX}),
    ],
)  # fmt: skip
def test_a_payload_that_names_no_lists_is_refused(payload: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        formats.parse(payload)
    assert caught.value.code == "status_event_malformed"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        # SHA-256 of the examples of FIPS 180, with version 8 and the variant of RFC 9562 in place.
        (b"", "e3b0c442-98fc-8c14-9afb-f4c8996fb924"),
        (b"abc", "ba7816bf-8f01-8fea-8141-40de5dae2223"),
    ],
)
def test_the_stream_is_named_by_the_content(payload: bytes, expected: str) -> None:
    assert str(formats.stream_of(payload)) == expected


def test_evidence_carries_events_too() -> None:
    story = Story(is_gone=True).publish()
    (event,) = story.dates(EVERYBODY)
    given = Evidence(status_events=(event,))
    assert evidences.parse(given.dump()) == given
    bare = Story()
    report = check(bare.bundle(), policy=LOG_ISSUERS, at=CLOCK, evidence=evidences.parse(given.dump()))
    assert report.verdict == "valid"
    assert receipt.parse(event[1]).opening is not None
