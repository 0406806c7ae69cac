"""Bad requests below the level of members: bytes that are no JSON, wrong media types, ids, parameters, forms."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from ledger.usecases import verify
from tests.api import poison
from tests.api.world import OPERATOR, Party, World, done, refused
from verifiers.primitives.strict_json import BYTES_MAX

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def roc(shared_world: World) -> Party:
    """An organisation."""
    return shared_world.organisation()


@pytest.fixture(autouse=True)
def unchanged(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check that no test of the shared world changed it."""
    if "shared_world" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("roc")
    world: World = request.getfixturevalue("shared_world")
    before = world.snapshot()
    yield
    assert world.snapshot() == before


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "json_syntax"),
        (b"{", 400, "json_syntax"),
        (b'{"name": "x",}', 400, "json_syntax"),
        (b"{'name': 'x'}", 400, "json_syntax"),
        (b'\xef\xbb\xbf{"name": "x"}', 400, "json_bom"),
        (b'{"name": "\xff"}', 400, "json_not_utf8"),
        (b'{"name": "x", "name": "y"}', 400, "json_duplicate_key"),
        (b'{"name": NaN}', 400, "json_not_finite"),
        (b'{"name": 1e400}', 400, "json_number_range"),
        (b'{"name": ' + b"9" * 5_000 + b"}", 400, "json_number_range"),
        (b'{"name": "\\ud800"}', 400, "json_lone_surrogate"),
        (b"[" * 100_000, 400, "json_too_deep"),
        (b"[" + b"1," * 30_000 + b"1]", 400, "json_too_many_nodes"),
        (b'{"name": "' + b"x" * BYTES_MAX + b'"}', 413, "body_too_large"),
        (b"null", 422, "request_invalid"),
        (b'"x"', 422, "request_invalid"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_bytes_that_are_no_body(
    shared_world: World, roc: Party, content: bytes, status: int, code: str
) -> None:
    for path, token in (("/v1/organisations", OPERATOR), ("/v1/learners", roc.token)):
        refused(shared_world.post(path, content=content, token=token, headers=JSON), status, code)


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "", "json", "a;b=c"]
)
def test_a_body_must_be_declared_as_json(shared_world: World, roc: Party, media_type: str) -> None:
    headers = {"content-type": media_type}
    answer = shared_world.post("/v1/learners", content=b"{}", token=roc.token, headers=headers)
    refused(answer, 415, "media_type_unsupported")


IDS = ("x", "0", "%00", "..", "6F9C1F0E-2A51-4F6C-9B1E-3F2A7C5D8E90", "6f9c1f0e2a514f6c9b1e3f2a7c5d8e90",
       "{6f9c1f0e-2a51-4f6c-9b1e-3f2a7c5d8e90}", "urn:uuid:6f9c1f0e-2a51-4f6c-9b1e-3f2a7c5d8e90",
       "' OR 1=1 --", "6f9c1f0e-2a51-4f6c-9b1e-3f2a7c5d8e90\n", "é", "x" * 5_000)  # fmt: skip


@pytest.mark.parametrize("name", IDS, ids=lambda value: repr(value)[:40])
def test_an_id_has_one_spelling(shared_world: World, roc: Party, name: str) -> None:
    for path in (
        "/v1/organisations/{}",
        "/v1/attestations/{}",
        "/issuers/{}/did.json",
        "/v1/learners/{}/history",
    ):
        url = httpx.URL("http://ledger.example" + path.format("00000000")).copy_with(
            path=path.format(quote(name, safe="'{}:% "))
        )
        answer = shared_world.http.get(url, headers={"authorization": f"Bearer {roc.token}"})
        if name == "..":
            assert 400 <= answer.status_code < 500
        else:
            body = refused(answer, 422, "request_invalid")
            assert [error["code"] for error in body["errors"]] == ["id_malformed"]


