"""Reading our Markdown: fenced blocks, links, tables."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.tree import ROOT

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the word after it, and its text."""

    page: str
    language: str
    word: str
    text: str


def pages() -> list[Path]:
    """Return every Markdown page of the project that people read."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    found = []
    for info, text in _FENCE.findall(page.read_text(encoding="utf-8")):
        language, _, word = info.strip().partition(" ")
        found.append(Block(page.relative_to(ROOT).as_posix(), language, word, text))
    return found


def links(page: Path) -> list[str]:
    """Return the relative links of a page."""
    found = _LINK.findall(page.read_text(encoding="utf-8"))
    return [link for link in found if "://" not in link and not link.startswith("mailto:")]


def rows(page: Path) -> list[list[str]]:
    """Return the cells of every table row of a page, heads and rules left out."""
    table = [line for line in page.read_text(encoding="utf-8").split("\n") if line.startswith("|")]
    heads = {index for index, line in enumerate(table[1:]) if set(line) <= set("|-: ")}
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for index, line in enumerate(table)
        if index not in heads and not set(line) <= set("|-: ")
    ]
