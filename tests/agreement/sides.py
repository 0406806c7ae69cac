"""Asking both verifiers, and comparing what they say.

What both can check is written down once, here:

    check     compared                                 Python alone
    format    always, also the code of a refusal
    schema    always
    context   never                                    JSON-LD: every member has a pinned meaning
    proof     eddsa-jcs-2022, and whatever is wrong    the signatures of RDF proofs and of tokens
              with a proof of any kind before its
              signature
    issuer    always
    key       always                                   keys from DID documents
    receipt   always
    validity  always
    status    always                                   contexts of a status list
    binding   always

A check that JavaScript says it cannot make (`NOT_HERE`) is left out on both sides, and then counts for neither;
of all others verdict, code and whether it is required must be the same.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import verifiers
from tests.peers.install import node_program
from tests.peers.process import Peer
from verifiers.checks.proofs import canonical_of
from verifiers.errors import MalformedError
from verifiers.formats import bundle, bundle_html, credential
from verifiers.policy import TrustPolicy
from verifiers.primitives.encoding import parse_time

VERIFIER = Path(__file__).parents[2] / "api" / "web" / "static" / "verifier.js"
RUNNER = Path(__file__).with_name("node.mjs")
NOT_HERE = frozenset(
    {"context_not_checked_here", "proof_not_checked_here", "token_not_checked_here", "algorithm_not_here"}
)

_DOUBTED = frozenset({"status_list_unverified", "status_stale"})
FACTS = (
    "issuer_id", "issuer_name", "name", "types", "recorded_at", "position", "signed_at", "logged_at",
    "time_source", "valid_from", "valid_until", "awarded",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """One file to be judged, under a policy, for a moment."""

    name: str
    data: bytes
    policy: str | None
    at: str


Said = dict[str, Any]


@contextmanager
def javascript(log: Path, *, without: str = "") -> Iterator[Peer]:
    """Run Node with the verifier in it, for as long as the block lasts; `without`: an algorithm it lacks."""
    peer = Peer([node_program(), RUNNER, VERIFIER.as_uri(), without], folder=RUNNER.parent, log=log)
    try:
        yield peer
    finally:
        peer.close()


def ask_javascript(peer: Peer, questions: Sequence[Question]) -> list[Said]:
    """Return what JavaScript says of each file."""
    files = [
        {
            "file": base64.b64encode(item.data).decode(),
            "policy": item.policy,
            "at": item.at,
        }
        for item in questions
    ]
    answers: list[Said] = peer.ask("check", files=files)["answers"]
    return answers


def ask_python(question: Question) -> Said:
    """Return what Python says of a file."""
    policy = None if question.policy is None else TrustPolicy.from_json(question.policy.encode())
    try:
        report = verifiers.check(question.data, policy=policy, at=parse_time(question.at))
    except MalformedError as error:
        return {"refused": error.code}
    return {"report": report.to_model().model_dump(), "foreign": _foreign_lists(report, question.data)}


def _foreign_lists(report: verifiers.Report, data: bytes) -> list[str]:
    """Return the status lists that Python does not believe for words in them that no context defines.

    Of an issuer that ceased it tries two moments and tells about the first, so stale ones are looked at too.
    """
    doubted = {check.detail.get("list") for check in report.all_checks() if check.code in _DOUBTED}
    if not doubted:
        return []
    lists = bundle.parse(bundle_html.unwrap(data)).status_lists
    documents = {url: credential.parse(text).document for url, text in lists.items() if url in doubted}
    return [url for url, document in documents.items() if canonical_of(document).error is not None]


def difference(python: Said, script: Said) -> str | None:
    """Return in which check the two differ, or None when they agree on all that both can check."""
    if "report" not in python or "report" not in script:
        return None if python == script else f"{_short(python)} / {_short(script)}"
    ours, theirs = python["report"], script["report"]
    parts = [(ours, theirs), *zip(ours["credentials"], theirs["credentials"], strict=False)]
    if ours["format"] != theirs["format"] or len(ours["credentials"]) != len(theirs["credentials"]):
        return f"format {ours['format']} / {theirs['format']}"
    common: list[tuple[str, str]] = []
    for own, other in parts:
        if len(own["checks"]) != len(other["checks"]):
            return f"{_codes(own)} / {_codes(other)}"
        for one, two in zip(own["checks"], other["checks"], strict=True):
            about_contexts = one["detail"].get("list") in python["foreign"]
            if one["name"] == two["name"] and (two["code"] in NOT_HERE or about_contexts):
                continue
            if any(one[member] != two[member] for member in ("name", "verdict", "code", "required")):
                return f"{one['name']} {one['code']} / {two['name']} {two['code']}"
            common.append((one["verdict"], two["verdict"]))
        for fact in FACTS:
            if own.get(fact) != other.get(fact):
                return f"{fact}: {own.get(fact)!r} / {other.get(fact)!r}"
    return _unsafe(ours, theirs, python["foreign"])


def _unsafe(ours: Said, theirs: Said, foreign: Sequence[str]) -> str | None:
    """Say when JavaScript calls valid what Python does not, for another reason than the contexts."""
    for own, other in zip(ours["credentials"], theirs["credentials"], strict=True):
        if other["verdict"] != "valid":
            continue
        against = [
            check
            for check in own["checks"]
            if check["required"]
            and check["verdict"] != "valid"
            and check["name"] not in ("context", "proof")
            and check["detail"].get("list") not in foreign
        ]
        if against:
            return f"valid in JavaScript only: {against[0]['code']}"
    return None


def _short(said: Said) -> str:
    return str(said.get("refused") or said.get("crashed") or said["report"]["verdict"])


def _codes(part: Said) -> str:
    return " ".join(check["code"] for check in part["checks"])
