"""Pages of a feed and registers of one's own: read strictly, written the same."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.feed import ITEMS_MAX
from verifiers.errors import MalformedError, VerifierError
from verifiers.formats import feed, register
from verifiers.formats.feed import FeedItem, FeedPage
from verifiers.formats.register import Register
from verifiers.primitives import jcs

ORGANISATION = UUID("0d5a7d0e-6a49-4c36-9d0b-0f5b1c7d4a11")
KEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
ITEM = FeedItem(
    position=7,
    type="credential-issued.v1",
    stream=UUID("019abc12-3456-7abc-8def-0123456789ab"),
    recorded_at=datetime(2026, 11, 24, 10, tzinfo=UTC),
    header=b'{"a":1}',
    signature=bytes(64),
    credential_sha256=bytes(range(32)),
    signed_by=(f"did:key:{KEY}#{KEY}",),
    payload=None,
    receipt="c2sp.org/tlog-proof@v1\n",
)
ERASED = FeedItem(
    8, "credential-read.v1", ITEM.stream, ITEM.recorded_at, b"{}", bytes(64), None, (), None, "c2sp"
)
EVENT = FeedItem(
    9,
    "organisation-ceased.v1",
    ORGANISATION,
    ITEM.recorded_at,
    b"{}",
    bytes(64),
    None,
    (),
    b'{"d":1}',
    "c2sp",
)


def wire(*items: FeedItem, next_after: int | None = 9) -> dict[str, Any]:
    page = FeedPage(ORGANISATION, items or (ITEM, ERASED, EVENT), next_after)
    return page.to_model().model_dump()


def test_a_page_comes_back_as_it_went() -> None:
    for items, after in (((ITEM, ERASED, EVENT), 9), ((), None)):
        page = FeedPage(ORGANISATION, items, after)
        assert feed.parse(jcs.canonicalise(page.to_model().model_dump())) == page


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("position", -1),
        ("position", 7.5),
        ("position", "7"),
        ("type", "x" * 65),
        ("stream", "019ABC12-3456-7abc-8def-0123456789ab"),
        ("stream", "x"),
        ("recorded_at", "2026"),
        ("recorded_at", 5),
        ("header", "{}"),
        ("header", "YR"),
        ("signature", "AAAA"),
        ("credential_sha256", "AAAA"),
        ("credential_sha256", "_" * 43),
        ("signed_by", "x"),
        ("signed_by", ["x"] * 17),
        ("payload", 5),
        ("receipt", None),
    ],
)
def test_a_page_that_is_none(member: str, value: object) -> None:
    document = copy.deepcopy(wire())
    document["items"][0][member] = value
    with pytest.raises(MalformedError) as caught:
        feed.parse(jcs.canonicalise(document))
    assert caught.value.code == "feed_malformed"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"", "json_syntax"),
        (b"[]", "json_not_object"),
        (b'{"type":"leerspoor-feed.v1"}', "feed_malformed"),
        (jcs.canonicalise(wire() | {"type": "leerspoor-feed.v2"}), "feed_malformed"),
        (jcs.canonicalise(wire() | {"more": 1}), "feed_malformed"),
        (jcs.canonicalise(wire() | {"organisation": "x"}), "feed_malformed"),
    ],
)
def test_what_is_no_page(document: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        feed.parse(document)
    assert caught.value.code == code


def test_the_largest_page_is_read_and_no_larger_one() -> None:
    page = FeedPage(ORGANISATION, (replace(ITEM, receipt="x" * 16_384),) * ITEMS_MAX, None)
    document = page.to_model().model_dump()
    assert feed.parse(jcs.canonicalise(document)) == page
    document["items"].append(document["items"][0])
    for data, code in (
        (jcs.canonicalise(document), "feed_malformed"),
        (b" " * (feed.FEED_BYTES_MAX + 1), "json_too_large"),
    ):
        with pytest.raises(MalformedError) as caught:
            feed.parse(data)
        assert caught.value.code == code


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(place=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_page_is_refused_or_read_and_never_a_crash(place: int, value: int, cut: bool) -> None:
    data = jcs.canonicalise(wire())
    place %= len(data)
    damaged = data[:place] if cut else data[:place] + bytes([value]) + data[place + 1 :]
    code = "feed_read"
    try:
        feed.parse(damaged)
    except VerifierError as error:
        code = error.code
    assert code.startswith(("feed_", "json_"))


REGISTER = Register(ids=frozenset({ITEM.stream}), hashes=frozenset({bytes(range(32))}), keys=frozenset({KEY}))


def test_a_register_comes_back_as_it_went() -> None:
    assert register.parse(REGISTER.dump().encode()) == REGISTER
    text = f"# autumn\n\n  urn:uuid:{ITEM.stream}\r\nkey:{KEY}\nsha256:{bytes(range(32)).hex()}"
    assert register.parse(text.encode()) == REGISTER
    assert register.parse(b"") == Register()


def test_credentials_add_their_hashes() -> None:
    known = REGISTER.with_credentials([b"{}", b"a.b.c"])
    assert len(known.hashes) == 3
    assert sorted(known.contents.values()) == [b"a.b.c", b"{}"]
    assert (known.ids, known.keys) == (REGISTER.ids, REGISTER.keys)


@pytest.mark.parametrize(
    "line",
    [
        "019abc12-3456-7abc-8def-0123456789ab",
        "urn:uuid:019ABC12-3456-7abc-8def-0123456789ab",
        "urn:uuid:{019abc12-3456-7abc-8def-0123456789ab}",
        "urn:isbn:5",
        "sha256:00",
        "sha256:" + "0" * 63,
        "sha256:" + "AB" * 32,
        "sha256:" + "0 " * 32,
        "sha1:00",
        "key:z6Mk",
        "key:",
        "did:key:z6Mk",
        "\0",
    ],
)
def test_a_line_that_says_nothing_is_named_by_its_number(line: str) -> None:
    with pytest.raises(MalformedError) as caught:
        register.parse(f"# first\n{line}\n".encode())
    assert (caught.value.code, caught.value.got) == ("register_malformed", "line 2")


def test_a_register_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "REGISTER_BYTES_MAX", 8)
    assert register.parse(b"# autumn") == Register()
    with pytest.raises(MalformedError) as caught:
        register.parse(b"# autumn\n")
    assert caught.value.code == "register_malformed"


def test_a_register_is_text() -> None:
    with pytest.raises(MalformedError) as caught:
        register.parse(b"\xff\xfe")
    assert caught.value.code == "register_malformed"
