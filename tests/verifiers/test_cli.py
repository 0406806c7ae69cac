"""The command line, in a process of its own: exit status, words, and that it never calls anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.report import ReportModel
from tests.verifiers.witnesses import WitnessSigner
from tests.verifiers.world import (
    ISSUER,
    LIST_URL,
    Log,
    Signer,
    credential,
    did_document,
    issue,
    list_credential,
    proof,
    status_entry,
    text,
    token,
)
from verifiers import Evidence, TrustedIssuer, TrustPolicy
from verifiers.formats.bundle import Bundle, Item
from verifiers.primitives.encoding import parse_time

AT = "2026-11-24T10:00:00Z"
LOG = Log()
POLICY = TrustPolicy(issuers={ISSUER.did: TrustedIssuer(ISSUER.did)}, logs=(LOG.vkey,))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the files that the tests verify."""
    data = text(issue())
    files = {
        "good.json": data,
        "good.jwt": token() + b"\n",
        "bad.json": text(issue() | {"name": "Hank\u202eer\u001b[2J"}),
        "status.json": text(issue(credential(credentialStatus=status_entry()))),
        "broken.json": b'{"a":1,"a":2}',
        "policy.json": POLICY.dump(),
        "strict.json": TrustPolicy(POLICY.issuers, POLICY.logs, require_receipt=True).dump(),
        "receipt.txt": LOG.record_text(data).encode(),
        "bundle.json": Bundle(parse_time(AT), (Item(data, "application/vc"),), (), {}, {}, None).dump(),
        "evidence.json": Evidence(status_lists={LIST_URL: text(list_credential())}).dump(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Return exit status, output and errors of the command."""
    command = [sys.executable, "-m", "verifiers", *arguments]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("file", "options", "status", "word"),
    [
        ("good.json", ["policy.json"], 0, "VALID"),
        ("good.jwt", ["policy.json"], 0, "VALID"),
        ("bundle.json", ["policy.json"], 0, "VALID"),
        ("good.json", [], 2, "NOT DETERMINED"),
        ("bad.json", [], 1, "INVALID"),
        ("status.json", ["policy.json"], 2, "NOT DETERMINED"),
        ("good.json", ["strict.json"], 2, "NOT DETERMINED"),
        ("broken.json", ["policy.json"], 1, "INVALID"),
    ],
)
def test_exit_status_and_first_word(
    folder: Path, file: str, options: list[str], status: int, word: str
) -> None:
    extra = [part for name in options for part in ("--policy", str(folder / name))]
    code, output, errors = run(folder, str(folder / file), "--at", AT, *extra)
    assert (code, errors) == (status, "")
    assert output.startswith(word + "  ")


def test_each_check_is_one_line_with_its_code(folder: Path) -> None:
    _, output, _ = run(folder, str(folder / "bad.json"), "--at", AT, "--policy", str(folder / "policy.json"))
    lines = [line.split() for line in output.splitlines() if line.rstrip(")").endswith(("]", "decide"))]
    assert {line[1].rstrip(":") for line in lines if line[0] in {"VALID", "INVALID"}} >= {
        "format",
        "schema",
        "proof",
    }
    assert "[signature_invalid]" in output
    assert "[binding_not_shown] (does not decide)" in output
    assert "\x1b" not in output  # a stranger's text must not drive the terminal
    assert "\u202e" not in output


def test_json_is_the_report(folder: Path) -> None:
    code, output, _ = run(
        folder, str(folder / "good.json"), "--at", AT, "--json", "--policy", str(folder / "policy.json")
    )
    assert (code, ReportModel.model_validate_json(output).verdict) == (0, "valid")
    code, output, _ = run(folder, str(folder / "broken.json"), "--json")
    assert (code, json.loads(output)["code"]) == (1, "json_duplicate_key")


def test_receipts_and_evidence_come_from_files(folder: Path) -> None:
    strict, policy = str(folder / "strict.json"), str(folder / "policy.json")
    code, output, _ = run(
        folder,
        str(folder / "good.json"),
        "--at",
        AT,
        "--policy",
        strict,
        "--receipt",
        str(folder / "receipt.txt"),
    )
    assert code == 0
    assert "recorded at: 2026-11-01T09:00:05Z" in output
    code, _, _ = run(
        folder,
        str(folder / "status.json"),
        "--at",
        AT,
        "--policy",
        policy,
        "--evidence",
        str(folder / "evidence.json"),
    )
    assert code == 0


def test_evidence_may_be_a_folder(folder: Path, tmp_path: Path) -> None:
    signer = Signer("web", did="did:web:roc.example")
    document = credential(signer.did, credentialStatus=status_entry())
    (folder / "web.json").write_bytes(text(issue(document, proof(document, signer))))
    (folder / "trust.json").write_bytes(TrustPolicy(issuers={signer.did: TrustedIssuer(signer.did)}).dump())
    gathered = tmp_path / "gathered"
    gathered.mkdir()
    (gathered / "did.json").write_bytes(did_document(signer))
    (gathered / "list.json").write_bytes(text(list_credential(issuer=signer)))
    arguments = [str(folder / "web.json"), "--at", AT, "--policy", str(folder / "trust.json"), "--evidence"]
    assert run(folder, *arguments, str(gathered))[0] == 0
    (gathered / "other.json").write_bytes(b"{}")
    assert run(folder, *arguments, str(gathered))[0] == 64


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["good.json", "more"],
        ["good.json", "--unknown"],
        ["absent.json"],
        ["good.json", "--at", "now"],
        ["good.json", "--policy", "absent.json"],
        ["good.json", "--policy", "broken.json"],
        ["good.json", "--evidence", "policy.json"],
        ["good.json", "--seconds", "0"],
        ["good.json", "--seconds", "x"],
        ["bundle.json", "--receipt", "receipt.txt"],
    ],
)
def test_wrong_use_is_64(folder: Path, arguments: list[str]) -> None:
    paths = [str(folder / part) if part.endswith((".json", ".txt")) else part for part in arguments]
    code, output, errors = run(folder, *paths)
    assert (code, output) == (64, "")
    assert errors.splitlines()[-1].startswith("verifiers: ")


def test_work_that_takes_too_long_is_stopped_and_is_no_verdict(folder: Path) -> None:
    code, output, _ = run(folder, str(folder / "good.json"), "--seconds", "0.000001")
    assert (code, "[work_too_long]" in output) == (2, True)


@pytest.mark.parametrize(
    ("lines", "status", "said"),
    [
        (["quorum none"], 0, "warning  line 1: No witness has to see anything: nobody is watched. [quorum_none]"),
        (["quorum nobody"], 1, "line 1: a name is not defined on an earlier line [witness_policy_unknown_name]"),
        ([], 1, "[witness_policy_malformed]"),
        (
            [f"witness w{number} {WitnessSigner(f'w{number}').key.dump()}" for number in range(2)]
            + ["group g any w0 w1", "quorum g"],
            1,
            "error    line 4: Two sets without a common witness can meet the quorum, so two histories can both be "
            "believed. [quorum_splits]",
        ),
    ],
)  # fmt: skip
def test_a_witness_policy_is_read_and_judged(folder: Path, lines: list[str], status: int, said: str) -> None:
    (folder / "witnesses.txt").write_text("".join(f"{line}\n" for line in lines))
    code, output, errors = run(folder, "policy", str(folder / "witnesses.txt"))
    assert (code, errors) == (status, "")
    assert said in output


def test_a_witness_policy_that_cannot_be_read_is_a_mistake_of_use(folder: Path) -> None:
    code, output, errors = run(folder, "policy", "nowhere.txt")
    assert (code, output) == (64, "")
    assert "nowhere.txt" in errors


def test_the_text_says_whose_word_the_time_is(folder: Path) -> None:
    files = {name: str(folder / name) for name in ("good.json", "strict.json", "receipt.txt")}
    _, output, _ = run(
        folder,
        files["good.json"],
        "--policy",
        files["strict.json"],
        "--receipt",
        files["receipt.txt"],
        "--at",
        AT,
    )
    assert "  logged at: 2026-11-01T09:00:05Z (says the log alone)" in output.split("\n")
