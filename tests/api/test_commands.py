"""The command line as an operator uses it: set up, serve, stop, verify."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ledger.usecases import tokens
from tests.api.world import EXAMPLES
from tests.faults.server import ROOT, Server, free_port

COMMAND = [sys.executable, "-c", "from api.commands import main; main()"]


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on a data folder."""
    environment = {**os.environ, "LEERSPOOR_DATA_DIR": str(folder / "data"), **settings}
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )


def test_init_makes_everything_once(tmp_path: Path) -> None:
    first, second = run(tmp_path, "init"), run(tmp_path, "init")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == second.stdout
    assert "127.0.0.1/leerspoor, 0 entries" in first.stdout
    token_file = tmp_path / "data" / "operator.token"
    assert token_file.stat().st_mode & 0o777 == 0o600
    assert tokens.role_of(token_file.read_text().strip()) == "operator"
    assert token_file.read_text().strip() not in first.stdout


def test_init_that_cannot_be_says_why(tmp_path: Path) -> None:
    failed = run(tmp_path, "init", LEERSPOOR_OPERATOR_TOKEN="letmein")
    assert failed.returncode == 1
    assert "operator_token_malformed" in failed.stderr
    assert "letmein" not in failed.stderr


def test_serve_answers_and_stops_in_order(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    server = Server({"LEERSPOOR_DATA_DIR": str(tmp_path / "data")}, port=port, log_path=log)
    try:
        server.start()
        server.wait_until_healthy()
        operator = (tmp_path / "data" / "operator.token").read_text().strip()
        with httpx.Client(base_url=server.base_url, trust_env=False) as http:
            answer = http.post(
                "/v1/organisations",
                json={"name": "ROC Alblas", "role": "school"},
                headers={"authorization": f"Bearer {operator}"},
            )
            assert answer.status_code == 201
            # Without a public address of its own, the address is where it listens.
            did = answer.json()["organisation"]["did"]
            assert did.startswith(f"did:web:127.0.0.1%3A{port}:issuers:")
            assert "server" not in answer.headers
            assert http.get("/s/lsp_secret_in_a_path?q=secret").status_code == 404
        assert server.stop(signal.SIGTERM) == 0
    finally:
        server.close()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {"event": "serving", "level": "info"}.items() <= lines[0].items()
    assert all("timestamp" in line for line in lines)
    assert "secret" not in log.read_text()
    assert operator not in log.read_text()
    assert "/leerspoor, 2 entries" in run(tmp_path, "init").stdout  # the organisation and its token


@pytest.mark.parametrize(("arguments", "status"), [([], 64), (["absent.json"], 64), (["--help"], 0)])
def test_verify_is_the_verifiers_own_command(tmp_path: Path, arguments: list[str], status: int) -> None:
    assert run(tmp_path, "verify", *arguments).returncode == status


def test_verify_tells_its_verdict_by_its_status(tmp_path: Path) -> None:
    done = run(tmp_path, "verify", str(EXAMPLES / "training.json"), "--json")
    assert done.returncode == 1  # an attestation is no credential yet


def test_without_a_command_help_is_shown(tmp_path: Path) -> None:
    shown = run(tmp_path)
    for command in ("init", "serve", "verify", "audit", "demo"):
        assert command in shown.stdout + shown.stderr
