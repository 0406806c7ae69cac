"""Bundles of every past release verify for ever, in Python and in JavaScript; their broken variants do not.

Some are read in 2066, when the school is gone and Ed25519 has been broken since 2040 (THREATS K3, K4). Of the school
that is gone the last status counts; that of an organisation that went on is too old then, whoever dates it.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agreement.sides import Question, ask_javascript, ask_python, difference, javascript
from tests.peers.process import Peer
from tests.vectors import bundles
from verifiers.formats import receipt as receipts
from verifiers.primitives.encoding import b64_decode, b64_encode

GOLDEN = Path(bundles.__file__).parent
RELEASES = sorted(folder for folder in GOLDEN.iterdir() if (folder / "cases.json").exists())
CASES = [
    pytest.param(folder, case, id=f"{folder.name} {case['file']} {case['at'][:4]} {case['code']}")
    for folder in RELEASES
    for case in json.loads((folder / "cases.json").read_bytes())
]
FIRST = GOLDEN / "0.1.0"
FAR = "2066-11-24T10:00:00Z"
Bundle = dict[str, Any]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with javascript(tmp_path_factory.mktemp("node") / "log") as peer:
        yield peer


def both(node: Peer, data: bytes, *, policy: str, at: str) -> dict[str, Any]:
    """Return what both verifiers say, which must be the same."""
    asked = Question("golden", data, (FIRST / policy).read_text(encoding="utf-8"), at)
    python, (script,) = ask_python(asked), ask_javascript(node, [asked])
    assert difference(python, script) is None
    if "report" in script:
        assert script["report"]["verdict"] == python["report"]["verdict"]
    return python


@pytest.mark.parametrize(("folder", "case"), CASES)
def test_a_golden_bundle_is_found_to_be_what_it_is(node: Peer, folder: Path, case: dict[str, str]) -> None:
    asked = Question(
        "golden",
        (folder / case["file"]).read_bytes(),
        (folder / case["policy"]).read_text(encoding="utf-8"),
        case["at"],
    )
    python, (script,) = ask_python(asked), ask_javascript(node, [asked])
    for said in (python, script):
        assert said["report"]["verdict"] == case["verdict"]
        assert case["code"] in [check["code"] for check in said["report"]["credentials"][0]["checks"]]
    assert difference(python, script) is None


def test_there_is_a_golden_folder_of_this_release() -> None:
    assert [folder.name for folder in RELEASES][-1] == "0.1.0"
    assert {case.values[1]["at"][:4] for case in CASES} >= {"2026", "2066"}  # type: ignore[index]


def test_the_page_holds_exactly_the_bundle() -> None:
    for name in ("trail", "school"):
        page = (FIRST / f"{name}.html").read_text(encoding="utf-8")
        element = page.split('id="leerspoor-bundle">')[1].split("<")[0]
        assert json.loads(element) == json.loads((FIRST / f"{name}.json").read_bytes())


def test_in_2066_nothing_is_asked_of_any_network(tmp_path: Path) -> None:
    """The command itself, in a process in which touching a socket or another program is the end."""
    script = """
import sys
def refuse(event, _):
    if event.startswith(("socket.", "urllib.", "http.", "ftplib.", "smtplib.")) and not event.endswith("__new__"):
        raise SystemExit(f"{event} was asked for")
import verifiers
from verifiers.policy import TrustPolicy
from verifiers.primitives.encoding import parse_time
sys.addaudithook(refuse)
data, policy = (open(name, "rb").read() for name in sys.argv[1:3])
report = verifiers.check(data, policy=TrustPolicy.from_json(policy), at=parse_time(sys.argv[3]))
print(report.verdict, report.credentials[0].time_source)
import socket
socket.create_connection(("127.0.0.1", 9))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, FIRST / "school.json", FIRST / "policy-broken-status.json", FAR],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == "valid witnesses\n"
    assert "was asked for" in done.stderr  # the trap itself works


def _lines(bundle: Bundle, change: Callable[[list[str]], list[str]], *, keys: bool = False) -> None:
    for holder in [bundle["items"][0], *(bundle["keys"] if keys else [])]:
        holder["receipt"] = "\n".join(change(holder["receipt"].split("\n")))