@pytest.mark.parametrize(
    ("path", "pointer", "code"),
    [
        ("/v1/log/proof/-1", "/position", "count_malformed"),
        ("/v1/log/proof/+1", "/position", "count_malformed"),
        ("/v1/log/proof/01", "/position", "count_malformed"),
        ("/v1/log/proof/1_0", "/position", "count_malformed"),
        ("/v1/log/proof/%D9%A1", "/position", "count_malformed"),
        ("/v1/log/proof/99999999999999999999", "/position", "count_malformed"),
        ("/v1/log/proof/9999999999999999", "/position", "less_than_equal"),
        ("/v1/log/entries", "/start", "missing"),
        ("/v1/log/entries?start=0&end=x", "/end", "count_malformed"),
        ("/v1/organisations/6f9c1f0e-2a51-4f6c-9b1e-3f2a7c5d8e90/status/other", "/purpose", "literal_error"),
        ("/v1/organisations/6f9c1f0e-2a51-4f6c-9b1e-3f2a7c5d8e90/status/revocation/00", "/number",
         "count_malformed"),
        ("/v1/possession-text", "/multikey", "missing"),
        ("/v1/possession-text?multikey=" + "z" * 200, "/multikey", "string_too_long"),
    ],
)  # fmt: skip
def test_parameters_have_one_spelling(shared_world: World, path: str, pointer: str, code: str) -> None:
    refused(shared_world.get(path), 422, "request_invalid", member=(pointer, code))


@pytest.mark.parametrize(
    "moment", ["now", "2026-11-24", "2026-11-24T10:00:00", "2026-13-01T00:00:00Z", "1", ""]
)
def test_moments_have_one_spelling(shared_world: World, roc: Party, moment: str) -> None:
    learner = "6f9c1f0e-2a51-4f6c-9b1e-3f2a7c5d8e90"
    for name in ("valid_at", "known_at"):
        answer = shared_world.get(f"/v1/learners/{learner}/history?{name}={moment}", token=roc.token)
        refused(answer, 422, "request_invalid", member=(f"/{name}", "time_invalid"))
    answer = shared_world.post(f"/v1/verify?at={moment}", content=b"{}", headers=JSON)
    refused(answer, 422, "request_invalid", member=("/at", "time_invalid"))


def test_addresses_and_methods_that_are_not_there(shared_world: World) -> None:
    refused(shared_world.get("/v2/health"), 404, "route_unknown")
    refused(shared_world.get("/v1/health/"), 404, "route_unknown")
    answer = shared_world.http.delete("/v1/health")
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"
    refused(shared_world.http.request("BREW", "/v1/health"), 405, "method_not_allowed")
    for path in ("/docs", "/redoc", "/openapi.json"):
        refused(shared_world.get(path), 404, "route_unknown")
    refused(shared_world.get("/v1/health", host="evil.example"), 421, "host_not_served")
    done(shared_world.get("/v1/health", host="127.0.0.1:8000"))


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"", "application/json", 422, None),
        (b"{", "application/json", 400, "json_syntax"),
        (b"{}", "application/json", 422, None),
        (b"[]", "application/json", 422, None),
        (b'{"type": "leerspoor-bundle.v1"}', "application/json", 422, None),
        (b"a.b", "application/vc+jwt", 422, None),
        (b"a.b.c", "text/plain", 422, None),
        (b"\x00\xff\x00", "application/vc", 422, None),
        (b"%PDF-1.7", "application/pdf", 415, "media_type_unsupported"),
        (b"<svg/>", "image/svg+xml", 415, "media_type_unsupported"),
        (b"{}", "", 415, "media_type_unsupported"),
        (b"x" * (BYTES_MAX + 1), "text/plain", 413, "body_too_large"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_credential_is_refused(
    shared_world: World, content: bytes, media_type: str, status: int, code: str | None
) -> None:
    answer = shared_world.post("/v1/verify", content=content, headers={"content-type": media_type})
    refused(answer, status, code or answer.json()["code"])


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"files": {"other": ("a.json", b"{}")}}, "file_missing"),
        ({"files": [("file", ("a", b"{}")), ("file", ("b", b"{}"))]}, "form_malformed"),
        ({"content": b"no form", "headers": {"content-type": "multipart/form-data; boundary=x"}}, None),
        ({"content": b"", "headers": {"content-type": "multipart/form-data"}}, "form_malformed"),
        ({"files": {"file": ("a.json", b"{}")}, "data": {"more": "x"}}, "form_malformed"),
    ],
)
def test_forms_that_hold_no_one_file(shared_world: World, form: dict[str, Any], code: str | None) -> None:
    answer = shared_world.http.post("/v1/verify", **form)
    assert answer.json()["code"] in ({code} if code else {"form_malformed", "file_missing"})
    refused(answer, 422, answer.json()["code"])


