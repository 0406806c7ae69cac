"""Every file keeps the habits of the house. Exceptions stand here, each with its reason."""

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.architecture import rules
from tests.architecture.tree import FLOORS, ROOT, place, python_files

LINES_MAX = 400
DOCSTRING_CHARACTERS_MIN = 20
GENERIC_NAMES = {"utils", "util", "helpers", "common", "models", "core", "misc", "base_utils"}
UNFINISHED_WORDS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

# Prefixes of files in which a rule does not hold, and why.
EXCEPTIONS: Mapping[rules.Rule, Mapping[str, str]] = {
    rules.lenient_readers: {
        "verifiers/primitives/": "this is where the strict readers are",
        "schemas/contexts.py": "reads packaged contexts, whose hash was checked just before",
        "schemas/attestation/text.py": "after a pattern matched; schemas may not reach the strict readers",
        "ledger/usecases/compose/tolerant.py": "after a pattern of RFC 3339 matched; what does not fit reads as absent",
    },
    rules.digits: {
        "verifiers/primitives/": "this is where the strict readers are",
        "verifiers/formats/checkpoint.py": "after a pattern of canonical digits matched",
        "verifiers/formats/receipt.py": "after a pattern of canonical digits matched",
        "verifiers/formats/status_list.py": "after a pattern of canonical digits matched",
        "verifiers/formats/tile.py": "after a pattern of canonical digits matched",
        "verifiers/formats/jose.py": "a number of the strict reader",
        "verifiers/checks/proofs.py": "a number of the strict reader",
        "verifiers/worker.py": "seconds, a float of ours",
        "ledger/usecases/compose/document.py": "a number of a validated model",
        "ledger/usecases/compose/tolerant.py": "after a pattern of canonical digits matched",
        "ledger/usecases/": "positions and list numbers of our own addresses",
        "ledger/store/appender.py": "a number of the database",
        "ledger/outbound/": "after a pattern of canonical digits matched",
        "ledger/oversight/": "after a pattern of canonical digits matched",
        "ledger/keys/epochs.py": "after a pattern of digits matched; the time of a file",
        "ledger/keys/epoch_table.py": "seconds of a moment of ours",
        "verifiers/formats/witness_policy.py": "after a pattern of canonical digits matched",
        "schemas/bsn.py": "after isascii() and isdigit()",
        "ledger/audit/export.py": "after a pattern of ASCII digits matched",
        "ledger/audit/vault.py": "after a pattern of ASCII digits matched",
        "ledger/bootstrap.py": "seconds of the clock",
        "api/wire/": "after a pattern of ASCII digits, or isascii() and isdigit()",
        "api/commands/walk/server.py": "a port of the operating system",
    },
    rules.ambient: {
        "api/commands/": "commands are the edge of the system",
        "verifiers/__main__.py": "a command",
        "api/wire/access_log.py": "the default of an argument; names an incident, decides nothing",
        "ledger/application/clock.py": "the one clock and the one source of chance",
        "ledger/keys/files.py": "makes secrets; a chosen one would be no secret",
    },
    rules.dangerous: {},
    rules.leaving: {
        "verifiers/__main__.py": "a command",
    },
    rules.splitting: {"api/commands/walk/server.py": "the log of a process of ours, for a person to read"},
    rules.networking: {},
    rules.asserts: {},
    rules.unfinished: {},
}


def _excused(path: str, excuses: Iterable[str]) -> bool:
    return any(path == excuse or (excuse.endswith("/") and path.startswith(excuse)) for excuse in excuses)


@pytest.mark.parametrize("rule", EXCEPTIONS, ids=lambda rule: rule.__name__)
def test_no_file_breaks_a_rule(rule: rules.Rule) -> None:
    found = [
        f"{place(path)}:{line}: {what}"
        for path in python_files(*FLOORS)
        if not _excused(place(path), EXCEPTIONS[rule])
        for line, what in rule(ast.parse(path.read_bytes()))
    ]
    assert found == []


@pytest.mark.parametrize("rule", EXCEPTIONS, ids=lambda rule: rule.__name__)
def test_every_exception_is_still_needed(rule: rules.Rule) -> None:
    files = python_files(*FLOORS)
    idle = [
        excuse
        for excuse in EXCEPTIONS[rule]
        if not any(
            list(rule(ast.parse(path.read_bytes()))) for path in files if _excused(place(path), [excuse])
        )
    ]
    assert idle == []


def test_no_test_is_skipped() -> None:
    found = [
        f"{place(path)}:{line}: {what}"
        for path in python_files("tests")
        for line, what in rules.skipped(ast.parse(path.read_bytes()))
    ]
    assert found == []


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = {
        place(path): lines
        for path in python_files(*FLOORS, "tests", "bench")
        if (lines := path.read_bytes().count(b"\n")) > LINES_MAX
    }
    assert long == {}


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        place(path)
        for path in python_files(*FLOORS, "tests", "bench")
        if len(ast.get_docstring(ast.parse(path.read_bytes())) or "") < DOCSTRING_CHARACTERS_MIN
    ]
    assert silent == []


def test_no_room_is_called_after_nothing() -> None:
    generic = [place(path) for path in python_files(*FLOORS) if path.stem in GENERIC_NAMES]
    assert generic == []


def test_nothing_is_left_for_later_in_the_code() -> None:
    marked = [
        f"{place(path)}:{number}"
        for path in _texts()
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1)
        if UNFINISHED_WORDS.search(line)
    ]
    assert marked == []


def _texts() -> list[Path]:
    pages = [path for path in (ROOT / "api").rglob("*") if path.suffix in {".html", ".css", ".js", ".po"}]
    return [*python_files(*FLOORS, "tests", "bench"), *pages, ROOT / "do", ROOT / "Dockerfile"]
