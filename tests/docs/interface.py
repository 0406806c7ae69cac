"""What ./do offers, read from the script itself."""

import re

from tests.architecture.tree import ROOT


def commands_of_do() -> set[str]:
    """Return the commands that the real ./do dispatches on."""
    text = (ROOT / "do").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+)\)$", text[text.index("case $command in") :], re.MULTILINE))