@pytest.mark.parametrize("path", ["/v1/verify", "/verify"])
@pytest.mark.parametrize(
    ("charset", "text"), [("punycode", b"a-99999999"), ("unicode_escape", b"\\ud800"), ("idna", b"x")]
)
def test_forms_come_in_utf_8(shared_world: World, path: str, charset: str, text: bytes) -> None:
    """Some of the charsets that a program could know fail in ways of their own, or make what is no text."""
    part = b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n--x--\r\n'
    for name, file in ((text, b'; filename="%s"' % text), (b"text", b"")):
        answer = shared_world.post(
            path,
            content=part % (name, file, text),
            headers={"content-type": f"multipart/form-data; charset={charset}; boundary=x"},
        )
        assert answer.status_code == 422
        if path == "/v1/verify":
            refused(answer, 422, "form_malformed")


def test_a_form_may_say_that_it_is_utf_8(shared_world: World) -> None:
    content = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--x--\r\n'
    for charset in ("UTF-8", "utf8", '"utf-8"'):
        headers = {"content-type": f"multipart/form-data; charset={charset}; boundary=x"}
        refused(shared_world.post("/v1/verify", content=content, headers=headers), 422, "not_a_credential")


def test_a_poison_graph_is_a_verdict(own_world: World) -> None:
    """The bound of the canonicalisation finds it first, and says that nothing was decided."""
    ids = [f"_:n{number}" for number in range(12)]
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2",
                     "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "type": ["VerifiableCredential", "AchievementCredential"],
        "issuer": {"id": "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2", "type": ["Profile"]},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": [
            {"id": one, "type": ["AchievementSubject"], "evidence": [{"id": two, "type": ["Evidence"]} for two in ids]}
            for one in ids
        ],
        "proof": {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-rdfc-2022",
            "created": "2026-01-01T00:00:00Z",
            "verificationMethod": "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
            "#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
            "proofPurpose": "assertionMethod",
            "proofValue": "z" + "1" * 64,
        },
    }  # fmt: skip
    began = time.monotonic()
    answer = own_world.post("/v1/verify", document)
    assert time.monotonic() - began < verify.SECONDS_MAX
    assert done(answer)["report"]["verdict"] in ("undetermined", "invalid")


def test_a_poison_graph_is_killed_by_the_clock_while_another_is_answered(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the bound to miss one, the worker that chokes on it is killed, and nobody else waits for it."""
    monkeypatch.setattr(verify, "check", poison.check_or_choke)
    monkeypatch.setattr(verify, "SECONDS_MAX", 4.0)
    roc = own_world.organisation()
    good = own_world.issue(roc, own_world.learner(roc))["credential"].encode()
    vc = {"content-type": "application/vc"}
    done(own_world.post("/v1/verify", content=good, headers=vc))  # the workers are warm
    poisoned = good[:-1] + b',"poison":1}'
    answers: list[httpx.Response] = []

    def ask() -> None:
        answers.append(own_world.post("/v1/verify", content=poisoned, headers=vc))

    before = own_world.snapshot()
    thread = threading.Thread(target=ask)
    thread.start()
    meanwhile = 0
    while thread.is_alive():
        report = done(own_world.post("/v1/verify", content=good, headers=vc))["report"]
        assert report["verdict"] == "valid"
        done(own_world.get("/v1/health"))
        meanwhile += 1
    thread.join()
    refused(answers[0], 422, "work_too_long")
    assert meanwhile >= 3
    assert own_world.snapshot() == before
