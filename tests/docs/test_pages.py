"""Pages hold together: links lead somewhere, examples parse, blocks are of a kind that a test runs."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.report import ReportModel
from tests.architecture.tree import ROOT
from tests.docs.markdown import Block, blocks, links, pages
from verifiers import TrustPolicy
from verifiers import evidence as evidences
from verifiers.formats import header as headers
from verifiers.primitives import jcs

BLOCKS = [block for page in pages() for block in blocks(page)]
RUN_ELSEWHERE = {"sh", "python"}  # by test_commands


def _header(data: bytes) -> object:
    found = headers.parse(data)
    assert found.dump() == data
    return found.recorded_at == datetime(2026, 11, 24, 10, tzinfo=UTC)


def _policy(data: bytes) -> object:
    return TrustPolicy.from_json(data).dump() == jcs.canonicalise(json.loads(data))


def _evidence(data: bytes) -> object:
    return evidences.parse(data).dump() == jcs.canonicalise(json.loads(data))


def _report(data: bytes) -> object:
    return json.loads(ReportModel.model_validate_json(data).model_dump_json()) == json.loads(data)


READERS: dict[str, Callable[[bytes], object]] = {
    "header": _header,
    "policy": _policy,
    "evidence": _evidence,
    "report": _report,
}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in links(page) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.language == "json"], ids=lambda b: b.word
)
def test_an_example_is_what_it_is_called(block: Block) -> None:
    assert READERS[block.word](block.text.strip().encode())


def test_every_kind_of_example_stands_in_the_pages() -> None:
    assert {block.word for block in BLOCKS if block.language == "json"} == set(READERS)


def test_every_block_is_run_or_is_plain_text() -> None:
    assert {block.language for block in BLOCKS} <= RUN_ELSEWHERE | {"json", "text"}


def test_every_decision_stands_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(links(folder / "README.md"))
    assert listed == {page.name for page in folder.glob("[0-9]*.md")}


def test_the_changelog_keeps_its_form() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n")
    assert lines[0] == "# Changelog"
    assert next(line for line in lines if line.startswith("## ")) == "## [Unreleased]"
    kinds = {line for line in lines if line.startswith("### ")}
    assert kinds <= {
        f"### {kind}" for kind in ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
    } | {"### Not there yet"}
