"""What is published about the second verifier is true."""

from __future__ import annotations

import hashlib
import re

from tests.agreement.sides import NOT_HERE, VERIFIER
from tests.architecture.tree import ROOT

AMBIENT = (
    "import ", 'require("', "fetch(", "XMLHttpRequest", "WebSocket", "eval(", "Function(", "Date.now", "new Date()",
    "document.get", "document.query", "document.body", "window.", "globalThis", "localStorage", "Math.random",
)  # fmt: skip
FORMATS = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


def test_the_published_hash_is_that_of_the_verifier() -> None:
    published = re.findall(r"^([0-9a-f]{64})  verifier\.js$", FORMATS, re.MULTILINE)
    assert published == [hashlib.sha256(VERIFIER.read_bytes()).hexdigest()]


def test_the_page_names_every_check_that_it_leaves_to_the_first_verifier() -> None:
    section = FORMATS.split("\n## The second verifier\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == NOT_HERE


def test_the_verifier_is_one_file_that_asks_for_nothing() -> None:
    source = VERIFIER.read_text(encoding="utf-8")
    code = re.sub(r"^\s*(?://|\*|/\*).*$", "", source, flags=re.MULTILINE)
    assert [word for word in AMBIENT if word in code] == []
    assert re.findall(r"^export (?:async )?(?:class|function) (\w+)", source, re.MULTILINE) == [
        "Finding",
        "check",
    ]
