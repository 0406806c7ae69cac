"""The page of threats names tests that exist, and what code refers to stands in the pages."""

import ast
import re

import pytest

from tests.architecture.tree import FLOORS, ROOT, python_files
from tests.docs.markdown import rows

ROWS = rows(ROOT / "docs" / "threats.md")
IDS = {row[0] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_defence_is_shown_by_tests_that_exist(row: list[str]) -> None:
    id_, attack, defence, shown_by = row
    assert re.fullmatch(r"[A-KM][0-9]{1,2}", id_)
    assert attack
    assert defence
    named = re.findall(r"`([^`]+)`", shown_by)
    assert named
    for test in named:
        file, _, name = test.partition("::")
        tree = ast.parse((ROOT / "tests" / file).read_bytes())
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, test


def test_every_row_that_code_refers_to_is_there() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in python_files(*FLOORS, "tests", "bench"))
    lists = re.findall(r"THREATS ((?:[A-Z][0-9]+(?:, | and | to )?)+)", text)
    named = {id_ for found in lists for id_ in re.findall(r"[A-Z][0-9]+", found)}
    assert named - IDS == set()


def test_every_section_that_code_refers_to_is_there() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in python_files(*FLOORS, "tests", "bench"))
    named = set(re.findall(r"DESIGN(?: section)?(?: [0-9])?,? \"([A-Z][^\"]+)\"", text))
    assert named
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    assert named - set(re.findall(r"^## (.+)$", page, re.MULTILINE)) == set()
