"""A verification touches nothing: no file, no network, no database, whatever a document names (THREATS A3)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verifiers.world import AT, ISSUER, credential, issue, proof, status_entry, text, token
from verifiers import TrustedIssuer, TrustPolicy, check

POLICY = TrustPolicy(issuers={ISSUER.did: TrustedIssuer(ISSUER.did)})
WATCHED = ("open", "socket.", "sqlite3.", "subprocess.", "os.system", "urllib.", "import", "exec", "compile")
NASTY = [
    "file:///etc/passwd",
    "/etc/passwd",
    "../../../../etc/passwd",
    "http://169.254.169.254/latest/meta-data",
    "https://localhost:8000/keys#1",
    "' OR 1=1; DROP TABLE event; --",
    "$(reboot)",
    "did:web:127.0.0.1%3A8000#key",
    "data:application/json,{}",
    "x" * 2_048,
]
_events: list[str] | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _events is not None and event.startswith(WATCHED):
        _events.append(f"{event} {arguments[:1]!r}")


sys.addaudithook(_hook)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collect what the interpreter reports while the block runs."""
    global _events
    seen: list[str] = []
    _events = seen
    try:
        yield seen
    finally:
        _events = None


@pytest.fixture(autouse=True)
def warm() -> None:
    """Let the pinned contexts be read once; that is the one thing that is read, and not by name from a document."""
    for data in (text(issue()), token()):
        check(data, policy=POLICY, at=AT)


def variants(name: str) -> list[bytes]:
    """Return credentials that name this text wherever something could be followed."""
    document = credential()
    return [
        token(header={"kid": name}),
        token(header={"jku": name, "x5u": name}),
        text(issue(document, proof(document) | {"verificationMethod": name})),
        text(
            issue(document | {"credentialStatus": status_entry(statusListCredential=name)}, proof(document))
        ),
        text(issue(document | {"@context": [*document["@context"], name]}, proof(document))),
        text(issue(document | {"issuer": name}, proof(document))),
        text(issue(document | {"id": name}, proof(document))),
    ]


def outcome(data: bytes) -> str:
    try:
        return check(data, policy=POLICY, at=AT).verdict
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("name", NASTY)
def test_names_are_never_followed(name: str) -> None:
    for data in variants(name):
        with watched() as seen:
            found = outcome(data)
        assert seen == []
        assert found in {"invalid", "undetermined", "MalformedError"}


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_no_text_in_a_key_id_makes_a_call_or_a_valid_token(name: str) -> None:
    if name in {ISSUER.did, ISSUER.method, ISSUER.key.multikey}:
        return
    data = token(header={"kid": name}, payload=text(credential()))
    with watched() as seen:
        found = outcome(data)
    assert seen == []
    assert found in {"invalid", "undetermined", "MalformedError"}


def test_the_watch_sees_what_it_should() -> None:
    with watched() as seen, open("/dev/null"):
        pass
    assert len(seen) == 1