def _without(*names: str) -> Callable[[Bundle], None]:
    def cut(lines: list[str]) -> list[str]:
        return [line for line in lines if not any(line.startswith(f"— {name}") for name in names)]

    return lambda bundle: _lines(bundle, cut, keys=True)


def _wrong_time(bundle: Bundle) -> None:
    def shift(lines: list[str]) -> list[str]:
        at = next(n for n, line in enumerate(lines) if line.startswith("— archief"))
        mark, name, signature = lines[at].split(" ")
        data = bytearray(b64_decode(signature))
        data[4 + 3] ^= 1  # the time stands behind the key ID
        lines[at] = f"{mark} {name} {b64_encode(bytes(data))}"
        return lines

    _lines(bundle, shift)


def _other_root(bundle: Bundle) -> None:
    def change(lines: list[str]) -> list[str]:
        root = lines.index("leerspoor.example/log") + 2
        lines[root] = b64_encode(bytes(32))
        return lines

    _lines(bundle, change)


def _other_hash(bundle: Bundle) -> None:
    def change(lines: list[str]) -> list[str]:
        lines[3] = b64_encode(bytes(32))
        return lines

    _lines(bundle, change)


def _other_place(bundle: Bundle) -> None:
    def change(lines: list[str]) -> list[str]:
        index = int(lines[2].removeprefix("index "))
        lines[2] = f"index {index - 1}"
        return lines

    _lines(bundle, change)


def _opening(bundle: Bundle, name: str) -> None:
    def change(lines: list[str]) -> list[str]:
        opening = json.loads(b64_decode(lines[1].removeprefix("extra ")))
        data = bytearray(base64.urlsafe_b64decode(opening[name] + "=="))
        if name == "header":
            data = bytearray(bytes(data).replace(b"2026-11-24T10:10:00Z", b"2026-11-24T10:09:00Z"))
        else:
            data[0] ^= 1
        opening[name] = base64.urlsafe_b64encode(data).decode().rstrip("=")
        written = json.dumps(opening, sort_keys=True, separators=(",", ":")).encode()
        lines[1] = f"extra {b64_encode(written)}"
        return lines

    _lines(bundle, change)


def _tampered(bundle: Bundle) -> None:
    item = bundle["items"][0]
    item["credential"] = item["credential"].replace("Samira heeft", "Samira had", 1)


def _other_receipt(bundle: Bundle) -> None:
    bundle["items"][0]["receipt"] = bundle["keys"][0]["receipt"]


def _no_receipt(bundle: Bundle) -> None:
    bundle["items"][0]["receipt"] = None


def _no_keys(bundle: Bundle) -> None:
    bundle["keys"] = []


def _no_end(bundle: Bundle) -> None:
    bundle["keys"] = [key for key in bundle["keys"] if "ceased_at" not in key["payload"]]


def _other_status(bundle: Bundle) -> None:
    for url, text in bundle["status_lists"].items():
        bundle["status_lists"][url] = text.replace('"proofValue":"z', '"proofValue":"z2', 1)


def _dates(bundle: Bundle, change: Callable[[Bundle], None]) -> None:
    for event in bundle["status_events"]:
        change(event)


def _undated(bundle: Bundle) -> None:
    del bundle["status_events"]


def _dated_anew(bundle: Bundle) -> None:
    """Leave the lists only the cosignatures that anyone can make by now."""

    def cut(event: Bundle) -> None:
        lines = event["receipt"].split("\n")
        names = ("— archief", "— universiteit", "— leerspoor.example/log/cosigner")
        event["receipt"] = "\n".join(line for line in lines if not line.startswith(names))

    _dates(bundle, cut)


def _dated_as_another(bundle: Bundle) -> None:
    _dates(bundle, lambda event: event.update(payload=event["payload"].replace("/status/", "0/status/")))


def _other_log(bundle: Bundle) -> None:
    _lines(
        bundle,
        lambda lines: [line.replace("leerspoor.example/log", "elsewhere.example/log") for line in lines],
    )


