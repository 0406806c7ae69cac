"""Bundles as web pages: what is taken out of one, and what is no such page."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

import verifiers
from tests.verifiers.world import AT, credential, issue, text
from verifiers.errors import MalformedError
from verifiers.formats import bundle, bundle_html
from verifiers.formats.bundle import Bundle, Item

NAMED = text(issue(credential(name="</script><script>alert(1)</script> <!-- ")))
BUNDLE = Bundle(AT, (Item(NAMED, "application/vc"),), (), {}, {}, None)
ELEMENT = bundle_html.embed(BUNDLE.dump())
PAGE = (
    b"<!doctype html>\n<html><body><p>hello</p>" + ELEMENT + b"<script>let a = 1 < 2;</script></body></html>"
)


def test_the_bundle_comes_out_whole_and_its_texts_cannot_end_the_element() -> None:
    assert ELEMENT.count(b"<") == 2
    assert bundle.parse(bundle_html.extract(PAGE)) == BUNDLE
    assert bundle_html.unwrap(PAGE) == bundle_html.extract(PAGE)
    assert bundle_html.unwrap(BUNDLE.dump()) == BUNDLE.dump()


def test_the_page_is_checked_as_the_bundle_in_it() -> None:
    page = verifiers.check(PAGE, policy=None, at=AT)
    assert page.format == "bundle"
    assert page == verifiers.check(BUNDLE.dump(), policy=None, at=AT)
    assert verifiers.check(b"\n" + PAGE.replace(b"doctype", b"DOCTYPE"), policy=None, at=AT) == page


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<!doctype html><p>nothing</p>", "bundle_html_malformed"),
        (PAGE + ELEMENT, "bundle_html_malformed"),
        (PAGE.replace(b"</script>", b"", 1), "bundle_html_malformed"),
        (PAGE.replace(b"</script>", b"<!-- </script>", 1), "bundle_html_malformed"),
        (PAGE.replace(b'id="leerspoor', b"id='leerspoor"), "bundle_html_malformed"),
        (PAGE.replace(b"application/json", b"text/javascript"), "bundle_html_malformed"),
        (PAGE.replace(b'"items":[', b'"items":[<'), "bundle_html_malformed"),
        (PAGE.replace(b'"items":', b'"itens":'), "bundle_malformed"),
        (PAGE.replace(b'"items":', b'"created":"","items":'), "json_duplicate_key"),
        (b"<!doctype html>" + bundle_html.embed(NAMED), "bundle_version"),
        (b"<html>" + ELEMENT, "not_a_credential"),
        (PAGE + b" " * bundle_html.HTML_BYTES_MAX, "bundle_html_malformed"),
    ],
)
def test_what_is_no_such_page_is_refused_by_its_code(data: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        verifiers.check(data, policy=None, at=AT)
    assert caught.value.code == code


@given(st.integers(0, len(PAGE) - 1), st.binary(max_size=3))
def test_a_damaged_page_is_judged_or_refused_and_never_a_crash(at: int, put: bytes) -> None:
    damaged = PAGE[:at] + put + PAGE[at + len(put) :]
    # What is no page any more raises MalformedError; any other error fails the test.
    with suppress(MalformedError):
        assert verifiers.check(damaged, policy=None, at=AT).verdict != "valid"