Variant = tuple[Callable[[Bundle], None], str, str, str, str]
BROKEN, WHOLE, STATUS = "policy-broken.json", "policy.json", "policy-broken-status.json"
VARIANTS: dict[str, Variant] = {
    "both ML-DSA cosignatures cut": (
        _without("archief", "universiteit"), BROKEN, "receipt", "algorithm_broken", "undetermined",
    ),
    "one ML-DSA cosignature cut": (
        _without("archief"), BROKEN, "receipt", "algorithm_broken", "undetermined",
    ),
    "two witnesses of three cut": (
        _without("archief", "vakbond"), WHOLE, "receipt", "witnesses_missing", "undetermined",
    ),
    "wrong time": (_wrong_time, BROKEN, "receipt", "cosignature_invalid", "invalid"),
    "other root": (_other_root, BROKEN, "receipt", "checkpoint_signature", "invalid"),
    "other hash": (_other_hash, BROKEN, "receipt", "receipt_not_in_log", "invalid"),
    "other place": (_other_place, BROKEN, "receipt", "receipt_not_in_log", "invalid"),
    "other blinding": (lambda b: _opening(b, "r"), BROKEN, "receipt", "receipt_other_payload", "invalid"),
    "earlier header": (
        lambda b: _opening(b, "header"), BROKEN, "receipt", "receipt_header_signature", "invalid",
    ),
    "other header signature": (
        lambda b: _opening(b, "signature"), BROKEN, "receipt", "receipt_header_signature", "invalid",
    ),
    "receipt of something else": (_other_receipt, BROKEN, "receipt", "receipt_other_payload", "invalid"),
    "no receipt": (_no_receipt, BROKEN, "receipt", "receipt_absent", "undetermined"),
    "another log": (_other_log, BROKEN, "receipt", "log_not_trusted", "undetermined"),
    "tampered body": (_tampered, BROKEN, "proof", "signature_invalid", "invalid"),
    "no key history": (_no_keys, BROKEN, "issuer", "issuer_not_trusted", "undetermined"),
    "no end of the school": (_no_end, WHOLE, "status", "status_stale", "undetermined"),
    "other status": (_other_status, WHOLE, "status", "status_stale", "undetermined"),
    "other status after the break": (_other_status, STATUS, "status", "status_stale", "undetermined"),
    "nothing dates the lists": (_undated, STATUS, "status", "status_stale", "undetermined"),
    "the lists are dated by what can be forged": (
        _dated_anew, STATUS, "status", "status_stale", "undetermined",
    ),
    "the lists are said to be another's": (
        _dated_as_another, STATUS, "status", "status_stale", "undetermined",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_a_broken_variant_is_refused_by_its_code(node: Peer, name: str) -> None:
    break_, policy, check, code, verdict = VARIANTS[name]
    bundle = json.loads((FIRST / "school.json").read_bytes())
    whole = json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode()
    assert both(node, whole, policy=policy, at=FAR)["report"]["verdict"] == "valid"
    break_(bundle)
    said = both(
        node, json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode(), policy=policy, at=FAR
    )["report"]
    found = [item for item in said["credentials"][0]["checks"] if item["name"] == check]
    assert code in [item["code"] for item in found]
    assert said["verdict"] == verdict


def test_before_the_break_the_cosignatures_of_one_family_are_enough(node: Peer) -> None:
    bundle = json.loads((FIRST / "school.json").read_bytes())
    _without("archief")(bundle)
    data = json.dumps(bundle, ensure_ascii=False).encode()
    for at, verdict in (("2039-12-31T23:59:59Z", "valid"), ("2040-01-01T00:00:00Z", "undetermined")):
        assert both(node, data, policy=BROKEN, at=at)["report"]["verdict"] == verdict


def test_a_damaged_page_is_refused_by_its_code(node: Peer) -> None:
    page = (FIRST / "school.html").read_bytes()
    for damaged, code in (
        (page[: len(page) // 4], "bundle_html_malformed"),
        (page.replace(b'"items":', b'"itens":', 1), "bundle_malformed"),
        (page.replace(b'"type":"leerspoor-bundle.v1"', b'"type":"leerspoor-bundle.v9"', 1), "bundle_version"),
    ):
        assert both(node, damaged, policy=BROKEN, at=FAR) == {"refused": code}


def test_receipts_in_golden_bundles_carry_cosignatures_of_both_families() -> None:
    bundle = json.loads((FIRST / "school.json").read_bytes())
    lengths = {
        len(line.signature) for line in receipts.parse(bundle["items"][0]["receipt"]).checkpoint.signatures
    }
    assert lengths == {64, 8 + 64, 8 + 2_420}
